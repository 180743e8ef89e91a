/** Counts and times each hostcall of a guest. */
import { type ErrnoName, errnoNames } from '../abi/errno.js'
import { type HostcallName, table } from '../abi/table.js'
import type { ImportFunction } from '../gate.js'

/** The metrics of one hostcall. */
export interface CallMetrics {
  /** The number of calls. */
  readonly calls: number
  /** The number of calls that returned an errno other than SUCCESS. */
  readonly errors: number
  /** The total duration in nanoseconds, waiting included. */
  readonly nanoseconds: number
  /** The number of calls by errno, SUCCESS included. A call that ended the guest has no errno. */
  readonly errnos: Readonly<Partial<Record<ErrnoName, number>>>
}
/** The metrics of the hostcalls that were made, by name. */
export type Metrics = Readonly<Partial<Record<HostcallName, CallMetrics>>>

const calls = Object.keys(table) as HostcallName[]
/**
 * The words of a row: how long, how often there was no answer, or one that has no name, and how
 * often which errno.
 */
const Word = Object.freeze({ NANOSECONDS: 0, UNANSWERED: 1, UNNAMED: 2, ERRNOS: 3 })
const size = Word.ERRNOS + errnoNames.length

/** Counts that all threads of a guest have together. */
export type Counts = BigInt64Array<SharedArrayBuffer>
export const newCounts = (): Counts =>
  new BigInt64Array(new SharedArrayBuffer(8 * size * calls.length))

/** The import, counted and timed. */
export function measured(name: HostcallName, call: ImportFunction, counts: Counts): ImportFunction {
  const row = calls.indexOf(name) * size
  const count = (word: number, start: bigint): void => {
    Atomics.add(counts, row + Word.NANOSECONDS, process.hrtime.bigint() - start)
    Atomics.add(counts, row + word, 1n)
  }
  return (...args) => {
    const start = process.hrtime.bigint()
    let word: number = Word.UNANSWERED
    try {
      const errno = call(...args)
      // An embedder's stream may refuse with a number that is no errno.
      word = errno in errnoNames ? Word.ERRNOS + errno : Word.UNNAMED
      return errno
    } finally {
      count(word, start)
    }
  }
}

export function metricsOf(counts: Counts): Metrics {
  const metrics: Partial<Record<HostcallName, CallMetrics>> = {}
  calls.forEach((name, row) => {
    const [nanoseconds, unanswered, unnamed, ...answered] = Array.from(
      counts.slice(row * size, (row + 1) * size),
      Number,
    )
    const sum = answered.reduce((a, b) => a + b, unnamed)
    if (unanswered + sum === 0) return
    const errnos = Object.fromEntries(
      errnoNames.flatMap((errno, i) => (answered[i] > 0 ? [[errno, answered[i]]] : [])),
    )
    metrics[name] = { calls: unanswered + sum, errors: sum - answered[0], nanoseconds, errnos }
  })
  return metrics
}

/**
 * Metrics from another process, which is not trusted: values that are no metrics are dropped.
 */
export function toldMetrics(value: unknown): Metrics {
  const metrics: Partial<Record<HostcallName, CallMetrics>> = {}
  for (const name of calls) {
    const told = record(value)[name]
    if (told === undefined) continue
    const { calls, errors, nanoseconds, errnos } = record(told)
    const counted = errnoNames.flatMap(errno =>
      count(record(errnos)[errno]) > 0 ? [[errno, count(record(errnos)[errno])]] : [],
    )
    metrics[name] = {
      calls: count(calls),
      errors: count(errors),
      nanoseconds: count(nanoseconds),
      errnos: Object.fromEntries(counted),
    }
  }
  return metrics
}
const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
const count = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0
