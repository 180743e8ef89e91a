/**
 * Hostcall cases that ask for facilities which Windows lacks, or which wine, its substitute, cannot
 * show.
 */
interface Absent {
  readonly reason: string
  readonly titles: RegExp
}

const onWindows: Absent[] = [
  {
    reason: 'no file system of Windows has FIFOs',
    titles:
      /\bpipe\b|^sleep: (descriptors|a poll by the hook)|^deterministic: a descriptor is ready/,
  },
  {
    reason: 'a connection whose peer sends no more counts as hung up',
    titles: /^poll_oneoff: reports connections/,
  },
]
const underWine: Absent[] = [
  {
    reason: 'wine makes no links, and follows those of its host',
    titles:
      /^path_(readlink|symlink)|tofile|todir|nowhere|circle|dir\/back|\bout\b|\blinks?\b|^the trace of calls with two|no path leads out|only looks|^fd_readdir: (returns all|resumes)|inodes count files|^read-only: (each call|CREAT opens)|through links/,
  },
  {
    reason: 'wine reads a directory once',
    titles: /^fd_readdir: lists changed names|^deterministic: directories/,
  },
  {
    reason: 'wine has errors and access times of its own',
    titles:
      /^fd_filestat_get: writes the layout|^fd_filestat_set_(size: cuts|times: sets)|^fd_allocate: grows/,
  },
]
const absent =
  process.platform !== 'win32'
    ? []
    : process.env.WASI_COMMON_WINE
      ? [...onWindows, ...underWine]
      : onWindows

/** Returns why a case cannot be tried on this platform, or undefined. */
export const elsewhere = (title: string): string | undefined =>
  absent.find(({ titles }) => titles.test(title))?.reason
