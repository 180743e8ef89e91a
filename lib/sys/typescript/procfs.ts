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

/**
 * A directory held by its descriptor, which stays the same whatever is renamed around it. It has no
 * race (TOCTOU): opening a component refuses a symlink in the same system call.
 */
class ProcPlace implements Place {
  readonly #fd: number
  readonly #base: string
  constructor(fd: number) {
    this.#fd = fd
    this.#base = `/proc/self/fd/${fd}/`
  }
  at(name: string) {
    return Buffer.from(this.#base + name, 'latin1')
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
  check() {}
  release() {
    fs.closeSync(this.#fd)
  }
}

export const procfs: Reach = {
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

/** Checks once if a name relative to a descriptor opens the right file. */
export function procfsWorks(): boolean {
  if (process.platform !== 'linux') return false
  try {
    const fd = fs.openSync('/', O_PATH | O_DIRECTORY)
    try {
      const held = fs.fstatSync(fd, { bigint: true })
      const named = fs.lstatSync(`/proc/self/fd/${fd}/.`, { bigint: true })
      return (
        held.isDirectory() &&
        held.ino === named.ino &&
        held.dev === named.dev &&
        procfs.info(fd) !== undefined
      )
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    return false
  }
}
