/** instantiate(): calls to an instance in a worker, what ends it, and its limits. */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import {
  type GuestInstance,
  type InstantiateOptions,
  instantiate,
  lines,
  MemoryFiles,
  Pool,
} from 'wasi-common'
import { openDescriptors } from '../hostcalls/fixture.js'
import { failure } from '../rejection.js'
import {
  add,
  assemble,
  call,
  catching,
  command,
  type Expression,
  forever,
  load,
  param,
  type Source,
  store,
  trap,
  write,
} from '../wasm.js'

const grow = (pages: Expression): Expression => ({
  encode: indexOf => [
    ...(typeof pages === 'object' ? pages.encode(indexOf) : [0x41, pages as number]),
    ...[0x40, 0],
  ],
  calls: [],
})
/** A call of itself without end. */
const overflows = { body: [call('deeper')] }
const functions: Source['functions'] = {
  add: { params: ['i32', 'i32'], results: ['i32'], body: [add(param(0), param(1))] },
  long: { params: ['i64'], results: ['i64'], body: [param(0)] },
  float: { params: ['f64'], results: ['f64'], body: [param(0)] },
  pair: { params: ['i32'], results: ['i32', 'i64'], body: [param(0), 7n] },
  nothing: { body: [] },
  counter: { results: ['i32'], body: [store(0, add(load(0), 1)), load(0)] },
  grow: { params: ['i32'], results: ['i32'], body: [grow(param(0))] },
  spins: { body: [forever] },
  traps: { body: [trap] },
  deeper: overflows,
  exits: { params: ['i32'], body: [call('proc_exit', param(0))] },
  caught: { body: [catching(call('proc_exit', 3))] },
  says: { body: write(1, 0x40, 5) },
  complains: { body: [...write(2, 0x40, 5), trap] },
  makes: { results: ['i32'], body: [call('path_create_directory', 3, 0x45, 3)] },
}
const reactor = (more: Partial<Source> = {}): Uint8Array =>
  assemble({ functions, data: { 64: 'hellonew' }, ...more })

async function started(
  t: ExecutionContext,
  options: InstantiateOptions = {},
  source = reactor(),
): Promise<GuestInstance> {
  const guest = await instantiate(source, options)
  t.teardown(async () => void (await guest.close().catch(() => {})))
  return guest
}

test('calls return numbers, bigints, arrays or nothing', async t => {
  const guest = await started(t)
  t.deepEqual([...guest.exportedFunctions].sort(), Object.keys(functions).sort())
  t.is(await guest.call('add', 40, 2), 42)
  t.is(await guest.call('add', 2 ** 31, 2.9), -(2 ** 31) + 2)
  t.is(await guest.call('long', 2n ** 62n), 2n ** 62n)
  t.is(await guest.call('float', 0.5), 0.5)
  t.deepEqual(await guest.call('pair', 1), [1, 7n])
  t.is(await guest.call('nothing'), undefined)
})

test('a module that is compiled, or has no memory or no functions, is an instance, too', async t => {
  const compiled = await started(t, {}, new WebAssembly.Module(reactor()) as never)
  t.is(await compiled.call('add', 1, 2), 3)
  const { add: sum } = functions
  const bare = await started(t, {}, assemble({ functions: { add: sum }, pages: 0 }))
  t.is(await bare.call('add', 1, 2), 3)
  const error = await failure(bare.read(0, 1))
  t.is(error.code, 'ERR_OUT_OF_RANGE')
  t.regex(error.message, /the instance exports no memory/)
  const empty = await started(t, {}, assemble({ functions: {}, pages: 0 }))
  t.deepEqual(empty.exportedFunctions, [])
})

test('another export by the name of the memory is none', async t => {
  const memory = { results: ['i32'], body: [5] } as const
  const guest = await started(t, {}, assemble({ functions: { memory }, pages: 0 }))
  t.is(await guest.call('memory'), 5)
  t.regex((await failure(guest.read(0, 1))).message, /the instance exports no memory/)
})

