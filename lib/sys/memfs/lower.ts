/**
 * The directory of the host that lies below an overlay: how it is read, by a backend of its own,
 * and never written to.
 */
import { resolve } from 'node:path'
import { Errno } from '../../abi/errno.js'
import { Access, Dirent, maxPath, readDirent } from '../../abi/layout.js'
import { Filetype, Oflags } from '../../abi/values.js'
import { refuse } from '../../errors.js'
import { type Answer, type Handle, type Sys, UNEXPECTED } from '../sys.js'
import { type Attributes, attributesOf } from './attributes.js'

/** Paths first, then what is read. */
const pathRoom = maxPath + 1
const dataRoom = 65536

/** The file of a name there, as a listing has it. */
export interface Found {
  readonly type: number
  readonly ino: bigint
}

/**
 * Paths are relative to the directory, `''` for itself, a char for each byte. They are resolved by
 * the backend beneath it, and a link in the last place is not followed, so that nothing below leads
 * out, whoever changes it meanwhile.
 */
export class Lower {
  /** The host's path of it. */
  readonly path: string
  readonly #make: () => Sys
  readonly #memory = new Uint8Array(pathRoom + dataRoom)
  readonly #view = new DataView(this.#memory.buffer)
  readonly #data = this.#memory.subarray(pathRoom)
  #sys: Sys | undefined
  #root: Handle = -1
  #holders = 0

  /** @param make opens a backend that nobody else has */
  constructor(path: string, make: () => Sys) {
    // The empty path is not the working directory.
    this.path = path === '' ? path : resolve(path)
    this.#make = make
  }

  /** Open it, unless it is. What goes wrong is thrown as Sys.preopen throws it. */
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
  /** As often as it was held; the last closes it. */
  release(): void {
    if (--this.#holders > 0) return
    this.#sys?.dispose()
    this.#sys = undefined
  }

  /** Undefined where there is nothing of that name, or no way to it. */
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
  /** All names but `.` and `..`; none where the directory is gone. */
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
   * A regular file, to be read; ACCES for what has become something else since it was looked at.
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
  /** Bytes read; fewer than there was room for only at the end of the file. */
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
  /** Only what the host did not expect is thrown as an error of its own. */
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

/** The path of a name in a directory. */
export const joined = (path: string, name: string): string =>
  path === '' ? name : `${path}/${name}`
