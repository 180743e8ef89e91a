/**
 * A host of its own process, whose standard streams a test owns: runs the module of its second
 * argument at the door of its first, with the options of its third, and writes the outcome to
 * descriptor 3.
 */
import fs from 'node:fs'
import { createGuest, Pool, type RunOptions, run, WASI } from 'wasi-common'

interface Outcome {
  readonly exitCode: number
  readonly stdout?: string | Buffer
  readonly stderr?: string | Buffer
}
export type Door = (bytes: Uint8Array, options: RunOptions) => Promise<Outcome>

const version = 'preview1'
async function pooled(bytes: Uint8Array, options: RunOptions): Promise<Outcome> {
  await using pool = new Pool({ size: 1 })
  return await pool.run(bytes, options)
}

/** The doors of `run` and Pool, by name. */
export const runDoors: Readonly<Record<string, Door>> = {
  run,
  'run, threads': (bytes, options) => run(bytes, { ...options, threads: 1 }),
  'run, typescript': (bytes, options) => run(bytes, { ...options, backend: 'typescript' }),
  'run, strict': (bytes, options) => run(bytes, { ...options, strict: true }),
  'run, deterministic': (bytes, options) => run(bytes, { ...options, deterministic: true }),
  Pool: pooled,
  'Pool, strict': (bytes, options) => pooled(bytes, { ...options, strict: true }),
  'run, process': (bytes, options) => run(bytes, { ...options, isolation: 'process' }),
  'run, process, threads': (bytes, options) =>
    run(bytes, { ...options, isolation: 'process', threads: 1 }),
  'run, process, strict': (bytes, options) =>
    run(bytes, { ...options, isolation: 'process', strict: true }),
}
/** The doors of a guest in this thread, by name. */
export const guestDoors: Readonly<Record<string, Door>> = {
  async 'class WASI'(bytes, options) {
    using wasi = new WASI({ version, ...options } as never)
    return { exitCode: wasi.start(wasi.instantiate(bytes)) }
  },
  async 'class WASI, strict'(bytes, options) {
    using wasi = new WASI({ version, ...options, strict: true } as never)
    return { exitCode: wasi.start(wasi.instantiate(bytes)) }
  },
  async createGuest(bytes, options) {
    using guest = createGuest({ version, ...options } as never)
    const { exports } = guest.instantiate(bytes)
    return { exitCode: guest.run(() => exports._start()) }
  },
  async 'createGuest, typescript'(bytes, options) {
    return guestDoors.createGuest(bytes, { ...options, backend: 'typescript' })
  },
}

if (process.argv[1] === import.meta.filename) {
  const [, , door, file, options] = process.argv
  const { exitCode, stdout, stderr } = await { ...runDoors, ...guestDoors }[door](
    fs.readFileSync(file),
    JSON.parse(options),
  )
  fs.writeSync(3, JSON.stringify([exitCode, stdout?.toString(), stderr?.toString()]))
  // The rest of the host's own standard input.
  fs.writeSync(3, `\n${fs.readFileSync(0, 'utf8')}`)
}