test('an _initialize whose parameters no host can pass is ERR_WASI_NO_START', async t => {
  const source = assemble({ functions: { _initialize: { params: ['i64'], body: [] } } })
  const error = await failure(instantiate(source))
  t.is(error.code, 'ERR_WASI_NO_START')
  t.regex(error.message, /the export _initialize has a type that no host calls: .*BigInt/)
})

test('_initialize is called before the first call, and _start is not', async t => {
  const source = assemble({
    functions: {
      _initialize: { body: [store(0x10, 5)] },
      _start: { body: [trap] },
      value: { results: ['i32'], body: [load(0x10)] },
    },
  })
  const guest = await started(t, {}, source)
  t.is(await guest.call('value'), 5)
})

test('an _initialize that fails rejects instantiate', async t => {
  const initialize = (body: readonly Expression[]): Uint8Array =>
    assemble({ functions: { _initialize: { body } } })
  t.regex((await failure(instantiate(initialize([trap])))).message, /unreachable/)
  const exit = await failure(instantiate(initialize([call('proc_exit', 4)])))
  t.like(exit, { code: 'ERR_WASI_EXIT', exitCode: 4 })
  const spins = await failure(instantiate(initialize([forever]), { timeout: 300 }))
  t.is(spins.code, 'ERR_WASI_TIMEOUT')
})

test('calls are served in their order, one at a time', async t => {
  const guest = await started(t)
  const counts = Array.from({ length: 50 }, () => guest.call('counter'))
  t.deepEqual(
    await Promise.all(counts),
    Array.from({ length: 50 }, (_, i) => i + 1),
  )
})

test('wrong arguments are refused, and the instance goes on', async t => {
  const guest = await started(t)
  const wrong: readonly (readonly [() => Promise<unknown>, string, string, RegExp])[] = [
    [() => guest.call(1 as never), 'TypeError', 'ERR_INVALID_ARG_TYPE', /"name"/],
    [() => guest.call('none'), 'TypeError', 'ERR_INVALID_ARG_VALUE', /'none'/],
    [() => guest.call('memory'), 'TypeError', 'ERR_INVALID_ARG_VALUE', /'memory'/],
    [() => guest.call('constructor'), 'TypeError', 'ERR_INVALID_ARG_VALUE', /'constructor'/],
    [() => guest.call('add', 1), 'TypeError', 'ERR_INVALID_ARG_VALUE', /takes 2 arg.*Received 1/],
    [() => guest.call('add', 1, 2, 3), 'TypeError', 'ERR_INVALID_ARG_VALUE', /Received 3/],
    [() => guest.call('add', 1, '2' as never), 'TypeError', 'ERR_INVALID_ARG_TYPE', /"args\[1\]"/],
    [
      () => guest.call('add', 1, 2n),
      'TypeError',
      'ERR_INVALID_ARG_TYPE',
      /Pass a bigint for an i64/,
    ],
    [() => guest.call('long', 1), 'TypeError', 'ERR_INVALID_ARG_TYPE', /Pass a bigint for an i64/],
    [() => guest.read(-1, 1), 'RangeError', 'ERR_OUT_OF_RANGE', /"address"/],
    [() => guest.read(0, 1.5), 'RangeError', 'ERR_OUT_OF_RANGE', /"length"/],
    [() => guest.read(65536, 1), 'RangeError', 'ERR_OUT_OF_RANGE', /the memory has 65536 bytes/],
    [() => guest.read(1, 65536), 'RangeError', 'ERR_OUT_OF_RANGE', /the memory has 65536 bytes/],
    [() => guest.read(2 ** 53 - 1, 2 ** 53 - 1), 'RangeError', 'ERR_OUT_OF_RANGE', /"address"/],
    [
      () => guest.write(65535, Uint8Array.of(1, 2)),
      'RangeError',
      'ERR_OUT_OF_RANGE',
      /the memory has 65536 bytes/,
    ],
    [() => guest.write(0, 'text' as never), 'TypeError', 'ERR_INVALID_ARG_TYPE', /"bytes"/],
    [
      () => guest.write('0' as never, new Uint8Array()),
      'TypeError',
      'ERR_INVALID_ARG_TYPE',
      /"add/,
    ],
  ]
  for (const [act, name, code, message] of wrong) {
    const error = await failure(act())
    t.is(error.code, code, String(message))
    t.is(error.name, name)
    t.regex(error.message, message)
  }
  t.is(await guest.call('add', 1, 2), 3)
})

