/** Modules in a pool: those that it keeps by their bytes, and those that are compiled for many runs. */
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type CompiledModule, createGuest, Pool, run } from 'wasi-common'
import { failure } from '../rejection.js'
import { growing } from '../sections.js'
import { call, command, drop, untilFails } from '../wasm.js'

const endless = command([drop(untilFails(call('sched_yield')))])
const exits = (code: number): Uint8Array => command([call('proc_exit', code)])

test('bytes that are changed between runs are another module', async t => {
  const pool = new Pool({ size: 1, maxModules: 1 })
  const bytes = exits(3)
  const other = exits(4)
  const code = async (): Promise<number> => (await pool.run(bytes)).exitCode
  t.is(await code(), 3)
  t.is(await code(), 3)
  const changed = code()
  bytes.set(other)
  t.is(await changed, 3, 'they were the first one’s when it was called')
  t.is(await code(), 4)
  bytes.set(exits(5))
  t.is(await code(), 5, 'what is kept is a copy')
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  t.is((await pool.run(shared)).exitCode, 5)
  await pool.close()
})

test('a module that does not compile is compiled anew for each run, and each has its own error', async t => {
  const pool = new Pool({ size: 1 })
  const [one, other] = [
    await failure(pool.run(Uint8Array.of(1, 2, 3))),
    await failure(pool.run(Uint8Array.of(1, 2, 3))),
  ]
  t.not(one, other)
  t.deepEqual([one.message, other.message], [one.message, one.message])
  await pool.close()
})

test('a compiled module runs in its pool, another one and run, whatever becomes of the bytes', async t => {
  const bytes = exits(6)
  const [pool, other] = [new Pool({ size: 1 }), new Pool({ size: 1 })]
  const compiling = pool.compile(bytes)
  bytes.fill(0)
  const compiled = await compiling
  for (const go of [run, pool.run.bind(pool), other.run.bind(other)]) {
    for (let i = 0; i < 2; i++) t.is((await go(compiled)).exitCode, 6)
    t.is((await go(compiled, { strict: true })).exitCode, 6)
  }
  const guest = createGuest({ version: 'preview1' })
  const { exports } = guest.instantiate(compiled)
  t.is(
    guest.run(() => exports._start()),
    6,
  )
  guest.close()
  await pool.close()
  t.is((await other.run(compiled)).exitCode, 6, 'its pool is closed')
  await other.close()
})

test('the limits of a compiled module hold in each run, which may leave them out or repeat them', async t => {
  const pool = new Pool({ size: 1 })
  // growing() exits with how often its two tables grew by 1,000 elements.
  const source = growing(2, 1000)
  const maxMemory = 65536 + 64 * 8 * 5000
  const compiled = await pool.compile(source, { maxMemory })
  const expected = (await run(source, { maxMemory })).exitCode
  t.is(expected, 4)
  for (const go of [run, pool.run.bind(pool)]) {
    t.is((await go(compiled)).exitCode, expected)
    t.is((await go(compiled, { maxMemory })).exitCode, expected)
    for (const [options, message] of [
      [
        { maxMemory: 2 * maxMemory },
        /'options\.maxMemory' must be left out.*with 2625536; .*compile/,
      ],
      [{ maxMemory: maxMemory - 1 }, /'options\.maxMemory'/],
      [{ maxTableElements: 5 }, /'options\.maxTableElements' .* without it/],
      [{ threads: 1 }, /'options\.threads' must be at most 0/],
    ] as const) {
      const error = await failure(go(compiled, options))
      t.is(error.code, 'ERR_INVALID_ARG_VALUE', JSON.stringify(options))
      t.regex(error.message, message)
    }
  }
  const few = await pool.compile(source, { maxTableElements: 3002 })
  t.is((await pool.run(few)).exitCode, 3)
  t.is((await pool.run(few, { threads: 1 })).exitCode, 3, 'each thread has its own tables')
  await pool.close()
})

test('a mistake of a run with a compiled module is told at once, not in its turn', async t => {
  const pool = new Pool({ size: 1 })
  const stop = new AbortController()
  const first = failure(pool.run(endless, { signal: stop.signal }))
  while (pool.stats.running < 1) await sleep(1)
  const compiled = await pool.compile(exits(1))
  t.is((await failure(pool.run(compiled, { maxMemory: 2 ** 20 }))).code, 'ERR_INVALID_ARG_VALUE')
  stop.abort()
  await first
  await pool.close()
})

test('compile refuses what is no module, and wrong options', async t => {
  const pool = new Pool({ size: 1 })
  const compiled = await pool.compile(exits(0))
  const sources: [unknown, string][] = [
    [Uint8Array.of(1, 2, 3), 'ERR_WASI_COMPILE'],
    [exits(0).subarray(0, 20), 'ERR_WASI_COMPILE'],
    [new Uint8Array(0), 'ERR_WASI_COMPILE'],
    [compiled, 'ERR_INVALID_ARG_TYPE'],
    [new WebAssembly.Module(exits(0) as Uint8Array<ArrayBuffer>), 'ERR_INVALID_ARG_TYPE'],
    [{}, 'ERR_INVALID_ARG_TYPE'],
    [undefined, 'ERR_INVALID_ARG_TYPE'],
  ]
  for (const isolation of ['worker', 'process'] as const) {
    for (const [source, code] of sources) {
      const error = await failure(pool.compile(source as Uint8Array, { isolation }))
      t.is(error.code, code, isolation)
      if (code === 'ERR_WASI_COMPILE') t.true(error.cause instanceof WebAssembly.CompileError)
    }
    const small = await failure(pool.compile(exits(0), { maxMemory: 65535, isolation }))
    t.is(small.code, 'ERR_WASI_MEMORY_LIMIT')
  }
  for (const [options, code] of [
    [{ maxMemory: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ maxTableElements: '1' }, 'ERR_INVALID_ARG_TYPE'],
    [{ threads: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [{ isolation: 'thread' }, 'ERR_INVALID_ARG_VALUE'],
    [{ timeout: 5 }, 'ERR_INVALID_ARG_VALUE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
  ] as const)
    t.is((await failure(pool.compile(exits(0), options as object))).code, code)
  await pool.close()
  t.is((await failure(pool.compile(exits(0)))).code, 'ERR_WASI_POOL_CLOSED')
})

test('a pool that is closed while it compiles hands the module over, and runs it no more', async t => {
  const pool = new Pool({ size: 1 })
  const compiling = pool.compile(exits(8))
  await pool.close()
  const compiled = await compiling
  t.is((await failure(pool.run(compiled))).code, 'ERR_WASI_POOL_CLOSED')
  t.is((await run(compiled)).exitCode, 8)
})

test('an object that only looks like a compiled module is refused', async t => {
  const pool = new Pool({ size: 1 })
  const compiled = await pool.compile(exits(8))
  const mark = Symbol.for('wasi-common.CompiledModule')
  const forged: [string, object][] = [
    ['a record', { bytes: exits(8), limits: { threads: 0 } }],
    ['its prototype', Object.create(Object.getPrototypeOf(compiled))],
    ['an object over it', Object.create(compiled)],
    ['a proxy', new Proxy(compiled, {})],
    ['another copy’s', { [mark]: true }],
  ]
  for (const [title, source] of forged)
    for (const go of [run, pool.run.bind(pool)])
      t.like(
        await failure(go(source as CompiledModule)),
        { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' },
        title,
      )
  const foreign = await failure(run({ [mark]: true } as unknown as CompiledModule))
  t.regex(foreign.message, /the same copy of wasi-common/)
  await pool.close()
})
