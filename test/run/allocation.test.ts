/**
 * Memory that a run may have beside linear memory: tables, and the JavaScript heap of its workers.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getHeapStatistics } from 'node:v8'
import test from 'ava'
import { Pool, type RunOptions, type RunResult, run } from 'wasi-common'
import { defaultElements, mostElements } from '#lib/run/module/cap.js'
import { PreparedModule } from '#lib/run/module/prepare.js'
import { prepareAndExecute } from '#lib/run/run-in-workers.js'
import { termsOf } from '#lib/run/settings.js'
import { defaultStack } from '#lib/run/worker/stack.js'
import { mostHeap, Workers } from '#lib/run/worker/workers.js'
import { missing } from '../os-sandbox/fixture.js'
import { failure } from '../rejection.js'
import { FUNCREF, growing } from '../sections.js'
import { call, command, drop, untilFails } from '../wasm.js'

const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
const refusal = { name: 'RunError', code: 'ERR_WASI_MEMORY_LIMIT' }

/**
 * Two tables of one element that grow by 400,000 at a time: twice within the default, and without
 * it 48 times.
 */
const greedy = growing(2, 400_000)

type Run = (source: Uint8Array, options?: RunOptions) => Promise<RunResult>
const doors: Readonly<Record<string, (use: (go: Run) => Promise<void>) => Promise<void>>> = {
  'a run': use => use(run),
  'a pool': async use => {
    const pool = new Pool({ size: 1 })
    await use(pool.run.bind(pool))
    await pool.close()
  },
  ...(missing === undefined && {
    'a process': (use: (go: Run) => Promise<void>) =>
      use((source, options) => run(source, { ...options, isolation: 'process' })),
  }),
}
for (const [name, open] of Object.entries(doors)) {
  test(`tables in ${name} grow to the default, to maxTableElements, and to what maxMemory leaves`, async t => {
    await open(async go => {
      t.is((await go(greedy)).exitCode, 2)
      t.is((await go(growing(2, 400_000, FUNCREF))).exitCode, 2)
      t.is((await go(greedy, { maxTableElements: 400_001 })).exitCode, 0)
      t.is((await go(greedy, { maxTableElements: 400_002 })).exitCode, 1)
      t.is((await go(greedy, { maxTableElements: 2_000_002 })).exitCode, 5)
      const memory = 65536 + 16
      t.is((await go(growing(2, 1000), { maxMemory: memory + 64 * 8 * 5000 })).exitCode, 5)
      t.is((await go(growing(2, 1000), { maxMemory: memory })).exitCode, 0)
      t.like(await failure(go(greedy, { maxMemory: memory - 1 })), refusal)
      t.like(await failure(go(greedy, { maxTableElements: 1 })), refusal)
    })
  })
}

test('tables count once for each thread that the guest may have', async t => {
  const maxMemory = 65536 + 4 * 16 + 64 * 8 * 4000
  t.is((await run(growing(2, 1000), { maxMemory, threads: 3 })).exitCode, 1)
  t.is((await run(growing(2, 1000), { maxMemory })).exitCode, 4)
  t.like(
    await failure(run(growing(2, 1000), { maxMemory: 65536 + 4 * 16 - 1, threads: 3 })),
    refusal,
  )
})

test('a module that a pool has compiled with one limit is compiled anew with another', async t => {
  const pool = new Pool({ size: 1 })
  for (const [maxTableElements, count] of [
    [1002, 1],
    [5002, 5],
    [1002, 1],
  ] as const)
    t.is((await pool.run(growing(2, 1000), { maxTableElements })).exitCode, count)
  await pool.close()
})

test('maxTableElements: options that are wrong', async t => {
  for (const maxTableElements of [-1, 1.5, mostElements + 1]) {
    t.like(await failure(run(greedy, { maxTableElements })), {
      name: 'RangeError',
      code: 'ERR_OUT_OF_RANGE',
    })
  }
  t.like(await failure(run(greedy, { maxTableElements: '1' as never })), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
  })
})

test('the command: tables in its own thread and in a worker', t => {
  const file = join(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')), 'greedy.wasm')
  t.teardown(() => fs.rmSync(join(file, '..'), { recursive: true }))
  fs.writeFileSync(file, greedy)
  const exits = (...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [main, 'run', ...args, file], {
      encoding: 'utf8',
    })
    return [status, stderr]
  }
  t.deepEqual(exits(), [2, ''])
  t.deepEqual(exits('-W', 'max-table-elements=2000002'), [5, ''])
  t.deepEqual(exits('--invoke', '_start', '-W', 'max-table-elements=400002'), [1, ''])
  t.deepEqual(exits('-W', 'timeout=1m'), [2, ''])
  t.deepEqual(exits('-W', 'timeout=1m,max-table-elements=400002'), [1, ''])
  const refused =
    'wasi-common: maxTableElements: the module needs 2 elements of tables at its start; the limit is 1\n'
  t.deepEqual(exits('-W', 'max-table-elements=1'), [1, refused])
  t.deepEqual(exits('-W', 'timeout=1m,max-table-elements=1'), [1, refused])
  for (const value of ['x', '-1', '1.5', '10000001', '']) {
    const [status, stderr] = exits('-W', `max-table-elements=${value}`)
    t.is(status, 2)
    t.regex(
      String(stderr),
      /^wasi-common: -W max-table-elements=.*(expected a whole number|expected at most 10000000)/,
    )
  }
})

// The heap.

test('a guest that fills the JavaScript heap ends its worker, and no other', async t => {
  // Each descriptor is an object there.
  const hoards = command([drop(untilFails(call('path_open', 3, 0, 0x40, 1, 0, 0n, 0n, 0, 0x50)))], {
    data: { 64: '.' },
  })
  const workers = new Workers(1, 24)
  const go = (source: Uint8Array, options: RunOptions): ReturnType<typeof prepareAndExecute> => {
    const checked = termsOf(options)
    return prepareAndExecute(checked, () => PreparedModule.prepare(source, checked[0]), workers)
  }
  const error = await failure(
    go(hoards, { preopens: { '/': { files: {} } }, limits: { descriptors: 2 ** 19 } }),
  )
  t.like(error, {
    ...refusal,
    message: 'the guest filled the JavaScript heap of its worker (24 MiB)',
  })
  t.is((await go(command([call('proc_exit', 7)]), {})).exitCode, 7)
  await workers.close()
})

test('a worker has a heap of its own, no larger than that of the process', async t => {
  const workers = new Workers()
  const { worker } = workers.start(defaultStack)
  const own = getHeapStatistics().heap_size_limit / 2 ** 20
  t.is(worker.resourceLimits?.maxOldGenerationSizeMb, Math.min(mostHeap, Math.floor(own)))
  await worker.terminate()
})

test('tables of the most elements that can be asked for fit into the heap of a worker', async t => {
  const { exitCode } = await run(growing(4, 100_000, FUNCREF), { maxTableElements: mostElements })
  t.true(exitCode > 90 && exitCode < 100, `it grew ${exitCode} times`)
  t.true(defaultElements < mostElements)
})
