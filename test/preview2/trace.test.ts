/** Traces, counts and limits of the calls of a component, through both doors. */
import diagnostics from 'node:diagnostics_channel'
import test from 'ava'
import type { HostcallEvent } from '#lib/index.js'
import type { ComponentHostOptions } from '#lib/preview2/host.js'
import { doors } from './doors.js'
import { bytesOf, each, Fixture, type Held, once, type Setup } from './fixture.js'

/** Traces a case; the lines without those of the preopens. */
function traced(
  title: string,
  options: ComponentHostOptions,
  body: (t: Parameters<Parameters<typeof each>[3]>[0], w: Fixture, lines: string[]) => void,
  setup: Setup = once,
): void {
  const lines: string[] = []
  each(
    test,
    title,
    { ...setup, options: { ...options, trace: line => void lines.push(line) } },
    (t, w) => {
      void w.box
      lines.length = 0
      body(t, w, lines)
    },
  )
}

traced('a line has the call, its arguments, its answer and paths', {}, (t, w, lines) => {
  const file = w.open('a', { open: ['create'], flags: ['read', 'write'] })
  w.call('descriptor.write', file, bytesOf('some text'), 0n)
  w.call('descriptor.read', file, 4n, 5n)
  w.call('descriptor.stat', file)
  w.call('descriptor.get-flags', file)
  w.call('descriptor.set-times', file, { tag: 'no-change' }, datetime(5n, 6))
  const stream: Held = w.call('descriptor.read-via-stream', file, 9n)
  w.answer('input-stream.read', stream, 10n)
  const entries: Held = w.call('descriptor.read-directory', w.box)
  w.call('directory-entry-stream.read-directory-entry', entries)
  w.call('directory-entry-stream.read-directory-entry', entries)
  w.answer('descriptor.open-at', file, { symlinkFollow: true }, 'b', {}, { read: true })
  const pollable: Held = w.call('monotonic-clock.subscribe-duration', 0n)
  w.call('poll.poll', [pollable])
  w.answer('exit.exit-with-code', 3)
  t.deepEqual(lines, [
    'descriptor.open-at(self=1</box>, path-flags=symlink-follow, path="a", open-flags=create, flags=read|write) = ok descriptor 3</box/a>',
    'descriptor.write(self=3</box/a>, buffer=9 bytes, offset=0) = ok 9',
    'descriptor.read(self=3</box/a>, length=4, offset=5) = ok 4 bytes',
    'descriptor.stat(self=3</box/a>) = ok {type=regular-file, size=9}',
    'descriptor.get-flags(self=3</box/a>) = ok read|write',
    'descriptor.set-times(self=3</box/a>, data-access-timestamp=no-change, data-modification-timestamp=5.000000006) = ok',
    'descriptor.read-via-stream(self=3</box/a>, offset=9) = ok input-stream 4</box/a>',
    'input-stream.read(self=4</box/a>, len=10) = closed',
    'descriptor.read-directory(self=1</box>) = ok directory-entry-stream 5</box>',
    'directory-entry-stream.read-directory-entry(self=5</box>) = ok {type=regular-file, name="a"}',
    'directory-entry-stream.read-directory-entry(self=5</box>) = ok none',
    'descriptor.open-at(self=3</box/a>, path-flags=symlink-follow, path="b", open-flags=0x0, flags=read) = not-directory',
    'monotonic-clock.subscribe-duration(when=0) = ok pollable 6',
    'poll.poll(in=[6]) = ok [0]',
    'exit.exit-with-code(status-code=3) = exit 3',
  ])
})
const datetime = (seconds: bigint, nanoseconds: number) => ({
  tag: 'timestamp',
  val: { seconds, nanoseconds },
})

each(test, 'the first line names the preopens', lined(), (t, w) => {
  void w.box
  t.deepEqual(shared, ['preopens.get-directories() = ok [[1</box>, "/box"], [2</ro>, "/ro"]]'])
})
const shared: string[] = []
function lined(): Setup {
  return {
    ...once,
    options: {
      trace: line => {
        shared.length = 0
        shared.push(line)
      },
    },
  }
}

