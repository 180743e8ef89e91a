/**
 * The form of a probe: its inputs, and the conversion of its observations into data that compares
 * two hosts.
 */
import { mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ErrnoName, errnoNames } from '#lib/abi/errno.js'
import type { HostcallName } from '#lib/abi/table.js'
import { assemble, call as callOf, command, type Expression } from '../wasm.js'

// biome-ignore lint/suspicious/noExplicitAny: probes pass what types forbid, and read what types hide
export type Any = any
export type WASIClass = new (options?: Any) => Any

export interface Probe {
  readonly name: string
  /** The observations as JSON. `folder` is the probe's own, populated by {@link populate}. */
  readonly run: (WASI: WASIClass, folder: string) => unknown
  /** Runs the probe in its own process and observes the end and the output of that process too. */
  readonly apart?: true
}

/**
 * Populates a probe's folder, `box` within its own folder. `out` and `up` lead to a neighbour made
 * for this, never to the host's files: node:wasi follows them, so a probe renames and deletes
 * there, perhaps as root.
 */
export function populate(folder: string): void {
  const outside = join(folder, '..', 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'secret'), 'secret\n')
  for (const name of ['dir', 'empty']) mkdirSync(join(folder, name), { recursive: true })
  for (const [name, content] of Object.entries({ 'a.txt': 'hello\n', 'dir/b': '' }))
    writeFileSync(join(folder, name), content)
  for (const [name, target] of Object.entries({
    link: 'a.txt',
    loop: 'loop',
    out: outside,
    up: '../outside',
  }))
    symlinkSync(target, join(folder, name))
}

/** Converts the outcome of a call to data. */
export function seen(act: () => unknown): unknown {
  try {
    return plain(act())
  } catch (thrown) {
    return { thrown: reported(thrown) }
  }
}
export function reported(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return `${typeof thrown} ${String(thrown)}`
  return { name: thrown.name, code: (thrown as { code?: unknown }).code, message: thrown.message }
}
/** JSON leaves these out, or cannot say them. */
function plain(value: unknown): unknown {
  if (value === undefined) return 'undefined'
  if (['bigint', 'symbol', 'function'].includes(typeof value))
    return `${typeof value} ${String(value)}`
  return value
}

export const preview1 = { version: 'preview1' }

/** Make an instance, and see no more of it than that it could be made. */
export function make(WASI: WASIClass, ...args: Any[]): string {
  new WASI(...args)
  return 'made'
}
/** A probe of a new instance. */
export const does = (
  name: string,
  act: (wasi: Any, WASI: WASIClass) => unknown,
  options: Any = preview1,
): Probe => ({
  name,
  run: WASI => seen(() => act(new WASI(options), WASI)),
})
/** The same for each value that is worth trying. */
export const each = <T>(
  values: Readonly<Record<string, T>>,
  probe: (label: string, value: T) => Probe,
): Probe[] => Object.entries(values).map(([label, value]) => probe(label, value))

/**
 * A property of node:wasi that only its description names. @emnapi/wasi-threads finds it in the
 * same way.
 */
export const symbol = (wasi: Any, description: string): Any =>
  Object.getOwnPropertySymbols(wasi).find(key => key.description === description)

const memory = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 1 })
/** Stand-ins for instances. A function is enough where no guest need run. */
export const reactor = (more: object = {}): Any => ({ exports: { memory: memory(), ...more } })
export const commander = (more: object = {}): Any => reactor({ _start: () => 5, ...more })
/** A guest that leaves with this code, linked to what `wasi` has in its import object. */
export function exits(
  wasi: Any,
  code: number,
  more: readonly Expression[] = [],
  from?: string,
): WebAssembly.Instance {
  const bytes = command([callOf('proc_exit', code), ...more], from === undefined ? {} : { from })
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), wasi.getImportObject())
}
export const guestOf = (wasi: Any, source: Parameters<typeof assemble>[0]): WebAssembly.Instance =>
  new WebAssembly.Instance(new WebAssembly.Module(assemble(source)), wasi.getImportObject())

export interface Ready {
  readonly wasi: Any
  readonly folder: string
  readonly memory: WebAssembly.Memory
  readonly bytes: Uint8Array
  readonly view: DataView
  /** The imports, that answer with the name of the errno. */
  readonly call: Readonly<Record<HostcallName, (...args: Any[]) => ErrnoName>>
  /** A path as its two arguments, laid into memory. */
  readonly path: (text: string, at?: number) => [at: number, length: number]
  /** Open below the preopen, which is descriptor 3. What cannot be opened is the errno's name. */
  readonly open: (
    path: string,
    options?: { oflags?: number; rights?: bigint; fdflags?: number; follow?: boolean },
  ) => number
  /** Lay one iovec at address 0. */
  readonly span: (at: number, length: number) => [iovs: number, count: number]
  readonly u32: (at: number) => number
  readonly u64: (at: number) => number
  readonly text: (at: number, length: number) => string
}

/**
 * A probe of imports that are called from JavaScript. The guest has `folder` as `/`, one page of
 * memory, and no standard input.
 */
export const calls = (name: string, act: (ready: Ready) => unknown, options: Any = {}): Probe => ({
  name,
  run: (WASI, folder) => seen(() => act(ready(WASI, folder, options))),
})

export function ready(WASI: WASIClass, folder: string, options: Any = {}): Ready {
  // Anew for each: a guest of node:wasi that closes its standard streams closes these.
  const stdio = {
    stdin: openSync('/dev/null', 'r'),
    stdout: openSync(join(folder, '..', 'stdout'), 'w'),
  }
  const wasi = new WASI({ ...preview1, preopens: { '/': folder }, ...stdio, ...options })
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 })
  wasi.initialize({ exports: { memory } })
  const bytes = new Uint8Array(memory.buffer)
  const view = new DataView(memory.buffer)
  const call = new Proxy(wasi.wasiImport, {
    get:
      (imports, name) =>
      (...args: Any[]) =>
        errnoNames[imports[name](...args)],
  })
  const path = (text: string, at = 1024): [number, number] => [
    at,
    Buffer.from(text).copy(bytes, at),
  ]
  return {
    ...{ wasi, folder, memory, bytes, view, call, path },
    open(text, { oflags = 0, rights = 0x0fffffffn, fdflags = 0, follow = false } = {}) {
      const errno = call.path_open(
        3,
        Number(follow),
        ...path(text),
        oflags,
        rights,
        0x0fffffffn,
        fdflags,
        512,
      )
      return errno === 'SUCCESS' ? view.getUint32(512, true) : errno
    },
    span(at, length) {
      view.setUint32(0, at, true)
      view.setUint32(4, length, true)
      return [0, 1]
    },
    u32: at => view.getUint32(at, true),
    u64: at => Number(view.getBigUint64(at, true)),
    text: (at, length) => Buffer.from(bytes.subarray(at, at + length)).toString(),
  }
}
