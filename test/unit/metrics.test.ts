/** Hostcalls as records: lines of JSON, events on a channel, and counts, all of the same calls. */
import diagnostics from 'node:diagnostics_channel'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  createGuest,
  Errno,
  type GuestOptions,
  type HostcallEvent,
  run,
  WASI,
  WASIError,
} from 'wasi-common'
import { errnoNames } from '#lib/abi/errno.js'
import { type HostcallName, table } from '#lib/abi/table.js'
import { Kind } from '#lib/abi/types.js'
import { toldMetrics } from '#lib/observe/metrics.js'
import { add, call, command, drop } from '../wasm.js'

const version = 'preview1'
const backends = ['native', 'typescript'] as const

/** A guest over an empty folder, with a path `a/b` at 1000. */
function guestWith(t: ExecutionContext, options: Partial<GuestOptions>) {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  const stdin = fs.openSync(os.devNull, 'r')
  const guest = createGuest({ version, stdin, preopens: { '/': folder }, ...options })
  const memory = new WebAssembly.Memory({ initial: 1 })
  guest.bind(memory)
  new Uint8Array(memory.buffer).set(new TextEncoder().encode('a/b'), 1000)
  t.teardown(() => {
    guest.close()
    fs.closeSync(stdin)
    fs.rmSync(folder, { recursive: true, force: true })
  })
  return { guest, memory, imports: guest.imports }
}
/** Every line for what `act` does. */
function lines(
  t: ExecutionContext,
  act: (guest: ReturnType<typeof guestWith>) => void,
  options: Partial<GuestOptions> = {},
): unknown[] {
  const written: string[] = []
  act(guestWith(t, { traceFormat: 'json', trace: line => void written.push(line), ...options }))
  return written.map(line => JSON.parse(line))
}

// JSON.

for (const backend of backends) {
  test(`JSON: a line has every kind of argument and result (${backend})`, t => {
    const reported = lines(
      t,
      ({ imports, guest }) => {
        imports.path_open(3, 1, 1000, 3, 9, -1n, 2n, 5, 8)
        imports.path_create_directory(3, 1000, 1)
        imports.path_filestat_get(3, 0, 1000, 1, 64)
        imports.fd_readdir(9, 2048, 100, 2n ** 64n - 1n, 8)
        imports.fd_readdir(3, 2048, 0, 0n, 8)
        imports.fd_seek(3, -5n, 7, 8)
        imports.fd_allocate(0, 2n ** 53n, 2n, 8)
        imports.fd_fdstat_set_flags(9, 0x61)
        imports.sched_yield()
        imports.path_unlink_file(3, 65535, 9)
        guest.run(() => imports.proc_exit(7))
      },
      { backend },
    )
    t.deepEqual(reported, [
      {
        call: 'path_open',
        args: {
          ...{ fd: 3, dirflags: ['symlink_follow'], path: 'a/b', oflags: ['creat', 'trunc'] },
          ...{
            fs_rights_base: '0xffffffffffffffff',
            fs_rights_inheriting: '0x2',
            fdflags: ['append', 'nonblock'],
          },
        },
        paths: { fd: '/' },
        errno: 'NOENT',
      },
      {
        call: 'path_create_directory',
        args: { fd: 3, path: 'a' },
        paths: { fd: '/' },
        errno: 'SUCCESS',
        results: {},
      },
      {
        call: 'path_filestat_get',
        args: { fd: 3, flags: [], path: 'a' },
        paths: { fd: '/' },
        errno: 'SUCCESS',
        results: { buf: 64 },
      },
      {
        call: 'fd_readdir',
        args: { fd: 9, buf: { address: 2048, count: 100 }, cookie: '18446744073709551615' },
        errno: 'BADF',
      },
      {
        call: 'fd_readdir',
        args: { fd: 3, buf: { address: 2048, count: 0 }, cookie: '0' },
        paths: { fd: '/' },
        errno: 'SUCCESS',
        results: { bufused: 0 },
      },
      {
        call: 'fd_seek',
        args: { fd: 3, offset: -5, whence: 7 },
        paths: { fd: '/' },
        errno: 'INVAL',
      },
      { call: 'fd_allocate', args: { fd: 0, offset: '9007199254740992', len: 2 }, errno: 'INVAL' },
      { call: 'fd_fdstat_set_flags', args: { fd: 9, flags: ['append', '0x60'] }, errno: 'INVAL' },
      { call: 'sched_yield', args: {}, errno: 'SUCCESS', results: {} },
      {
        call: 'path_unlink_file',
        args: { fd: 3, path: { address: 65535, count: 9 } },
        paths: { fd: '/' },
        errno: 'FAULT',
      },
      { call: 'proc_exit', args: { rval: 7 }, exitCode: 7 },
    ])
  })
}

