/**
 * Measures the doors of the library with one small command: the time of a run, the memory of a
 * guest, and 200 runs at once; then hostcalls by each door. Prints the tables of docs/doors.md.
 * `node dist-test/bench/doors.js [turns]`, or `doors.js calls [turns]` for the hostcalls alone.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { cpus, release, type } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { call, command, drop } from '../test/wasm.js'
import { callsByDoor } from './door-calls.js'

// The library as it is published.
const { createGuest, Pool, run, WASI }: typeof import('#lib/index.js') = await import(
  import.meta.resolve('#bundle/index.js')
)

const bytes = command([call('proc_exit', 7)])
const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)
/** Waits for a clock: a guest whose memory can be looked at. */
const seconds = 3
const asleep = command([drop(call('poll_oneoff', 0, 0x100, 1, 0x200))], {
  data: {
    16: Uint8Array.from([1, ...new Array(7).fill(0)]),
    24: new Uint8Array(new BigUint64Array([BigInt(seconds) * 1_000_000_000n]).buffer),
  },
})
/** As `bytes`, with a custom section that makes it as long as a compiler's output. */
const megabytes = 30
const size = megabytes * 2 ** 20
const leb = [0, 7, 14, 21].map(shift => ((size >> shift) & 127) | (shift < 21 ? 128 : 0))
const long = Buffer.concat([bytes, Buffer.from([0, ...leb, 1, 0x61]), Buffer.alloc(size - 2)])

const pause = (milliseconds: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, milliseconds))
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map(row => `| ${row.join(' | ')} |`)
    .join('\n')

// Time.

const env = { OPENSSL_CONF: '/dev/null' }
const pool = new Pool({ size: 1 })
const cold = new Pool({ size: 1, spareProcesses: 0 })
const compiled = await pool.compile(bytes)
const compiledLong = await pool.compile(long)
const isolation = 'process'
const linux = process.platform === 'linux'

interface Door {
  readonly name: string
  readonly floor: 'an empty worker' | 'an empty process'
  go(): unknown
  /** Milliseconds before each run. */
  readonly pause?: number
}
const doors: readonly Door[] = [
  {
    name: 'an empty worker',
    floor: 'an empty worker',
    go: () => once(new Worker('', { eval: true }), 'exit'),
  },
  {
    name: 'an empty process',
    floor: 'an empty process',
    go: () => once(spawn(process.execPath, ['-e', '0'], { env, stdio: 'ignore' }), 'close'),
  },
  {
    name: '`class WASI`',
    floor: 'an empty worker',
    go() {
      const wasi = new WASI({ version: 'preview1' })
      wasi.start(wasi.instantiate(module))
      wasi.close()
    },
  },
  {
    name: '`createGuest`',
    floor: 'an empty worker',
    go() {
      const guest = createGuest({ version: 'preview1' })
      const { exports } = guest.instantiate(module)
      guest.run(() => exports._start())
      guest.close()
    },
  },
  { name: '`run`', floor: 'an empty worker', go: () => run(bytes) },
  { name: 'Pool', floor: 'an empty worker', go: () => pool.run(bytes) },
  { name: 'Pool, compiled', floor: 'an empty worker', go: () => pool.run(compiled) },
  { name: `Pool, ${megabytes} MiB`, floor: 'an empty worker', go: () => pool.run(long) },
  {
    name: `Pool, ${megabytes} MiB, compiled`,
    floor: 'an empty worker',
    go: () => pool.run(compiledLong),
  },
  ...(linux
    ? ([
        {
          name: "`run`, `isolation: 'process'`",
          floor: 'an empty process',
          go: () => run(bytes, { isolation }),
        },
        {
          name: "Pool, `isolation: 'process'`, `spareProcesses: 0`",
          floor: 'an empty process',
          go: () => cold.run(bytes, { isolation }),
        },
        {
          name: "Pool, `isolation: 'process'`",
          floor: 'an empty process',
          go: () => pool.run(bytes, { isolation }),
          // The process of the next guest is ready then.
          pause: 400,
        },
      ] as const)
    : []),
]

