/** Mutated lines of a guest's process, and a check that none is believed beyond its own run. */
import { inspect } from 'node:util'
import { table } from '#lib/abi/table.js'
import { HookFailure, type UnexpectedError } from '#lib/errors.js'
import { guestLine } from '#lib/run/process/check-lines.js'
import { lineOf, longest, longestLine } from '#lib/run/process/protocol.js'
import { type Manner, Speaker } from '../test/os-sandbox/speaker.js'
import type { Random } from './random.js'

const calls = Object.keys(table)
const steering = '\u001b]0;a\u0007\u202e\u009b\u007f\n'
const { CompileError, LinkError, RuntimeError } = WebAssembly
const classes: readonly unknown[] = [
  Error,
  TypeError,
  RangeError,
  CompileError,
  LinkError,
  RuntimeError,
].map(Class => Class.prototype)
const fields = ['code', 'errno', 'syscall', 'path', 'importModule', 'importName', 'importKind']
const verdicts =
  /^(ERR_WASI_(TIMEOUT|OS_SANDBOX_UNAVAILABLE|POOL_CLOSED|UNSAFE_PREOPEN|PUBLIC_LISTEN)|ABORT_ERR|ERR_ACCESS_DENIED)$/
const codes = [
  'EIO',
  'UVWASI_ENOENT',
  'ERR_WASI_NO_START',
  'ERR_WASI_TIMEOUT',
  'ERR_WASI_OS_SANDBOX_UNAVAILABLE',
  'ERR_WASI_PROCESS_LOST',
  'ABORT_ERR',
  'E\u001b',
]
const names = [
  'Error',
  'TypeError',
  'CompileError',
  'RuntimeError',
  'constructor',
  '__proto__',
  steering,
]
/** Thrown by a hook. */
const mine = new Error('mine')

/** One run: the bytes as they arrive, and what was asked for. */
export interface Utterance {
  readonly manner: Manner
  readonly lines: readonly string[]
  readonly chunks: readonly Buffer[]
  /** True if the process ends after them. */
  readonly ends: boolean
  readonly throws: boolean
}

function hostile(r: Random): unknown {
  const repeated = r
    .pick(['x', '\u001b', '\u202e', '€', '\ud800', '"', '\\'])
    .repeat(r.pick([0, 1, 255, 5000, 40_000]))
  return r.pick<unknown>([
    ...[
      null,
      true,
      0,
      -1,
      -0,
      2 ** 31,
      2 ** 53,
      1e308,
      '',
      steering,
      repeated,
      [],
      {},
      [[1]],
      { length: 1 },
    ],
    ...[
      '__proto__',
      'constructor',
      'then',
      'toString',
      { __proto__: null, constructor: 1, toJSON: 1 },
    ],
  ])
}

function error(r: Random): object {
  const more = {
    code: r.pick(codes),
    errno: -5,
    syscall: 'open',
    path: '/a',
    importModule: 'env',
    importName: 'f',
    importKind: 'function',
  }
  return {
    name: r.pick(names),
    message: r.onceIn(3) ? steering : 'message',
    stack: 'Error: message\n    at f',
    more,
  }
}

function message(r: Random): Record<string, unknown> {
  const counted = {
    calls: r.below(9),
    errors: 0,
    nanoseconds: 5,
    errnos: { SUCCESS: 1, NOENT: r.below(5) },
  }
  const last = r.onceIn(4)
    ? {
        kind: 'exit',
        code: r.below(256),
        ...(r.onceIn(2) && { metrics: { [r.pick(calls)]: counted } }),
      }
    : { kind: 'failed', error: error(r) }
  return r.pick<Record<string, unknown>>([
    ...Array.from({ length: 3 }, () => ({
      kind: 'trace',
      line: `fd_read() = ${r.onceIn(4) ? steering : 'SUCCESS'}`,
    })),
    ...Array.from({ length: 3 }, () => ({
      kind: 'unexpected',
      call: r.pick(calls),
      cause: error(r),
    })),
    ...[
      last,
      { kind: 'broken', call: 'open', error: 38 },
      { kind: 'sandbox', landlock: 7, seccomp: true },
      { kind: 'refused' },
      { kind: 'free' },
    ],
  ])
}

