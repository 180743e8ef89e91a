/**
 * The end of a guest that catches its end: every door reports the first one, and no import serves
 * the guest after it.
 */
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { createGuest, type GuestOptions, Pool, run, WASI } from 'wasi-common'
import { type DoorOptions, doors, type Outcome } from '../doors.js'
import {
  assemble,
  call,
  catching,
  command,
  drop,
  type Expression,
  forever,
  store,
  trap,
} from '../wasm.js'

const version = 'preview1'
const yields = drop(call('sched_yield'))

/** Guests that catch their end and go on, and what comes of each. */
interface Case {
  readonly body: readonly Expression[]
  readonly options?: DoorOptions
  readonly expected: Outcome
}
const cases: Readonly<Record<string, Case>> = {
  'proc_exit, then a return': { body: [catching(call('proc_exit', 3))], expected: 3 },
  'proc_exit, then another': {
    body: [catching(call('proc_exit', 3)), catching(call('proc_exit', 4))],
    expected: 3,
  },
  'proc_raise, then proc_exit': {
    body: [catching(drop(call('proc_raise', 6))), catching(call('proc_exit', 3))],
    expected: 134,
  },
  'proc_exit, then a trap': { body: [catching(call('proc_exit', 3)), trap], expected: 3 },
  'proc_exit, then a hostcall that is not caught': {
    body: [catching(call('proc_exit', 3)), yields],
    expected: 3,
  },
  'proc_exit of 0, then a trap': { body: [catching(call('proc_exit', 0)), trap], expected: 0 },
  'the limit of hostcalls, then a return': {
    body: [yields, catching(yields), catching(yields)],
    options: { limits: { hostcalls: 1 } },
    expected: 'ERR_WASI_HOSTCALL_LIMIT',
  },
  'the limit of hostcalls, then proc_exit': {
    body: [yields, catching(yields), catching(call('proc_exit', 3))],
    options: { limits: { hostcalls: 1 } },
    expected: 'ERR_WASI_HOSTCALL_LIMIT',
  },
  'proc_exit as the last hostcall of the limit': {
    body: [catching(call('proc_exit', 3)), catching(yields)],
    options: { limits: { hostcalls: 1 } },
    expected: 3,
  },
}
const layers: Readonly<Record<string, DoorOptions>> = {
  '': {},
  ', traced': { trace: () => {} },
  ', measured': { metrics: true },
}

for (const [door, { open, takes, thread }] of Object.entries(doors)) {
  for (const [title, { body, options, expected }] of Object.entries(cases)) {
    if (options !== undefined && takes === 'nothing') continue
    test.serial(`${title} is ${expected} at the door ${door}`, async t => {
      for (const layer of Object.values(
        thread === 'own' || takes === 'nothing' ? { '': {} } : layers,
      ))
        t.is(await open(command(body), { ...options, ...layer }), expected)
    })
  }
}

for (const [door, { open, thread }] of Object.entries(doors)) {
  if (thread !== 'own') continue
  test.serial(`a guest that loops after its end is terminated at the door ${door}`, async t => {
    t.is(await open(command([catching(call('proc_exit', 5)), forever]), {}), 5)
  })
}
for (const isolation of ['worker', 'process'] as const) {
  test.serial(
    `a guest that loops after the limit of hostcalls is terminated (${isolation})`,
    async t => {
      const program = command([yields, catching(yields), forever])
      await t.throwsAsync(run(program, { stdin: 'ignore', limits: { hostcalls: 1 }, isolation }), {
        code: 'ERR_WASI_HOSTCALL_LIMIT',
      })
    },
  )
}

test.serial(
  'a guest that catches its end writes nothing after it, and what it wrote before is there',
  async t => {
    const write = (at: number): Expression[] => [
      store(0x20, at),
      store(0x24, 1),
      catching(drop(call('fd_write', 1, 0x20, 1, 0x28))),
    ]
    const program = command([...write(0x40), catching(call('proc_exit', 3)), ...write(0x41)], {
      data: { 64: 'ab' },
    })
    const { exitCode, stdout } = await run(program, { stdin: 'ignore' })
    t.deepEqual([exitCode, stdout.toString()], [3, 'a'])
  },
)