test('memory is copied, also after it grew', async t => {
  const guest = await started(t)
  const bytes = Buffer.from('written')
  const writing = guest.write(65530 - 1, bytes.subarray(0, 6))
  bytes.fill(0)
  await writing
  t.is(Buffer.from(await guest.read(65529, 6)).toString(), 'writte')
  t.deepEqual(await guest.read(65536, 0), new Uint8Array())
  t.is(await guest.call('grow', 1), 1)
  await guest.write(65534, Uint8Array.of(1, 2, 3, 4))
  const read = await guest.read(65533, 6)
  t.deepEqual([...read], [116, 1, 2, 3, 4, 0])
  read.fill(9)
  t.deepEqual([...(await guest.read(65533, 2))], [116, 1])
})

const ends: readonly (readonly [string, (guest: GuestInstance) => Promise<unknown>, object])[] = [
  ['an exit', guest => guest.call('exits', 7), { code: 'ERR_WASI_EXIT', exitCode: 7 }],
  ['an exit with 0', guest => guest.call('exits', 0), { code: 'ERR_WASI_EXIT', exitCode: 0 }],
  ['an exit that it caught', guest => guest.call('caught'), { code: 'ERR_WASI_EXIT', exitCode: 3 }],
  ['a trap', guest => guest.call('traps'), { code: 'ERR_WASI_TRAP' }],
  ['an overflow of the stack', guest => guest.call('deeper'), { code: 'ERR_WASI_STACK_LIMIT' }],
]
for (const [what, act, expected] of ends) {
  test(`${what} ends the instance: later calls have it as their cause`, async t => {
    const guest = await started(t)
    const ending = failure(act(guest))
    const waiting = failure(guest.call('add', 1, 2))
    const error = await ending
    t.like(error, expected)
    for (const later of [await waiting, await failure(guest.read(0, 1))]) {
      t.is(later.code, 'ERR_WASI_INSTANCE_ENDED')
      t.is(later.cause, error)
    }
    await t.notThrowsAsync(guest.close())
  })
}

test.serial('each call has its own time', async t => {
  const guest = await started(t, { timeout: 3000 })
  for (let i = 0; i < 4; i++) {
    t.is(await guest.call('add', i, 1), i + 1)
    await wait(900)
  }
  const begun = Date.now()
  const error = await failure(guest.call('spins'))
  t.is(error.code, 'ERR_WASI_TIMEOUT')
  t.true(Date.now() - begun >= 2990)
  t.is((await failure(guest.call('add', 1, 2))).cause, error)
  await t.notThrowsAsync(guest.close())
})

test('the time of a call begins with its turn', async t => {
  const guest = await started(t, { timeout: 30_000 })
  const calls = Array.from({ length: 20 }, (_, i) => guest.call('add', i, 0))
  await Promise.all(calls)
  const [first, second] = [failure(guest.call('exits', 1)), failure(guest.call('spins'))]
  t.is((await first).code, 'ERR_WASI_EXIT')
  t.is((await second).code, 'ERR_WASI_INSTANCE_ENDED')
})

test('a signal ends a call that runs, and an instance that is idle', async t => {
  const busy = new AbortController()
  const guest = await started(t, { signal: busy.signal })
  const spinning = failure(guest.call('spins'))
  setTimeout(() => busy.abort(new Error('enough')), 100)
  t.like(await spinning, { code: 'ERR_WASI_ABORTED', cause: new Error('enough') })
  await t.notThrowsAsync(guest.close())

  const idle = new AbortController()
  const other = await started(t, { signal: idle.signal })
  idle.abort(new Error('enough'))
  // No call reported it.
  t.is((await failure(other.close())).code, 'ERR_WASI_ABORTED')
  t.is((await failure(other.call('add', 1, 2))).code, 'ERR_WASI_INSTANCE_ENDED')
  const signal = AbortSignal.abort(new Error('before'))
  t.is((await failure(instantiate(reactor(), { signal }))).code, 'ERR_WASI_ABORTED')
})

