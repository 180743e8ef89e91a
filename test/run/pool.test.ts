/** Pool: its queue and its bound, the counts of its runs, and that it keeps no host alive. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { Pool, type PoolOptions, type RunOptions } from 'wasi-common'
import { type Failure, failure } from '../rejection.js'
import { assemble, call, command, drop, trap, untilFails } from '../wasm.js'

const endless = command([drop(untilFails(call('sched_yield')))])
const exits = (code: number): Uint8Array => command([call('proc_exit', code)])
/** Fills a pool of one with a guest that runs until it is stopped. */
async function occupied(
  options: PoolOptions = {},
): Promise<{ pool: Pool; stop: AbortController; first: Promise<Failure> }> {
  const pool = new Pool({ size: 1, ...options })
  const stop = new AbortController()
  const first = failure(pool.run(endless, { signal: stop.signal }))
  while (pool.stats.running < 1) await sleep(1)
  return { pool, stop, first }
}

// The queue.

test('a run beyond maxQueue is refused at once, with the number that wait, and its input is closed', async t => {
  const { pool, stop, first } = await occupied({ maxQueue: 2 })
  const second = new AbortController()
  const waiting = [
    failure(pool.run(exits(2), { signal: second.signal })),
    pool.run(exits(3)).then(({ exitCode }) => exitCode),
  ]
  let closed = 0
  const stdin = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      return: async () => {
        closed++
        return { done: true as const, value: undefined }
      },
    }),
  }
  const refused = await failure(pool.run(exits(4), { stdin }))
  t.is(refused.code, 'ERR_WASI_QUEUE_FULL')
  t.regex(refused.message, /options\.maxQueue: 2 runs are waiting/)
  t.is(closed, 1)
  // A mistake in the options is named all the same.
  const wrong = await failure(pool.run(exits(4), { timeout: 0 }))
  t.is(wrong.code, 'ERR_OUT_OF_RANGE')
  second.abort()
  await waiting[0]
  const fourth = pool.run(exits(5))
  t.is((await failure(pool.run(exits(6)))).code, 'ERR_WASI_QUEUE_FULL')
  stop.abort()
  await first
  t.deepEqual([await waiting[1], (await fourth).exitCode], [3, 5])
  t.is((await pool.run(exits(7))).exitCode, 7)
  t.like(pool.stats, { waiting: 0, running: 0, finished: 3, aborted: 2, failed: 0 })
  await pool.close()
})

test('maxQueue: 0 refuses each run that would wait, and Infinity none', async t => {
  const { pool, stop, first } = await occupied({ maxQueue: 0 })
  t.is((await failure(pool.run(exits(1)))).code, 'ERR_WASI_QUEUE_FULL')
  stop.abort()
  await first
  t.is((await pool.run(exits(1))).exitCode, 1)
  await pool.close()
  const endlessly = new Pool({ size: 1, maxQueue: Number.POSITIVE_INFINITY })
  await Promise.all(Array.from({ length: 50 }, () => endlessly.run(exits(0))))
  t.is(endlessly.stats.finished, 50)
  await endlessly.close()
})

test('wrong options of a pool are named', t => {
  const wrong: [PoolOptions | object, string, RegExp][] = [
    [{ maxQueue: -1 }, 'ERR_OUT_OF_RANGE', /"options\.maxQueue" .* >= 0 .* Received -1/],
    [{ maxQueue: 1.5 }, 'ERR_OUT_OF_RANGE', /"options\.maxQueue" .* an integer/],
    [{ maxQueue: Number.NaN }, 'ERR_OUT_OF_RANGE', /"options\.maxQueue"/],
    [{ maxQueue: '5' }, 'ERR_INVALID_ARG_TYPE', /"options\.maxQueue" .* an integer/],
    [{ size: 2, spareProcesses: 3 }, 'ERR_OUT_OF_RANGE', /"options\.spareProcesses" .* <= 2/],
    [{ spareProcesses: -1 }, 'ERR_OUT_OF_RANGE', /"options\.spareProcesses"/],
    [{ maxqueue: 1 }, 'ERR_INVALID_ARG_VALUE', /'options\.maxqueue' is unknown/],
  ]
  for (const [options, code, message] of wrong)
    t.throws(() => new Pool(options as PoolOptions), { code, message }, JSON.stringify(options))
})

test('10,000 runs that wait are refused when the pool is closed, and aborted by one signal, in little time', async t => {
  const { pool, stop, first } = await occupied()
  const { signal } = stop
  const program = exits(0)
  const all = (options: RunOptions) =>
    Promise.all(Array.from({ length: 10_000 }, () => failure(pool.run(program, options))))
  const aborted = all({ signal })
  t.is(pool.stats.waiting, 10_000)
  const began = performance.now()
  stop.abort()
  await Promise.all([aborted, first])
  t.like(pool.stats, { waiting: 0, aborted: 10_001 })
  const again = new AbortController()
  const second = failure(pool.run(endless, { signal: again.signal }))
  const closed = all({})
  await pool.close()
  t.true((await closed).every(({ code }) => code === 'ERR_WASI_POOL_CLOSED'))
  t.true(performance.now() - began < 60_000)
  t.like(pool.stats, { waiting: 0, running: 1, failed: 10_000 })
  again.abort()
  await second
  t.like(pool.stats, { running: 0, aborted: 10_002 })
})

// The counts.