test('JSON: times and sizes keep 64 bits', t => {
  const [time, tell] = lines(
    t,
    ({ imports }) => {
      imports.clock_time_get(1, 5n, 8)
      imports.fd_seek(0, 0n, 1, 8)
    },
    { deterministic: true },
  ) as HostcallEvent[]
  t.deepEqual(time, {
    ...{ call: 'clock_time_get', args: { id: 'monotonic', precision: '5' } },
    ...{ errno: 'SUCCESS', results: { time: '1000' } },
  })
  t.deepEqual(tell.results, { newoffset: 0 })
})

test('JSON: a line of it cannot steer a terminal or break, and loses nothing', t => {
  const name = 'a\n"\x1b[2J\x9b\u202e\u2028é'
  const bytes = new TextEncoder().encode(name)
  const written: string[] = []
  const { imports, memory } = guestWith(t, {
    traceFormat: 'json',
    trace: line => void written.push(line),
  })
  new Uint8Array(memory.buffer).set(bytes, 1000)
  imports.path_unlink_file(3, 1000, bytes.length)
  t.is(written.length, 1)
  t.notRegex(written[0], /[\p{Cc}\p{Bidi_Control}\u2028]/u)
  t.is(JSON.parse(written[0]).args.path, name)
})

test('JSON: values that are no wasm numbers are shown as text in every call', t => {
  const wrong: unknown[] = [
    undefined,
    null,
    '1',
    1n,
    1.5,
    {},
    [],
    true,
    Number.NaN,
    () => {},
    Symbol('x'),
  ]
  const reported = lines(t, ({ imports }) => {
    for (const name of Object.keys(table) as HostcallName[]) {
      if (!name.startsWith('proc_'))
        for (const value of wrong) imports[name](...Array(12).fill(value))
    }
  }) as HostcallEvent[]
  t.is(reported.length, wrong.length * (Object.keys(table).length - 2))
  for (const { errno } of reported) t.not(errno, undefined)
  t.deepEqual(reported.find(({ call }) => call === 'fd_sync')?.args, { fd: 'undefined' })
})

test('times: durations end a line of text as in strace -T, and are in JSON, if requested', t => {
  const written: string[] = []
  const trace = (line: string): void => void written.push(line)
  guestWith(t, { trace, traceTimes: true }).imports.sched_yield()
  t.regex(written[0], /^sched_yield\(\) = SUCCESS <\d+\.\d{6}>$/)
  guestWith(t, { trace, traceTimes: true, traceFormat: 'json' }).imports.sched_yield()
  const { nanoseconds, ...rest } = JSON.parse(written[1])
  t.true(nanoseconds > 0 && Number.isSafeInteger(nanoseconds))
  t.deepEqual(rest, { call: 'sched_yield', args: {}, errno: 'SUCCESS', results: {} })
  guestWith(t, { trace, traceFormat: 'json' }).imports.sched_yield()
  t.is(written[2], '{"call":"sched_yield","args":{},"errno":"SUCCESS","results":{}}')
})

