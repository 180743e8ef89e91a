/** Parses the command line: turns flags into the options that they set. */
import { parseArgs } from 'node:util'
import { dictionary } from '../dictionary.js'
import { listenOf } from '../options/listen.js'
import type { GuestOptions } from '../options/options.js'
import type { Row, Rows } from '../options/row.js'
import { guestTable } from '../options/table.js'
import type { RunOptions } from '../run/options.js'
import { runTable } from '../run/table.js'
import { count, duration, size } from './amounts.js'
import { CommandError, WordError } from './error.js'
import {
  type AmountOption,
  amountFlags,
  assumed,
  config,
  type Flag,
  type Flags,
  guestFlags,
  runFlags,
  type Values,
  wordOf,
} from './flags.js'
import { directories, type Setting } from './preopens.js'
import { checkTrace, traceFilter } from './trace-flags.js'

/** Options whose flag is a switch, or takes one of a few words. */
type Plain<R extends Rows> = {
  readonly [Name in keyof R as R[Name] extends
    | { readonly words: unknown }
    | { readonly check: (...args: never) => boolean }
    ? Name
    : never]?: ReturnType<NonNullable<R[Name]['check']>> | undefined
}
/** Options that `-W` sets. */
type Amounts = { readonly [Name in AmountOption]?: number }

export interface RunRequest {
  /** The module's file; `-` is standard input. */
  readonly program: string
  /** Its bytes, if they have been read. */
  readonly bytes?: Uint8Array
  readonly invoke: string | undefined
  /** The file that trace lines go to, `-` for standard error, or undefined for none. */
  readonly trace: string | undefined
  /** Options of the guest. `args` begins with its name; `metrics` is the table at the end. */
  readonly guest: Plain<typeof guestTable> &
    Pick<GuestOptions, 'env' | 'preopens' | 'seed' | 'deterministic' | 'traceFilter'> & {
      readonly args: readonly string[]
      readonly listen: readonly string[]
    }
  /** Options of the run. `maxOutput` is for each of standard output and error. */
  readonly run: Plain<typeof runTable> &
    Amounts &
    Pick<RunOptions, 'maxOutput' | 'cache'> & {
      readonly threads: number
      readonly maxStack: number
    }
}

export function parseRun(args: readonly string[]): RunRequest | 'help' {
  const own = [...args]
  const end = programAt(own)
  if (end < own.length) checkProgram(own[end], own[end - 1])
  for (let i = 0; i < end; i++) if (assumed.has(own[i])) own[i] += `=${assumed.get(own[i])}`
  const { values, tokens } = parse(own.slice(0, end))
  if (values.help) return 'help'
  const program = own[end] === '--' ? own[end + 1] : own[end]
  if (program === undefined)
    throw new CommandError(
      'no program to run',
      'usage: wasi-common [options] program.wasm [arguments]',
    )
  if (values.strict && values.backend === 'typescript') {
    throw new CommandError(
      '--strict cannot be combined with --backend typescript: a strict sandbox needs the addon',
    )
  }
  if (values.strict && values['inherit-env']) {
    throw new CommandError(
      '--strict cannot be combined with --inherit-env: the environment may hold secrets',
      '--env NAME passes one variable on',
    )
  }
  checkTrace(values)
  if (values['os-sandbox'] !== undefined && values.isolation !== 'process')
    throw new CommandError('--os-sandbox needs --isolation process')
  const rest = own.slice(own[end] === '--' ? end + 2 : end + 1)
  return {
    program,
    invoke: values.invoke,
    trace: values.trace,
    guest: {
      args: [values.argv0 ?? program, ...rest],
      env: environment(values.env ?? [], values['inherit-env'] ?? false),
      preopens: directories(
        tokens.filter(isDirectory).map(({ name, value }) => ({ option: name, value })),
      ),
      listen: (values.tcplisten ?? []).map(listener),
      rights: 'access',
      ...plain(guestTable, guestFlags, values),
      ...traceFilter(values),
      ...replay(values),
    },
    run: {
      threads: count('--threads', values.threads ?? '0', runTable.threads.most),
      maxStack: runTable.maxStack.fallback,
      ...amounts(values.wasm ?? []),
      maxOutput:
        values['max-output'] === undefined ? undefined : size('--max-output', values['max-output']),
      ...plain(runTable, runFlags, values),
      ...(values['no-cache'] && { cache: false as const }),
    },
  }
}

/** The index of the program: the first word that is neither an option nor the value of one. */
function programAt(args: readonly string[]): number {
  for (let i = 0; i < args.length; i++) {
    const word = args[i]
    if (word === '-' || word === '--' || !word.startsWith('-')) return i
    // A short option may have its value behind it in the same word.
    if (word === '-W') i++
    const name = word.slice(2)
    if (
      word.startsWith('--') &&
      Object.hasOwn(config, name) &&
      !assumed.has(word) &&
      config[name].type === 'string'
    )
      i++
  }
  return args.length
}

/**
 * Refuses `--threads 4 program.wasm`, where 4 would be the program: a guest may have made a file of
 * that name.
 */
