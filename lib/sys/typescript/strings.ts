/**
 * Directories by canonical path strings, for hosts without /proc/self/fd: macOS, Windows, a bare
 * container.
 */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import type { Place, Reach } from './place.js'
import { refuseOddName } from './windows.js'

/**
 * A path without symlinks, as of the walk. A process that renames host directories meanwhile can
 * still replace it: node:fs alone cannot close that race (TOCTOU). A directory that a guest holds
 * is compared with its open descriptor before each use.
 */
class StringPlace implements Place {
  readonly #path: string
  readonly #fd: number | undefined
  constructor(path: string, fd?: number) {
    this.#path = path
    this.#fd = fd
  }
  at(name: string) {
    if (process.platform === 'win32') refuseOddName(name)
    return Buffer.from(`${this.#path}/${name}`, 'latin1')
  }
  child(name: string) {
    return fs.lstatSync(this.at(name)).isDirectory()
      ? new StringPlace(`${this.#path}/${name}`)
      : undefined
  }
  opened(name: string, fd: number) {
    return new StringPlace(name === '.' ? this.#path : `${this.#path}/${name}`, fd)
  }
  readonly number = undefined
  location() {
    return undefined
  }
  check() {
    if (this.#fd === undefined) return
    const held = fs.fstatSync(this.#fd, { bigint: true })
    const named = fs.lstatSync(this.at('.'), { bigint: true, throwIfNoEntry: false })
    if (named?.ino !== held.ino || named.dev !== held.dev) refuse(Errno.STALE)
  }
  release() {}
}

export const strings: Reach = {
  byDescriptor: false,
  place(fd, path) {
    if (path === undefined) return undefined
    const canonical = fs.realpathSync.native(path, { encoding: 'buffer' }).toString('latin1')
    // Drops the slash of a root, since each name adds its own.
    const place = new StringPlace(canonical.replace(/[/\\]$/, ''), fd)
    place.check()
    return place
  },
  info: () => undefined,
  reopen: () => undefined,
}