test('stats has each run in one number: finished, failed, timed out, aborted before its turn and in it', async t => {
  const pool = new Pool({ size: 1 })
  const none = {
    size: 1,
    waiting: 0,
    running: 0,
    finished: 0,
    failed: 0,
    timedOut: 0,
    aborted: 0,
  }
  t.deepEqual(pool.stats, none)
  await pool.run(exits(3))
  await failure(pool.run(command([trap])))
  await failure(pool.run(endless, { timeout: 20 }))
  await failure(pool.run(exits(0), { signal: AbortSignal.abort() }))
  await failure(pool.run(exits(0), { timeout: -1 }))
  await failure(pool.run(exits(0), { stdin: 5.5 as never }))
  t.deepEqual(pool.stats, { ...none, finished: 1, failed: 1, timedOut: 1, aborted: 1 })
  const stop = new AbortController()
  const running = failure(pool.run(endless, { signal: stop.signal }))
  const waiting = failure(pool.run(endless, { signal: stop.signal }))
  while (pool.stats.waiting < 1) await sleep(1)
  t.like(pool.stats, { waiting: 1, running: 1 })
  stop.abort()
  await Promise.all([running, waiting])
  t.deepEqual(pool.stats, { ...none, finished: 1, failed: 1, timedOut: 1, aborted: 3 })
  const { stats } = pool
  await pool.run(exits(0))
  t.is(stats.finished, 1, 'a snapshot')
  // A reason that says of itself that it is a timeout is one of the signal.
  const late = Object.assign(new Error('late'), { code: 'ERR_WASI_TIMEOUT' })
  await failure(pool.run(exits(0), { signal: AbortSignal.abort(late) }))
  t.like(pool.stats, { timedOut: 1, aborted: 4 })
  await pool.close()
})

test('stats are exact while runs end, fail, time out and are aborted at the same moment', async t => {
  const pool = new Pool({ size: 3 })
  let made = 0
  const sum = (): number => {
    const { size: _, ...counts } = pool.stats
    return Object.values(counts).reduce((total, count) => total + count, 0)
  }
  const stops = [1, 2, 3].map(() => new AbortController())
  const ways: (() => Promise<unknown>)[] = [
    () => pool.run(exits(1)),
    () => pool.run(command([trap])),
    () => pool.run(endless, { timeout: 5 }),
    () => pool.run(endless, { timeout: 40, signal: stops[made % 3].signal }),
    () => pool.run(exits(1), { signal: stops[made % 3].signal }),
  ]
  await pool.run(exits(0))
  const settled: Promise<unknown>[] = []
  for (made = 0; made < 150; made++) {
    settled.push(
      ways[made % ways.length]()
        .catch(() => {})
        .then(() => {
          t.is(sum(), 1 + 150)
          t.true(pool.stats.running <= 3)
        }),
    )
  }
  t.is(sum(), 1 + 150, 'counted as soon as it was called')
  for (const [i, stop] of stops.entries()) setTimeout(() => stop.abort(), 60 * (i + 1))
  await Promise.all(settled)
  const { waiting, running, finished, failed, timedOut, aborted } = pool.stats
  t.deepEqual([waiting, running, failed], [0, 0, 30])
  t.is(finished + timedOut + aborted, 121)
  t.true(finished >= 31 && timedOut >= 1 && aborted >= 1)
  await pool.close()
})

test('1,000 runs with one signal print no warning, in a pool', async t => {
  const warnings: Error[] = []
  const listen = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const { signal } = new AbortController()
  const pool = new Pool({ size: 2 })
  const program = exits(0)
  await Promise.all(Array.from({ length: 1000 }, () => pool.run(program, { signal })))
  await pool.close()
  await sleep(1)
  t.deepEqual(warnings, [])
})

test('a host ends that does not close its pool', t => {
  const script = `
    import { Pool } from ${JSON.stringify(import.meta.resolve('#bundle/index.mjs'))}
    const pool = new Pool({ size: 2 })
    const program = Uint8Array.from(${JSON.stringify([...exits(0)])})
    await Promise.all([1, 2, 3].map(() => pool.run(program)))
    console.log(pool.stats.finished)`
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', script],
    { encoding: 'utf8', timeout: 60_000 },
  )
  t.deepEqual([stdout, stderr, status, signal], ['3\n', '', 0, null])
})

// Files that a guest had open.

/** The number of descriptors of this process that are open on a file. */
const descriptorsOf = (path: string): number =>
  fs.readdirSync('/proc/self/fd').filter(fd => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      return false
    }
  }).length

const linux = process.platform === 'linux' ? test : test.skip
linux('a pool has closed what a guest had open when its run ends', async t => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  const open = (): number => descriptorsOf(folder)
  const pool = new Pool({ size: 1 })
  const options = { preopens: { '/': folder } }
  await pool.run(exits(0))
  for (let round = 0; round < 20; round++) {
    await pool.run(command([drop(call('sched_yield'))]), options)
    t.is(open(), 0, 'it returned')
    await pool.run(exits(3), options)
    t.is(open(), 0, 'it exited')
  }
  const instance = await pool.instantiate(assemble({ functions: { none: { body: [] } } }), options)
  t.is(open(), 1)
  await instance.close()
  t.is(open(), 0, 'it was closed')
  await pool.close()
  fs.rmSync(folder, { recursive: true })
})

linux('an instance that is aborted between two calls gives up its files', async t => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  const open = (): boolean => descriptorsOf(folder) > 0
  const pool = new Pool({ size: 1 })
  const stop = new AbortController()
  const instance = await pool.instantiate(assemble({ functions: { none: { body: [] } } }), {
    preopens: { '/': folder },
    signal: stop.signal,
  })
  await instance.call('none')
  t.true(open())
  // The worker is idle, and stays for the next guest.
  await sleep(100)
  stop.abort()
  t.is((await failure(instance.call('none'))).code, 'ERR_WASI_ABORTED')
  // The worker may be told after the request has failed.
  for (let waited = 0; open() && waited < 30_000; waited += 10) await sleep(10)
  t.false(open())
  await pool.run(exits(0))
  await pool.close()
  fs.rmSync(folder, { recursive: true })
})
