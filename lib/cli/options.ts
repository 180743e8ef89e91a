/** The words of the command line, and what each asks for. */
import { parseArgs } from 'node:util'
import { dictionary } from '../dictionary.js'
import { listenOf } from '../options/listen.js'
import type { MemoryPreopen, Preopen } from '../options/preopens.js'
import type { GuestOptions } from '../options/settings.js'
import { mostElements } from '../run/module/cap.js'
import { defaultStack, leastStack, mostStack } from '../run/worker/stack.js'
import { count, duration, size } from './amounts.js'
import { CommandError } from './error.js'
import { directories, type Setting } from './preopens.js'

export interface RunRequest {
  /** The module's file; `-` is standard input. */
  readonly program: string
  /** The guest's command line, its name first. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly preopens: Readonly<Record<string, Preopen | MemoryPreopen>>
  /** Where the guest accepts connections. */
  readonly listen: readonly string[]
  readonly invoke: string | undefined
  readonly backend: 'auto' | 'native' | 'typescript'
  readonly rights: 'enforce' | 'access'
  readonly sandbox: Pick<GuestOptions, 'sandbox' | 'allowUnsafePreopen' | 'allowPublicListen' | 'allowTerminalEscapes'>
  /** How many threads the guest may have beside its first; 0: it is no program with threads. */
  readonly threads: number
  /** Milliseconds after which the guest is ended. */
  readonly timeout: number | undefined
  /** Bytes of memory that it may have. */
  readonly maxMemory: number | undefined
  /** Elements of tables that it may have. */
  readonly maxTableElements: number | undefined
  /** Bytes of stack in each of its threads. */
  readonly maxStack: number
  /** Bytes that it may write to each of standard output and error. */
  readonly maxOutput: number | undefined
  readonly isolation: 'worker' | 'process'
  readonly wall: 'strict' | 'best-effort' | undefined
  /** Where trace lines go: a file, `-` for standard error, or nowhere. */
  readonly trace: string | undefined
  readonly traceStyle: Pick<GuestOptions, 'traceFormat' | 'traceTimes'>
  /** Whether a table of all hostcalls is printed at the end. */
  readonly summary: boolean
  readonly replay: Pick<GuestOptions, 'seed' | 'deterministic'>
}

export const runHelp = `Options of run:
  --dir HOST[::GUEST[::ro]]  give the guest a directory, under the name GUEST (default HOST), perhaps only to read
  --overlay HOST[::GUEST[::SIZE]]
                             give it a directory that is not changed: what it writes there, of at most SIZE (default 64m), is kept in
                             memory, and gone at its end
  --tmpfs GUEST[::SIZE]      give it an empty directory in memory, of at most SIZE (default 64m; with k, m or g)
  --tcplisten HOST:PORT      let the guest accept connections there; at port 0 it is told which port was free
  --env NAME[=VALUE]         set a variable of the guest; without a value, pass the host's on
  --inherit-env              pass the host's whole environment on; not with --strict
  --argv0 NAME               what the guest sees as its own name (default: the program as given)
  --invoke NAME              call this export with the arguments, in place of _start, and print what it returns
  --threads[=N]              let it have up to N threads more (default 32), as programs for wasm32-wasip1-threads want
  -W timeout=TIME            end it after so long: 500ms, 2s, 1m
  -W max-memory-size=SIZE    let it have at most that much memory, tables included: 64m, 1g
  -W max-table-elements=N    let its tables have at most N elements (default 1000000)
  -W max-wasm-stack=SIZE     give each of its threads a stack of that size (default 8m, at least 256k, at most 256m)
  --max-output SIZE          let it write no more than that to standard output, and to standard error
  --strict                   refuse what would hand the host over by mistake, and keep escapes off the terminal
  --allow-unsafe-preopen     with --strict: directories that hold this program or node may be given all the same
  --allow-public-listen      with --strict: --tcplisten may be where other machines can reach it
  --allow-terminal-escapes   with --strict: what the guest writes may steer the terminal
  --isolation process        run it in a process that the kernel cuts off from all but its directories (Linux)
  --wall NAME                with that: strict (default) refuses a kernel that lacks a part of this, best-effort warns and runs
  --backend NAME             auto (default), native, or typescript
  --rights NAME              access (default) checks rights to read and to write; enforce, all rights of preview 1
  --deterministic[=INSTANT]  do the same in every run: fix clocks (from INSTANT on, as 2025-01-01T00:00:00Z), random bytes, orders
  --seed N                   random bytes that are the same each time, not fit for keys
  --trace[=FILE]             write a line for each hostcall to standard error, or to FILE
  --trace-format NAME        text (default), or json: an object a line
  --trace-times              with how long each call took
  --trace-summary            print how often each hostcall was made, failed and how long it took, after the run
  --help, --version

All after program.wasm is the guest's. A program of - is read from standard input. The guest is given no directory and
no variable that was not asked for. The exit code is the guest's; 1 where it could not be run, or trapped.`

