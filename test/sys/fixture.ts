/**
 * The fixture of a case of the contract: a new folder of the host, a backend that has it open, and
 * guest memory.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type Errno, type ErrnoName, errnoNames } from '#lib/abi/errno.js'
import { type Answer, type Handle, type Sys, UNEXPECTED } from '#lib/sys/sys.js'

export const READ = 1
export const WRITE = 2
export const BOTH = 3
export const Oflags = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 } as const
export const Fdflags = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 } as const
export const Fstflags = { ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 } as const
export const Filetype = {
  UNKNOWN: 0,
  CHARACTER: 2,
  DIRECTORY: 3,
  REGULAR: 4,
  STREAM: 6,
  LINK: 7,
} as const
export const Whence = { SET: 0, CUR: 1, END: 2 } as const

/** Cases by title. */
export type Cases = Readonly<
  Record<string, (t: ExecutionContext, g: Fixture) => void | Promise<void>>
>
export type Name = string | Uint8Array
/** An answer as a test reads it: a count or handle, or the name of an errno. */
export type Result = number | ErrnoName | 'UNEXPECTED'
export interface Entry {
  readonly next: bigint
  readonly ino: bigint
  readonly type: number
  readonly name: string
}

export function resultOf(answer: Answer): Result {
  if (answer >= 0) return answer
  return answer === UNEXPECTED ? 'UNEXPECTED' : (errnoNames[-answer as Errno] as ErrnoName)
}

/** Number of descriptors that this process has open; NaN on a platform that cannot list them. */
export function openDescriptors(): number {
  // Wine shows the descriptors of its own process by this name.
  if (process.platform === 'win32') return Number.NaN
  try {
    return fs.readdirSync('/proc/self/fd').length
  } catch {
    return Number.NaN
  }
}

/** The functions that cases call as the host: node:fs, or a substitute for files in memory. */
export type HostFs = Pick<
  typeof fs,
  | (
      | 'appendFileSync'
      | 'existsSync'
      | 'linkSync'
      | 'lstatSync'
      | 'mkdirSync'
      | 'mkdtempSync'
      | 'readFileSync'
      | 'readdirSync'
    )
  | (
      | 'readlinkSync'
      | 'realpathSync'
      | 'renameSync'
      | 'rmSync'
      | 'statSync'
      | 'symlinkSync'
      | 'unlinkSync'
      | 'utimesSync'
      | 'writeFileSync'
    )
>

const scratch = 4096
const bytesOf = (text: Name) => (typeof text === 'string' ? Buffer.from(text) : Buffer.from(text))

export class Fixture {
  readonly sys: Sys
  readonly fs: HostFs
  /** Contains `root`, which the guest has, and its siblings. */
  readonly folder: string
  readonly dir: Handle
  readonly memory = new Uint8Array(1 << 20)
  #free = scratch

  constructor(sys: Sys, host: HostFs = fs) {
    this.sys = sys
    this.fs = host
    this.folder = this.fs.mkdtempSync(join(this.fs.realpathSync(os.tmpdir()), 'wasi-common-'))
    this.fs.mkdirSync(join(this.folder, 'root'))
    sys.bind(this.memory)
    this.dir = sys.preopen(join(this.folder, 'root'))
  }

  dispose() {
    this.sys.dispose()
    this.fs.rmSync(this.folder, { recursive: true, force: true })
  }

  // The host's side.

  host(name = '') {
    return join(this.folder, 'root', name)
  }
  outside(name: string) {
    return join(this.folder, name)
  }
  file(name: string, text = '') {
    this.fs.mkdirSync(join(this.host(name), '..'), { recursive: true })
    this.fs.writeFileSync(this.host(name), text)
  }
  folders(...names: string[]) {
    for (const name of names) this.fs.mkdirSync(this.host(name), { recursive: true })
  }
  fifo(name: string) {
    execFileSync('mkfifo', [this.host(name)])
  }
  text(name: string) {
    return this.fs.readFileSync(this.host(name), 'utf8')
  }
  exists(name: string) {
    return this.fs.lstatSync(this.host(name), { throwIfNoEntry: false }) !== undefined
  }
  links(links: Record<string, string>) {
    for (const [name, target] of Object.entries(links)) this.fs.symlinkSync(target, this.host(name))
  }

  // Guest memory.

