/**
 * A guest that makes one call again and again: its memory, the files it has open, and the module
 * whose loop is timed.
 */
/// <reference path="../lib/webassembly.d.ts" />
import { writeSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import type { HostcallName } from '#lib/abi/table.js'
import { assemble, call, type Expression, load, or, param, setParam, times } from '../test/wasm.js'
import type { Open, Wasi } from './sides.js'

/** Addresses in memory. Results that are not looked at again may overwrite each other. */
export const at = {
  out: 0,
  result: 128,
  iov: 256,
  iovs: 320,
  subscription: 512,
  events: 640,
  path: 1024,
  path2: 1536,
  buffer: 8192,
} as const
const rights = {
  read: 1n << 1n,
  seek: 1n << 2n,
  sync: 1n << 4n,
  tell: 1n << 5n,
  write: 1n << 6n,
  readdir: 1n << 14n,
  filestat: 1n << 21n,
}
/**
 * Rights by the use of a descriptor; `all` are those that a program of libc asks for when it opens
 * a file to read and write it.
 */
export const Rights = {
  read: rights.read | rights.seek | rights.tell | rights.filestat,
  all:
    0x1n |
    rights.read |
    rights.seek |
    0x8n |
    rights.sync |
    rights.tell |
    rights.write |
    0x180n |
    0xe00000n |
    (1n << 27n),
  write: rights.write,
  list: rights.readdir,
} as const
export const Oflags = { none: 0, creat: 1, directory: 2, excl: 4 } as const
export const follow = 1
/** The first preopen, which is the ground. */
export const ground = 3
/** The second: /dev. */
export const devices = 4

/**
 * The turns of a loop: some before it is timed, so that V8 has compiled it, and those that are
 * timed.
 */
export interface Pace {
  readonly warm: number
  readonly timed: number
}
export interface Loop {
  /** One turn of the loop: calls, each of which leaves its errno. */
  readonly turn: readonly Expression[]
  /** The value of all errnos or-ed together. Default 0. */
  readonly errno?: number
  /** The value at `at.result` after each batch. */
  readonly result?: number
  /** As many turns as can be made before `rewind` is wanted. */
  readonly most?: number
  readonly rewind?: () => void
}

/** Two ends of a connection and a listener, as the host's descriptors. */
export interface Sockets {
  readonly near: number
  readonly far: number
  readonly listener: number
}
/**
 * Nothing here returns to the event loop while the guest runs, so Node never reads from them
 * itself.
 */
export async function socketsIn(folder: string): Promise<Sockets> {
  const server = net.createServer({ pauseOnConnect: true })
  const path = join(folder, `socket-${process.pid}`)
  const connected = new Promise<net.Socket>(resolve => server.once('connection', resolve))
  await new Promise<void>(resolve => server.listen(path, resolve))
  const near = net.connect({ path }).pause()
  await new Promise(resolve => near.once('connect', resolve))
  const accepted = await connected
  const fdOf = (socket: unknown): number => (socket as { _handle: { fd: number } })._handle.fd
  // So that the near end is ready to be read.
  writeSync(fdOf(accepted), 'x')
  return { near: fdOf(near), far: fdOf(accepted), listener: fdOf(server) }
}

/** Guests of one loop run the same module, so that it is compiled and optimized once. */
const modules = new Map<string, WebAssembly.Module>()

export class Guest {
  readonly memory: WebAssembly.Memory
  readonly wasi: Wasi
  readonly #opened = new Map<string, number>()

  /** `preopens` come after each other as the record has them: `ground`, then `devices`. */
  constructor(
    open: Open,
    folder: string,
    {
      pages = 32,
      descriptors = 1024,
      sockets,
    }: { pages?: number; descriptors?: number; sockets?: Sockets } = {},
  ) {
    this.memory = new WebAssembly.Memory({ initial: pages })
    const streams =
      sockets === undefined
        ? {}
        : { stdin: sockets.near, stdout: sockets.far, stderr: sockets.listener }
    this.wasi = open({
      ...{
        args: ['guest', 'one', 'two words', '--three'],
        env: { HOME: '/', LANG: 'C.UTF-8', PATH: '/usr/bin', TERM: 'dumb' },
      },
      ...{ preopens: { '/': folder, '/dev': '/dev' }, descriptors, ...streams },
    })
    // V8's fast calls of node:wasi use the memory of the module that calls, so every module below
    // imports this one.
    this.wasi.initialize({ exports: { memory: this.memory } })
  }

  get view(): DataView {
    return new DataView(this.memory.buffer)
  }
  /** Put text into memory; its place and length, as a path is passed. */
  text(where: number, text: string): [at: number, length: number] {
    const bytes = Buffer.from(text)
    new Uint8Array(this.memory.buffer).set(bytes, where)
    return [where, bytes.length]
  }
  /** One piece of memory to read into or write from; its place and count. */
  iov(length: number): [at: number, count: number] {
    this.view.setUint32(at.iov, at.buffer, true)
    this.view.setUint32(at.iov + 4, length, true)
    return [at.iov, 1]
  }
  /** Make a call now, for what a loop needs beforehand. */
  now(name: HostcallName, ...args: (number | bigint)[]): void {
    const errno = this.wasi.wasiImport[name](...args)
    if (errno !== 0) throw new Error(`${name} answers ${errno}`)
  }
  /** Open a file; its descriptor. */
  open(
    path: string,
    base: bigint = Rights.all,
    oflags: number = Oflags.none,
    dir: number = ground,
  ): number {
    this.now('path_open', dir, follow, ...this.text(at.path, path), oflags, base, 0n, 0, at.out)
    return this.view.getUint32(at.out, true)
  }
  /** The descriptor of a file that stays open, and is opened once. */
  fd(
    path: string,
    base: bigint = Rights.all,
    oflags: number = Oflags.none,
    dir: number = ground,
  ): number {
    const key = `${path} ${base} ${dir}`
    const fd = this.#opened.get(key) ?? this.open(path, base, oflags, dir)
    this.#opened.set(key, fd)
    return fd
  }
  rewind(fd: number): void {
    this.now('fd_seek', fd, 0n, 0, at.out)
  }

  /** A function that makes so many turns, and answers with all errnos or-ed together. */
  compile(turn: readonly Expression[]): (turns: number) => number {
    const body = [times(...turn.map(value => setParam(1, or(param(1), value)))), param(1)]
    const bytes = assemble({
      pages: 0,
      imports: { 'env.memory': 'memory' },
      functions: { loop: { params: ['i32', 'i32'], results: ['i32'], body } },
    })
    const key = Buffer.from(bytes).toString('latin1')
    const module = modules.get(key) ?? new WebAssembly.Module(bytes)
    modules.set(key, module)
    const { loop } = new WebAssembly.Instance(module, {
      ...this.wasi.getImportObject(),
      env: { memory: this.memory },
    }).exports as {
      loop: (turns: number, errnos: number) => number
    }
    return turns => loop(turns, 0)
  }
}

/** `path_open` to the descriptor that lies at `at.out`. */
export const opening = (
  dir: number,
  path: [number, number],
  base: bigint = Rights.read,
  oflags: number = Oflags.none,
): Expression => call('path_open', dir, follow, ...path, oflags, base, 0n, 0, at.out)
export const closing = (): Expression => call('fd_close', load(at.out))

/** A subscription to a clock that has struck already, or to a descriptor. */
export function subscribe(guest: Guest, tag: 'clock' | 'read' | 'write', fd = 0): void {
  new Uint8Array(guest.memory.buffer, at.subscription, 48).fill(0)
  guest.view.setUint8(at.subscription + 8, ['clock', 'read', 'write'].indexOf(tag))
  guest.view.setUint32(at.subscription + 16, tag === 'clock' ? 1 : fd, true)
}
export const polling = (): Loop => ({
  turn: [call('poll_oneoff', at.subscription, at.events, 1, at.result)],
  result: 1,
})

/**
 * Run a loop at a pace: nanoseconds a turn. Any turn that does not answer as it should is an error.
 */
export function time(
  guest: Guest,
  { turn, errno = 0, result, most, rewind }: Loop,
  pace: Pace,
): number {
  const loop = guest.compile(turn)
  const batch = (turns: number): number => {
    rewind?.()
    const start = performance.now()
    const errnos = loop(turns)
    const took = performance.now() - start
    if (errnos !== errno)
      throw new Error(`the errnos of ${turns} turns are ${errnos} together, not ${errno}`)
    const found = guest.view.getUint32(at.result, true)
    if (result !== undefined && found !== result)
      throw new Error(`the last of ${turns} turns says ${found}, not ${result}`)
    return took
  }
  return timed(batch, pace, most)
}

/** Nanoseconds a turn of a loop that returns the milliseconds of so many turns, at most `most`. */
export function timed(
  batch: (turns: number) => number,
  { warm, timed }: Pace,
  most = 2 ** 30,
): number {
  // Batches of about a twentieth of the time, so that neither the clock nor the rewinding counts. A
  // slow call is made often enough to be optimized, too, if that does not take for ever.
  const enough = timed / 20 || 0.5
  let turns = 1
  for (
    let passed = 0, warmed = 0;
    passed < warm || (warmed < 2000 && passed < 4 * warm);
    warmed += turns
  ) {
    const took = batch(turns)
    passed += took + 1e-3
    if (took < enough) turns = Math.min(most, turns * 2)
  }
  let made = 0
  let passed = 0
  while (passed < timed) {
    passed += batch(turns)
    made += turns
  }
  return (passed / made) * 1e6
}