const words = {
  dir: { type: 'string', multiple: true },
  overlay: { type: 'string', multiple: true },
  tmpfs: { type: 'string', multiple: true },
  tcplisten: { type: 'string', multiple: true },
  env: { type: 'string', multiple: true },
  'inherit-env': { type: 'boolean' },
  argv0: { type: 'string' },
  invoke: { type: 'string' },
  strict: { type: 'boolean' },
  'allow-unsafe-preopen': { type: 'boolean' },
  'allow-public-listen': { type: 'boolean' },
  'allow-terminal-escapes': { type: 'boolean' },
  threads: { type: 'string' },
  isolation: { type: 'string' },
  wall: { type: 'string' },
  backend: { type: 'string' },
  rights: { type: 'string' },
  deterministic: { type: 'string' },
  seed: { type: 'string' },
  trace: { type: 'string' },
  wasm: { type: 'string', short: 'W', multiple: true },
  'max-output': { type: 'string' },
  'trace-format': { type: 'string' },
  'trace-times': { type: 'boolean' },
  'trace-summary': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Options whose value may be left out, which parseArgs does not know. */
const assumed = new Map([
  ['--threads', '32'],
  ['--deterministic', ''],
  ['--trace', '-'],
])

export function parseRun(args: readonly string[]): RunRequest | 'help' {
  const own = [...args]
  const end = programAt(own)
  for (let i = 0; i < end; i++) if (assumed.has(own[i])) own[i] += `=${assumed.get(own[i])}`
  const { values, tokens } = parse(own.slice(0, end))
  if (values.help) return 'help'
  const program = own[end] === '--' ? own[end + 1] : own[end]
  if (program === undefined) throw new CommandError('no program to run', 'usage: wasi-common run [options] program.wasm [arguments]')
  if (values.strict && values.backend === 'typescript') {
    throw new CommandError('--strict and --backend typescript do not go together: the strict sandbox is the addon')
  }
  if (values.strict && values['inherit-env']) {
    throw new CommandError(
      '--strict and --inherit-env do not go together: the environment may hold secrets',
      '--env NAME passes one variable on',
    )
  }
  const rest = own.slice(own[end] === '--' ? end + 2 : end + 1)
  return {
    program,
    args: [values.argv0 ?? program, ...rest],
    env: environment(values.env ?? [], values['inherit-env'] ?? false),
    preopens: directories(tokens.filter(isDirectory).map(({ name, value }) => ({ option: name, value }))),
    listen: (values.tcplisten ?? []).map(listener),
    invoke: values.invoke,
    sandbox: {
      sandbox: values.strict ? 'strict' : undefined,
      allowUnsafePreopen: values['allow-unsafe-preopen'],
      allowPublicListen: values['allow-public-listen'],
      allowTerminalEscapes: values['allow-terminal-escapes'],
    },
    threads: threads(values.threads ?? '0', values.invoke),
    ...isolation(values.isolation ?? 'worker', values.wall, values.invoke),
    backend: backend(values.backend ?? 'auto'),
    rights: rights(values.rights ?? 'access'),
    trace: values.trace,
    ...wasmOptions(values.wasm ?? [], values.invoke),
    maxOutput: values['max-output'] === undefined ? undefined : size('--max-output', values['max-output']),
    traceStyle: traceStyle(values.trace, values['trace-format'], values['trace-times']),
    summary: values['trace-summary'] ?? false,
    replay: replay(values.deterministic, values.seed, values.threads),
  }
}

/** Where the options of run end: at the first word that is neither an option nor the value of one. */
function programAt(args: readonly string[]): number {
  for (let i = 0; i < args.length; i++) {
    const word = args[i]
    if (word === '-' || word === '--' || !word.startsWith('-')) return i
    // A short option may have its value behind it in the same word.
    if (word === '-W') i++
    const name = word.slice(2)
    if (word.startsWith('--') && Object.hasOwn(words, name) && !assumed.has(word) && words[name as keyof typeof words].type === 'string')
      i++
  }
  return args.length
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: words, strict: true, tokens: true })
  } catch (error) {
    const { message } = error as Error
    const hint = /'--(?:mapdir|volume)/.test(message) ? 'a directory is given by --dir HOST::GUEST' : 'try wasi-common run --help'
    throw new CommandError(message.split('. ')[0], hint)
  }
}
type Token = ReturnType<typeof parse>['tokens'][number]
const isDirectory = (token: Token): token is Token & { name: Setting['option']; value: string } =>
  token.kind === 'option' && (token.name === 'dir' || token.name === 'overlay' || token.name === 'tmpfs')

