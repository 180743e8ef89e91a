/**
 * Checks the options that replace the host's clocks, sleeping and randomness, before anything is
 * opened.
 */
import { inspect, types } from 'node:util'
import { coded } from '../errors.js'
import { checkFunction, checkInteger, checkKeys, wrongType, wrongValue } from '../validate.js'

/**
 * Clocks in place of the host's. Each returns nanoseconds, from 0n to 2n ** 64n - 1n. Times of
 * files stay the host's.
 */
export interface Clocks {
  /** The time of day, since 1970-01-01T00:00:00Z. Default: the host's. */
  readonly realtime?: (() => bigint) | undefined
  /**
   * A time that never goes back, since any moment. The clocks of processor time use it, too.
   * Default: the host's.
   */
  readonly monotonic?: (() => bigint) | undefined
}

/** The starting point of a deterministic guest. */
export interface DeterministicOptions {
  /** The seed of its random bytes: an integer from 0 to 2^53 - 1. Default 0. */
  readonly seed?: number | undefined
  /**
   * The time of day at its start, and the time of every file: a Date, or nanoseconds since 1970.
   * Default 2025-01-01T00:00:00Z.
   */
  readonly start?: Date | bigint | undefined
}

/**
 * Overrides of the host's clocks, sleeping and randomness. An exception that one of these functions
 * throws ends the guest, and leaves it unchanged. So does a wrong return value, with a TypeError
 * with code `ERR_INVALID_RETURN_VALUE`.
 */
export interface HostOverrides {
  /** The clocks of the guest. Default: the host's. */
  readonly clocks?: Clocks | undefined
  /**
   * Called in place of waiting for a clock, with nanoseconds. A poll that also has descriptors
   * checks them before and after the call. A poll without a clock waits in the host. Default: the
   * host waits.
   */
  readonly sleep?: ((nanoseconds: number) => void) | undefined
  /**
   * Fills the bytes, at most 65536 at once, in place of the system's generator. Keys of the guest
   * are only as strong as these bytes. Default: the system's generator.
   */
  readonly random?: ((bytes: Uint8Array) => void) | undefined
  /**
   * The seed of random bytes that are the same in each run (ChaCha20): an integer from 0 to 2^53 -
   * 1. They are not fit for keys. Default: the system's generator.
   */
  readonly seed?: number | undefined
  /**
   * Makes two runs over equal trees do the same. Clocks start at a fixed instant; they advance by a
   * microsecond with each reading, and by the time that the guest sleeps, which takes no time.
   * Random bytes come from a seed. The environment and directories are sorted, inode numbers and
   * times of files are fixed, and descriptors are always ready. An error together with `clocks`,
   * `sleep`, `random`, `seed` or threads. Default false.
   */
  readonly deterministic?: boolean | DeterministicOptions | undefined
}
export const replayNames = [
  'clocks',
  'sleep',
  'random',
  'seed',
  'deterministic',
] as const satisfies readonly (keyof HostOverrides)[]

/** The overrides, in the form that the rest of the package uses. */
export interface Replay {
  readonly clocks: Clocks
  readonly sleep: ((nanoseconds: number) => void) | undefined
  readonly random: ((bytes: Uint8Array) => void) | undefined
  readonly seed: number | undefined
  /**
   * The start time of a deterministic guest: nanoseconds since 1970; undefined for any other guest.
   */
  readonly start: bigint | undefined
  /** For a guest of a snapshot: where its clock and its random bytes go on. */
  readonly from?: Progress | undefined
}

/** The progress of a guest whose clocks or random bytes are fixed. */
export interface Progress {
  /** The seed of its random bytes, and how many of them it has drawn. */
  readonly seed: number
  readonly drawn: number
  /** Nanoseconds since its start, if its clocks are fixed. */
  readonly elapsed: bigint | undefined
}

const newYear = BigInt(Date.UTC(2025, 0, 1)) * 1_000_000n
/** A time_t is signed. */
const latest = 2n ** 63n - 1n

