/**
 * Measures how long a guest takes to get ready, cold and from a snapshot, in turns in a worker of a
 * pool: QuickJS, and Ruby with its json library. Milliseconds of processor time of the process.
 * `node dist-test/bench/warm.js [turns]`
 */
import { readFileSync } from 'node:fs'
import { cpus, release, type } from 'node:os'
import { quickjs, ruby } from '#guests/modules.js'
import type { GuestInstance, GuestSnapshot } from '#lib/index.js'

// The library as it is published.
const { Pool }: typeof import('#lib/index.js') = await import(
  import.meta.resolve('#bundle/index.js')
)

const turns = Number(process.argv[2] ?? 15)
const pool = new Pool({ size: 1 })

interface Engine {
  readonly name: string
  readonly module: Uint8Array
  readonly imports: URL
  /** Makes it ready. */
  initialize(guest: GuestInstance): Promise<unknown>
}

const init = 'ruby-init: func(args: list<string>) -> ()'
const evaluate = 'rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>'

async function put(guest: GuestInstance, text: string): Promise<[at: number, length: number]> {
  const encoded = new TextEncoder().encode(text)
  const at = await guest.call<number>('cabi_realloc', 0, 0, 1, encoded.length)
  await guest.write(at, encoded)
  return [at, encoded.length]
}

async function startRuby(guest: GuestInstance): Promise<void> {
  const args = await Promise.all(['ruby\0', '-EUTF-8\0', '-e_=0\0'].map(arg => put(guest, arg)))
  const list = await guest.call<number>('cabi_realloc', 0, 0, 4, 8 * args.length)
  await guest.write(list, new Uint8Array(Uint32Array.from(args.flat()).buffer))
  await guest.call(init, list, args.length)
  await guest.call(evaluate, ...(await put(guest, "require 'json'")))
}

const engines: readonly Engine[] = [
  {
    name: 'QuickJS',
    module: readFileSync(quickjs()),
    imports: new URL('../test/programs/quickjs-imports.js', import.meta.url),
    initialize: guest => guest.call('qjs_init'),
  },
  {
    name: 'Ruby with json',
    module: readFileSync(ruby()),
    imports: new URL('../test/programs/ruby-imports.js', import.meta.url),
    initialize: startRuby,
  },
]

/** Milliseconds of processor time until a guest is ready. */
async function ready(start: () => Promise<GuestInstance>): Promise<number> {
  const before = process.cpuUsage()
  const guest = await start()
  const { user, system } = process.cpuUsage(before)
  await guest.close()
  return (user + system) / 1000
}

async function cold({ module, imports, initialize }: Engine): Promise<GuestInstance> {
  const guest = await pool.instantiate(module, { imports, args: ['engine'] })
  await initialize(guest)
  return guest
}

async function snapshotOf(engine: Engine): Promise<GuestSnapshot> {
  const guest = await cold(engine)
  const snapshot = await guest.snapshot()
  await guest.close()
  return snapshot
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number

console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${type()} ${release()}; ${turns} turns\n`,
)
console.log('| ready, ms of processor time | cold | warm | least warm | cold ÷ warm |')
console.log('|---|---:|---:|---:|---:|')
for (const engine of engines) {
  const snapshot = await snapshotOf(engine)
  const times: { cold: number; warm: number }[] = []
  // The first turn warms.
  for (let turn = -1; turn < turns; turn++) {
    const both = {
      cold: await ready(() => cold(engine)),
      warm: await ready(() => pool.instantiate(snapshot, { imports: engine.imports })),
    }
    if (turn >= 0) times.push(both)
  }
  const warm = times.map(each => each.warm)
  const cells = [
    median(times.map(each => each.cold)),
    median(warm),
    Math.min(...warm),
    median(times.map(each => each.cold / each.warm)),
  ]
  console.log(`| ${engine.name} | ${cells.map(value => value.toFixed(1)).join(' | ')} |`)
}
await pool.close()
