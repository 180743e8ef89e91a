/**
 * The room in which a call of a component is tried: one host, called through JavaScript values or
 * through core values, over each kind of file system.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext, TestFn } from 'ava'
import type { UnexpectedError } from '#lib/errors.js'
import type { DirectoryPreopen, MemoryPreopen } from '#lib/options/preopens.js'
import {
  type ComponentHost,
  type ComponentHostOptions,
  createComponentHost,
} from '#lib/preview2/host.js'
import { MemoryFiles, treeOf } from '#lib/sys/memfs/files.js'
import { openDescriptors } from '../hostcalls/fixture.js'
import type { HostFs } from '../sys/fixture.js'
import { treeFs } from '../sys/treefs.js'
import { type Door, type DoorName, doors, Failure, JavaScriptDoor, LoweredDoor } from './doors.js'

export const ways = ['native', 'typescript', 'memfs', 'overlay'] as const
export type Way = (typeof ways)[number]

export interface Setup {
  /** File systems to try it on. Default: all. */
  readonly ways?: readonly Way[]
  /** Doors to try it through. Default: both. */
  readonly doors?: readonly DoorName[]
  /** Options of the host. A name in `preopens` adds one to those of the fixture. */
  readonly options?: Omit<ComponentHostOptions, 'backend' | 'onUnexpected'>
  /** The order of the handle tables is reversed. */
  readonly swapped?: boolean
  /** The content of standard input. */
  readonly input?: string
}

/** A resource, as a door has it. */
export type Held = object

