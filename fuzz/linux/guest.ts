/**
 * Plays a program as a guest: each hostcall on a World of its own, with the answers printed as
 * fuzz/linux/answers.c does.
 */
import { type ErrnoName, errnoNames } from '#lib/abi/errno.js'
import { Rights } from '#lib/abi/rights.js'
import type { HostcallName } from '#lib/abi/table.js'
import { Filetype } from '#lib/abi/values.js'
import type { Guest } from '#lib/guest/guest.js'
import { root, type Step, slots } from './program.js'

const ALL = BigInt(Rights.ALL)
/**
 * Addresses of results, an iovec, a record and data in guest memory, and a number that no slot
 * holds.
 */
const [result, vector, record, paths, room, none] = [0x10, 0x20, 0x100, 0x1000, 0x40000, 0x7fffffff]
/** A page of a listing that takes any name, and few entries. */
const least = 24 + 256

function hash(bytes: Uint8Array): string {
  let sum = 2166136261
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 16777619)
  return (sum >>> 0).toString(16).padStart(8, '0')
}
const text = (bytes: string): string =>
  bytes.replace(/[^!-~]|%/g, byte => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
const order = (one: string, other: string): number =>
  Buffer.compare(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'))

export class Player {
  readonly #guest: Guest
  readonly #memory = new WebAssembly.Memory({ initial: 10 })
  readonly #bytes = Buffer.from(this.#memory.buffer)
  readonly #fds: number[] = Array.from({ length: slots }, (_, slot) =>
    slot === root ? root : none,
  )

  constructor(guest: Guest) {
    this.#guest = guest
    guest.bind(this.#memory)
  }

  #call(name: HostcallName, ...args: (number | bigint | string)[]): ErrnoName {
    let at = paths
    const values = args.flatMap(arg => {
      if (typeof arg !== 'string') return [arg]
      const length = this.#bytes.write(arg, at, 'latin1')
      at += length
      return [at - length, length]
    })
    return errnoNames[this.#guest.imports[name](...values)] as ErrnoName
  }
  #word(at = result): number {
    return this.#bytes.readUInt32LE(at)
  }
  #long(at = result): bigint {
    return this.#bytes.readBigUInt64LE(at)
  }
  #fd(slot: unknown): number {
    return this.#fds[slot as number] ?? none
  }
  #stat(): string {
    const time = (label: string, at: number): string => {
      const nanoseconds = this.#long(at)
      const recent = nanoseconds > 15n * 10n ** 17n && nanoseconds < 3n * 10n ** 18n
      return `${label} ${recent ? 'now' : nanoseconds}`
    }
    const type = this.#bytes[record + 16]
    const file =
      type === Filetype.DIRECTORY
        ? ''
        : ` x${this.#long(record + 24)} ${this.#long(record + 32)} bytes`
    // The access time of a link tells how far a path was followed, by the interpreter's own checks,
    // too.
    const read = type === Filetype.SYMBOLIC_LINK ? '' : ` ${time('atim', record + 40)}`
    return `type ${type}${file}${read} ${time('mtim', record + 48)}`
  }
  #read(length = this.#word()): string {
    return `${length} ${hash(this.#bytes.subarray(room, room + length))}`
  }

  /** The answer to a call: `0`, and whatever the guest learns by it; or the name of an errno. */
  play([name, ...args]: Step): string {
    const said = (learned: () => unknown, ...values: (number | bigint | string)[]): string => {
      const errno = this.#call(name as HostcallName, ...values)
      if (errno !== 'SUCCESS') return errno
      const more = learned()
      return more === undefined ? '0' : `0 ${more}`
    }
    const nothing = (): undefined => undefined
    const fd = this.#fd(args[0])
    const [, second, third, fourth, fifth] = args as [number, number, number, number, number]
    switch (name) {
      case 'tree':
        return this.#tree(root, '')
      case 'path_open':
        return this.#open(fd, args.slice(1))
      case 'path_symlink':
        return said(nothing, args[0] as string, this.#fd(second), args[2] as string)
      case 'path_rename':
        return said(nothing, fd, second, this.#fd(third), fourth)
      case 'path_link':
        return said(nothing, fd, second, third, this.#fd(fourth), fifth)
      case 'path_filestat_get':
      case 'fd_filestat_get':
        return said(() => this.#stat(), fd, ...args.slice(1), record)
      case 'fd_fdstat_get':
        return said(
          () => `type ${this.#bytes[record]} flags ${this.#bytes.readUInt16LE(record + 2)}`,
          fd,
          record,
        )
      case 'path_readlink':
        return said(() => this.#read(), fd, second, room, third, result)
      case 'fd_seek':
      case 'fd_tell':
        return said(() => this.#long(), fd, ...args.slice(1), result)
      case 'fd_read':
      case 'fd_pread':
        return said(() => this.#read(), fd, ...this.#vector(second), ...args.slice(2), result)
      case 'fd_write':
      case 'fd_pwrite':
        this.#bytes.fill(65 + (second % 26), room, room + second)
        return said(() => this.#word(), fd, ...this.#vector(second), ...args.slice(2), result)
      case 'fd_readdir':
        return this.#listing(fd, second)
      case 'fd_close':
        return this.#left(said(nothing, fd), args[0] as number)
      case 'fd_renumber':
        return this.#left(said(nothing, fd, this.#fd(second)), args[0] as number, second)
      default:
        return said(nothing, fd, ...args.slice(1))
    }
  }
  /** The room in three pieces, of which one is empty. */
  #vector(length: number): [number, number] {
    const first = Math.floor(length / 3)
    const words = [room, first, room, 0, room + first, length - first]
    for (const [i, word] of words.entries()) this.#bytes.writeUInt32LE(word, vector + 4 * i)
    return [vector, words.length / 2]
  }
  #open(
    dir: number,
    [follow, path, oflags, access, fdflags, slot]: readonly (number | bigint | string)[],
  ): string {
    const rights = BigInt(
      (Number(access) & 1 ? Rights.FD_READ : 0) | (Number(access) & 2 ? Rights.FD_WRITE : 0),
    )
    const errno = this.#call(
      'path_open',
      dir,
      follow as number,
      path as string,
      oflags as number,
      rights,
      ALL,
      fdflags as number,
      result,
    )
    if (errno !== 'SUCCESS') return errno
    const opened = this.#word()
    if (this.#fd(slot) !== none) this.#call('fd_close', this.#fd(slot))
    this.#fds[slot as number] = opened
    const found = this.#call('fd_fdstat_get', opened, record)
    return found === 'SUCCESS' ? `0 ${this.#bytes[record]}` : `fd_fdstat_get: ${found}`
  }
  /** A descriptor that was closed, or moved to another number, leaves its slot. */
  #left(answer: string, slot: number, into = -1): string {
    if (answer === '0' && slot !== into) this.#fds[slot] = none
    return answer
  }

  /** Names and types in order, from pages that follow one another. */
  #names(fd: number, page = least): string[] | ErrnoName {
    const found: string[] = []
    for (let cookie = 0n, turn = 0; turn < 1000; turn++) {
      const errno = this.#call('fd_readdir', fd, room, page, cookie, result)
      if (errno !== 'SUCCESS') return errno
      const used = this.#word()
      for (let at = room; at + 24 <= room + used; ) {
        const next = at + 24 + this.#word(at + 16)
        if (next > room + used) break
        cookie = this.#long(at)
        found.push(`${this.#bytes.toString('latin1', at + 24, next)}:${this.#bytes[at + 20]}`)
        at = next
      }
      if (used < page) return found.sort(order)
    }
    return ['a listing has no end']
  }
  #listing(fd: number, page: number): string {
    const names = this.#names(fd, page)
    return typeof names === 'string' ? names : ['0', ...names.map(text)].join(' ')
  }

  /** All that can be reached, with the first bytes of each file. */
  #tree(dir: number, below: string): string {
    const names = this.#names(dir)
    if (typeof names === 'string') return ` | ${below} ${names}`
    return names
      .map(entry => this.#entry(dir, below, entry.slice(0, entry.lastIndexOf(':'))))
      .join('')
  }
  #entry(dir: number, below: string, name: string): string {
    if (name === '.' || name === '..') return ''
    const path = `${below}/${text(name)}`
    const errno = this.#call('path_filestat_get', dir, 0, name, record)
    if (errno !== 'SUCCESS') return ` | ${path} ${errno}`
    const type = this.#bytes[record + 16]
    const line = ` | ${path} ${this.#stat()}`
    if (type === Filetype.SYMBOLIC_LINK) {
      const read = this.#call('path_readlink', dir, name, room, 4096, result)
      return `${line} ${read === 'SUCCESS' ? this.#read().split(' ')[1] : read}`
    }
    const directory = type === Filetype.DIRECTORY
    const opened = this.#call(
      'path_open',
      dir,
      0,
      name,
      directory ? 2 : 0,
      BigInt(Rights.FD_READ),
      ALL,
      0,
      result,
    )
    if (opened !== 'SUCCESS') return `${line} ${opened}`
    const fd = this.#word()
    const inside = directory ? this.#tree(fd, path) : ` ${this.#content(fd)}`
    this.#call('fd_close', fd)
    return line + inside
  }
  #content(fd: number): string {
    const errno = this.#call('fd_pread', fd, ...this.#vector(4096), 0n, result)
    return errno === 'SUCCESS' ? (this.#read().split(' ')[1] as string) : errno
  }
}
