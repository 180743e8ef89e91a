/**
 * The room in which a hostcall is tried: a guest whose whole memory is drawn beforehand, so that a
 * stray write anywhere is seen.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext, TestFn } from 'ava'
import { errnoNames } from '#lib/abi/errno.js'
import { type RightName, Rights } from '#lib/abi/rights.js'
import type { HostcallName } from '#lib/abi/table.js'
import type { UnexpectedError } from '#lib/errors.js'
import { createGuest, type Guest } from '#lib/guest/guest.js'
import type { GuestOptions } from '#lib/options/options.js'
import type { DirectoryPreopen, MemoryPreopen } from '#lib/options/preopens.js'
import { settingsOf } from '#lib/options/settings.js'
import { MemoryFiles, treeOf } from '#lib/sys/memfs/files.js'
import type { HostFs } from '../sys/fixture.js'
import { treeFs } from '../sys/treefs.js'
import { threadAlone } from '../thread.js'
import { elsewhere } from './elsewhere.js'

export const backends = ['native', 'typescript'] as const
/**
 * Those, a thread of a guest that has several, files in memory, and such over a folder of the host;
 * and native with rights of access alone, where each case holds too, or says what is different by
 * `enforces`. The others check rights by the same code. The contract of test/sys knows no rights:
 * backends are never asked for any, so it needs no such way.
 */
export const ways = [...backends, 'thread', 'memfs', 'overlay', 'access'] as const
/**
 * Wine is slow, and replaces Windows only where the addon calls it; all else is the same
 * everywhere.
 */
const tried: readonly Way[] = process.env.WASI_COMMON_WINE ? ['native'] : ways
export type Way = (typeof ways)[number]
export const snapshots = ['preview1', 'unstable'] as const
export type Snapshot = (typeof snapshots)[number]

export const Oflags = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 } as const
export const Fdflags = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 } as const
export const Fstflags = { ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 } as const
export const Filetype = {
  UNKNOWN: 0,
  BLOCK: 1,
  CHARACTER: 2,
  DIRECTORY: 3,
  REGULAR: 4,
  DGRAM: 5,
  STREAM: 6,
  LINK: 7,
} as const
export const FOLLOW = 1

/** Rights by name, as the guest passes them. */
export const rights = (...names: RightName[]): bigint =>
  names.reduce((sum, name) => sum | BigInt(Rights[name]), 0n)
/** All rights that a directory passes on: no path resolves to a socket. */
export const ALL = BigInt(Rights.ALL) & ~rights('SOCK_ACCEPT', 'SOCK_SHUTDOWN')

/** All rights that a regular file can hold. */
export const FILE = rights(
  ...([
    'FD_DATASYNC',
    'FD_READ',
    'FD_SEEK',
    'FD_FDSTAT_SET_FLAGS',
    'FD_SYNC',
    'FD_TELL',
    'FD_WRITE',
    'FD_ADVISE',
    'FD_ALLOCATE',
  ] as const),
  ...([
    'FD_FILESTAT_GET',
    'FD_FILESTAT_SET_SIZE',
    'FD_FILESTAT_SET_TIMES',
    'POLL_FD_READWRITE',
  ] as const),
)
/** All rights that a directory can hold: none that moves bytes. */
export const DIRECTORY =
  ALL & ~rights('FD_READ', 'FD_WRITE', 'FD_SEEK', 'FD_TELL', 'FD_ALLOCATE', 'FD_FILESTAT_SET_SIZE')

/** Content for guest memory: bytes, or text. */
export type Part = Uint8Array | string
export const u8 = (...values: number[]): Part => Uint8Array.from(values)
export const u16 = (...values: number[]): Part => new Uint8Array(Uint16Array.from(values).buffer)
export const u32 = (...values: number[]): Part => new Uint8Array(Uint32Array.from(values).buffer)
export const u64 = (...values: (bigint | number)[]): Part =>
  new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer)
/** The initial content of guest memory. */
export const blank = (length: number): Part => '?'.repeat(length)
const bytesOf = (part: Part): Uint8Array => (typeof part === 'string' ? Buffer.from(part) : part)

/**
 * Number of descriptors that this process has open; NaN, which equals itself in a comparison, on a
 * platform that cannot list them.
 */
export function openDescriptors(): number {
  // Wine shows the descriptors of its own process by this name.
  if (process.platform === 'win32') return Number.NaN
  try {
    return fs.readdirSync('/proc/self/fd').length
  } catch {
    return Number.NaN
  }
}

export const pageSize = 65536
/** The address at which `path` and `open` put arguments that no case looks at. */
const scratch = 0xe000

