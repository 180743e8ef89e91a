/**
 * The channel of a guest's process: an attacker who controls the process sends anything there, and
 * is believed about its own run alone.
 */
import { once } from 'node:events'
import { Readable } from 'node:stream'
import test from 'ava'
import { errnoNames } from '#lib/abi/errno.js'
import { table } from '#lib/abi/table.js'
import type { UnexpectedError } from '#lib/errors.js'
import { guestLine, launcherLine } from '#lib/run/process/check-lines.js'
import { grace } from '#lib/run/process/guest-process.js'
import { LineReader } from '#lib/run/process/line-reader.js'
import { lineOf, longest, longestLine, shortened } from '#lib/run/process/protocol.js'
import { Stdio } from '#lib/run/stdio/stdio.js'
import { serializeError } from '#lib/run/worker/messages.js'
import { busiest, fault, utterances } from '../../fuzz/lines.js'
import { Random } from '../../fuzz/random.js'
import { type Manner, Speaker } from './speaker.js'

const spoken = async (manner: Manner, ...messages: (object | string | Uint8Array)[]) => {
  const speaker = await new Speaker(manner).stand()
  speaker.say(...messages)
  return speaker.outcome()
}
const LOST = 'ERR_WASI_PROCESS_LOST'
const exit = { kind: 'exit', code: 3 }
const all = { traced: true, measured: true }
const said = (message: object) => guestLine(JSON.stringify(message), all)

test('a line of the launcher on the channel of the guest is no line, whenever it comes', async t => {
  const lines = [
    { kind: 'broken', call: 'landlock_create_ruleset', error: 38 },
    { kind: 'refused', landlock: 0, seccomp: false },
    { kind: 'sandbox', landlock: 9, seccomp: true },
  ]
  for (const line of lines) {
    t.is((await spoken({}, line)).error?.code, LOST)
    t.is((await spoken({ traced: true }, { kind: 'trace', line: 'a' }, line)).error?.code, LOST)
    const early = new Speaker().say(line)
    t.is((await early.outcome()).error?.code, LOST, 'before it was asked')
    t.is(early.channel.written, 0)
  }
})

test('a guest that sends before its request is lost', async t => {
  const speaker = new Speaker().say(exit)
  t.regex((await speaker.outcome()).error?.message ?? '', /before it received its request/)
  t.is(speaker.channel.written, 0)
})

test('the launcher reports once, and may fail until the guest has sent a line', async t => {
  const broken = '{"kind":"broken","call":"execveat","error":13}\n'
  const failed = await new Speaker().stand()
  failed.control.push(broken)
  const { error } = await failed.outcome()
  t.is(error?.code, 'ERR_WASI_OS_SANDBOX_UNAVAILABLE')
  t.regex(error?.message ?? '', /execveat failed with EACCES\./)
  const file = new Speaker()
  file.control.push('{"kind":"broken","call":"open","error":13,"file":0}\n')
  t.regex((await file.outcome()).error?.message ?? '', /open failed with EACCES for "\/a␛ b"\./)
  const late = await new Speaker({
    traced: true,
    trace: () => void late.control.push(broken),
  }).stand()
  late.say({ kind: 'trace', line: '' })
  t.is((await late.outcome()).error?.code, LOST, 'it has started')
  for (const line of [
    '{"kind":"sandbox","landlock":7,"seccomp":true}\n',
    '{"kind":"exit","code":0}\n',
    '{}\n',
    'x'.repeat(40_000),
  ]) {
    const twice = await new Speaker().stand()
    twice.control.push(line)
    t.is((await twice.outcome()).error?.code, LOST, line.slice(0, 20))
  }
})

test('a process that sends an unrequested message is lost', async t => {
  t.is((await spoken({}, { kind: 'trace', line: 'a' }, exit)).error?.code, LOST)
  t.is((await spoken({ traced: true }, { kind: 'trace', line: 'a' }, exit)).exitCode, 3)
  t.is((await spoken({}, { ...exit, metrics: {} })).error?.code, LOST)
  t.is((await spoken({ measured: true }, exit)).error?.code, LOST)
  t.deepEqual(await spoken({ measured: true }, { ...exit, metrics: {} }), {
    exitCode: 3,
    metrics: {},
  })
})

