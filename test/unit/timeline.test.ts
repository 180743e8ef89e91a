/**
 * A trace as a timeline: a JSON array of trace events, whatever the guest does and however it ends.
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
import test, { type ExecutionContext } from 'ava'
import { createGuest, type GuestOptions, run } from 'wasi-common'
import { timeline } from '#lib/observe/timeline.js'
import { call, command, drop } from '../wasm.js'
import { traced } from './traced-guest.js'

interface Event {
  readonly name: string
  readonly ph: string
  readonly cat?: string
  readonly ts?: number
  readonly dur?: number
  readonly pid: number
  readonly tid: number
  readonly args: Readonly<Record<string, unknown>>
}

/** Parses lines as a viewer does: the bracket at the end may be missing. */
function parsed(t: ExecutionContext, lines: readonly string[]): readonly Event[] {
  const events = JSON.parse(`${lines.join('\n')}\n]`) as readonly Event[]
  for (const event of events) {
    t.is(typeof event.name, 'string')
    t.true(Number.isSafeInteger(event.pid) && Number.isSafeInteger(event.tid))
    t.is(typeof event.args, 'object')
    if (event.ph === 'M') {
      t.true(['process_name', 'thread_name'].includes(event.name))
      t.is(typeof event.args.name, 'string')
    } else {
      t.is(event.ph, 'X')
      t.is(typeof event.cat, 'string')
      t.true((event.ts as number) > 0 && (event.dur as number) >= 0)
    }
  }
  return events
}
const options = {
  traceFormat: 'perfetto',
  args: ['my program', 'x'],
} as const satisfies Partial<GuestOptions>

test('a guest is a process with a thread, and each call a complete event with its arguments', t => {
  const before = Number(process.hrtime.bigint()) / 1000
  const { imports, open, lines } = traced(t, { files: {} }, options)
  open('../x')
  imports.sched_yield()
  const after = Number(process.hrtime.bigint()) / 1000
  const [process_name, thread_name, refused, yielded, ...rest] = parsed(t, lines)
  const { pid } = process
  t.deepEqual(rest, [])
  t.deepEqual(process_name, {
    name: 'process_name',
    ph: 'M',
    pid,
    tid: 0,
    args: { name: 'my program' },
  })
  t.deepEqual(thread_name, { name: 'thread_name', ph: 'M', pid, tid: 0, args: { name: 'main' } })
  t.like(refused, { name: 'path_open', cat: 'path', pid, tid: 0 })
  t.like(refused.args, {
    path: '../x',
    paths: { fd: '/data' },
    errno: 'NOTCAPABLE',
    reason: 'component 1, "..", leads above fd 3</data>',
  })
  const [first, second] = [refused, yielded] as unknown as { ts: number; dur: number }[]
  t.true(before <= first.ts && first.ts + first.dur <= second.ts && second.ts + second.dur <= after)
})

test('a timeline of any length is a valid JSON array, and each line valid JSON', t => {
  const { open, lines } = traced(t, { files: {} }, { ...options, args: ['\x1b]0;"\n\u202e\u2028'] })
  open('a\n],[\x1b[2J"\u2028', 3, 1)
  open(Uint8Array.of(0x22, 0xff, 0x5c), 3, 1)
  for (let count = 1; count <= lines.length; count++) parsed(t, lines.slice(0, count))
  for (const line of lines) t.notRegex(line, /[\p{Cc}\p{Bidi_Control}\u2028]/u)
})

test('a guest without arguments has a default name, and one without calls no line', t => {
  const { imports, lines } = traced(t, { files: {} }, { traceFormat: 'perfetto' })
  t.deepEqual(lines, [])
  imports.sched_yield()
  t.is(parsed(t, lines)[0].args.name, 'guest')
})

test('the calls of threads are on their own rows', async t => {
  const lines: string[] = []
  const program = command([drop(call('sched_yield')), call('proc_exit', 3)])
  await run(program, { ...options, threads: 2, trace: line => void lines.push(line) })
  const [, name, ...calls] = parsed(t, lines)
  t.like(name, { name: 'thread_name', tid: 0 })
  t.deepEqual(
    calls.map(({ name, tid, args }) => [name, tid, args.exitCode]),
    [
      ['sched_yield', 0, undefined],
      ['proc_exit', 0, 3],
    ],
  )
})

test('a thread is named once, up to 4096 threads', t => {
  const lines: string[] = []
  const write = timeline('many', line => void lines.push(line))
  for (const tid of [0, 7, 7, 0, 7]) write(`{"tid":${tid},"name":"x","ph":"X"}`)
  t.deepEqual(
    lines
      .map(line => JSON.parse(line.slice(1)))
      .filter(({ ph }) => ph === 'M')
      .map(({ args }) => args.name),
    ['many', 'main', 'thread 7'],
  )
  for (let tid = 1; tid <= 10_000; tid++) write(`{"tid":${tid},"name":"x","ph":"X"}`)
  t.is(lines.filter(line => line.includes('thread_name')).length, 4096)
})

test('an exception from the hook ends the guest, and later lines continue the array', t => {
  const lines: string[] = []
  const mine = new Error('mine')
  const guest = createGuest({
    version: 'preview1',
    traceFormat: 'perfetto',
    trace(line) {
      lines.push(line)
      if (lines.length === 2) throw mine
    },
  })
  t.is(
    t.throws(() => guest.run(() => guest.imports.sched_yield())),
    mine,
  )
  t.throws(() => guest.imports.sched_yield())
  t.true(lines.length === 2 && lines[0].startsWith('[{') && lines[1].startsWith(',{'))
  guest.close()
})
