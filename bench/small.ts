/**
 * Measures what a guest costs beside its own work: an instance of class WASI, in time and memory,
 * and a run of a compiled module in a Pool. Sides take turns, each in a new process.
 * `node dist-test/bench/small.js [turns]`
 */
/// <reference path="../lib/webassembly.d.ts" />
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, release, tmpdir, type } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { call, command, drop } from '../test/wasm.js'
import { ask, program } from './ask.js'
import { type Host, hosts, openerOf, type Wasi } from './sides.js'

declare const gc: () => void
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map(row => `| ${row.join(' | ')} |`)
    .join('\n')

/** Microseconds of processor time of a process since `before`. */
function microseconds(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return user + system
}

// Instances of class WASI.

/** Instances alive at once, each with a descriptor of its own. */
const alive = 4000
const parts = ['external', 'heapUsed', 'rss'] as const
type Instances = Readonly<Record<'time' | (typeof parts)[number] | 'left', number>>

async function collect(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    gc()
    await wait(20)
  }
}
/** Microseconds and bytes an instance, and bytes that are left of one that was collected. */
async function instances(host: Host, folder: string): Promise<Instances> {
  const open = await openerOf(host)
  const options = { preopens: { '/': folder }, returnOnExit: true }
  const make = (length: number): Wasi[] => Array.from({ length }, () => open(options))
  // V8 has optimized what makes them. Few at once, as node:wasi has no close.
  for (let i = 0; i < 12; i++) {
    for (const wasi of make(alive / 10)) wasi.close?.()
    await collect()
  }
  const before = process.memoryUsage()
  const start = process.cpuUsage()
  let all: Wasi[] | undefined = make(alive)
  const time = microseconds(start) / alive
  gc()
  const found = process.memoryUsage()
  if (all.length !== alive) throw new Error('they are gone')
  all = undefined
  await collect()
  const after = process.memoryUsage()
  const sizes = parts.map(part => [part, (found[part] - before[part]) / alive])
  return { time, ...Object.fromEntries(sizes), left: (after.rss - before.rss) / alive }
}

// Runs of a Pool.

/** Milliseconds of processor time: of an empty round trip, in the same thread, and in a pool. */
type Runs = Readonly<Record<'trip' | 'same' | 'pool', number>>
const runsOfTurn = 1000

async function runs(): Promise<Runs> {
  // The library as it is published.
  const { Pool, WASI }: typeof import('#lib/index.js') = await import(
    import.meta.resolve('#bundle/index.js')
  )
  const bytes = command([drop(call('sched_yield'))])
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)
  const worker = new Worker(
    "const { parentPort: port } = require('node:worker_threads'); port.on('message', () => port.postMessage(1))",
    { eval: true },
  )
  const pool = new Pool({ size: 1 })
  const compiled = await pool.compile(bytes)
  const sides: Readonly<Record<keyof Runs, () => unknown>> = {
    trip() {
      const answered = once(worker, 'message')
      worker.postMessage(1)
      return answered
    },
    same() {
      const wasi = new WASI({ version: 'preview1', stdout: () => {}, stderr: () => {} })
      wasi.start(wasi.instantiate(module))
      wasi.close()
    },
    pool: () => pool.run(compiled),
  }
  const lap = async (go: () => unknown): Promise<number> => {
    const start = process.cpuUsage()
    for (let i = 0; i < runsOfTurn; i++) {
      await go()
      // Collected guests are finalized from the event loop.
      if (i % 50 === 0) await wait()
    }
    return microseconds(start) / 1000 / runsOfTurn
  }
  const found: Runs[] = []
  for (let turn = 0; turn < 12; turn++) {
    const times = { trip: 0, same: 0, pool: 0 }
    for (const name of ['trip', 'same', 'pool'] as const) times[name] = await lap(sides[name])
    if (turn >= 3) found.push(times)
  }
  await pool.close()
  await worker.terminate()
  const of = (name: keyof Runs): number => median(found.map(each => each[name]))
  return { trip: of('trip'), same: of('same'), pool: of('pool') }
}

// All of it.

/** Times of node:wasi that an instance may take, and bytes outside of V8's heap. */
const instanceGoal = 1.25
const externalGoal = 256
/** Times of its floor that a run of a pool may take: the guest in the same thread, and a round trip. */
const poolGoal = 4

const met = (value: number, goal: number): string =>
  `${value.toFixed(2)} (${value <= goal ? '' : 'not '}≤ ${goal})`

async function main(turns: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-common-'))
  const made = new Map<Host, Instances[]>(hosts.map(host => [host, []]))
  const ran: Runs[] = []
  const one = (...words: string[]): string => ask(program('small', words, ['--expose-gc'])).stdout
  for (let turn = 0; turn < turns; turn++) {
    for (const host of hosts)
      made.get(host)?.push(JSON.parse(one('instances', host, folder)) as Instances)
    ran.push(JSON.parse(one('runs')) as Runs)
  }
  rmSync(folder, { recursive: true })
  const of = (host: Host, what: keyof Instances): number =>
    median((made.get(host) ?? []).map(each => each[what]))
  const ratios = (made.get('native') ?? []).map(
    ({ time }, i) => time / (made.get('node:wasi')?.[i]?.time ?? Number.NaN),
  )
  console.log(
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${type()} ${release()}; medians of ${turns} turns, of processor time\n`,
  )
  const bytes = (host: Host, what: keyof Instances): string => `${Math.round(of(host, what))}`
  console.log(
    table(
      ['an instance of `class WASI`', 'us', 'B external', 'B of heap', 'B resident', 'B left'],
      hosts.map(host => [
        host,
        of(host, 'time').toFixed(1),
        ...(['external', 'heapUsed', 'rss', 'left'] as const).map(what => bytes(host, what)),
      ]),
    ),
  )
  console.log(`\nnative ÷ node:wasi: ${met(median(ratios), instanceGoal)}`)
  console.log(`external bytes: ${met(of('native', 'external'), externalGoal)}\n`)
  const mean = (name: keyof Runs): string => median(ran.map(each => each[name])).toFixed(3)
  console.log(
    table(
      ['a run of a small compiled module', 'ms'],
      [
        ['an empty round trip to a worker', mean('trip')],
        ['`class WASI` in the same thread', mean('same')],
        ['Pool', mean('pool')],
      ],
    ),
  )
  const over = median(ran.map(({ trip, same, pool }) => pool / (trip + same)))
  console.log(`\nPool ÷ (same thread + round trip): ${met(over, poolGoal)}`)
}

const [what, host, folder] = process.argv.slice(2)
if (what === 'instances')
  console.log(JSON.stringify(await instances(host as Host, folder as string)))
else if (what === 'runs') console.log(JSON.stringify(await runs()))
else await main(Number(what ?? 5))