/** Some field, at any depth, gets another value, or goes, or is there by another name. */
function altered(r: Random, value: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(value)
  if (keys.length === 0) return { [r.pick(names)]: hostile(r) }
  const key = r.pick(keys)
  const inner = value[key]
  if (typeof inner === 'object' && inner !== null && !Array.isArray(inner) && !r.onceIn(3)) {
    return { ...value, [key]: altered(r, inner as Record<string, unknown>) }
  }
  const { [key]: _, ...rest } = value
  if (r.onceIn(4)) return rest
  return r.onceIn(4) ? { ...rest, [r.pick(names)]: inner } : { ...value, [key]: hostile(r) }
}

function scrambled(r: Random, line: string): string {
  const at = r.below(line.length + 1)
  const to = at + r.below(8)
  switch (r.below(4)) {
    case 0:
      return line.slice(0, at) + line.slice(to)
    case 1:
      return line.slice(0, at) + String.fromCharCode(r.below(0x110)) + line.slice(at)
    case 2:
      return line.slice(0, at) + line.slice(at, to).repeat(r.below(2000)) + line.slice(at)
    default:
      return r.pick(['[', '{"a":', '"', '\\', '\u0000']).repeat(r.below(longestLine))
  }
}

function line(r: Random): string {
  let made = message(r)
  for (let n = r.below(3); n > 0; n--) made = altered(r, made)
  const text = lineOf(made)
  return r.onceIn(6) ? `${scrambled(r, text).replaceAll('\n', ' ')}\n` : text
}

/** Runs without end, the same for a seed. */
export function* utterances(r: Random): Generator<Utterance, never> {
  for (;;) {
    const traced = !r.onceIn(5)
    // Most that a process sends is what it may send, or else no run would go on.
    const proper = (): string =>
      lineOf(
        r.onceIn(2) && traced
          ? { kind: 'trace', line: 'a' }
          : { kind: 'unexpected', call: r.pick(calls), cause: error(r) },
      )
    const lines = Array.from({ length: 1 + r.below(12) }, () => (r.onceIn(3) ? line(r) : proper()))
    if (r.onceIn(12))
      lines.push(...new Array(3000).fill(r.onceIn(2) ? proper() : line(r).slice(0, 500)))
    const bytes = Buffer.from(lines.join(''))
    const chunks: Buffer[] = []
    const size = r.pick([1, 7, 100, 4096, 65_536])
    for (let at = 0, to = 0; at < bytes.length; at = to) {
      // Odd places, but not a million of them.
      to = at + (chunks.length < 500 ? 1 + r.below(size) : 65_536)
      chunks.push(bytes.subarray(at, to))
    }
    yield {
      manner: { traced, measured: r.onceIn(3) },
      lines,
      chunks,
      ends: r.onceIn(2),
      throws: r.onceIn(10),
    }
  }
}

const isPlain = (text: string, most: number): boolean =>
  text.length <= most && !/(?![\t\n\r])[\p{Cc}\p{Bidi_Control}]/u.test(text)
const isLine = (text: string, most: number): boolean =>
  isPlain(text, most) && !/[\t\n\r]/.test(text)

/** The fault of an error, unless it has none. */
function wrongError(error: unknown, own: boolean): string | undefined {
  if (!(error instanceof Error) || !classes.includes(Object.getPrototypeOf(error)))
    return 'it is of another class'
  const { code, path, syscall } = error as NodeJS.ErrnoException
  if (!isPlain(error.message, longest.message) || !isPlain(error.stack ?? '', longest.stack))
    return 'its text steers, or is too long'
  const odd = Object.keys(error).find(key => !fields.includes(key))
  if (odd !== undefined) return `it has a field ${odd}`
  if (
    code !== undefined &&
    (!isLine(code, 64) || verdicts.test(code) || (own && code === 'ERR_WASI_PROCESS_LOST'))
  )
    return `its code is ${code}`
  if (!isLine(path ?? '', longest.path) || !isLine(syscall ?? '', 64))
    return 'its path or its call steers'
  return undefined
}