/** Of two settings of a variable the later one counts, and any counts more than the host's. */
function environment(settings: readonly string[], inherit: boolean): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = dictionary(inherit ? Object.entries(process.env) : [])
  for (const setting of settings) {
    const [, name, value] = /^([^=]*)(?:=(.*))?$/s.exec(setting) as RegExpExecArray
    if (name === '') throw new CommandError(`--env ${setting}: a variable has a name`)
    env[name] = value ?? (Object.hasOwn(process.env, name) ? process.env[name] : undefined)
  }
  return env
}

function listener(where: string): string {
  try {
    listenOf('where', where)
    return where
  } catch {
    const form = 'where to listen is HOST:PORT, and HOST a numeric address, [in brackets] where it is IPv6, or localhost'
    throw new CommandError(`--tcplisten ${where}: ${form}`)
  }
}

function threads(count: string, invoke: string | undefined): number {
  if (!/^\d{1,4}$/.test(count)) throw new CommandError(`--threads=${count}: how many is a number, of at most four digits`)
  if (count !== '0' && invoke !== undefined) throw new CommandError('--threads and --invoke do not go together: threads end with _start')
  return Number(count)
}

type WasmOptions = Pick<RunRequest, 'timeout' | 'maxMemory' | 'maxTableElements' | 'maxStack'>

/** wasmtime's words for what belongs to WebAssembly itself: `-W NAME=VALUE[,NAME=VALUE]`. */
function wasmOptions(settings: readonly string[], invoke: string | undefined): WasmOptions {
  const found: { -readonly [K in keyof WasmOptions]?: number } = {}
  for (const setting of settings.flatMap(list => list.split(','))) {
    const [, name, value] = /^([^=]*)=(.*)$/.exec(setting) ?? []
    if (name === 'timeout') found.timeout = timeLimit(value)
    else if (name === 'max-memory-size') found.maxMemory = size('-W max-memory-size', value)
    else if (name === 'max-table-elements') found.maxTableElements = count('-W max-table-elements', value, mostElements)
    else if (name === 'max-wasm-stack') found.maxStack = stack(value)
    else {
      const known = 'timeout=TIME, max-memory-size=SIZE, max-table-elements=N and max-wasm-stack=SIZE'
      throw new CommandError(`-W ${setting} is not known here`, `known are ${known}`)
    }
  }
  const { timeout, maxMemory, maxTableElements, maxStack = defaultStack } = found
  if (invoke !== undefined && (timeout ?? maxMemory) !== undefined)
    throw new CommandError('-W timeout or max-memory-size and --invoke do not go together')
  return { timeout, maxMemory, maxTableElements, maxStack }
}