test('the first end counts, and nothing after it', async t => {
  const lines: string[] = []
  const trace = (line: string): void => void lines.push(line)
  const after = [
    { kind: 'trace', line: 'late' },
    { ...exit, code: 4 },
    { kind: 'failed', error: { name: 'Error', message: 'late' } },
    '{\n',
  ]
  t.is((await spoken({ traced: true, trace }, exit, ...after)).exitCode, 3)
  // Checks the same in one chunk.
  const chunk = [exit, ...after].map(message =>
    typeof message === 'string' ? message : lineOf(message),
  )
  t.is((await spoken({ traced: true, trace }, chunk.join(''))).exitCode, 3)
  t.is(
    (
      await spoken(
        { traced: true, trace },
        { kind: 'failed', error: { message: 'first' } },
        exit,
        ...after,
      )
    ).error?.message,
    'first',
  )
  t.deepEqual(lines, [])
})

test('an exit code is an integer of 32 bits, and counts are safe integers', t => {
  for (const code of ['3', 2 ** 31, 1.5, null, undefined, {}])
    t.is(said({ kind: 'exit', code, metrics: {} }), undefined, String(code))
  t.deepEqual(said({ kind: 'exit', code: -(2 ** 31), metrics: {} }), {
    kind: 'exit',
    code: -(2 ** 31),
    metrics: {},
  })
  t.is(
    Object.is(guestLine('{"kind":"exit","code":-0}', {} as typeof all)?.kind === 'exit' && 0, 0),
    true,
  )
  const odd = {
    calls: 2 ** 60,
    errors: -1,
    nanoseconds: '5',
    errnos: { NOENT: 1e300, BADF: 2, constructor: 3, ODD: 4 },
  }
  const line = guestLine(
    `{"kind":"exit","code":0,"metrics":{"fd_read":${JSON.stringify(odd)},"__proto__":{"x":1},"then":{"calls":1}}}`,
    all,
  )
  t.deepEqual(line?.kind === 'exit' && line.metrics, {
    fd_read: { calls: 0, errors: 0, nanoseconds: 0, errnos: { BADF: 2 } },
  })
})

test('unexpected errors are of a hostcall of the table', async t => {
  const cause = { name: 'Error', message: 'm' }
  for (const call of ['x', '', 'constructor', '__proto__', 'fd_read\u001b[2J', 5, undefined]) {
    t.is(said({ kind: 'unexpected', call, cause }), undefined, String(call))
  }
  const reported: UnexpectedError[] = []
  await spoken(
    { report: error => void reported.push(error) },
    { kind: 'unexpected', call: 'fd_read', cause },
    exit,
  )
  t.deepEqual(
    reported.map(({ call, message }) => [call, message]),
    [['fd_read', 'unexpected host error in fd_read: m']],
  )
})

test('an error has only a code that a guest can cause, never a verdict of the host', t => {
  const code = (value: unknown): unknown => {
    const line = said({
      kind: 'failed',
      error: { name: 'Error', message: 'm', more: { code: value } },
    })
    return line?.kind === 'failed' ? line.error.more.code : 'refused'
  }
  for (const own of [
    'ENOENT',
    'E2BIG',
    'ENOTCAPABLE',
    'UVWASI_EBADF',
    'ERR_WASI_NO_START',
    'ERR_OUT_OF_RANGE',
  ])
    t.is(code(own), own)
  for (const verdict of [
    'TIMEOUT',
    'OS_SANDBOX_UNAVAILABLE',
    'PROCESS_LOST',
    'POOL_CLOSED',
    'UNSAFE_PREOPEN',
    'X',
  ]) {
    t.is(code(`ERR_WASI_${verdict}`), 'refused', verdict)
  }
  for (const odd of [
    'ABORT_ERR',
    'ERR_ACCESS_DENIED',
    'E\u001b[31m',
    'ENOENT\n',
    `E${'X'.repeat(99)}`,
    20,
    {},
    '',
    'constructor',
  ]) {
    t.is(code(odd), undefined, String(odd))
  }
})

test('of an error only known fields pass, bounded, in text that steers no terminal', async t => {
  const steering = '\u001b]0;a\u0007\u202e\u009b\n'
  const more = {
    code: 'EIO',
    errno: -5,
    syscall: `x${steering}`,
    path: steering,
    importKind: 'function',
    importName: 'x',
    cause: 1,
  }
  const { error } = await spoken(
    {},
    { kind: 'failed', error: { name: steering, message: steering, stack: steering, more } },
  )
  t.deepEqual(Object.entries(error ?? {}), [
    ['code', 'EIO'],
    ['errno', -5],
    ['path', '␛]0;a␇\ufffd\ufffd '],
  ])
  t.deepEqual(
    [error?.message, error?.stack, error?.name],
    ['␛]0;a␇\ufffd\ufffd\n', '␛]0;a␇\ufffd\ufffd\n', 'Error'],
  )
  for (const [errno, kept] of [
    [2 ** 40, undefined],
    ['5', undefined],
  ]) {
    const line = said({ kind: 'failed', error: { more: { errno } } })
    t.is(line?.kind === 'failed' ? line.error.more.errno : 0, kept)
  }
  const x = 'x'.repeat(60_000)
  const long = said({ kind: 'failed', error: { message: x, stack: x, more: { path: x } } })
  t.deepEqual(
    long?.kind === 'failed' && [
      long.error.message.length,
      long.error.stack?.length,
      String(long.error.more.path).length,
    ],
    [longest.message, longest.stack, longest.path],
  )
  const line = said({ kind: 'trace', line: steering + 'x'.repeat(2 ** 17) })
  t.true(
    line?.kind === 'trace' &&
      line.line.startsWith('␛]0;a␇\ufffd\ufffd x') &&
      line.line.length === longest.line,
  )
})

