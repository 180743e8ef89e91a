/** The lower directory of an overlay on the host: read by its own backend, and never written to. */
import { resolve } from 'node:path'
import { Errno } from '../../abi/errno.js'
import { Access, Dirent, maxPath, readDirent } from '../../abi/layout.js'
import { Filetype, Oflags } from '../../abi/values.js'
import { refuse } from '../../errors.js'
import { type Answer, type Handle, type Sys, UNEXPECTED } from '../sys.js'
import { type Attributes, attributesOf } from './attributes.js'

/** The scratch memory's part for paths, followed by its part for data. */
const pathRoom = maxPath + 1
const dataRoom = 65536

/** A file in a listing of the directory. */
export interface Found {
  readonly type: number
  readonly ino: bigint
}

/**
 * Reads the lower directory. Paths are relative to it, `''` for itself, a character for each byte.
 * Its backend resolves them beneath the directory and does not follow a final symlink. No path
 * escapes, even if another process changes the directory meanwhile.
 */
export class Lower {
  /** The directory's path on the host. */
  readonly path: string
  readonly #make: () => Sys
  readonly #memory = new Uint8Array(pathRoom + dataRoom)
  readonly #view = new DataView(this.#memory.buffer)
  readonly #data = this.#memory.subarray(pathRoom)
  #sys: Sys | undefined
  #root: Handle = -1
  #holders = 0

  /** @param make opens a backend for exclusive use */
  constructor(path: string, make: () => Sys) {
    // An empty path must not become the working directory.
    this.path = path === '' ? path : resolve(path)
    this.#make = make
  }

  /** Opens the directory, unless it is open. Errors are thrown as Sys.preopen throws them. */
  hold(): void {
    if (this.#holders++ > 0) return
    try {
      const sys = this.#make()
      this.#sys = sys
      sys.bind(this.#memory)
      this.#root = sys.preopen(this.path)
    } catch (error) {
      this.release()
      throw error
    }
  }
  /** Releases one hold; the last release closes the directory. */
  release(): void {
    if (--this.#holders > 0) return
    this.#sys?.dispose()
    this.#sys = undefined
  }

  /** Returns the attributes; undefined if the path does not exist or cannot be reached. */
  stat(path: string): Attributes | undefined {
    const answer = this.#host.filestatAt(this.#root, 0, this.#put(path), 0)
    if (
      answer === -Errno.NOENT ||
      answer === -Errno.NOTDIR ||
      answer === -Errno.NOTCAPABLE ||
      answer === -Errno.LOOP
    )
      return undefined
    this.#checked(answer)
    return attributesOf(this.#host.block.record)
  }
  statOf(file: Handle): Attributes {
    this.#checked(this.#host.filestat(file))
    return attributesOf(this.#host.block.record)
  }
  readlink(path: string): string {
    const length = this.#checked(
      this.#host.readlink(this.#root, 0, this.#put(path), pathRoom, maxPath),
    )
    return Buffer.from(this.#data.subarray(0, length)).toString('latin1')
  }
  /** Lists all names except `.` and `..`; none if the directory is gone. */
  list(path: string): Map<string, Found> {
    const found = new Map<string, Found>()
    const opened = this.#host.open(
      this.#root,
      0,
      this.#put(path),
      0,
      Oflags.DIRECTORY,
      0,
      Access.READ,
    )
    if (opened === -Errno.NOENT || opened === -Errno.NOTDIR) return found
    const dir = this.#checked(opened)
    try {
      for (let cookie = 0n; ; ) {
        const length = this.#checked(this.#host.readdir(dir, cookie, pathRoom, dataRoom))
        let at = pathRoom
        for (const end = pathRoom + length; at + Dirent.BYTES <= end; ) {
          const { next, ino, namlen, type } = readDirent(this.#view, at)
          const begin = at + Dirent.BYTES
          if (begin + namlen > end) break
          cookie = next
          const name = Buffer.from(this.#memory.subarray(begin, begin + namlen)).toString('latin1')
          if (name !== '.' && name !== '..') found.set(name, { type, ino })
          at = begin + namlen
        }
        if (length < dataRoom) return found
      }
    } finally {
      this.#host.close(dir)
    }
  }
  /**
   * Opens a regular file for reading; ACCES if it has become something else since its type was
   * fetched.
   */
  open(path: string): Handle {
    const file = this.#checked(
      this.#host.open(this.#root, 0, this.#put(path), 0, 0, 0, Access.READ),
    )
    if (this.#host.identify(file) === 0 && this.#host.block.opened[0] === Filetype.REGULAR_FILE)
      return file
    this.#host.close(file)
    return refuse(Errno.ACCES)
  }
  close(file: Handle): void {
    this.#sys?.close(file)
  }
  /** Returns the bytes read; fewer than requested only at the end of the file. */
  read(file: Handle, into: Uint8Array, offset: number): number {
    const { spans } = this.#host.block
    for (let done = 0; ; ) {
      const wanted = Math.min(dataRoom, into.length - done)
      if (wanted === 0) return done
      spans[0] = pathRoom
      spans[1] = wanted
      const count = this.#checked(this.#host.preadv(file, 1, offset + done))
      if (count === 0) return done
      into.set(this.#data.subarray(0, count), done)
      done += count
    }
  }

  get #host(): Sys {
    return this.#sys ?? refuse(Errno.BADF)
  }
  /** Throws an unexpected error of the host as it is, and any other as a refusal. */
  #checked(answer: Answer): number {
    if (answer >= 0) return answer
    if (answer === UNEXPECTED) throw this.#host.failure()
    return refuse(-answer)
  }
  #put(path: string): number {
    const text = path === '' ? '.' : path
    if (text.length > maxPath) refuse(Errno.NAMETOOLONG)
    return Buffer.from(this.#memory.buffer, 0, pathRoom).write(text, 'latin1')
  }
}

/** Returns the path of a name in a directory. */
export const joined = (path: string, name: string): string =>
  path === '' ? name : `${path}/${name}`
