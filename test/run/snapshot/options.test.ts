/** instantiate(snapshot): its options, limits, determinism, reseeding, and its end. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  type GuestInstance,
  type GuestSnapshot,
  type InstantiateOptions,
  instantiate,
  MemoryFiles,
  Pool,
  run,
} from 'wasi-common'
import { failure } from '../../rejection.js'
import { add, assemble, call, drop, forever, load, store, trap } from '../../wasm.js'

const grow = { encode: () => [0x20, 0, 0x40, 0], calls: [] }
const source = assemble({
  functions: {
    count: { results: ['i32'], body: [store(0, add(load(0), 1)), load(0)] },
    args: { results: ['i32'], body: [drop(call('args_sizes_get', 0x100, 0x104)), load(0x104)] },
    env: { results: ['i32'], body: [drop(call('environ_sizes_get', 0x100, 0x104)), load(0x104)] },
    preopen: { results: ['i32'], body: [call('fd_prestat_get', 3, 0x100)] },
    random: { results: ['i32'], body: [drop(call('random_get', 0x100, 3)), load(0x100)] },
    time: { results: ['i32'], body: [drop(call('clock_time_get', 1, 0n, 0x100)), load(0x100)] },
    seed: {
      params: ['i64', 'i64'],
      body: [
        { encode: () => [0x41, 8, 0x20, 0, 0x37, 0, 0], calls: [] },
        { encode: () => [0x41, 16, 0x20, 1, 0x37, 0, 0], calls: [] },
      ],
    },
    wrong: { params: ['i32', 'i32'], body: [] },
    one: { params: ['i64'], body: [] },
    traps: { params: ['i64', 'i64'], body: [trap] },
    loops: { params: ['i64', 'i64'], body: [forever] },
    exits: { params: ['i64', 'i64'], body: [call('proc_exit', 7)] },
    spins: { body: [forever] },
    grow: { params: ['i32'], results: ['i32'], body: [grow] },
    makes: { results: ['i32'], body: [call('path_create_directory', 3, 0x40, 3)] },
  },
  data: { 64: 'new' },
})

async function started(
  t: ExecutionContext,
  from: Parameters<typeof instantiate>[0],
  options: InstantiateOptions = {},
): Promise<GuestInstance> {
  const guest = await instantiate(from, options)
  t.teardown(async () => void (await guest.close().catch(() => {})))
  return guest
}

/** The snapshot of a guest with these options, after calls of these functions. */
async function taken(
  t: ExecutionContext,
  options: InstantiateOptions = {},
  calls: readonly string[] = [],
): Promise<GuestSnapshot> {
  const guest = await started(t, source, options)
  for (const name of calls) await guest.call(name)
  const snapshot = await guest.snapshot()
  await guest.close()
  return snapshot
}

