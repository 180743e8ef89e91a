/**
 * The process that runs a guest by one door of the library, and prints what the guest printed. Its
 * words: DOOR MODULE FOLDER ARGS..., where the guest finds FOLDER as /box.
 */
/// <reference path="../lib/webassembly.d.ts" />
import { readFileSync } from 'node:fs'
import type { GuestOptions, RunResult } from '#lib/index.js'

const [door, path, folder, ...args] = process.argv.slice(2)
const bytes = readFileSync(path)
const options = { args: ['guest', ...args], preopens: { '/box': folder }, stdin: 0 }

// The library as it is published. node:wasi is not loaded with it.
const library = (): Promise<typeof import('#lib/index.js')> =>
  import(import.meta.resolve('#bundle/index.js'))

function print({ exitCode, stdout, stderr }: RunResult): void {
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  process.exitCode = exitCode
}

async function pooled(compiled: boolean): Promise<void> {
  const { Pool } = await library()
  const pool = new Pool({ size: 1 })
  print(await pool.run(compiled ? await pool.compile(bytes) : bytes, options))
  await pool.close()
}

/** By class WASI, as programs use that of node:wasi. */
function start(WASI: typeof import('#lib/index.js').WASI): void {
  const wasi = new WASI({ version: 'preview1', ...options } as GuestOptions)
  const module = new WebAssembly.Module(bytes)
  process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()))
}

const doors: Readonly<Record<string, () => unknown>> = {
  'class WASI': async () => start((await library()).WASI),
  async createGuest() {
    const { createGuest } = await library()
    const guest = createGuest({ version: 'preview1', ...options })
    const { exports } = guest.instantiate(bytes)
    process.exitCode = guest.run(() => exports._start())
  },
  'run()': async () => print(await (await library()).run(bytes, options)),
  Pool: () => pooled(false),
  'Pool, compiled': () => pooled(true),
  "isolation: 'process'": async () =>
    print(await (await library()).run(bytes, { ...options, isolation: 'process' })),
  // Node's own, or in its place ours, by the loader hook.
  'node:wasi': async () => {
    const { WASI } = await import('node:wasi')
    start(WASI as unknown as typeof import('#lib/index.js').WASI)
  },
}
await doors[door]()