function wrongLine(text: string): string | undefined {
  const line =
    guestLine(text, { traced: true, measured: true }) ??
    guestLine(text, { traced: true, measured: false })
  if (line?.kind === 'trace' && !isLine(line.line, longest.line)) return 'a trace steers'
  if (line?.kind === 'exit' && line.code !== (line.code | 0)) return 'an exit code is none'
  if (line?.kind === 'unexpected' && !calls.includes(line.call)) return 'a call is none'
  return undefined
}

async function wrongRun({ manner, chunks, ends, throws }: Utterance): Promise<string | undefined> {
  let wrong: string | undefined
  let events = 0
  const hook = (fault: string | undefined): void => {
    wrong ??= fault
    if (throws && ++events === 2) throw mine
  }
  const speaker = await new Speaker({
    ...manner,
    trace: line => hook(isLine(line, longest.line) ? undefined : 'a trace steers'),
    report: ({ call, message, cause }: UnexpectedError) =>
      hook(
        calls.includes(call) && isPlain(message, longest.message + 100)
          ? wrongError(cause, true)
          : 'an unexpected error steers',
      ),
  }).stand()
  speaker.say(...chunks)
  if (ends) speaker.end(1)
  const patience = setTimeout(() => speaker.child.fail(mine), 20)
  const { error, exitCode, metrics } = await speaker.outcome()
  clearTimeout(patience)
  if (wrong !== undefined) return wrong
  if (error === undefined) {
    if (exitCode !== (Number(exitCode) | 0)) return `the exit code is ${exitCode}`
    if ((metrics !== undefined) !== manner.measured) return 'metrics were not asked for'
    return Object.keys(metrics ?? {}).every(call => calls.includes(call))
      ? undefined
      : 'the metrics have other names'
  }
  const ended = error instanceof HookFailure ? error.thrown : error
  return ended === mine ? undefined : wrongError(ended, false)
}

/**
 * The most processor time of one turn of the event loop, in milliseconds, until the work is done.
 */
export async function busiest(work: Promise<unknown>): Promise<number> {
  let done = false
  const end = (): void => {
    done = true
  }
  work.then(end, end)
  let most = 0
  for (let last = process.cpuUsage(); !done; last = process.cpuUsage()) {
    await new Promise(setImmediate)
    const { user, system } = process.cpuUsage(last)
    most = Math.max(most, (user + system) / 1000)
  }
  return most
}

/** The most that a turn may take. */
const mostBusy = 50
/** The most that a process that receives all this may grow, in bytes. */
const mostGrowth = 2 ** 28

/** Plays runs of so many lines at least. */
export async function fault(
  runs: Iterator<Utterance>,
  wanted: number,
): Promise<{ found: string | undefined; lines: number }> {
  const before = process.memoryUsage.rss()
  let lines = 0
  while (lines < wanted) {
    const run = runs.next().value as Utterance
    lines += run.lines.length
    const wrong = run.lines.map(wrongLine).find(found => found !== undefined)
    await new Promise(setImmediate)
    const running = wrongRun(run)
    const busy = await busiest(running)
    const found = wrong ?? (await running)
    if (found !== undefined) return { found: `${found}: ${inspect(run.lines.slice(0, 15))}`, lines }
    // Once is the collector of garbage.
    if (busy > mostBusy && (await busiest(wrongRun(run))) > mostBusy)
      return { found: `a turn takes ${Math.round(busy)} ms`, lines }
    if (process.memoryUsage.rss() - before > mostGrowth) return { found: 'the host grows', lines }
  }
  return { found: undefined, lines }
}