function stack(text: string): number {
  const bytes = size('-W max-wasm-stack', text, mostStack)
  if (bytes < leastStack) throw new CommandError(`-W max-wasm-stack=${text}: expected at least ${leastStack / 1024}k`)
  return bytes
}

/** Rounded up to a whole millisecond. */
function timeLimit(text: string): number {
  const time = duration('-W timeout', text)
  if (time > 0 || /[1-9]/.test(text)) return Math.max(time, 1)
  throw new CommandError(`-W timeout=${text}: expected a duration above zero`)
}

function backend(name: string): RunRequest['backend'] {
  if (name === 'auto' || name === 'native' || name === 'typescript') return name
  throw new CommandError(`--backend ${name}: there is no such backend`, 'it is auto, native or typescript')
}

function rights(name: string): RunRequest['rights'] {
  if (name === 'enforce' || name === 'access') return name
  throw new CommandError(`--rights: unknown value '${name}'`, 'it is access or enforce')
}

function traceStyle(trace: string | undefined, format: string | undefined, times: boolean | undefined): RunRequest['traceStyle'] {
  if (format !== undefined && format !== 'text' && format !== 'json') {
    throw new CommandError(`--trace-format ${format}: there is no such format`, 'it is text or json')
  }
  if (trace === undefined && (format !== undefined || times)) {
    throw new CommandError(`--trace-${times ? 'times' : 'format'} is for a trace`, 'which --trace writes')
  }
  return { traceFormat: format, traceTimes: times }
}

function replay(instant: string | undefined, seed: string | undefined, threads: string | undefined): RunRequest['replay'] {
  if (instant === undefined && seed === undefined) return {}
  if (threads !== undefined && threads !== '0') {
    const word = instant === undefined ? '--seed' : '--deterministic'
    throw new CommandError(`${word} and --threads do not go together: nobody can fix the order of threads`)
  }
  const number = Number(seed ?? '0')
  if (!/^\d+$/.test(seed ?? '0') || !Number.isSafeInteger(number)) {
    throw new CommandError(`--seed ${seed}: a seed is a number from 0 to 2^53 - 1`)
  }
  if (instant === undefined) return { seed: number }
  return { deterministic: instant === '' ? { seed: number } : { seed: number, start: instantOf(instant) } }
}

function instantOf(text: string): Date {
  const date = new Date(text)
  if (!/^\d{4}-/.test(text) || !(date.getTime() >= 0)) {
    throw new CommandError(`--deterministic=${text}: this is no instant since 1970`, 'as in --deterministic=2025-01-01T00:00:00Z')
  }
  return date
}

function isolation(
  name: string,
  wall: string | undefined,
  invoke: string | undefined,
): { isolation: RunRequest['isolation']; wall: RunRequest['wall'] } {
  if (name !== 'worker' && name !== 'process') {
    throw new CommandError(`--isolation ${name}: there is no such isolation`, 'it is worker or process')
  }
  if (wall !== undefined && wall !== 'strict' && wall !== 'best-effort') {
    throw new CommandError(`--wall: unknown value '${wall}'`, 'it is strict or best-effort')
  }
  if (wall !== undefined && name !== 'process') throw new CommandError('--wall goes with --isolation process only')
  if (name === 'process' && invoke !== undefined) {
    throw new CommandError('--isolation process and --invoke do not go together: the process ends with _start')
  }
  return { isolation: name, wall }
}