async function times(turns: number): Promise<string> {
  const all = new Map(doors.map(({ name }) => [name, [] as number[]]))
  for (let turn = -1; turn < turns; turn++) {
    for (const { name, go, pause: before } of doors) {
      if (before !== undefined) await pause(before)
      const start = performance.now()
      await go()
      // The first turn warms.
      if (turn >= 0) all.get(name)?.push(performance.now() - start)
    }
  }
  const of = (name: string): number => median(all.get(name) as number[])
  return table(
    ['door', 'ms a run', 'least', 'of its floor'],
    doors.map(({ name, floor }) => [
      name,
      of(name).toFixed(2),
      Math.min(...(all.get(name) as number[])).toFixed(2),
      name === floor ? 'floor' : `${(of(name) / of(floor)).toFixed(3)} x ${floor}`,
    ]),
  )
}

// Memory.

/** All processes below one. */
function below(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .flatMap(child => [Number(child), ...below(Number(child))])
  } catch {
    return []
  }
}
/** KiB that a process has for itself, and its part of what it shares. Of one that has ended, none. */
function proportional(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}
const kibibytes = (): number =>
  [process.pid, ...below(process.pid)].reduce((sum, pid) => sum + proportional(pid), 0)

const guests = 10
const resting: Readonly<Record<string, () => Promise<unknown>>> = {
  '`class WASI`, `createGuest`': async () => {
    const module = new WebAssembly.Module(asleep as Uint8Array<ArrayBuffer>)
    const all = Array.from({ length: guests }, () => {
      const guest = createGuest({ version: 'preview1' })
      return [guest, guest.instantiate(module)]
    })
    await pause(seconds * 1000)
    return all
  },
  '`run`': () => Promise.all(Array.from({ length: guests }, () => run(asleep))),
  Pool: () => {
    const many = new Pool({ size: guests })
    return Promise.all(Array.from({ length: guests }, () => many.run(asleep)))
  },
  "`isolation: 'process'`": () =>
    Promise.all(Array.from({ length: guests }, () => run(asleep, { isolation }))),
}

/** In a process of its own: MiB of each guest. */
async function memory(name: string): Promise<number> {
  await (name.includes('isolation') ? run(bytes, { isolation }) : run(bytes))
  const before = kibibytes()
  const running = resting[name]()
  let most = 0
  let ended = false
  running.then(() => {
    ended = true
  })
  while (!ended) {
    most = Math.max(most, kibibytes())
    await pause(200)
  }
  return (most - before) / guests / 1024
}

// Many at once.

const many = 200
const bursts: Readonly<Record<string, () => Promise<unknown>>> = {
  [`${many} × \`run\` at once`]: () => Promise.all(Array.from({ length: many }, () => run(bytes))),
  [`Pool of 2, ${many} × \`pool.run\` at once`]: async () => {
    const two = new Pool({ size: 2 })
    await Promise.all(Array.from({ length: many }, () => two.run(bytes)))
    await two.close()
  },
}
async function burst(name: string): Promise<[milliseconds: number, mebibytes: number]> {
  const start = performance.now()
  await bursts[name]()
  return [performance.now() - start, process.resourceUsage().maxRSS / 1024]
}

/** Measures one row in a process of its own. */
const apart = (kind: string, name: string): unknown => {
  const words = [fileURLToPath(import.meta.url), kind, name]
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const [kind = '15', name = ''] = process.argv.slice(2)
if (kind === 'memory') console.log(JSON.stringify(await memory(name)))
else if (kind === 'burst') console.log(JSON.stringify(await burst(name)))
else if (kind === 'calls') console.log(callsByDoor(Number(name || '7'), 20))
else {
  const date = new Date().toISOString().slice(0, 10)
  console.log(
    `${date}, Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${type()} ${release()}; ${kind} turns\n`,
  )
  console.log(`${await times(Number(kind))}\n`)
  if (linux)
    console.log(
      `${table(
        ['guest', 'MiB each'],
        Object.keys(resting).map(name => [name, (apart('memory', name) as number).toFixed(1)]),
      )}\n`,
    )
  console.log(
    table(
      ['', 'ms', 'most MiB of the process'],
      Object.keys(bursts).map(name => {
        const [milliseconds, mebibytes] = apart('burst', name) as [number, number]
        return [name, milliseconds.toFixed(0), mebibytes.toFixed(0)]
      }),
    ),
  )
  console.log(`\n${callsByDoor(Math.ceil(Number(kind) / 2), 20)}`)
}
await Promise.all([pool.close(), cold.close()])