  /** Room in guest memory; the oldest is given again after 512 KiB. */
  room(length: number): number {
    if (this.#free + length > this.memory.length) this.#free = scratch
    const at = this.#free
    this.#free += length
    return at
  }
  put(text: Name): [at: number, length: number] {
    const bytes = bytesOf(text)
    const at = this.room(bytes.length)
    this.memory.set(bytes, at)
    return [at, bytes.length]
  }
  bytes(at: number, length: number) {
    return Buffer.from(this.memory.slice(at, at + length))
  }
  /** Fills `block.spans` with pieces of fresh memory; how many they are. */
  spans(...lengths: number[]): number {
    this.#pieces = lengths.map(length => [this.room(length), length])
    this.#pieces.forEach((piece, index) => {
      this.memory.fill(0xee, piece[0], piece[0] + piece[1])
      this.sys.block.spans.set(piece, 2 * index)
    })
    return lengths.length
  }
  #pieces: [number, number][] = []
  texts(...texts: Name[]): number {
    texts.forEach((text, index) => {
      this.sys.block.spans.set(this.put(text), 2 * index)
    })
    return texts.length
  }
  /** The first `count` bytes of the last `spans`. */
  gathered(count: number): string {
    return Buffer.concat(this.#pieces.map(([at, length]) => this.bytes(at, length)))
      .subarray(0, count)
      .toString()
  }

  // The guest's side: a Sys method a line.

  open(
    name: Name,
    { dir = this.dir, follow = 1, oflags = 0, fdflags = 0, access = READ } = {},
  ): Result {
    return resultOf(this.sys.open(dir, ...this.put(name), follow, oflags, fdflags, access))
  }
  /** Opens like `open`; an errno fails the test. */
  handle(
    name: Name,
    options: {
      dir?: Handle
      follow?: number
      oflags?: number
      fdflags?: number
      access?: number
    } = {},
  ): Handle {
    const answer = this.open(name, options)
    if (typeof answer !== 'number') throw new Error(`${name} does not open: ${answer}`)
    return answer
  }
  /** Opens with CREAT, to write and read. */
  create(
    name: Name,
    options: {
      dir?: Handle
      oflags?: number
      fdflags?: number
      access?: number
      follow?: number
    } = {},
  ): Result {
    return this.open(name, {
      access: BOTH,
      ...options,
      oflags: Oflags.CREAT | (options.oflags ?? 0),
    })
  }
  made(name: Name, options: { fdflags?: number } = {}): Handle {
    return this.handle(name, { access: BOTH, oflags: Oflags.CREAT, ...options })
  }
  close(file: Handle) {
    return resultOf(this.sys.close(file))
  }
  read(file: Handle, ...lengths: number[]) {
    const answer = resultOf(this.sys.readv(file, this.spans(...lengths)))
    return typeof answer === 'number' ? { text: this.gathered(answer) } : answer
  }
  pread(file: Handle, offset: number, ...lengths: number[]) {
    const answer = resultOf(this.sys.preadv(file, this.spans(...lengths), offset))
    return typeof answer === 'number' ? { text: this.gathered(answer) } : answer
  }
  write(file: Handle, ...texts: Name[]) {
    return resultOf(this.sys.writev(file, this.texts(...texts)))
  }
  pwrite(file: Handle, offset: number, ...texts: Name[]) {
    return resultOf(this.sys.pwritev(file, this.texts(...texts), offset))
  }
  seek(file: Handle, offset: number, whence: number) {
    return resultOf(this.sys.seek(file, offset, whence))
  }
  mkdir(name: Name, dir = this.dir) {
    return resultOf(this.sys.mkdir(dir, ...this.put(name)))
  }
  rmdir(name: Name, dir = this.dir) {
    return resultOf(this.sys.rmdir(dir, ...this.put(name)))
  }
  unlink(name: Name, dir = this.dir) {
    return resultOf(this.sys.unlink(dir, ...this.put(name)))
  }
  symlink(target: Name, name: Name, dir = this.dir) {
    return resultOf(this.sys.symlink(...this.put(target), dir, ...this.put(name)))
  }
  link(name: Name, fresh: Name, { follow = 0, dir = this.dir, dir2 = this.dir } = {}) {
    return resultOf(this.sys.link(dir, ...this.put(name), follow, dir2, ...this.put(fresh)))
  }
  rename(name: Name, fresh: Name, { dir = this.dir, dir2 = this.dir } = {}) {
    return resultOf(this.sys.rename(dir, ...this.put(name), dir2, ...this.put(fresh)))
  }
  readlink(name: Name, room = 4096, dir = this.dir) {
    const into = this.room(room)
    const answer = resultOf(this.sys.readlink(dir, ...this.put(name), into, room))
    return typeof answer === 'number' ? { text: this.bytes(into, answer).toString() } : answer
  }
  stat(name: Name, { follow = 0, dir = this.dir } = {}): Result {
    return resultOf(this.sys.filestatAt(dir, ...this.put(name), follow))
  }
  /** The filestat in the block. */
  get record() {
    const { record } = this.sys.block
    const u64 = (at: number) => record.getBigUint64(at, true)
    return {
      dev: u64(0),
      ino: u64(8),
      type: record.getUint8(16),
      nlink: u64(24),
      size: u64(32),
      atim: u64(40),
      mtim: u64(48),
      ctim: u64(56),
    }
  }
  /** The filetype of a name, or why there is none. */
  type(name: Name, follow = 0): Result {
    const answer = this.stat(name, { follow })
    return answer === 0 ? this.record.type : answer
  }
  setTimes(atim: bigint, mtim: bigint) {
    this.sys.block.times.set([atim, mtim])
  }

  /** One readdir: the whole entries it gave, how many bytes, and the bytes. */
  readdir(dir: Handle, cookie: bigint, room: number) {
    const at = this.room(room)
    const answer = resultOf(this.sys.readdir(dir, cookie, at, room))
    if (typeof answer !== 'number') throw new Error(`readdir answers ${answer}`)
    const bytes = this.bytes(at, answer)
    const entries: Entry[] = []
    for (let from = 0; from + 24 <= answer; ) {
      const to = from + 24 + bytes.readUInt32LE(from + 16)
      if (to > answer) break
      const name = bytes.toString('utf8', from + 24, to)
      entries.push({
        next: bytes.readBigUInt64LE(from),
        ino: bytes.readBigUInt64LE(from + 8),
        type: bytes[from + 20],
        name,
      })
      from = to
    }
    return { entries, length: answer, bytes }
  }
  /**
   * The whole directory, as a C library reads it: on from the last whole entry until a call leaves
   * room over.
   */
  list(dir: Handle, room = 4096, each: (entry: Entry) => void = () => {}): Entry[] {
    const all: Entry[] = []
    for (let cookie = 0n; ; ) {
      const { entries, length } = this.readdir(dir, cookie, room)
      for (const entry of entries) each(entry)
      all.push(...entries)
      if (length < room) return all
      if (entries.length === 0) throw new Error('no entry fits')
      cookie = (entries.at(-1) as Entry).next
    }
  }
}

export const names = (entries: readonly Entry[]) => entries.map(entry => entry.name).sort()
export const text = (value: string) => ({ text: value })
