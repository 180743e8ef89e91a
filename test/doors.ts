/**
 * Every way into the package that runs a guest, as one table, so that what holds for a guest is
 * tested at each.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGuest, Pool, type RunOptions, run, WASI, type WASIOptions } from 'wasi-common'

/**
 * The outcome of a guest: its exit code, else the code of the error that ended it, else the error's
 * class.
 */
export type Outcome = number | string

/** The options that a door passes on to its guest. */
export type DoorOptions = Pick<WASIOptions, 'input' | 'limits' | 'trace' | 'metrics'>
type Open = (bytes: Uint8Array, options: DoorOptions) => Promise<Outcome>

const version = 'preview1'
const moduleOf = (bytes: Uint8Array): WebAssembly.Module => new WebAssembly.Module(bytes)

export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  if (typeof code === 'string') return code
  return error instanceof Error ? error.name : typeof error
}

/** A door in this thread. */
const here =
  (start: (bytes: Uint8Array, options: DoorOptions) => number): Open =>
  async (bytes, options) => {
    try {
      return start(bytes, options)
    } catch (error) {
      return codeOf(error)
    }
  }
/** The standard input of a guest that is given none. */
const silent = ({ input }: DoorOptions): Pick<WASIOptions, 'stdin'> =>
  input === undefined ? { stdin: 'ignore' } : {}
const withWasi = (options: DoorOptions, instance: (wasi: WASI) => object): number => {
  const wasi = new WASI({ version, ...silent(options), ...options })
  try {
    return wasi.start(instance(wasi))
  } finally {
    wasi.close()
  }
}
const withGuest = (
  options: DoorOptions,
  begin: (guest: ReturnType<typeof createGuest>) => Record<string, unknown>,
): number => {
  const guest = createGuest({ version, ...silent(options), ...options })
  try {
    const { _start } = begin(guest)
    return guest.run(_start as () => void)
  } finally {
    guest.close()
  }
}

const running =
  (
    more: RunOptions,
    on: (bytes: Uint8Array, options: RunOptions) => ReturnType<typeof run> = run,
  ): Open =>
  async (bytes, options) => {
    try {
      return (await on(bytes, { ...options, ...more })).exitCode
    } catch (error) {
      return codeOf(error)
    }
  }
async function pooled(bytes: Uint8Array, options: RunOptions): ReturnType<typeof run> {
  const pool = new Pool({ size: 1 })
  try {
    return await pool.run(bytes, options)
  } finally {
    await pool.close()
  }
}

const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
/** The command has an exit code alone: of an end that is an error, 1, and the message. */
const command =
  (...words: string[]): Open =>
  async bytes => {
    const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
    try {
      fs.writeFileSync(join(folder, 'program.wasm'), bytes)
      const child = spawn(process.execPath, [main, 'run', ...words, join(folder, 'program.wasm')], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let message = ''
      child.stderr.setEncoding('utf8').on('data', text => {
        message += text
      })
      const [code] = await once(child, 'close')
      return message === '' ? code : message
    } finally {
      fs.rmSync(folder, { recursive: true, force: true })
    }
  }

/** Doors by name. Those in this thread take options; the command takes none of these. */
export const doors: Readonly<
  Record<
    string,
    { readonly open: Open; readonly takes: 'options' | 'nothing'; readonly thread: 'own' | 'this' }
  >
> = {
  'class WASI, getImportObject': {
    open: here((bytes, options) =>
      withWasi(options, wasi => new WebAssembly.Instance(moduleOf(bytes), wasi.getImportObject())),
    ),
    takes: 'options',
    thread: 'this',
  },
  'class WASI, instantiate': {
    open: here((bytes, options) => withWasi(options, wasi => wasi.instantiate(bytes))),
    takes: 'options',
    thread: 'this',
  },
  'class WASI, wasiImport': {
    open: here((bytes, options) =>
      withWasi(options, wasi => {
        const imports = {
          __proto__: null,
          wasi_snapshot_preview1: wasi.wasiImport,
        } as unknown as Record<string, Record<string, unknown>>
        return new WebAssembly.Instance(moduleOf(bytes), imports)
      }),
    ),
    takes: 'options',
    thread: 'this',
  },
  'createGuest, imports': {
    open: here((bytes, options) =>
      withGuest(options, guest => {
        const imports = { __proto__: null, [guest.namespace]: guest.imports } as unknown as Record<
          string,
          Record<string, unknown>
        >
        const { exports } = new WebAssembly.Instance(moduleOf(bytes), imports)
        guest.bind(exports.memory as WebAssembly.Memory)
        return exports
      }),
    ),
    takes: 'options',
    thread: 'this',
  },
  'createGuest, instantiate': {
    open: here((bytes, options) =>
      withGuest(options, guest => guest.instantiate(moduleOf(bytes)).exports),
    ),
    takes: 'options',
    thread: 'this',
  },
  run: { open: running({}), takes: 'options', thread: 'own' },
  'run, with threads': { open: running({ threads: 1 }), takes: 'options', thread: 'own' },
  Pool: { open: running({}, pooled), takes: 'options', thread: 'own' },
  'run, in a process': { open: running({ isolation: 'process' }), takes: 'options', thread: 'own' },
  'the command': { open: command(), takes: 'nothing', thread: 'this' },
  'the command, with -W': { open: command('-W', 'timeout=60s'), takes: 'nothing', thread: 'own' },
  'the command, with --threads': { open: command('--threads'), takes: 'nothing', thread: 'own' },
  'the command, with --isolation process': {
    open: command('--isolation', 'process'),
    takes: 'nothing',
    thread: 'own',
  },
}
