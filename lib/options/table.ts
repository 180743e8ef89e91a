/** The options of a guest, a row each, in the order in which they are checked. */
import { coded } from '../errors.js'
import type { RightsMode } from '../fds/rights.js'
import { type Limits, limitsOf } from '../limits.js'
import { type Replay, replayOf } from '../replay/options.js'
import { inputOf, outputOf, type Source, sourceOf, textOf } from '../stdio/streams.js'
import { checkArray, checkObject, wrongType, wrongValue } from '../validate.js'
import { type Listen, listenOf } from './listen.js'
import type { GuestOptions, WASIOptions } from './options.js'
import { type Given, preopensOf } from './preopens.js'
import { callback, type Options, off, oneOf, type Row, switchOf, together } from './row.js'
import { traceFilterOf } from './trace-filter.js'

/**
 * node:wasi's own options come first and in its order, so that of two mistakes the same one is
 * thrown.
 */
export const guestTable = {
  version: { check: versionOf, always: true },
  args: { check: argsOf, fallback: [] },
  env: { check: environmentOf, fallback: { bytes: [], isHost: false } },
  preopens: { check: preopensOf, fallback: [] },
  stdin: { check: (name: string, value: unknown) => inputOf(name, value) },
  stdout: { check: (name: string, value: unknown) => outputOf(1, name, value), fallback: 1 },
  stderr: { check: (name: string, value: unknown) => outputOf(2, name, value), fallback: 2 },
  input: { check: readableOf },
  backend: oneOf(['auto', 'native', 'typescript'], 'auto'),
  strict: off,
  listen: { check: listenersOf, fallback: [] },
  allowUnsafePreopen: off,
  allowPublicListen: off,
  allowTerminalEscapes: { check: escapesOf, always: true },
  rights: oneOf<RightsMode, 'enforce'>(['enforce', 'access'], 'enforce'),
  limits: { check: roomyLimitsOf, always: true },
  trace: callback<(line: string) => void>(),
  traceFormat: oneOf(['text', 'json', 'perfetto'], 'text'),
  traceFilter: { check: (name: string, value: unknown) => traceFilterOf(name, value) },
  traceTimes: off,
  metrics: off,
  clocks: together,
  sleep: together,
  random: together,
  seed: together,
  // Any of the five may exclude others.
  deterministic: { check: replacedOf, always: true },
  onUnexpected: callback<NonNullable<GuestOptions['onUnexpected']>>(),
} as const satisfies { readonly [Name in keyof GuestOptions]-?: Row }

/**
 * The options that only `class WASI` takes. They are checked when its guest is made, as node:wasi
 * does.
 */
export const wasiTable = {
  returnOnExit: { check: switchOf, fallback: true },
} as const satisfies { readonly [Name in Exclude<keyof WASIOptions, keyof GuestOptions>]-?: Row }

function versionOf(name: string, value: unknown): GuestOptions['version'] {
  if (value === 'preview1' || value === 'unstable') return value
  if (typeof value !== 'string') throw wrongType(name, "'preview1' or 'unstable'", value)
  throw wrongValue(name, "must be 'preview1' or 'unstable'; unsupported WASI version", value)
}

function argsOf(name: string, value: unknown): readonly Uint8Array[] {
  checkArray(name, value)
  return Array.from(value, (arg, i) => cString(`${name}[${i}]`, String(arg)))
}

function environmentOf(
  name: string,
  value: unknown,
): { readonly bytes: Uint8Array[]; readonly isHost: boolean } {
  checkObject(name, value)
  const settings = Object.entries(value).filter(([, setting]) => setting !== undefined)
  const bytes = settings.map(([variable, setting]) =>
    cString(`${name}.${variable}`, `${variable}=${setting}`),
  )
  return { bytes, isHost: value === process.env }
}

const encoder = new TextEncoder()
/**
 * Returns bytes ended by NUL, as C expects them. Refuses a NUL within, which would cut the string.
 */
function cString(name: string, text: string): Uint8Array {
  if (text.includes('\0')) throw wrongValue(name, 'must not contain NUL characters', text)
  return encoder.encode(`${text}\0`)
}

function listenersOf(name: string, value: unknown): readonly Listen[] {
  checkArray(name, value)
  return Array.from(value, (where, i) => listenOf(`${name}[${i}]`, where))
}

/** Returns the source of the text of an option, which `stdin` excludes. */
function readableOf(
  name: string,
  value: unknown,
  { stdin }: { readonly stdin: number | Source | undefined },
): Source {
  checkSole(name, value, stdin)
  return sourceOf(textOf(name, value))
}

/** Checks that `input` has the standard input for itself. */
export function checkSole(name: string, value: unknown, stdin: unknown): void {
  if (stdin !== undefined) throw wrongValue(name, 'must not be combined with options.stdin', value)
}

function escapesOf(
  name: string,
  value: unknown,
  { strict }: { readonly strict: boolean },
): boolean {
  return value === undefined ? !strict : switchOf(name, value)
}

function replacedOf(
  _name: string,
  deterministic: unknown,
  _earlier: object,
  { clocks, sleep, random, seed }: Options,
): Replay | undefined {
  const own = { clocks, sleep, random, seed, deterministic }
  return Object.values(own).some(value => value !== undefined) ? replayOf(own) : undefined
}

interface Opened {
  readonly preopens: readonly Given[]
  readonly listen: readonly Listen[]
}
const stdioCount = 3

/** Returns the limits, which must have room for the descriptors that the guest begins with. */
function roomyLimitsOf(name: string, value: unknown, { preopens, listen }: Opened): Limits {
  const limits = limitsOf(value)
  const given = stdioCount + preopens.length + listen.length
  if (limits.descriptors >= given) return limits
  const message = `The value of "${name}.descriptors" is out of range. It must be >= ${given}, which the guest starts with. Received ${limits.descriptors}`
  throw coded(new RangeError(message), 'ERR_OUT_OF_RANGE')
}
