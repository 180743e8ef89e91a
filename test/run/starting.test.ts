/** Guests that end while they start, at each door with a worker. */
import { spawnSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { instantiate, Pool, type RunError, type RunOptions, run } from 'wasi-common'
import { scratch } from '../programs/cli.js'
import { failure } from '../rejection.js'
import { assemble, command } from '../wasm.js'

const nothing = command([])
const empty = assemble({ functions: { _initialize: { body: [] } } })
const doors: Readonly<Record<string, (options: RunOptions, pool: Pool) => PromiseLike<unknown>>> = {
  run: options => run(nothing, options),
  'run with threads': options => run(nothing, { ...options, threads: 1 }),
  Pool: (options, pool) => pool.run(nothing, options),
  async instantiate(options) {
    await (await instantiate(empty, options)).close()
  },
}
const times = 60
for (const [name, start] of Object.entries(doors))
  test.serial(
    `guests that are aborted while they start do not end the process (${name})`,
    async t => {
      const pool = new Pool({ size: 4 })
      t.teardown(() => pool.close())
      const began = performance.now()
      await start({}, pool)
      const whole = performance.now() - began

      const outcomes: unknown[] = []
      const abortedAfter = async (share: number): Promise<void> => {
        const controller = new AbortController()
        const timer = globalThis.setTimeout(() => controller.abort(), 2 * whole * share)
        outcomes.push(
          await start({ signal: controller.signal }, pool).then(
            () => 'ended',
            (error: RunError) => error.code,
          ),
        )
        clearTimeout(timer)
      }
      for (let i = 0; i < times; i += 4)
        await Promise.all([0, 1, 2, 3].map(more => abortedAfter((i + more) / times)))
      t.is(outcomes.length, times)
      t.true(outcomes.includes('ERR_WASI_ABORTED'))
      for (const outcome of outcomes)
        t.true(['ended', 'ERR_WASI_ABORTED'].includes(outcome as string))
      await t.notThrowsAsync(async () => start({}, pool))
    },
  )

/** The workers that are started from now on. */
function startedFor(t: ExecutionContext): readonly Worker[] {
  const workers: Worker[] = []
  const started = (message: unknown): void => {
    workers.push((message as { readonly worker: Worker }).worker)
  }
  subscribe('worker_threads', started)
  t.teardown(() => unsubscribe('worker_threads', started))
  return workers
}
/** The number that Node gives to a thread that has ended. */
const ended = -1

test.serial('run: aborting a run whose module is being read leaves no worker', async t => {
  const path = join(scratch(t), 'program.wasm')
  // A module with a section of 64 MiB, which takes some 20 ms to read.
  writeFileSync(path, Buffer.from('0061736d010000000080808020', 'hex'))
  truncateSync(path, 13 + 2 ** 26)
  const workers = startedFor(t)
  const codes: unknown[] = []
  for (let delay = 0; delay < 20; delay++) {
    const controller = new AbortController()
    const running = failure(run(path, { signal: controller.signal }))
    globalThis.setTimeout(() => controller.abort(), delay)
    codes.push((await running).code)
  }
  t.true(codes.includes('ERR_WASI_ABORTED'), `${codes}`)
  // Time to read the last one, and to start a worker.
  await setTimeout(500)
  t.true(workers.every(({ threadId }) => threadId === ended))
})

const text = Buffer.from('no module')
const refusals: Readonly<Record<string, readonly [start: () => Promise<unknown>, code: string]>> = {
  'run: no module': [() => run(text), 'ERR_WASI_COMPILE'],
  'run: a module without _start': [() => run(empty), 'ERR_WASI_NO_START'],
  'instantiate: no module': [() => instantiate(text), 'ERR_WASI_COMPILE'],
}
for (const [name, [start, code]] of Object.entries(refusals))
  test.serial(`${name} is refused, and its worker has ended by then`, async t => {
    const workers = startedFor(t)
    t.is((await failure(start())).code, code)
    t.deepEqual(
      workers.map(({ threadId }) => threadId),
      [ended],
    )
  })

test.serial('run: a process that waits for a refusal alone receives it', t => {
  const source = `import { run } from ${JSON.stringify(import.meta.resolve('wasi-common'))}
    console.log(await run(Buffer.from('no module')).catch(({ code }) => code))`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', source],
    { encoding: 'utf8' },
  )
  t.deepEqual([status, stdout, stderr], [0, 'ERR_WASI_COMPILE\n', ''])
})
