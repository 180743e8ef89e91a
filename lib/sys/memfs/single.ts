/**
 * A directory with one host file, which was opened once: it has no other names, and none can be
 * made.
 */
import { basename, dirname } from 'node:path'
import { Errno, errnoNames } from '../../abi/errno.js'
import { Access } from '../../abi/layout.js'
import { Filetype, Lookupflags } from '../../abi/values.js'
import { coded, refuse } from '../../errors.js'
import { type Answer, type Handle, type Sys, UNEXPECTED } from '../sys.js'
import { type Attributes, attributesOf } from './attributes.js'
import { FileNode, type Ground } from './nodes.js'
import { Tree } from './tree.js'

/** Errors of opening a file for writing after which it may still be opened for reading. */
const readable: readonly Answer[] = [-Errno.ACCES, -Errno.PERM, -Errno.ROFS, -Errno.TXTBSY]
const dataRoom = 65536

/** The host's file, by a backend for exclusive use. */
class HostFile {
  readonly #sys: Sys
  readonly #memory = new Uint8Array(dataRoom)
  readonly #handle: Handle
  readonly writable: boolean

  /** @param path canonical; errors are thrown as Sys.preopen throws them */
  constructor(path: string, readOnly: boolean, make: () => Sys) {
    this.#sys = make()
    try {
      const name = Buffer.from(basename(path))
      this.#memory.set(name)
      this.#sys.bind(this.#memory)
      const dir = this.#sys.preopen(dirname(path))
      const open = (access: number): Answer =>
        this.#sys.open(dir, 0, name.length, Lookupflags.FOLLOW, 0, 0, access)
      const both = readOnly ? -Errno.ROFS : open(Access.BOTH)
      this.writable = both >= 0
      this.#handle = this.checked(readable.includes(both) ? open(Access.READ) : both, path)
      this.#sys.close(dir)
      if (
        this.#sys.identify(this.#handle) === 0 &&
        this.#sys.block.opened[0] === Filetype.REGULAR_FILE
      )
        return
      throw coded(new Error(`EINVAL: not a regular file, open '${path}'`), 'EINVAL', {
        syscall: 'open',
        path,
      })
    } catch (error) {
      this.#sys.dispose()
      throw error
    }
  }
  release(): void {
    this.#sys.dispose()
  }

  /** @param path the file being opened, whose errors are the embedder's */
  checked(answer: Answer, path?: string): number {
    if (answer >= 0) return answer
    if (answer === UNEXPECTED) throw this.#sys.failure()
    if (path === undefined) return refuse(-answer)
    const code = `E${errnoNames[-answer]}`
    throw coded(new Error(`${code}: open '${path}'`), code, { syscall: 'open', path })
  }
  /** Moves bytes by the backend, at most a buffer at a time. Returns the number of bytes moved. */
  read(into: Uint8Array, offset: number): number {
    for (let done = 0; ; ) {
      const count =
        done < into.length
          ? this.#moved(into.length - done, spans =>
              this.#sys.preadv(this.#handle, spans, offset + done),
            )
          : 0
      if (count === 0) return done
      into.set(this.#memory.subarray(0, count), done)
      done += count
    }
  }
  write(from: Uint8Array, offset: number): number {
    let done = 0
    while (done < from.length) {
      const piece = from.subarray(done, done + dataRoom)
      this.#memory.set(piece)
      const count = this.#moved(piece.length, spans =>
        this.#sys.pwritev(this.#handle, spans, offset + done),
      )
      done += count
      if (count < piece.length) break
    }
    return done
  }
  #moved(length: number, move: (spans: number) => Answer): number {
    const { spans } = this.#sys.block
    spans[0] = 0
    spans[1] = Math.min(length, dataRoom)
    return this.checked(move(1))
  }
  resize(size: number): void {
    this.checked(this.#sys.setSize(this.#handle, size))
  }
  allocate(offset: number, length: number): void {
    this.checked(this.#sys.allocate(this.#handle, offset, length))
  }
  setTimes(fstflags: number, times: BigUint64Array): void {
    this.#sys.block.times.set(times)
    this.checked(this.#sys.setTimes(this.#handle, fstflags))
  }
  /** The attributes, with no name yet: the tree gives it one, whatever its names on the host. */
  get attributes(): Attributes {
    this.checked(this.#sys.filestat(this.#handle))
    return { ...attributesOf(this.#sys.block.record), type: Filetype.REGULAR_FILE, nlink: 0 }
  }
}

/** A file without content in memory: every operation goes to the host's file. */
class SingleNode extends FileNode {
  readonly #host: HostFile
  #size = 0
  constructor(ground: Ground, host: HostFile) {
    super(ground, host.attributes, '')
    this.#host = host
    this.refresh()
  }
  override get size(): number {
    return this.#size
  }
  override opened(access: number = Access.READ): void {
    if ((access & Access.WRITE) !== 0 && !this.#host.writable) refuse(Errno.ACCES)
    this.opens++
  }
  override refresh(): void {
    const { size, atim, mtim, ctim } = this.#host.attributes
    this.#size = size
    this.atim = atim
    this.mtim = mtim
    this.ctim = ctim
  }
  override read(into: Uint8Array, offset: number): number {
    return this.#host.read(into, offset)
  }
  override write(from: Uint8Array, offset: number): number {
    return this.#host.write(from, offset)
  }
  override resize(size: number): void {
    if (!this.#host.writable) refuse(Errno.ACCES)
    this.#host.resize(size)
  }
  override reserve(offset: number, length: number): void {
    this.#host.allocate(offset, length)
  }
  override setTimes(fstflags: number, times: BigUint64Array): void {
    this.#host.setTimes(fstflags, times)
  }
}

/** @param name the guest's name for the file */
export function singleTree(path: string, name: string, readOnly: boolean, make: () => Sys): Tree {
  const tree = new Tree({ bytes: 0, entries: 1 })
  const host = new HostFile(path, readOnly, make)
  tree.freeze(Buffer.from(name).toString('latin1'), new SingleNode(tree, host), host)
  return tree
}