test('times: the duration of a call includes its wait', t => {
  const [{ nanoseconds }] = lines(
    t,
    ({ imports, memory }) => {
      new DataView(memory.buffer).setUint32(256 + 16, 1, true)
      new DataView(memory.buffer).setBigUint64(256 + 24, 20_000_000n, true)
      imports.poll_oneoff(256, 1024, 1, 8)
    },
    { traceTimes: true },
  ) as HostcallEvent[]
  t.true(nanoseconds >= 20_000_000, String(nanoseconds))
})

// The channel.

test.serial(
  'the channel publishes calls of guests made after the subscription, and costs nothing otherwise',
  t => {
    const events: unknown[] = []
    const hear = (event: unknown): void => void events.push(event)
    const early = guestWith(t, {})
    diagnostics.subscribe('wasi-common:hostcall', hear)
    try {
      early.imports.sched_yield()
      t.deepEqual(events, [], 'this guest was made before')
      const { imports, guest } = guestWith(t, { metrics: true, trace: () => {} })
      imports.path_create_directory(3, 1000, 1)
      imports.fd_close(99)
      guest.run(() => imports.proc_exit(3))
      t.is(events.length, 3)
      for (const event of events as HostcallEvent[]) t.true(event.nanoseconds > 0)
      t.like(events[0], {
        call: 'path_create_directory',
        args: { fd: 3, path: 'a' },
        errno: 'SUCCESS',
        results: {},
      })
      t.like(events[1], { call: 'fd_close', args: { fd: 99 }, errno: 'BADF' })
      t.like(events[2], { call: 'proc_exit', exitCode: 3 })
    } finally {
      diagnostics.unsubscribe('wasi-common:hostcall', hear)
    }
    const late = guestWith(t, {})
    late.imports.sched_yield()
    t.is(events.length, 3)
  },
)

// Counts.

for (const backend of backends) {
  test(`metrics: count calls, errors by errno, and nanoseconds (${backend})`, t => {
    const { imports, guest } = guestWith(t, { backend, metrics: true })
    t.deepEqual(guest.metrics(), {})
    imports.path_create_directory(3, 1000, 1)
    imports.path_create_directory(3, 1000, 1)
    imports.path_create_directory(3, 1000, 1)
    imports.path_create_directory(9, 1000, 1)
    imports.sched_yield()
    const before = guest.metrics()
    imports.sched_yield()
    t.is(before.sched_yield?.calls, 1, 'a copy does not change')
    guest.run(() => imports.proc_exit(3))
    const reported = guest.metrics()
    t.deepEqual(Object.keys(reported).sort(), ['path_create_directory', 'proc_exit', 'sched_yield'])
    t.like(reported.path_create_directory, {
      calls: 4,
      errors: 3,
      errnos: { SUCCESS: 1, EXIST: 2, BADF: 1 },
    })
    t.deepEqual(Object.keys(reported.path_create_directory?.errnos ?? {}).sort(), [
      'BADF',
      'EXIST',
      'SUCCESS',
    ])
    t.like(reported.proc_exit, { calls: 1, errors: 0, errnos: {} })
    for (const { nanoseconds } of Object.values(reported))
      t.true(nanoseconds > 0 && nanoseconds < 10e9)
    t.throws(() => imports.sched_yield(), { any: true } as object)
    t.is(guest.metrics().sched_yield?.calls, 2, 'calls of an ended guest are not counted')
    guest.close()
    t.is(guest.metrics().sched_yield?.calls, 2)
  })
}

test('metrics: are absent unless requested', t => {
  const message = 'metrics() needs options.metrics: true'
  t.throws(() => guestWith(t, {}).guest.metrics(), { code: 'ERR_WASI_NO_METRICS', message })
  const wasi = new WASI({ version })
  t.throws(() => wasi.metrics(), { code: 'ERR_WASI_NO_METRICS', message })
  wasi.close()
})