function scratch(t: ExecutionContext): string {
  const folder = mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('arguments and environment may differ until the guest has read them', async t => {
  const options = { args: ['a', 'bc'], env: { SECRET: 'hidden' } }
  const unread = await started(t, await taken(t, options), { args: ['x'], env: { Y: '' } })
  t.is(await unread.call('args'), 2)
  t.is(await unread.call('env'), 3)
  const bare = await started(t, await taken(t, options))
  t.is(await bare.call('args'), 0)

  const read = await taken(t, options, ['args', 'env'])
  for (const given of [{}, options, { args: options.args }]) {
    const guest = await started(t, read, given)
    t.is(await guest.call('args'), 5)
    t.is(await guest.call('env'), 14)
  }
  const args = await failure(instantiate(read, { args: ['a'] }))
  t.is(args.code, 'ERR_INVALID_ARG_VALUE')
  t.regex(args.message, /'options.args' must be left out, or equal those of the snapshot \(a bc\)/)
  const env = await failure(instantiate(read, { env: { SECRET: 'other' } }))
  t.is(env.code, 'ERR_INVALID_ARG_VALUE')
  t.regex(env.message, /'options.env' must be left out, or equal that of the snapshot \(SECRET\)/)
  t.notRegex(env.message, /hidden|other/)
})

const reads = {
  args_get: ['args', call('args_get', 0x100, 0x200)],
  args_sizes_get: ['args', call('args_sizes_get', 0x100, 0x104)],
  environ_get: ['env', call('environ_get', 0x100, 0x200)],
  environ_sizes_get: ['env', call('environ_sizes_get', 0x100, 0x104)],
  fd_prestat_get: ['preopens', call('fd_prestat_get', 3, 0x100)],
  fd_prestat_dir_name: ['preopens', call('fd_prestat_dir_name', 3, 0x100, 1)],
} as const
for (const [name, [option, hostcall]] of Object.entries(reads)) {
  test(`a guest that has called ${name} has read its ${option}`, async t => {
    const guest = await started(
      t,
      assemble({ functions: { read: { results: ['i32'], body: [hostcall] } } }),
      { args: ['a'], env: { A: 'b' }, preopens: { '/': { files: {} } } },
    )
    const other = { args: ['x'], env: { X: 'y' }, preopens: { '/x': { files: {} } } }
    await t.notThrowsAsync(started(t, await guest.snapshot(), other))
    t.is(await guest.call('read'), 0)
    const error = await failure(instantiate(await guest.snapshot(), other))
    t.is(error.code, 'ERR_INVALID_ARG_VALUE')
    t.regex(error.message, new RegExp(`'options\\.${option}' must`))
  })
}

test('preopens have the same names once the guest has read them; their folders may differ', async t => {
  const [one, other] = [scratch(t), scratch(t)]
  const unread = await taken(t, { preopens: { '/a': one } })
  t.is(await (await started(t, unread)).call('preopen'), 8)
  const read = await taken(t, { preopens: { '/a': one, '/b': one } }, ['preopen'])
  const guest = await started(t, read, { preopens: { '/a': other, '/b': one } })
  t.is(await guest.call('makes'), 0)
  t.notThrows(() => rmSync(join(other, 'new'), { recursive: true }))
  for (const preopens of [{}, { '/a': one }, { '/b': one, '/a': one }, { '/a': one, '/c': one }]) {
    const error = await failure(instantiate(read, { preopens }))
    t.is(error.code, 'ERR_INVALID_ARG_VALUE')
    t.regex(error.message, /'options.preopens' must have the names of the snapshot.*\(\/a \/b\)/)
  }
  // The snapshot of a guest that was restored remembers what the first one has read.
  const again = await guest.snapshot()
  t.regex((await failure(instantiate(again))).message, /'options.preopens' must have the names/)
})

test('a restored guest has as many listeners as the first', async t => {
  const listen = ['127.0.0.1:0']
  const snapshot = await taken(t, { listen })
  const error = await failure(instantiate(snapshot))
  t.is(error.code, 'ERR_INVALID_ARG_VALUE')
  t.regex(error.message, /'options.listen' must have 1 addresses/)
  await t.notThrowsAsync(started(t, snapshot, { listen }))
})

test('files in memory go to the restored guest, and come back', async t => {
  const snapshot = await taken(t, { preopens: { '/': { files: {} } } }, ['preopen'])
  const files = new MemoryFiles()
  const guest = await started(t, snapshot, { preopens: { '/': { files } } })
  t.is(await guest.call('makes'), 0)
  await guest.close()
  t.true(files.exists('new'))
})

test('deterministic guests of one snapshot do what the first one goes on to do', async t => {
  const options = { deterministic: { seed: 5 } }
  const first = await started(t, source, options)
  for (const name of ['random', 'time', 'random']) await first.call(name)
  const snapshot = await first.snapshot()
  const next = async (guest: GuestInstance): Promise<unknown[]> => {
    const all: unknown[] = []
    for (let i = 0; i < 50; i++) all.push(await guest.call('random'), await guest.call('time'))
    return all
  }
  const expected = await next(first)
  t.is(new Set(expected).size, 100)
  const one = await started(t, snapshot, options)
  t.deepEqual(await next(one), expected)
  t.deepEqual(await next(await started(t, snapshot, options)), expected)
  t.deepEqual(await next(await started(t, await one.snapshot(), options)), await next(one))
  // Another seed is another stream from its beginning; the clock goes on.
  const other = await next(await started(t, snapshot, { deterministic: { seed: 6 } }))
  t.is(other[1], expected[1])
  t.not(other[0], expected[0])
  const fresh = await started(t, source, { deterministic: { seed: 6 } })
  t.is(other[0], await fresh.call('random'))
})

test('a seed without fixed clocks goes on, too', async t => {
  const first = await started(t, source, { seed: 9 })
  for (let i = 0; i < 30; i++) await first.call('random')
  const again = await started(t, await first.snapshot(), { seed: 9 })
  t.is(await again.call('random'), await first.call('random'))
})

test('reseed calls a function of the guest with fresh random bytes', async t => {
  const snapshot = await taken(t)
  const seeds = new Set<string>()
  for (let i = 0; i < 3; i++) {
    const guest = await started(t, snapshot, { reseed: 'seed' })
    seeds.add(Buffer.from(await guest.read(8, 16)).toString('hex'))
  }
  t.is(seeds.size, 3)
  const same = await Promise.all(
    [1, 2].map(async () => {
      const guest = await started(t, snapshot, { reseed: 'seed', deterministic: true })
      return Buffer.from(await guest.read(8, 16)).toString('hex')
    }),
  )
  t.is(same[0], same[1])
  t.false(seeds.has(same[0] as string))
  const plain = await started(t, snapshot)
  t.deepEqual([...(await plain.read(8, 16))], Array(16).fill(0))
})

test('a reseed that does not fit is refused, and its failures are those of the guest', async t => {
  const snapshot = await taken(t)
  for (const [reseed, code, message] of [
    [
      'missing',
      'ERR_WASI_RESEED',
      /exports no function 'missing'; expected a function with two i64/,
    ],
    ['memory', 'ERR_WASI_RESEED', /exports no function 'memory'/],
    ['wasi-common:memory:0', 'ERR_WASI_RESEED', /exports no function/],
    ['one', 'ERR_WASI_RESEED', /the export 'one' has 1 parameters; expected a function with two/],
    ['wrong', 'ERR_WASI_RESEED', /the export 'wrong' has other parameters: .*BigInt/],
    ['traps', 'ERR_WASI_TRAP', /unreachable/],
    ['exits', 'ERR_WASI_EXIT', /code 7/],
    ['loops', 'ERR_WASI_TIMEOUT', /timed out/],
    [5, 'ERR_INVALID_ARG_TYPE', /"options.reseed" property must be of type string/],
  ] as const) {
    const error = await failure(instantiate(snapshot, { reseed: reseed as string, timeout: 5000 }))
    t.is(error.code, code)
    t.regex(error.message, message)
  }
  for (const other of [source, new WebAssembly.Module(source as never) as never]) {
    const error = await failure(instantiate(other, { reseed: 'seed' }))
    t.is(error.code, 'ERR_INVALID_ARG_VALUE')
    t.regex(error.message, /'options.reseed' must be left out unless the source is a GuestSnapshot/)
  }
})

test('wrong options of a snapshot are refused as those of a module', async t => {
  const snapshot = await taken(t)
  const pool = new Pool({ size: 1 })
  t.teardown(() => pool.close())
  for (const make of [instantiate, pool.instantiate.bind(pool)] as (typeof instantiate)[]) {
    const unknown = await failure(make(snapshot, { reseeds: 'seed' } as never))
    t.regex(unknown.message, /'options.reseeds' is unknown/)
    t.regex((await failure(make(snapshot, null as never))).message, /"options" argument must be/)
    t.regex((await failure(make(snapshot, { threads: 1 } as never))).message, /options.threads/)
  }
  for (const door of [run, pool.run.bind(pool)] as (typeof run)[]) {
    const error = await failure(door(snapshot as never))
    t.is(error.code, 'ERR_INVALID_ARG_TYPE')
    t.regex(error.message, /"source" argument must be .* Received an instance of GuestSnapshot/)
  }
})

test('the limits of a restored guest are its own', async t => {
  const guest = await started(t, source, { maxMemory: 4 * 65536 })
  t.is(await guest.call('grow', 3), 1)
  t.is(await guest.call('grow', 1), -1)
  const snapshot = await guest.snapshot()
  const error = await failure(instantiate(snapshot, { maxMemory: 3 * 65536 }))
  t.is(error.code, 'ERR_WASI_MEMORY_LIMIT')
  t.regex(error.message, /maxMemory: the module needs 4 pages of memory .* the limit is 196608/)
  const larger = await started(t, snapshot, { maxMemory: 6 * 65536 })
  t.is(await larger.call('grow', 2), 4)
  t.is(await larger.call('grow', 1), -1)
})

test('timeout, abort and strict apply to a restored guest', async t => {
  const snapshot = await taken(t, {}, ['count'])
  const late = await started(t, snapshot, { timeout: 5000, strict: true, preopens: {} })
  t.is((await failure(late.call('spins'))).code, 'ERR_WASI_TIMEOUT')
  t.is((await failure(late.snapshot())).code, 'ERR_WASI_INSTANCE_ENDED')
  const controller = new AbortController()
  const ended = await started(t, snapshot, { signal: controller.signal })
  const spinning = failure(ended.call('spins'))
  setTimeout(() => controller.abort(), 100)
  t.is((await spinning).code, 'ERR_WASI_ABORTED')
  t.is(
    (await failure(instantiate(snapshot, { signal: AbortSignal.abort() }))).code,
    'ERR_WASI_ABORTED',
  )
  const folder = scratch(t)
  mkdirSync(join(folder, 'd'))
  const unsafe = await failure(
    instantiate(snapshot, { strict: true, preopens: { '/': process.cwd() } }),
  )
  t.is(unsafe.code, 'ERR_WASI_UNSAFE_PREOPEN')
  const fresh = await started(t, snapshot, { strict: true, preopens: { '/': folder } })
  t.is(await fresh.call('count'), 2)
})

test('a pool restores guests in its workers, in its order', async t => {
  const snapshot = await taken(t, {}, ['count', 'count'])
  const pool = new Pool({ size: 2 })
  const counts = await Promise.all(
    Array.from({ length: 20 }, async () => {
      await using guest = await pool.instantiate(snapshot)
      return guest.call('count')
    }),
  )
  t.deepEqual(counts, Array(20).fill(3))
  t.is(pool.stats.running, 0)
  await pool.close()
  t.is((await failure(pool.instantiate(snapshot))).code, 'ERR_WASI_POOL_CLOSED')
})
