/**
 * Attacks that do not exist on Windows as they are written, and those that wine, its substitute,
 * cannot show.
 */
interface Absent {
  readonly reason: string
  readonly techniques: RegExp
}

const onWindows: Absent[] = [
  {
    reason:
      'names are UTF-16, and some are refused before they are looked for: test/windows has their cases',
    techniques: /^an absolute path \(|^backslashes|UTF-8/,
  },
  { reason: 'no file system of Windows has FIFOs or sockets', techniques: /FIFO|^a socket/ },
  {
    reason: 'a cookie is a count, and times go on to the year 30828',
    techniques: /^an invented cookie|^a time beyond/,
  },
]
const underWine: Absent[] = [
  {
    reason: 'wine makes no links, and follows those of its host',
    techniques:
      /^(?!an absolute link that the guest|a link that is planted).*\blinks?\b|%2e|^a right|^a circle|moved to where/,
  },
]
const absent =
  process.platform !== 'win32'
    ? []
    : process.env.WASI_COMMON_WINE
      ? [...onWindows, ...underWine]
      : onWindows

/** True if the fixture may contain symlinks. */
export const linksAreMade = process.env.WASI_COMMON_WINE === undefined
/** Returns why attacks of a technique cannot be tried on this platform, or undefined. */
export const elsewhere = (title: string): string | undefined =>
  absent.find(({ techniques }) => techniques.test(title))?.reason