test('metrics: class WASI returns them', t => {
  const wasi = new WASI({ version, metrics: true })
  const program = new WebAssembly.Module(
    command([drop(call('sched_yield')), drop(call('fd_close', 9)), call('proc_exit', 2)]),
  )
  t.is(wasi.start(new WebAssembly.Instance(program, wasi.getImportObject())), 2)
  const { sched_yield, fd_close, proc_exit } = wasi.metrics()
  t.deepEqual([sched_yield?.calls, fd_close?.errnos, proc_exit?.calls], [1, { BADF: 1 }, 1])
  wasi.close()
})

test('metrics: an errno of the embedder that does not exist counts as an unnamed error of its call', t => {
  for (const errno of [77, 500, 60_000]) {
    const { imports, guest, memory } = guestWith(t, {
      metrics: true,
      stdout: () => {
        throw new WASIError(errno as Errno)
      },
    })
    new Uint32Array(memory.buffer).set([1000, 3], 4)
    t.notThrows(() => imports.fd_write(1, 16, 1, 8))
    t.like(guest.metrics(), { fd_write: { calls: 1, errors: 1, errnos: {} } }, `${errno}`)
    t.deepEqual(Object.keys(guest.metrics()), ['fd_write'])
  }
})

test('metrics: run returns those of its worker', async t => {
  const program = command([
    drop(add(call('sched_yield'), call('fd_close', 9))),
    call('proc_exit', 2),
  ])
  const { exitCode, metrics } = await run(program, { metrics: true })
  t.is(exitCode, 2)
  t.deepEqual(
    [metrics?.sched_yield?.calls, metrics?.fd_close?.errnos, metrics?.proc_exit?.calls],
    [1, { BADF: 1 }, 1],
  )
  t.false('metrics' in (await run(program, {})))
})

test('metrics: those of another process are validated', t => {
  const call = { calls: 2, errors: 1, nanoseconds: 5, errnos: { SUCCESS: 1, BADF: 1 } }
  t.deepEqual(toldMetrics({ fd_read: call }), { fd_read: call })
  for (const wrong of [undefined, null, 5, 'text', [], { more: call }])
    t.deepEqual(toldMetrics(wrong), {})
  const zero = { calls: 0, errors: 0, nanoseconds: 0, errnos: {} }
  for (const wrong of [
    null,
    7,
    {},
    { calls: -1, errors: 1.5, nanoseconds: '5', errnos: { BADF: {}, MORE: 1, SUCCESS: -1 } },
  ]) {
    t.deepEqual(toldMetrics({ fd_read: wrong }), { fd_read: zero })
  }
})

test('metrics: from another process, functions of WASI 0.2 have the errors of their own', t => {
  const read = 'wasi:io/streams#[method]input-stream.read'
  const call = { calls: 3, errors: 2, nanoseconds: 5 }
  const errnos = { ok: 1, closed: 1, pipe: 1 }
  t.deepEqual<unknown, unknown>(
    toldMetrics({
      [read]: { ...call, errnos: { ...errnos, SUCCESS: 1, 'access-denied': 1 } },
      'wasi:io/streams#more': { ...call, errnos },
    }),
    { [read]: { ...call, errnos } },
  )
})

test('metrics: every call of the table is counted under its own name', t => {
  const { imports, guest } = guestWith(t, { metrics: true })
  const names = Object.keys(table) as HostcallName[]
  for (const name of names)
    guest.run(() =>
      imports[name](
        ...table[name].params.flatMap(({ type }): unknown[] => (wide(type.kind) ? [0n] : [0, 0])),
      ),
    )
  t.deepEqual(Object.keys(guest.metrics()).sort(), [...names].sort())
  for (const { calls, errnos } of Object.values(guest.metrics())) {
    t.is(calls, 1)
    for (const name of Object.keys(errnos)) t.true((errnoNames as readonly string[]).includes(name))
  }
  t.is(Errno.SUCCESS, 0)
})
const wides: readonly number[] = [
  Kind.Size64,
  Kind.Delta64,
  Kind.Place64,
  Kind.Far64,
  Kind.Rights,
  Kind.Raw64,
]
const wide = (kind: number): boolean => wides.includes(kind)