test('a line of a trace in JSON is an object, bounded and shallow', t => {
  const records = { traced: true, records: true, measured: false }
  const taken = (line: string) => guestLine(JSON.stringify({ kind: 'trace', line }), records)
  t.like(taken('{"call":"fd_read","args":{"iovs":{"address":1,"count":1},"flags":["a"]}}'), {
    kind: 'trace',
  })
  for (const line of [
    '',
    '{}',
    '[1]',
    'text',
    '{"a":1}]',
    '{"a":[[[[1]]]]}',
    '{"a":1},{"b":2}',
    `{"a":${'['.repeat(longest.line / 2)}`,
    `{"a":"${'x'.repeat(longest.line)}"}`,
  ])
    t.is(taken(line), undefined, line.slice(0, 20))
})

test('an unknown import keeps its names, bounded and in one line', t => {
  const more = {
    code: 'ERR_WASI_UNKNOWN_IMPORT',
    importModule: 'a\u001b\nb',
    importName: 'x'.repeat(5000),
    importKind: 'function',
  }
  const line = said({ kind: 'failed', error: { name: 'LinkError', message: 'm', more } })
  t.deepEqual(line?.kind === 'failed' && { ...line.error.more }, {
    ...more,
    importModule: 'a␛ b',
    importName: 'x'.repeat(longest.name),
  })
  const odd = said({
    kind: 'failed',
    error: { more: { ...more, importKind: '\u001b', importModule: {} } },
  })
  t.deepEqual(odd?.kind === 'failed' && Object.keys(odd.error.more), ['code', 'importName'])
})

test('nothing received has a prototype that a guest chose', async t => {
  const line =
    '{"kind":"failed","error":{"name":"constructor","message":"m","more":{"__proto__":{"code":"EIO"},"constructor":"x"}}}\n'
  const { error } = await spoken({}, line)
  t.deepEqual(
    [Object.getPrototypeOf(error), Object.keys(error ?? {}), error?.code],
    [Error.prototype, [], undefined],
  )
})

test('no line has lists, depth or names beyond those of metrics, and the look at them takes no time', t => {
  const half = longestLine / 2
  const keys = Array.from({ length: 20_000 }, (_, i) => `"${i}":0`).join(',')
  for (const text of [
    '[1]',
    `${'['.repeat(half)}${']'.repeat(half)}`,
    `${'{"a":'.repeat(9)}1${'}'.repeat(9)}`,
    `{"kind":"exit","code":0,${keys}}`,
    '{"kind":"exit","code":0,"a":{"a":{"a":{"a":{}}}}}',
  ]) {
    t.is(guestLine(text, { traced: true, measured: false }), undefined)
  }
  t.is(
    guestLine('{"kind":"exit","code":0,"a":{"a":{"a":{}}}}', { traced: true, measured: false })
      ?.kind,
    'exit',
    'as deep as metrics',
  )
  t.is(
    guestLine('{"kind":"exit","code":0,"a":"[{\\"[{:"}', { traced: true, measured: false })?.kind,
    'exit',
    'not in strings',
  )
})

test('an error of a process has a name of one word, or that of Error', t => {
  const name = (name: unknown) => {
    const line = guestLine(JSON.stringify({ kind: 'failed', error: { name, message: 'm' } }), {
      traced: false,
      measured: false,
    })
    return line?.kind === 'failed' && line.error.name
  }
  t.is(name('RangeError'), 'RangeError')
  for (const other of ['', 'two words', '\u001b[2J', 'x'.repeat(65), 1, null])
    t.is(name(other), 'Error')
})