test('close lets calls end that were made before, and refuses those after', async t => {
  const guest = await started(t, { stdout: 'capture' })
  const before = [guest.call('says'), guest.call('says')]
  const closing = guest.close()
  const after = await failure(guest.call('says'))
  await Promise.all(before)
  t.is((await closing).stdout.toString(), 'hellohello')
  t.is(after.code, 'ERR_WASI_INSTANCE_ENDED')
  t.regex(after.cause?.message ?? '', /close\(\) was called/)
  t.is(await guest.close(), await closing)
})

test('await using closes the instance, also one that has ended', async t => {
  const guest = await instantiate(reactor())
  await guest[Symbol.asyncDispose]()
  t.is((await failure(guest.call('nothing'))).code, 'ERR_WASI_INSTANCE_ENDED')
  const trapped = await instantiate(reactor())
  await failure(trapped.call('traps'))
  await t.notThrowsAsync(trapped[Symbol.asyncDispose]())
})

test('what a call wrote has arrived before it returns', async t => {
  const heard: string[] = []
  const guest = await started(t, { stdout: lines(line => heard.push(line)) })
  await guest.write(64, Buffer.from('one\n.'))
  await guest.call('says')
  t.deepEqual(heard, ['one'])
  await guest.close()
  t.deepEqual(heard, ['one', '.'])

  let taken = 0
  const slow = await started(t, {
    stdout: async chunk => {
      await wait(100)
      taken += chunk.length
    },
  })
  await slow.call('says')
  t.is(taken, 5)
  await Promise.all([slow.call('says'), slow.call('says')])
  t.is(taken, 15)
})

test('captured output is kept up to maxOutput, also of an instance that trapped', async t => {
  const guest = await started(t, { maxOutput: 7 })
  await guest.call('says')
  await guest.call('says')
  t.like(await guest.close(), { truncated: true, stdout: Buffer.from('hellohe') })
  const trapped = await started(t)
  await trapped.call('says')
  await failure(trapped.call('complains'))
  const { stdout, stderr } = await trapped.close()
  t.deepEqual([String(stdout), String(stderr)], ['hello', 'hello'])
  const text = await instantiate(reactor(), { encoding: 'utf8' })
  await text.call('says')
  t.is((await text.close()).stdout, 'hello')
})

test('memory is limited, hostcalls are counted and limited', async t => {
  const guest = await started(t, { maxMemory: 4 * 65536, metrics: true })
  t.is(await guest.call('grow', 3), 1)
  t.is(await guest.call('grow', 1), -1)
  await guest.call('says')
  t.is(guest.metrics().fd_write?.calls, 1)
  t.is((await guest.close()).metrics?.fd_write?.calls, 1)

  const limited = await started(t, { limits: { hostcalls: 2 } })
  t.throws(() => limited.metrics(), { code: 'ERR_WASI_NO_METRICS' })
  await limited.call('says')
  await limited.call('says')
  t.is((await failure(limited.call('says'))).code, 'ERR_WASI_HOSTCALL_LIMIT')
})

test('files in memory are lent to the instance, and come back when it is closed', async t => {
  const files = new MemoryFiles()
  const guest = await started(t, { preopens: { '/': { files } } })
  t.is(await guest.call('makes'), 0)
  t.throws(() => files.list())
  await guest.close()
  t.deepEqual(
    files.list().map(({ name }) => name),
    ['new'],
  )
  const trapped = await started(t, { preopens: { '/': { files } } })
  t.is(await trapped.call('makes'), 20)
  await failure(trapped.call('traps'))
  t.is(files.list().length, 1)
})