function checkProgram(program: string, before: string | undefined): void {
  if (before === undefined || !assumed.has(before)) return
  if (program === '-' || program === '--' || /\.wasm$/i.test(program)) return
  throw new CommandError(
    `${before} ${program}: expected an equals sign before the argument`,
    `write ${before}=${program}, or ${before} -- ${program} if that is the program`,
  )
}

function parse(args: string[]) {
  try {
    const { values, tokens } = parseArgs({ args, options: config, strict: true, tokens: true })
    return { values: values as Values, tokens }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const [, word = ''] = /'(?:-W, )?(-[^' =]*)/.exec(message) ?? []
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new WordError('flag', word)
    throw new WordError(message.includes('does not take') ? 'extra' : 'missing', word)
  }
}
type Token = ReturnType<typeof parse>['tokens'][number]
const isDirectory = (token: Token): token is Token & { name: Setting['option']; value: string } =>
  token.kind === 'option' &&
  (token.name === 'dir' || token.name === 'overlay' || token.name === 'tmpfs')

/** Reads the options whose flag is a switch, or takes one of a few words. */
function plain<R extends Rows>(rows: R, flags: Flags, values: Values): Plain<R> {
  const options = dictionary<unknown>([])
  for (const [name, [flag]] of Object.entries(flags)) {
    const word = wordOf(flag.usage)
    const { words = config[word]?.type === 'boolean' ? [] : undefined } = rows[name] as Row
    const value = (values as Readonly<Record<string, string | boolean | undefined>>)[word]
    if (value === undefined || words === undefined) continue
    if (typeof value === 'string' && !words.includes(value)) {
      throw new CommandError(
        `--${word}: unknown value '${value}'`,
        `expected ${alternatives(words)}`,
      )
    }
    // A switch for an option of one word.
    options[name] = value === true ? (words[0] ?? true) : value
  }
  return options as Plain<R>
}

/** Sets variables: the later of two settings counts, and any counts more than the host's. */
function environment(
  settings: readonly string[],
  inherit: boolean,
): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = dictionary(
    inherit ? Object.entries(process.env) : [],
  )
  for (const setting of settings) {
    const [, name, value] = /^([^=]*)(?:=(.*))?$/s.exec(setting) as RegExpExecArray
    if (name === '') throw new CommandError(`--env ${setting}: missing variable name`)
    env[name] = value ?? (Object.hasOwn(process.env, name) ? process.env[name] : undefined)
  }
  return env
}

function listener(where: string): string {
  try {
    listenOf('where', where)
    return where
  } catch {
    const form =
      'expected HOST:PORT; HOST is a numeric address, [in brackets] if it is IPv6, or localhost'
    throw new CommandError(`--tcplisten ${where}: ${form}`)
  }
}

const alternatives = (words: readonly string[]): string =>
  words.join(', ').replace(/, (?=[^,]*$)/, ' or ')

/** Reads `-W NAME=VALUE[,NAME=VALUE]`. */
function amounts(settings: readonly string[]): Amounts {
  const found: { -readonly [Name in keyof Amounts]: number } = {}
  for (const setting of settings.flatMap(list => list.split(','))) {
    const [, name, value] = /^([^=]*)=(.*)$/.exec(setting) ?? []
    const flag = amountFlags.find(flag => flag.name === name)
    if (flag === undefined) throw new WordError('amount', setting)
    const { least, most } = runTable[flag.option]
    found[flag.option] = units[flag.unit](`-W ${name}`, value, least, most)
  }
  return found
}

const units: Readonly<
  Record<
    NonNullable<Flag['unit']>,
    (option: string, text: string, least: number, most: number) => number
  >
> = {
  bytes(option, text, least, most) {
    const bytes = size(option, text, most)
    if (bytes < least)
      throw new CommandError(`${option}=${text}: expected at least ${least / 1024}k`)
    return bytes
  },
  /** Rounded up to a whole millisecond. */
  milliseconds(option, text, least) {
    const time = duration(option, text)
    if (time > 0 || /[1-9]/.test(text)) return Math.max(time, least)
    throw new CommandError(`${option}=${text}: expected a duration above zero`)
  },
  elements: (option, text, _least, most) => count(option, text, most),
}

function replay({
  deterministic: instant,
  seed,
  threads,
}: Values): Pick<GuestOptions, 'seed' | 'deterministic'> {
  if (instant === undefined && seed === undefined) return {}
  if (threads !== undefined && threads !== '0') {
    const word = instant === undefined ? '--seed' : '--deterministic'
    throw new CommandError(
      `${word} cannot be combined with --threads: threads run in no fixed order`,
    )
  }
  const number = Number(seed ?? '0')
  if (!/^\d+$/.test(seed ?? '0') || !Number.isSafeInteger(number)) {
    throw new CommandError(`--seed ${seed}: expected a whole number from 0 to 2^53 - 1`)
  }
  if (instant === undefined) return { seed: number }
  return {
    deterministic: instant === '' ? { seed: number } : { seed: number, start: instantOf(instant) },
  }
}

function instantOf(text: string): Date {
  const date = new Date(text)
  if (!/^\d{4}-/.test(text) || !(date.getTime() >= 0)) {
    throw new CommandError(
      `--deterministic=${text}: expected an ISO date from 1970 on`,
      'as in --deterministic=2025-01-01T00:00:00Z',
    )
  }
  return date
}
