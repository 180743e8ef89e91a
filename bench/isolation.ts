/**
 * Measures the cost of isolation: one small command runs to its end in this thread, in workers that
 * are new or a pool's, in a process, and in the OS sandbox, in turns. `node dist-test/bench/isolation.js [turns]`
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { serialize } from 'node:v8'
import { settingsOf } from '#lib/options/settings.js'
import { channel, type Request } from '#lib/run/process/protocol.js'
import { defaultStack } from '#lib/run/worker/stack.js'
import { call, command } from '../test/wasm.js'

// The package as it is shipped.
const { Pool, run, WASI }: typeof import('#lib/index.js') = await import(
  import.meta.resolve('#bundle/index.js')
)

const bytes = command([call('proc_exit', 7)])
/** All processes have the same: what Node does at its start differs much with it. */
const env = { OPENSSL_CONF: '/dev/null' }
const turns = Number(process.argv[2] ?? 15)

/** The process of `isolation: 'process'`, without its launcher. */
async function bare(): Promise<void> {
  const entry = fileURLToPath(import.meta.resolve('#bundle/process.js'))
  const child = spawn(process.execPath, ['--no-warnings', entry, `${defaultStack}`], {
    env,
    stdio: [0, 1, 2, 'pipe'],
  })
  const { trace, report, ...settings } = settingsOf({ version: 'preview1' })
  const request: Request = {
    size: bytes.length,
    component: false,
    settings,
    version: undefined,
    ignored: [],
    threads: 0,
    maxMemory: undefined,
    maxTableElements: undefined,
    maxStack: defaultStack,
    traced: false,
    records: false,
    outputs: [],
    measured: false,
  }
  const body = serialize(request)
  const head = Buffer.alloc(4)
  head.writeUInt32LE(body.length)
  const pipe = child.stdio[channel] as Duplex
  pipe.write(Buffer.concat([head, body, bytes]))
  let said = ''
  while (!said.endsWith('{"kind":"exit","code":7}\n')) {
    const [chunk] = await once(pipe, 'data')
    said += chunk
    if (!'{"kind":"taken"}\n{"kind":"exit","code":7}\n'.startsWith(said)) throw new Error(said)
  }
  child.kill('SIGKILL')
  await once(child, 'close')
}
async function ran(isolation: 'worker' | 'process'): Promise<void> {
  const { exitCode } = await run(bytes, { isolation })
  if (exitCode !== 7) throw new Error(`exit code ${exitCode}`)
}

const pool = new Pool({ size: 1 })
const module = new WebAssembly.Module(bytes)
function here(): void {
  const wasi = new WASI({ version: 'preview1' })
  const code = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()))
  wasi.close()
  if (code !== 7) throw new Error(`exit code ${code}`)
}
async function pooled(): Promise<void> {
  const { exitCode } = await pool.run(bytes)
  if (exitCode !== 7) throw new Error(`exit code ${exitCode}`)
}

/** A process that a pool has started ahead, and that has had time to start. */
async function ahead(): Promise<void> {
  const { exitCode } = await pool.run(bytes, { isolation: 'process' })
  if (exitCode !== 7) throw new Error(`exit code ${exitCode}`)
}
/** Milliseconds in which a process that is started ahead is ready. */
const headStart = 300

const ways: Readonly<Record<string, () => unknown>> = {
  'node that does nothing': () => spawnSync(process.execPath, ['-e', '0'], { env }),
  'in this thread': here,
  'a worker of a pool': pooled,
  'a worker': () => ran('worker'),
  'a process': bare,
  'a process in the OS sandbox': () => ran('process'),
  'the same, started ahead': ahead,
}
const times = new Map(Object.keys(ways).map(name => [name, [] as number[]]))
for (let turn = -1; turn < turns; turn++) {
  for (const [name, way] of Object.entries(ways)) {
    if (way === ahead) await new Promise(resolve => setTimeout(resolve, headStart))
    const start = performance.now()
    await way()
    // The first turn warms.
    if (turn >= 0) times.get(name)?.push(performance.now() - start)
  }
}
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]
const floor = median(times.get('a worker') as number[])
for (const [name, values] of times) {
  const middle = median(values)
  console.log(
    `${name.padEnd(28)} ${middle.toFixed(2).padStart(8)} ms  ${(middle / floor).toFixed(3).padStart(6)} x a worker`,
  )
}
await pool.close()