export interface Setup {
  /** Snapshots to run in. Default both. */
  readonly snapshots?: readonly Snapshot[]
  /** The reason why a backend cannot do this. */
  readonly skip?: Partial<Record<Way, string>>
  readonly options?: Omit<
    GuestOptions,
    'version' | 'backend' | 'trace' | 'preopens' | 'onUnexpected'
  >
  /** Pages of memory. Default 1. */
  readonly pages?: number
  readonly shared?: boolean
  /**
   * The host opened the files of all three standard streams with these flags, and they say
   * `earlier` already. Default: empty files, to read and to write.
   */
  readonly streams?: 'r+' | 'a+' | 'w+'
}

/**
 * Register a case for each way and both snapshots. Each must give back every descriptor of the
 * host.
 */
export function each(
  test: TestFn,
  title: string,
  setup: Setup,
  body: (t: ExecutionContext, w: Fixture) => void | Promise<void>,
): void {
  for (const backend of tried) {
    // A case with a setting of its own is tried with that one.
    if (backend === 'access' && setup.options?.rights !== undefined) continue
    const why =
      setup.skip?.[backend] ??
      (backend === 'access' ? setup.skip?.native : undefined) ??
      elsewhere(title)
    if (why !== undefined) {
      test.skip(`${title} (${backend}) [${why}]`, () => {})
      continue
    }
    const versions = setup.snapshots ?? snapshots
    // Both snapshots check rights by the same code.
    for (const version of backend === 'access' ? versions.slice(0, 1) : versions) {
      test.serial(`${title} (${backend}, ${version})`, async t => {
        const before = openDescriptors()
        const w = new Fixture(t, backend, version, setup)
        try {
          await body(t, w)
          w.check()
        } finally {
          w.dispose()
        }
        t.deepEqual(
          w.unexpected.map(error => error.message),
          [],
          'every host error has a word',
        )
        t.is(openDescriptors(), before, 'every descriptor of the host is given back')
      })
    }
  }
}

function open(way: Way, options: Omit<GuestOptions, 'backend'>): Guest {
  if (way === 'thread') return threadAlone(settingsOf(options))
  const rights = way === 'access' ? { rights: way } : {}
  return createGuest({ ...rights, ...options, backend: way === 'typescript' ? way : 'native' })
}

export class Fixture {
  readonly backend: Way
  readonly version: Snapshot
  readonly guest: Guest
  readonly memory: WebAssembly.Memory
  /** The host's folder that the guest has as descriptor 3 `/box`, and to read only as 4 `/ro`. */
  readonly folder: string
  /** The folder's content as the host sees it; for files in memory, a substitute. */
  readonly fs: HostFs
  /** A line for each hostcall. */
  readonly lines: string[] = []
  readonly unexpected: UnexpectedError[] = []
  /** True if all rights are checked; false if only those of access are. */
  readonly enforces: boolean
  readonly #t: ExecutionContext
  readonly #parent: string
  readonly #stdio: number[] = []
  #drawn: Buffer
  #free = scratch