/** Registers a case for each file system and door. Each must return every descriptor of the host. */
export function each(
  test: TestFn,
  title: string,
  setup: Setup,
  body: (t: ExecutionContext, w: Fixture) => void | Promise<void>,
): void {
  for (const way of setup.ways ?? ways) {
    for (const door of setup.doors ?? doors) {
      test.serial(`${title} (${way}, ${door})`, async t => {
        const before = openDescriptors()
        const w = new Fixture(way, door, setup)
        try {
          await body(t, w)
        } finally {
          w.close()
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
/** Cases without files: one file system is enough. */
export const once = { ways: ['native'] } as const

export class Fixture {
  readonly way: Way
  readonly host: ComponentHost
  readonly door: Door
  /** The lowered door, if it is that one. */
  readonly lowered: LoweredDoor | undefined
  /** The host's folder that the component has as `/box`, and read-only as `/ro`. */
  readonly folder: string
  /** The folder's content as the host sees it; for files in memory, a substitute. */
  readonly fs: HostFs
  readonly unexpected: UnexpectedError[] = []
  readonly #parent: string
  readonly #stdio: number[]

  constructor(way: Way, door: DoorName, setup: Setup = {}) {
    this.way = way
    this.#parent = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
    const files = new MemoryFiles()
    const [memory, overlay] = [way === 'memfs', way === 'overlay']
    this.folder = memory ? '/in-memory' : join(this.#parent, 'box')
    const made = overlay ? treeFs(treeOf(files), this.folder) : fs
    this.fs = memory ? treeFs(treeOf(files), undefined, this.folder) : made
    this.fs.mkdirSync(this.folder, { recursive: true })
    if (overlay) fs.mkdirSync(this.folder)
    const box: DirectoryPreopen | MemoryPreopen = memory
      ? { files }
      : { path: this.folder, ...(overlay && { overlay: files }) }
    fs.writeFileSync(join(this.#parent, 'stdin'), setup.input ?? '')
    this.#stdio = (['stdin', 'stdout', 'stderr'] as const).map((name, i) =>
      fs.openSync(join(this.#parent, name), i === 0 ? 'r' : 'w'),
    )
    const [stdin, stdout, stderr] = this.#stdio
    const { preopens, ...options } = setup.options ?? {}
    this.host = createComponentHost({
      ...{ stdin, stdout, stderr },
      preopens: { '/box': box, '/ro': { ...box, readOnly: true }, ...preopens },
      ...options,
      backend: way === 'typescript' ? way : 'native',
      onUnexpected: error => void this.unexpected.push(error),
    })
    this.lowered = door === 'hybrid' ? new LoweredDoor(this.host.imports, setup.swapped) : undefined
    this.door = this.lowered ?? new JavaScriptDoor(this.host.imports)
  }

  close(): void {
    this.host.close()
    for (const fd of this.#stdio) fs.closeSync(fd)
    fs.rmSync(this.#parent, { recursive: true, force: true })
  }

  // Calls, by short names: `descriptor.open-at`, `wall-clock.now`.

  /** Calls a function, and returns the payload of its result. @throws Failure for an error */
  // biome-ignore lint/suspicious/noExplicitAny: each case knows the result of its call
  call(short: string, ...args: readonly unknown[]): any {
    return this.door.call(short, ...args)
  }
  /**
   * Calls a function; `ok`, the name of its error, or `trap: ` and the message. An error of a
   * stream is `closed`, or the code of its failure.
   */
  answer(short: string, ...args: readonly unknown[]): string {
    try {
      this.call(short, ...args)
      return 'ok'
    } catch (thrown) {
      if (!(thrown instanceof Failure)) return `trap: ${(thrown as Error).message}`
      return this.#nameOf(thrown.payload)
    }
  }
  #nameOf(payload: unknown): string {
    // The error of a result without a payload is `undefined`.
    if (typeof payload !== 'object') return String(payload)
    const { tag, val } = payload as { tag: string; val?: Held }
    if (tag !== 'last-operation-failed') return tag
    const message: string = this.call('error.to-debug-string', val)
    this.drop(val as Held)
    return message
  }
  drop(...resources: readonly Held[]): void {
    for (const resource of resources) this.door.drop(resource)
  }

  #box: Held | undefined
  #ro: Held | undefined
  #preopens(): void {
    const [[box], [ro]]: [Held, string][] = this.call('preopens.get-directories')
    this.#box = box
    this.#ro = ro
  }
  /** The directory `/box`. */
  get box(): Held {
    if (this.#box === undefined) this.#preopens()
    return this.#box as Held
  }
  /** The same directory, read-only. */
  get ro(): Held {
    if (this.#ro === undefined) this.#preopens()
    return this.#ro as Held
  }

  /** Opens below `/box`. @throws Failure */
  open(path: string, options: OpenOptions = {}): Held {
    return this.call('descriptor.open-at', ...this.#opening(path, options))
  }
  /** As `open`; `ok`, or the error. */
  tryOpen(path: string, options: OpenOptions = {}): string {
    return this.answer('descriptor.open-at', ...this.#opening(path, options))
  }
  #opening(path: string, { dir = this.box, follow = true, open = [], flags }: OpenOptions) {
    return [dir, { symlinkFollow: follow }, path, named(open), named(flags ?? ['read'])]
  }

  // The host's side.

  path(name = ''): string {
    return join(this.folder, name)
  }
  write(name: string, text = ''): void {
    this.fs.writeFileSync(this.path(name), text)
  }
  text(name: string): string {
    return this.fs.readFileSync(this.path(name), 'utf8')
  }
  exists(name: string): boolean {
    return this.fs.lstatSync(this.path(name), { throwIfNoEntry: false }) !== undefined
  }
  fifo(name: string): void {
    execFileSync('mkfifo', [this.path(name)])
  }
  /** The output that the component has written. */
  output(name: 'stdout' | 'stderr' = 'stdout'): string {
    return fs.readFileSync(join(this.#parent, name), 'utf8')
  }
}

export interface OpenOptions {
  readonly dir?: Held
  readonly follow?: boolean
  /** Names of `open-flags`. */
  readonly open?: readonly ('create' | 'directory' | 'exclusive' | 'truncate')[]
  /** Names of `descriptor-flags` in camel case. Default: read. */
  readonly flags?: readonly (
    | 'read'
    | 'write'
    | 'fileIntegritySync'
    | 'dataIntegritySync'
    | 'requestedWriteSync'
    | 'mutateDirectory'
  )[]
}
const named = (names: readonly string[]): Readonly<Record<string, boolean>> =>
  Object.fromEntries(names.map(name => [name, true]))

const encoder = new TextEncoder()
const decoder = new TextDecoder()
/** A text as a `list<u8>`, and back. */
export const bytesOf = (text: string): Uint8Array => encoder.encode(text)
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes)
