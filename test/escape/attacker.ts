/**
 * The hostile guest: a module that makes any requested hostcall, so that each attack comes from
 * WebAssembly.
 */
import { errnoNames } from '#lib/abi/errno.js'
import { type HostcallName, table } from '#lib/abi/table.js'
import { Oflags } from '#lib/abi/values.js'
import { ALL, FOLLOW, rights } from '../hostcalls/fixture.js'
import { assemble, call, param, signatureOf } from '../wasm.js'
import type { Imports } from './hosts.js'

export type Name = string | Uint8Array
/** The target of an attack: a directory's descriptor and a path, as a hostcall takes them. */
export interface Place {
  readonly dir: number
  readonly path: Name
  readonly follow: number
}
export interface Opening {
  readonly oflags?: number
  readonly fdflags?: number
  readonly base?: bigint
  readonly inheriting?: bigint
}

const names = Object.keys(table) as HostcallName[]
const functions = Object.fromEntries(
  names.map(name => {
    const { params, results } = signatureOf(name)
    return [
      `make ${name}`,
      { params, results, body: [call(name, ...params.map((_, index) => param(index)))] },
    ]
  }),
)
const module = new WebAssembly.Module(assemble({ functions, pages: 2 }))
const from = WebAssembly.Module.imports(module)[0].module

const pageSize = 65536
/** The rights that reading needs, and no more. */
export const READS = rights('FD_READ', 'FD_SEEK', 'FD_TELL', 'FD_FILESTAT_GET')
const bytesOf = (name: Name): Uint8Array => (typeof name === 'string' ? Buffer.from(name) : name)

type Calls = Record<string, (...args: unknown[]) => number>

export class Attacker {
  /** Inodes that directory entries named. */
  readonly inodes = new Set<bigint>()
  readonly memory: WebAssembly.Memory
  readonly #calls: Calls
  // Memory is never reused, so that a leak stays visible to the end.
  #free = 16

  constructor(imports: Imports) {
    const { exports } = new WebAssembly.Instance(module, { [from]: imports })
    this.memory = exports.memory as WebAssembly.Memory
    this.#calls = exports as Calls
    this.bytes.fill('?'.charCodeAt(0))
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer)
  }
  get #view(): DataView {
    return new DataView(this.memory.buffer)
  }

  /** Make a hostcall; the name of its errno. */
  call(name: HostcallName, ...args: (number | bigint)[]): string {
    const errno = this.#calls[`make ${name}`](...args)
    return errnoNames[errno] ?? `errno ${errno}`
  }
  /** Allocates unused memory. */
  room(length: number): number {
    const at = this.#free
    this.#free += length
    const missing = this.#free - this.bytes.length
    if (missing > 0) this.memory.grow(Math.ceil(missing / pageSize))
    return at
  }
  /** Puts a name into memory and returns it as two arguments. */
  path(name: Name): [at: number, length: number] {
    const bytes = bytesOf(name)
    const at = this.room(bytes.length)
    this.bytes.set(bytes, at)
    return [at, bytes.length]
  }
  #spans(at: number, length: number): [iovs: number, count: number] {
    const iovs = this.room(8)
    this.#view.setUint32(iovs, at, true)
    this.#view.setUint32(iovs + 4, length, true)
    return [iovs, 1]
  }

  /** The new descriptor, or the name of the errno. */
  open(
    { dir, path, follow }: Place,
    { oflags = 0, fdflags = 0, base = READS, inheriting = 0n }: Opening = {},
  ): number | string {
    const at = this.room(4)
    const errno = this.call(
      'path_open',
      dir,
      follow,
      ...this.path(path),
      oflags,
      base,
      inheriting,
      fdflags,
      at,
    )
    return errno === 'SUCCESS' ? this.#view.getUint32(at, true) : errno
  }
  /** The errno of opening, after `then` did what it could with the new descriptor. */
  opening(place: Place, opening: Opening = {}, then: (fd: number) => unknown = () => {}): string {
    const fd = this.open(place, opening)
    if (typeof fd === 'string') return fd
    then(fd)
    return 'SUCCESS'
  }
  /** Open what an honest guest could, or throw. */
  given(path: Name, opening: Opening = {}, dir = 3): number {
    const fd = this.open({ dir, path, follow: FOLLOW }, opening)
    if (typeof fd === 'string') throw new Error(`${path} does not open: ${fd}`)
    return fd
  }
  /** A directory with all rights that it can hold. */
  directory(path: Name, dir = 3): number {
    return this.given(
      path,
      { oflags: Oflags.DIRECTORY, base: ALL & ~rights('FD_WRITE'), inheriting: ALL },
      dir,
    )
  }

  read(fd: number, length = 256): string {
    return this.call('fd_read', fd, ...this.#spans(this.room(length), length), this.room(4))
  }
  pread(fd: number, length = 256): string {
    return this.call('fd_pread', fd, ...this.#spans(this.room(length), length), 0n, this.room(4))
  }
  write(fd: number, text = 'attack'): string {
    return this.call('fd_write', fd, ...this.#spans(...this.path(text)), this.room(4))
  }
  pwrite(fd: number, text = 'attack', offset = 0n): string {
    return this.call('fd_pwrite', fd, ...this.#spans(...this.path(text)), offset, this.room(4))
  }
  stat(fd: number): string {
    return this.call('fd_filestat_get', fd, this.room(64))
  }
  statAt({ dir, path, follow }: Place): string {
    return this.call('path_filestat_get', dir, follow, ...this.path(path), this.room(64))
  }
  prestat(fd: number): string {
    return this.call('fd_prestat_get', fd, this.room(8))
  }
  readlink({ dir, path }: Place): string {
    return this.call('path_readlink', dir, ...this.path(path), this.room(512), 512, this.room(4))
  }
  symlink(target: Name, path: Name, dir = 3): string {
    return this.call('path_symlink', ...this.path(target), dir, ...this.path(path))
  }
  link(from: Place, to: Place): string {
    return this.call(
      'path_link',
      from.dir,
      from.follow,
      ...this.path(from.path),
      to.dir,
      ...this.path(to.path),
    )
  }
  rename(from: Place, to: Place): string {
    return this.call(
      'path_rename',
      from.dir,
      ...this.path(from.path),
      to.dir,
      ...this.path(to.path),
    )
  }
  /** List a directory from a cookie on. */
  list(fd: number, cookie = 0n, room = 4096): string {
    const at = this.room(room)
    const used = this.room(4)
    const errno = this.call('fd_readdir', fd, at, room, cookie, used)
    if (errno !== 'SUCCESS') return errno
    const view = this.#view
    const end = at + view.getUint32(used, true)
    for (let entry = at; entry + 24 <= end; entry += 24 + view.getUint32(entry + 16, true)) {
      this.inodes.add(view.getBigUint64(entry + 8, true))
    }
    return errno
  }
}