test('options of other runs are refused', async t => {
  for (const [options, message] of [
    [{ threads: 1 }, /'options\.threads' must be 0: an instance has one thread/],
    [
      { isolation: 'process' },
      /'options\.isolation' must be 'worker': an instance runs in a worker thread/,
    ],
    [{ timeout: 0 }, /options\.timeout/],
    [{ timeot: 1 }, /options\.timeot/],
    [null, /options/],
  ] as const) {
    const error = await failure(instantiate(reactor(), options as never))
    t.regex(error.code ?? '', /^ERR_(INVALID_ARG|OUT_OF_RANGE)/)
    t.regex(error.message, message)
  }
  t.is((await failure(instantiate(5 as never))).code, 'ERR_INVALID_ARG_TYPE')
})

test('imports of the embedder serve each call', async t => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  const imports = join(folder, 'imports.mjs')
  fs.writeFileSync(
    imports,
    `export default ({ exports }) => ({ env: { f(n) {
      if (n === 0) throw new Error('zero')
      if (n === 1000) return 1n
      return exports.add(n, 1)
    } } })`,
  )
  const i32 = { params: ['i32'], results: ['i32'] } as const
  const source = reactor({
    functions: { ...functions, asks: { ...i32, body: [call('f', param(0))] } },
    imports: { 'env.f': i32 },
  })
  const guest = await started(t, { imports }, source)
  t.is(await guest.call('asks', 1), 2)
  t.is(await guest.call('asks', 41), 42)
  const error = await failure(guest.call('asks', 0))
  t.is(error.code, 'ERR_WASI_HOOK')
  t.regex(error.message, /env\.f threw: zero/)
  t.is((await failure(guest.call('asks', 1))).code, 'ERR_WASI_INSTANCE_ENDED')
  // Its result is no i32, which is not the caller's mistake.
  const other = await started(t, { imports }, source)
  t.is((await failure(other.call('asks', 1000))).code, 'ERR_WASI_TRAP')
  t.is((await failure(other.call('asks', 1))).code, 'ERR_WASI_INSTANCE_ENDED')
})

test('an instance of a pool has a turn until it is closed, and leaves its worker', async t => {
  const pool = new Pool({ size: 1 })
  const guest = await pool.instantiate(reactor())
  const running = pool.run(command([call('proc_exit', 5)]))
  t.is(await guest.call('add', 1, 2), 3)
  const wrong = pool.instantiate(reactor(), { threads: 2 } as InstantiateOptions)
  t.is((await failure(wrong)).code, 'ERR_INVALID_ARG_VALUE')
  t.is(await Promise.race([running, wait(200, 'waits')]), 'waits')
  await guest.close()
  t.is((await running).exitCode, 5)
  const other = await pool.instantiate(reactor(), { timeout: 300 })
  t.is(await other.call('counter'), 1)
  await failure(other.call('spins'))
  const third = await pool.instantiate(reactor())
  t.is(await third.call('counter'), 1)
  await third.close()
  await pool.close()
  t.is((await failure(pool.instantiate(reactor()))).code, 'ERR_WASI_POOL_CLOSED')
})

test.serial('an instance that has ended leaves no descriptor open', async t => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  const preopens = { '/': folder }
  await (await instantiate(reactor(), { preopens })).close()
  const before = openDescriptors()
  for (let i = 0; i < 3; i++) {
    const guest = await instantiate(reactor(), { preopens })
    if (i === 1) await failure(guest.call('traps'))
    await guest.close()
  }
  t.is(openDescriptors(), before)
})

test('a result that is a reference stays in its worker', async t => {
  // (func (export "reference") (result externref) (ref.null extern))
  const source = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x6f, 3, 2, 1, 0],
    ...[7, 13, 1, 9, ...Buffer.from('reference'), 0, 0, 10, 6, 1, 4, 0, 0xd0, 0x6f, 0x0b],
  ])
  const guest = await started(t, {}, source)
  for (let i = 0; i < 2; i++) {
    const error = await failure(guest.call('reference'))
    t.is(error.code, 'ERR_INVALID_RETURN_VALUE')
    t.regex(error.message, /'reference' returned a reference/)
  }
})