test('the longest lines that a process of this package sends are received', t => {
  const most = Number.MAX_SAFE_INTEGER
  const errnos = Object.fromEntries(errnoNames.map(name => [name, most]))
  const metrics = Object.fromEntries(
    Object.keys(table).map(call => [
      call,
      { calls: most, errors: most, nanoseconds: most, errnos },
    ]),
  )
  const counted = lineOf({ kind: 'exit', code: -1, metrics })
  const line = guestLine(counted, all)
  t.deepEqual(line?.kind === 'exit' && line.metrics, metrics as object)
  // A guest chooses its function names and its imports.
  const thrown = new Error('\u0001'.repeat(99_999))
  thrown.stack = '\u0001'.repeat(99_999)
  const names = {
    importModule: '\u0001'.repeat(9999),
    importName: '\u0001'.repeat(9999),
    importKind: 'function',
  }
  Object.assign(thrown, { code: 'ERR_WASI_UNKNOWN_IMPORT', path: '\u0001'.repeat(9999), ...names })
  const failed = lineOf({ kind: 'failed', error: shortened(serializeError(thrown)) })
  t.true(failed.length > 170_000)
  const path = JSON.stringify('"\u0001'.repeat(2048))
  const traced = lineOf({ kind: 'trace', line: `{"a":${path},"b":${path}}` })
  for (const text of [counted, failed, traced]) {
    t.true(Buffer.byteLength(text) <= longestLine, `${Buffer.byteLength(text)} bytes`)
    t.not(guestLine(text, all), undefined)
  }
})

test('a longer line ends the run, also without an end', async t => {
  for (const text of ['x'.repeat(longestLine + 1), `${' '.repeat(longestLine)}{}\n`]) {
    t.regex((await spoken({}, text)).error?.message ?? '', /a line of more than 327680 bytes/)
  }
  const pieces = Array.from({ length: longestLine / 4096 + 1 }, () => Buffer.alloc(4096, 'x'))
  t.regex((await spoken({}, ...pieces)).error?.message ?? '', /a line of more than/)
})

test('a reader takes no line after one that is too long', async t => {
  const taken: string[] = []
  const stream = new Readable({ read() {} })
  const reader = new LineReader(stream, {
    longest: 8,
    take: line => taken.push(line),
    tooLong: () => taken.push('too long'),
  })
  stream.push('first\n123456789\nnever\n')
  await once(stream, 'pause')
  await reader.idle()
  stream.push('never\n')
  await new Promise(setImmediate)
  t.deepEqual(taken, ['first', 'too long'])
})

test('lines are the same wherever they are split', async t => {
  const lines: string[] = []
  const bytes = Buffer.from(
    `${lineOf({ kind: 'trace', line: 'größe €' })}${lineOf({ kind: 'trace', line: '𝄞' })}${lineOf(exit)}`,
  )
  for (const size of [1, 2, 3, 7, 1000]) {
    const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    )
    t.is(
      (await spoken({ traced: true, trace: line => void lines.push(line) }, ...parts)).exitCode,
      3,
    )
    t.deepEqual(lines.splice(0), ['größe €', '𝄞'])
  }
})

test.serial(
  'a flood of lines leaves the event loop its turns, and timers fire in time',
  async t => {
    const control = '\u001b'.repeat(8000)
    const floods = {
      traces: lineOf({ kind: 'trace', line: '' }).repeat(100_000),
      errors: lineOf({ kind: 'unexpected', call: 'fd_read', cause: { name: 'Error' } }).repeat(
        50_000,
      ),
      control: lineOf({
        kind: 'unexpected',
        call: 'fd_read',
        cause: { message: control, stack: control + control },
      }).repeat(30),
    }
    for (const [name, text] of Object.entries(floods)) {
      let lines = 0
      let when = Number.POSITIVE_INFINITY
      const speaker = await new Speaker({
        traced: true,
        trace: () => lines++,
        report: () => lines++,
      }).stand()
      speaker.say(text, exit)
      const total = text.split('\n').length - 1
      setTimeout(() => {
        when = lines
      }, 1)
      const most = await busiest(speaker.outcome())
      t.is(lines, total, name)
      t.true(when < total, `${name}: the timer fired after ${when} of ${total} lines`)
      // The slice is 5 ms; the rest is for the collector of garbage and its threads.
      t.true(most < 50, `${name}: ${most} ms of processor time in a turn`)
    }
  },
)

test.serial('a flood of output leaves the event loop its turns, too', async t => {
  let chunks = 0
  const stdio = new Stdio({
    stdin: 0,
    stdout: () => {
      chunks++
      for (const end = performance.now() + 2; performance.now() < end; );
    },
    stderr: 2,
  })
  const pipe = new Readable({ read() {} })
  for (let n = 0; n < 50; n++) pipe.push(Buffer.alloc(100))
  pipe.push(null)
  stdio.serve([null, pipe], error => t.fail(String(error)))
  const when = new Promise(resolve => setTimeout(() => resolve(chunks), 1))
  await once(pipe, 'close')
  t.is(chunks, 50)
  t.true(Number(await when) < 25, `the timer fired after ${await when} of 50 chunks`)
})