/** Hooks that throw inside a hostcall. Each ends the guest of the class, and of createGuest. */
const mine = new Error('mine')
const fails = (): never => {
  throw mine
}
const hooks: Readonly<
  Record<
    string,
    {
      readonly options: Omit<GuestOptions, 'version'>
      readonly body: Expression
      readonly before?: Expression
    }
  >
> = {
  'clocks.realtime': {
    options: { clocks: { realtime: fails } },
    body: drop(call('clock_time_get', 0, 0n, 0x10)),
  },
  'clocks.monotonic': {
    options: { clocks: { monotonic: fails } },
    body: drop(call('clock_time_get', 1, 0n, 0x10)),
  },
  random: { options: { random: fails }, body: drop(call('random_get', 0x10, 8)) },
  sleep: {
    options: { sleep: fails },
    body: drop(call('poll_oneoff', 0x100, 0x200, 1, 0x10)),
    before: store(0x118, 5),
  },
  trace: { options: { trace: fails }, body: yields },
  // A source that throws is an error of the host; the hook that receives it ends the guest.
  onUnexpected: {
    options: { stdin: fails, onUnexpected: fails },
    body: drop(call('fd_read', 0, 0x20, 1, 0x10)),
  },
}
for (const [hook, { options, body, before }] of Object.entries(hooks)) {
  const spans = [store(0x20, 0x40), store(0x24, 4), ...(before === undefined ? [] : [before])]
  // Its exit code is not 0 where it was served after its end.
  const program = command([...spans, catching(body), catching(yields, call('proc_exit', 9))])
  test(`an exception of ${hook} that the guest catches is thrown by start`, t => {
    const wasi = new WASI({ version, ...options })
    t.is(
      t.throws(() => wasi.start(wasi.instantiate(program))),
      mine,
    )
    t.is(
      t.throws(() => wasi.wasiImport.sched_yield()),
      mine,
    )
    wasi.close()
  })
  test(`an exception of ${hook} that the guest catches is thrown by guest.run`, t => {
    const guest = createGuest({ version, ...options })
    const { _start } = guest.instantiate(program).exports
    t.is(
      t.throws(() => guest.run(_start)),
      mine,
    )
    t.is(
      t.throws(() => guest.run(() => guest.imports.sched_yield())),
      mine,
    )
    guest.close()
  })
}

test('a reactor that catches its end in _initialize: initialize throws it', t => {
  const program = assemble({
    functions: {
      _initialize: { body: [catching(call('proc_exit', 7))] },
      after: { body: [yields] },
    },
  })
  const wasi = new WASI({ version })
  const instance = wasi.instantiate(program)
  const thrown: unknown[] = []
  for (const act of [
    () => wasi.initialize(instance),
    () => instance.exports.after(),
    () => wasi.wasiImport.sched_yield(),
  ]) {
    try {
      act()
    } catch (error) {
      thrown.push(error)
    }
  }
  t.deepEqual(thrown.map(String), Array(3).fill('Symbol(kExitCode)'), 'as loaders know it')
  wasi.close()
})

test('a hostcall before start does not end the guest', t => {
  const wasi = new WASI({ version })
  t.throws(() => wasi.wasiImport.sched_yield(), { code: 'ERR_WASI_NOT_STARTED' })
  t.throws(() => wasi.wasiImport.proc_exit(4), { any: true } as object)
  t.is(wasi.start(wasi.instantiate(command([call('proc_exit', 6)]))), 6)
  wasi.close()
})

test.serial('a worker sends the end of a guest once, with its files', async t => {
  const ends: unknown[] = []
  const { emit } = Worker.prototype
  Worker.prototype.emit = function (this: Worker, name: string | symbol, ...args: unknown[]) {
    const [message] = args as [{ kind?: string } | undefined]
    if (name === 'message' && (message?.kind === 'exit' || message?.kind === 'failed'))
      ends.push(message)
    return emit.call(this, name, ...args)
  } as typeof emit
  t.teardown(() => {
    Worker.prototype.emit = emit
  })
  const pool = new Pool({ size: 1 })
  const program = command([catching(call('proc_exit', 3)), catching(call('proc_exit', 4))])
  const preopens = { '/': { files: { f: 'text' } } }
  for (const count of [1, 2, 3]) {
    t.is((await pool.run(program, { preopens })).exitCode, 3)
    // All earlier messages of the worker have arrived when it serves the next guest.
    t.is(ends.length, count)
  }
  await pool.close()
})