/** Returns the overrides; undefined without any. */
export function replayOf(options: Readonly<Record<string, unknown>>): Replay | undefined {
  // Reads each option once: an embedder's getter may return another value the next time.
  const { clocks, sleep, random, seed, deterministic = false } = options
  const { realtime, monotonic } = clocksOf(clocks)
  if (sleep !== undefined) checkFunction('options.sleep', sleep)
  if (random !== undefined) checkFunction('options.random', random)
  if (seed !== undefined) checkSeed('options.seed', seed)
  if (seed !== undefined && random !== undefined)
    throw wrongValue('options.seed', 'must not be combined with options.random', seed)
  const own = { clocks, sleep, random, seed }
  if (deterministic !== false) return fixed(deterministic, own)
  if (Object.values(own).every(value => value === undefined)) return undefined
  return { clocks: { realtime, monotonic }, sleep, random, seed, start: undefined } as Replay
}

/** Refuses functions, which workers cannot receive. `own`: options of `run`. */
export function checkPortable(own: Readonly<Record<string, unknown>>): void {
  for (const name of ['clocks', 'sleep', 'random'] as const) {
    const { [name]: value } = own
    const why =
      'must be left out: run() cannot pass a function to its worker; use options.seed or options.deterministic'
    if (value !== undefined) throw wrongValue(`options.${name}`, why, value)
  }
}

/**
 * Refuses threads: their order cannot be fixed, and each would begin with the same random bytes.
 */
export function checkAlone(replay: Replay | undefined): void {
  if (replay === undefined) return
  const name = replay.start === undefined ? 'seed' : 'deterministic'
  throw coded(
    new TypeError(
      `options.${name} must not be combined with options.threads: threads run in no fixed order`,
    ),
    'ERR_INVALID_ARG_VALUE',
  )
}

function fixed(given: unknown, own: Readonly<Record<string, unknown>>): Replay {
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined)
      throw wrongValue(`options.${name}`, 'must not be combined with options.deterministic', value)
  }
  if (given !== true && (given === null || typeof given !== 'object')) {
    throw wrongType('options.deterministic', 'of type boolean or object', given)
  }
  const record = given === true ? {} : given
  checkKeys('options.deterministic', ['seed', 'start'], record)
  const { seed = 0, start = newYear } = record as DeterministicOptions
  checkSeed('options.deterministic.seed', seed)
  return { clocks: {}, sleep: undefined, random: undefined, seed, start: instant(start) }
}

function clocksOf(clocks: unknown = {}): Partial<Record<keyof Clocks, unknown>> {
  const names = ['realtime', 'monotonic'] as const
  checkKeys('options.clocks', names, clocks)
  const read: Partial<Record<keyof Clocks, unknown>> = {}
  for (const name of names) {
    const { [name]: clock } = clocks as Record<string, unknown>
    if (clock !== undefined) checkFunction(`options.clocks.${name}`, clock)
    read[name] = clock
  }
  return read
}

function checkSeed(name: string, seed: unknown): asserts seed is number {
  checkInteger(name, seed, 0, Number.MAX_SAFE_INTEGER)
}

function instant(start: unknown): bigint {
  const name = 'options.deterministic.start'
  if (types.isDate(start) && Number.isNaN(start.getTime()))
    throw wrongValue(name, 'must be a valid date', start)
  const nanoseconds = types.isDate(start) ? BigInt(start.getTime()) * 1_000_000n : start
  if (typeof nanoseconds !== 'bigint')
    throw wrongType(name, 'of type bigint or an instance of Date', start)
  if (nanoseconds >= 0n && nanoseconds <= latest) return nanoseconds
  const message = `The value of "${name}" is out of range. It must be >= 0 nanoseconds since 1970 && < 2^63. Received ${inspect(start)}`
  throw coded(new RangeError(message), 'ERR_OUT_OF_RANGE')
}