traced('a refused escape shows the reason', {}, (t, w, lines) => {
  w.fs.symlinkSync('../secret', w.path('up'))
  w.fs.symlinkSync('/etc', w.path('planted'))
  w.fs.mkdirSync(w.path('dir'))
  w.tryOpen('../secret')
  w.tryOpen('/etc/passwd')
  w.tryOpen('up')
  w.tryOpen('planted/passwd')
  const dir = w.open('dir', { open: ['directory'] })
  w.answer('descriptor.stat-at', dir, {}, '../..')
  w.answer('descriptor.symlink-at', w.box, '/etc', 'link')
  w.answer('descriptor.rename-at', w.box, 'dir', dir, '../../x')
  w.answer('descriptor.readlink-at', w.box, 'planted')
  t.deepEqual(
    lines.map(line => /= (.*)$/.exec(line)?.[1]),
    [
      'not-permitted (component 1, "..", leads above descriptor 1</box>)',
      'not-permitted (the path is absolute)',
      'not-permitted (component 1, symlink "up" -> "../secret", leads above descriptor 1</box>)',
      'not-permitted (component 1, symlink "planted" -> "/etc", is absolute)',
      'ok descriptor 3</box/dir>',
      'not-permitted (component 1, "..", leads above descriptor 3</box/dir>)',
      'not-permitted (old-path: the target is absolute)',
      'not-permitted (new-path: component 1, "..", leads above descriptor 3</box/dir>)',
      'not-permitted (the target is absolute)',
    ],
  )
})

traced('text of a component cannot steer a terminal or break a line', {}, (t, w, lines) => {
  w.answer('descriptor.stat-at', w.box, {}, 'a\x1b[2J\n\u202eb"')
  w.answer('descriptor.stat-at', w.box, {}, 'x'.repeat(5000))
  const socket = w.call('instance-network.instance-network')
  w.answer('ip-name-lookup.resolve-addresses', socket, 'a\x9bb\n')
  t.is(
    lines[0],
    'descriptor.stat-at(self=1</box>, path-flags=0x0, path="a\\u001b[2J\\n\\u202eb\\"") = no-entry',
  )
  t.is(
    lines[1],
    `descriptor.stat-at(self=1</box>, path-flags=0x0, path="${'x'.repeat(200)}"...) = name-too-long`,
  )
  t.regex(lines[3], /name="a\\u009bb\\n"\) = invalid-argument$/)
})

traced(
  'a filter selects functions by their short and whole names',
  {
    traceFilter: ['descriptor.*', '!descriptor.stat', 'wasi:clocks/*'],
  },
  (t, w, lines) => {
    w.call('descriptor.stat', w.box)
    w.call('descriptor.get-type', w.box)
    w.call('wall-clock.now')
    w.call('environment.get-arguments')
    t.is(lines.length, 2)
    t.is(lines[0], 'descriptor.get-type(self=1</box>) = ok directory')
    t.regex(lines[1], /^wall-clock\.now\(\) = ok \d+\.\d{9}$/)
  },
)
traced(
  'the path of a file is known even if the line of its opening is not shown',
  {
    traceFilter: ['descriptor.get-type'],
  },
  (t, w, lines) => {
    w.write('a')
    w.call('descriptor.get-type', w.open('a'))
    t.deepEqual(lines, ['descriptor.get-type(self=2</box/a>) = ok regular-file'])
  },
)

traced(
  'JSON lines have names, paths, results, errors and times',
  {
    traceFormat: 'json',
    traceTimes: true,
  },
  (t, w, lines) => {
    w.write('a')
    w.open('a')
    w.tryOpen('../b')
    w.answer('exit.exit', { tag: 'err' })
    const events: HostcallEvent[] = lines.map(line => JSON.parse(line))
    t.true(events.every(({ nanoseconds }) => Number.isInteger(nanoseconds)))
    const opening = { call: 'wasi:filesystem/types#[method]descriptor.open-at' }
    const args = { self: 1, 'path-flags': ['symlink-follow'], 'open-flags': [], flags: ['read'] }
    t.deepEqual(events.map(({ nanoseconds: _, ...rest }) => rest) as unknown, [
      {
        ...opening,
        args: { ...args, path: 'a' },
        paths: { self: '/box', descriptor: '/box/a' },
        errno: 'ok',
        results: { descriptor: 3 },
      },
      {
        ...opening,
        args: { ...args, path: '../b' },
        paths: { self: '/box' },
        errno: 'not-permitted',
        reason: 'component 1, "..", leads above descriptor 1</box>',
      },
      { call: 'wasi:cli/exit#exit', args: { status: 'error' }, exitCode: 1 },
    ])
  },
)