test.serial('a line that comes byte by byte takes linear time', async t => {
  const speaker = await new Speaker({ traced: true }).stand()
  const [open, close] = ['{"kind":"trace","line":"', '"}\n']
  const before = process.cpuUsage()
  speaker.say(`${open}${'x'.repeat(longestLine - 30 - 4000)}`)
  for (let i = 0; i < 4000; i++) {
    speaker.say('x')
    if (i % 8 === 0) await new Promise(setImmediate)
  }
  speaker.say(close, exit)
  t.is((await speaker.outcome()).exitCode, 3)
  const { user, system } = process.cpuUsage(before)
  t.true((user + system) / 1000 < 1500, `${(user + system) / 1000} ms`)
})

test('lines that wait when the process ends are taken first', async t => {
  let lines = 0
  const speaker = await new Speaker({ traced: true, trace: () => lines++ }).stand()
  speaker.say(lineOf({ kind: 'trace', line: '' }).repeat(20_000), exit)
  speaker.end(0)
  t.is((await speaker.outcome()).exitCode, 3)
  t.is(lines, 20_000)
  await new Promise(resolve => setTimeout(resolve, grace + 200))
  t.deepEqual(speaker.kills, [], 'it had ended')
  const silent = await new Speaker().stand()
  silent.end(null, 'SIGSEGV')
  const { error } = await silent.outcome()
  t.deepEqual(
    [error?.code, error?.message],
    [LOST, "the guest's process ended without a result, by SIGSEGV"],
  )
})

test('an end closes the launcher’s descriptor first; nothing is killed that ends by it', async t => {
  for (const end of [
    (speaker: Speaker) => speaker.say(exit),
    (speaker: Speaker) => speaker.child.fail(new Error('enough')),
  ]) {
    const speaker = await new Speaker().stand()
    const closed: string[] = []
    for (const name of ['channel', 'control'] as const)
      speaker[name].on('close', () => closed.push(name))
    end(speaker)
    const { exitCode, error } = await speaker.outcome()
    t.true(exitCode === 3 || error?.message === 'enough')
    t.deepEqual(closed, ['control', 'channel'])
    await new Promise(resolve => setTimeout(resolve, grace + 200))
    t.deepEqual(speaker.kills, [])
  }
})

test('a run settles where nothing can be killed', async t => {
  const mine = new Error('mine')
  for (const end of [
    (speaker: Speaker) => speaker.child.fail(mine),
    (speaker: Speaker) => speaker.say(exit),
  ]) {
    const speaker = await new Speaker({ stubborn: true }).stand()
    const began = performance.now()
    end(speaker)
    const { error } = await speaker.outcome()
    const took = performance.now() - began
    // A signal that the kernel forbids is no sandbox that is missing.
    if (error !== mine)
      t.deepEqual(
        [error?.code, error?.message],
        [LOST, "the guest's process still exists 2000 ms after it was ended"],
      )
    t.is(speaker.kills.length, 1)
    t.true(
      speaker.kills[0] >= grace - 5 && took >= 2 * grace - 10 && took < 2 * grace + 2000,
      `${took} ms`,
    )
    t.false(speaker.referenced)
    t.true(speaker.channel.destroyed && speaker.control.destroyed)
  }
})

test('the launcher’s lines are words and numbers', t => {
  const line = (message: object) => launcherLine(JSON.stringify(message))
  t.deepEqual(line({ kind: 'sandbox', landlock: 0, seccomp: true }), {
    kind: 'sandbox',
    osSandbox: { landlock: false, seccomp: true },
  })
  for (const odd of [{ landlock: '7' }, { seccomp: 1 }])
    t.is(line({ kind: 'sandbox', landlock: 7, seccomp: true, ...odd }), undefined)
  const broken = { kind: 'broken', call: 'open', error: 2 }
  t.deepEqual(line({ ...broken, file: 3, path: 'x' }), { ...broken, file: 3 } as never)
  for (const odd of [
    { call: 'open \u001b' },
    { call: 'x'.repeat(99) },
    { error: '2' },
    { file: '2' },
  ])
    t.is(line({ ...broken, ...odd }), undefined)
})

test.serial('10,000 mutated lines end runs only as a guest may end its own', async t => {
  const { found, lines } = await fault(utterances(new Random(20_261)), 10_000)
  t.is(found, undefined)
  t.true(lines >= 10_000)
})
