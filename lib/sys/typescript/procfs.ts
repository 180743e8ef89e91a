/**
 * Directories by `/proc/self/fd/N/name`, which the kernel resolves relative to descriptor N:
 * Linux's openat for node:fs. See https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html.
 */
import fs from 'node:fs'
import { codeOf } from './errno.js'
import type { Info, Place, Reach } from './place.js'
import { open } from './reserve.js'

// O_PATH: a descriptor that only identifies a file. Node has no constant for it; all of Node's
// architectures on Linux have this value.
const O_PATH = 0o10000000
const { O_DIRECTORY, O_NOFOLLOW } = fs.constants

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const ascii = /^[\x00-\x7f]*$/

/**
 * A directory held by its descriptor, which stays the same whatever is renamed around it. It has no
 * race (TOCTOU): opening a component refuses a symlink in the same system call.
 */
class ProcPlace implements Place {
  readonly number: number | undefined
  readonly #fd: number
  readonly #base: string
  constructor(fd: number, number?: number) {
    this.#fd = fd
    this.number = number
    this.#base = `/proc/self/fd/${fd}/`
  }
  at(name: string) {
    // Node spells a string in UTF-8, which is the same for ASCII, and costs less than a Buffer.
    const path = this.#base + name
    return ascii.test(name) ? path : Buffer.from(path, 'latin1')
  }
  child(name: string) {
    try {
      return new ProcPlace(open(this.at(name), O_PATH | O_DIRECTORY | O_NOFOLLOW))
    } catch (error) {
      // Linux returns ENOTDIR for a symlink here, since O_DIRECTORY is set too.
      if (codeOf(error) === 'ENOTDIR' || codeOf(error) === 'ELOOP') return undefined
      throw error
    }
  }
  opened(_name: string, fd: number) {
    return new ProcPlace(fd)
  }
  location() {
    try {
      return fs.readlinkSync(this.#base.slice(0, -1), 'latin1')
    } catch {
      // A path longer than a page has no text.
      return undefined
    }
  }
  check() {}
  release() {
    fs.closeSync(this.#fd)
  }
}

let starts = 0

const uncached: Reach = {
  byDescriptor: true,
  place: fd => new ProcPlace(fd),
  // Opened for one read, without checking the reserve: the call holds no other temporary descriptor
  // meanwhile.
  info(fd): Info | undefined {
    const told = /^pos:\s*(\d+)\s+flags:\s*([0-7]+)/.exec(
      fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'),
    )
    return told === null
      ? undefined
      : { offset: Number(told[1]), flags: Number.parseInt(told[2], 8) }
  },
  // A magic link: it leads to the open file itself, even after its name was removed.
  reopen: (fd, flags) => open(`/proc/self/fd/${fd}`, flags),
}
/** With the directories that were entered last in the cache, and without them. */
export const procfs = {
  cached: { ...uncached, place: fd => new ProcPlace(fd, ++starts) },
  uncached,
} as const satisfies Record<string, Reach>

/**
 * Checks once if a name relative to a descriptor opens the right file, for two directories that
 * have the same number one after the other: a directory that only looks like /proc has one at most.
 * The type of the file system is not asked: the OS sandbox refuses statfs(2).
 */
export function procfsWorks(): boolean {
  if (process.platform !== 'linux') return false
  try {
    return ['/', '/proc'].every(path => {
      const fd = fs.openSync(path, O_PATH | O_DIRECTORY)
      try {
        const held = fs.fstatSync(fd, { bigint: true })
        const named = fs.lstatSync(`/proc/self/fd/${fd}/.`, { bigint: true })
        return (
          held.isDirectory() &&
          held.ino === named.ino &&
          held.dev === named.dev &&
          uncached.info(fd) !== undefined
        )
      } finally {
        fs.closeSync(fd)
      }
    })
  } catch {
    return false
  }
}