traced('a timeline has the interface as category', { traceFormat: 'perfetto' }, (t, w, lines) => {
  w.call('descriptor.get-type', w.box)
  const { name, cat, ph } = JSON.parse((lines.at(-1) as string).slice(1))
  t.deepEqual(
    { name, cat, ph },
    { name: 'descriptor.get-type', cat: 'wasi:filesystem/types', ph: 'X' },
  )
})

for (const door of doors) {
  test.serial(
    `the channel receives each call of hosts made after the subscription (${door})`,
    t => {
      const events: HostcallEvent[] = []
      const seen = (event: unknown): void => void events.push(event as HostcallEvent)
      const before = new Fixture('native', door)
      diagnostics.subscribe('wasi-common:hostcall', seen)
      const after = new Fixture('native', door)
      try {
        before.call('wall-clock.now')
        t.deepEqual(events, [])
        after.call('descriptor.get-type', after.box)
        t.deepEqual(
          events.map(({ call, errno }) => [call, errno]),
          [
            ['wasi:filesystem/preopens#get-directories', 'ok'],
            ['wasi:filesystem/types#[method]descriptor.get-type', 'ok'],
          ],
        )
      } finally {
        diagnostics.unsubscribe('wasi-common:hostcall', seen)
        before.close()
        after.close()
      }
    },
  )
}

each(
  test,
  'metrics count calls by their answers',
  { ...once, options: { metrics: true } },
  (t, w) => {
    w.write('a')
    const file = w.open('a')
    w.tryOpen('../b')
    w.tryOpen('c')
    const stream: Held = w.call('descriptor.read-via-stream', file, 0n)
    w.answer('input-stream.read', stream, 1n)
    w.answer(
      'outgoing-handler.handle',
      w.call('outgoing-request.new', w.call('fields.new')),
      undefined,
    )
    w.answer('exit.exit', { tag: 'ok' })
    const metrics = w.host.metrics()
    const countsOf = (name: `wasi:${string}#${string}`) => {
      const { calls, errors, errnos } = metrics[name]
      return { calls, errors, errnos }
    }
    t.deepEqual(countsOf('wasi:filesystem/types#[method]descriptor.open-at'), {
      calls: 3,
      errors: 2,
      errnos: { ok: 1, 'no-entry': 1, 'not-permitted': 1 },
    })
    t.deepEqual(countsOf('wasi:io/streams#[method]input-stream.read'), {
      calls: 1,
      errors: 1,
      errnos: { closed: 1 },
    })
    t.deepEqual(countsOf('wasi:http/outgoing-handler#handle').errnos, { 'HTTP-request-denied': 1 })
    t.deepEqual(countsOf('wasi:cli/exit#exit'), { calls: 1, errors: 0, errnos: {} })
    t.true(metrics['wasi:io/streams#[method]input-stream.read'].nanoseconds > 0)
    t.is(metrics.path_open, undefined)
  },
)

each(
  test,
  'one call more than limits.hostcalls ends the component',
  { ...once, options: { limits: { hostcalls: 2 } } },
  (t, w) => {
    const end = t.throws(() =>
      w.host.run(() => {
        w.call('wall-clock.now')
        w.call('wall-clock.now')
        try {
          w.call('wall-clock.now')
        } catch {}
      }),
    )
    t.is((end as Error & { code: string }).code, 'ERR_WASI_HOSTCALL_LIMIT')
    t.regex(end.message, /more than 2 hostcalls/)
    t.throws(() => w.call('wall-clock.now'), { is: end })
  },
)

each(
  test,
  'an exception of the trace ends the component',
  {
    ...once,
    options: {
      trace: () => {
        throw new RangeError('of the embedder')
      },
    },
  },
  (t, w) => {
    t.throws(() => w.host.run(() => w.answer('wall-clock.now')), { message: 'of the embedder' })
  },
)