  constructor(t: ExecutionContext, backend: Way, version: Snapshot, setup: Setup = {}) {
    this.#t = t
    this.backend = backend
    this.version = version
    this.enforces =
      (setup.options?.rights ?? (backend === 'access' ? 'access' : 'enforce')) === 'enforce'
    this.#parent = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
    const files = new MemoryFiles()
    const [memory, overlay] = [backend === 'memfs', backend === 'overlay']
    this.folder = memory ? '/in-memory' : join(this.#parent, 'box')
    // The lower directory of an overlay, in which cases make files as the host as long as the host
    // can make them.
    const made = overlay ? treeFs(treeOf(files), this.folder) : fs
    this.fs = memory ? treeFs(treeOf(files), undefined, this.folder) : made
    this.fs.mkdirSync(this.folder, { recursive: true })
    if (overlay) fs.mkdirSync(this.folder)
    const box = memory ? { files } : { path: this.folder, ...(overlay && { overlay: files }) }
    const preopens: Record<string, DirectoryPreopen | MemoryPreopen> = {
      '/box': box,
      '/ro': { ...box, readOnly: true },
    }
    for (const name of ['stdin', 'stdout', 'stderr']) {
      this.#stdio.push(this.#stream(name, setup.streams))
    }
    const [stdin, stdout, stderr] = this.#stdio
    this.guest = open(backend, {
      ...{ stdin, stdout, stderr, preopens, version },
      ...setup.options,
      // Omits the paths of descriptors, which test/unit/trace-paths.test.ts covers.
      trace: line => void this.lines.push(line.replace(/(=\d+)<[^>]*>/g, '$1')),
      onUnexpected: error => void this.unexpected.push(error),
    })
    const pages = setup.pages ?? 1
    this.memory = new WebAssembly.Memory({
      initial: pages,
      maximum: pages,
      shared: setup.shared ?? false,
    })
    this.#drawn = Buffer.alloc(pages * pageSize, '?')
    new Uint8Array(this.memory.buffer).set(this.#drawn)
    this.guest.bind(this.memory)
  }

  #stream(name: string, flags: Setup['streams']): number {
    const path = join(this.#parent, name)
    if (flags === undefined)
      return fs.openSync(
        path,
        name === 'stdin' ? fs.constants.O_CREAT | fs.constants.O_RDONLY : 'w',
      )
    fs.writeFileSync(path, 'earlier')
    const fd = fs.openSync(path, flags)
    if (flags === 'w+') fs.writeSync(fd, 'earlier')
    return fd
  }

  dispose(): void {
    this.guest.close()
    for (const fd of this.#stdio) fs.closeSync(fd)
    fs.rmSync(this.#parent, { recursive: true, force: true })
  }

  // Memory.

  get size(): number {
    return this.#drawn.length
  }
  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer)
  }
  /** Puts bytes into guest memory and returns their address. */
  draw(at: number, ...parts: Part[]): number {
    this.bytes.set(this.expect(at, ...parts), at)
    return at
  }
  /** Sets the bytes that guest memory must have from here on. */
  expect(at: number, ...parts: Part[]): Uint8Array {
    const bytes = Buffer.concat(parts.map(bytesOf))
    this.#drawn.set(bytes, at)
    return bytes
  }
  /** Accepts the present content of memory, which the case checks itself. */
  any(at: number, length: number): Buffer {
    const bytes = Buffer.from(this.bytes.slice(at, at + length))
    this.#drawn.set(bytes, at)
    return bytes
  }
  /** The whole memory must be what was drawn and expected. */
  check(): void {
    const { bytes } = this
    const now = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (now.equals(this.#drawn)) return
    const wrong: string[] = []
    for (let at = 0; at < now.length && wrong.length < 4; at++) {
      if (now[at] === this.#drawn[at]) continue
      const is = now.toString('hex', at, at + 16)
      wrong.push(
        `at 0x${at.toString(16)} is ${is}, expected ${this.#drawn.toString('hex', at, at + 16)}`,
      )
      at += 15
    }
    this.#t.fail(`${this.lines.at(-1) ?? 'before any call'}: memory ${wrong.join('; ')}`)
  }

  // Calls.

  /** Call an import; the name of its errno. Memory must be as expected from the calls before. */
  call(name: HostcallName, ...args: unknown[]): string {
    this.check()
    const errno = this.guest.imports[name](...args)
    return errnoNames[errno] ?? `errno ${errno}`
  }
  /** The last line of the trace. */
  get line(): string {
    return this.lines.at(-1) ?? ''
  }
  /** Puts a name into unused memory and returns it as two arguments. */
  path(name: Part): [at: number, length: number] {
    const { length } = bytesOf(name)
    if (this.#free + length > this.size) this.#free = scratch
    const at = this.draw(this.#free, name)
    this.#free += length
    return [at, length]
  }
  /** Space for a result whose address no case looks at. */
  room(length: number): number {
    return this.path(blank(length))[0]
  }
  /** A call with one u32 result: that, or the name of the errno. */
  ask(name: HostcallName, ...args: unknown[]): number | string {
    const at = this.room(4)
    const errno = this.call(name, ...args, at)
    return errno === 'SUCCESS' ? this.any(at, 4).readUInt32LE() : errno
  }

  /** Returns the first value if all rights are checked, the second if only those of access are. */
  checked<T>(enforced: T, access: T): T {
    return this.enforces ? enforced : access
  }

  /** Open below descriptor 3; the new descriptor, or the name of the errno. */
  tryOpen(name: Part, options: OpenOptions = {}): number | string {
    const { dir = 3, follow = FOLLOW, oflags = 0, fdflags = 0 } = options
    const {
      base = rights('FD_READ', 'FD_SEEK', 'FD_TELL', 'FD_FILESTAT_GET', 'POLL_FD_READWRITE'),
      inheriting = 0n,
    } = options
    return this.ask('path_open', dir, follow, ...this.path(name), oflags, base, inheriting, fdflags)
  }
  /** Opens like `tryOpen`; an errno fails the test. */
  open(name: Part, options: OpenOptions = {}): number {
    const opened = this.tryOpen(name, options)
    if (typeof opened !== 'number') throw new Error(`${name} does not open: ${opened}`)
    return opened
  }
  /** A descriptor that holds every right its kind can hold, on a fresh file of this text. */
  file(name: string, text = ''): number {
    this.write(name, text)
    return this.open(name, { base: ALL })
  }
  /** Read into fresh memory: the text, or the name of the errno. */
  read(fd: number, length = 100): string {
    const into = this.room(length)
    const read = this.ask('fd_read', fd, this.draw(this.room(8), u32(into, length)), 1)
    return typeof read === 'number' ? this.any(into, read).toString() : read
  }
  /** Write text: how many bytes, or the name of the errno. */
  put(fd: number, text: string): number | string {
    const [at, length] = this.path(text)
    return this.ask('fd_write', fd, this.draw(this.room(8), u32(at, length)), 1)
  }
  /** The offset of a descriptor. */
  tell(fd: number): bigint | string {
    const at = this.room(8)
    const errno = this.call('fd_tell', fd, at)
    return errno === 'SUCCESS' ? this.any(at, 8).readBigUInt64LE() : errno
  }
  /** The result of fd_fdstat_get, or the name of the errno. */
  fdstat(
    fd: number,
  ): { filetype: number; fdflags: number; base: bigint; inheriting: bigint } | string {
    const at = this.room(24)
    const errno = this.call('fd_fdstat_get', fd, at)
    if (errno !== 'SUCCESS') return errno
    const bytes = this.any(at, 24)
    return {
      filetype: bytes[0],
      fdflags: bytes.readUInt16LE(2),
      base: bytes.readBigUInt64LE(8),
      inheriting: bytes.readBigUInt64LE(16),
    }
  }

  /**
   * Has the host report a filestat that no case looks at, so that the next report is seen to leave
   * nothing of it.
   */
  filestatOf(fd: number): void {
    const at = this.room(64)
    this.call('fd_filestat_get', fd, at)
    this.any(at, 64)
  }

  // The host's side.

  host(name = ''): string {
    return join(this.folder, name)
  }
  write(name: string, text = ''): void {
    this.fs.writeFileSync(this.host(name), text)
  }
  text(name: string): string {
    return this.fs.readFileSync(this.host(name), 'utf8')
  }
  exists(name: string): boolean {
    return this.fs.lstatSync(this.host(name), { throwIfNoEntry: false }) !== undefined
  }
  fifo(name: string): void {
    execFileSync('mkfifo', [this.host(name)])
  }
  /** The guest's standard output or error. */
  output(name: 'stdin' | 'stdout' | 'stderr' = 'stdout'): string {
    return fs.readFileSync(join(this.#parent, name), 'utf8')
  }
  /** Size and times of the file that is a standard stream. */
  streamStatus(fd: number): readonly bigint[] {
    const { size, atimeNs, mtimeNs, ctimeNs } = fs.fstatSync(this.#stdio[fd], { bigint: true })
    return [size, atimeNs, mtimeNs, ctimeNs]
  }
  /** Writes to a standard stream as the host, at the host's offset. */
  hostWrites(fd: number, text: string): void {
    fs.writeSync(this.#stdio[fd], text)
  }
  /** Give the guest's standard input this text. */
  input(text: string): void {
    fs.writeFileSync(join(this.#parent, 'stdin'), text)
  }
  /** A filestat of a host's file as this snapshot lays it out, drawn where nothing is written. */
  filestat(name: string): Part[] {
    const { dev, ino, nlink, size, atimeNs, mtimeNs, ctimeNs } = this.fs.lstatSync(
      this.host(name),
      { bigint: true },
    )
    const stat = this.fs.lstatSync(this.host(name))
    const type = stat.isDirectory()
      ? Filetype.DIRECTORY
      : stat.isSymbolicLink()
        ? Filetype.LINK
        : Filetype.REGULAR
    const rest = u64(size, atimeNs, mtimeNs, ctimeNs)
    if (this.version === 'unstable')
      return [u64(dev, ino), u8(type), blank(3), u32(Number(nlink)), rest]
    return [u64(dev, ino), u8(type, 0, 0, 0, 0, 0, 0, 0), u64(nlink), rest]
  }
  /** Bytes of a filestat in this snapshot. */
  get filestatSize(): number {
    return this.version === 'unstable' ? 56 : 64
  }
}

export interface OpenOptions {
  readonly dir?: number
  readonly follow?: number
  readonly oflags?: number
  readonly fdflags?: number
  readonly base?: bigint
  readonly inheriting?: bigint
}
