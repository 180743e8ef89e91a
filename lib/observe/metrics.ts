/** Counts and times each hostcall of a guest, and each call of a component. */
import { type ErrnoName, errnoNames } from '../abi/errno.js'
import { type HostcallName, table } from '../abi/table.js'
import { errorsOf, type FunctionName, functionNames } from '../function-names.js'
import type { ImportFunction } from '../gate.js'

/** The metrics of one hostcall, or of one function of WASI 0.2. */
export interface CallMetrics<Answer extends string = ErrnoName> {
  /** The number of calls. */
  readonly calls: number
  /** The number of calls that returned an errno other than SUCCESS, or an error. */
  readonly errors: number
  /** The total duration in nanoseconds, waiting included. */
  readonly nanoseconds: number
  /**
   * The number of calls by errno, SUCCESS included. Of a function of WASI 0.2 by the name of its
   * error, `ok` included; the error of a stream is `closed`, or the code of its failure. A call
   * that ended the guest has none.
   */
  readonly errnos: Readonly<Partial<Record<Answer, number>>>
}
/**
 * The metrics of the calls that were made, by name: hostcalls of a module, functions of WASI 0.2
 * of a component.
 */
export type Metrics = Readonly<Partial<Record<HostcallName, CallMetrics>>> &
  Readonly<Record<FunctionName, CallMetrics<string>>>

/**
 * The words of a row: how long, how often there was no answer, or one that has no name, and how
 * often which answer.
 */
const Word = Object.freeze({ NANOSECONDS: 0, UNANSWERED: 1, UNNAMED: 2, ANSWERS: 3 })

/** The place of a row, and the names of its answers; the first one is success. */
interface Counted {
  readonly name: HostcallName | FunctionName
  readonly at: number
  readonly answers: readonly string[]
}
let counted: ReadonlyMap<string, Counted> | undefined
let size = 0
/** Lays the rows out, on first use. */
function rows(): ReadonlyMap<string, Counted> {
  if (counted !== undefined) return counted
  const all = new Map<string, Counted>()
  const add = (name: HostcallName | FunctionName, answers: readonly string[]): void => {
    all.set(name, { name, at: size, answers })
    size += Word.ANSWERS + answers.length
  }
  for (const name of Object.keys(table) as HostcallName[]) add(name, errnoNames)
  for (const name of functionNames) add(name, ['ok', ...errorsOf(name)])
  counted = all
  return all
}

/** Counts that all threads of a guest have together. */
export type Counts = BigInt64Array<SharedArrayBuffer>
export function newCounts(): Counts {
  rows()
  return new BigInt64Array(new SharedArrayBuffer(8 * size))
}

/**
 * Returns the function that counts a call: with its begin by the monotonic clock, and the name of
 * its answer; undefined for none.
 */
export function counter(
  name: HostcallName | FunctionName,
  counts: Counts,
): (start: bigint, answer: string | undefined) => void {
  const { at, answers } = rows().get(name) as Counted
  const words = new Map(answers.map((answer, i) => [answer, Word.ANSWERS + i]))
  return (start, answer) => {
    const word = answer === undefined ? Word.UNANSWERED : (words.get(answer) ?? Word.UNNAMED)
    Atomics.add(counts, at + Word.NANOSECONDS, process.hrtime.bigint() - start)
    Atomics.add(counts, at + word, 1n)
  }
}

/** The import, counted and timed. */
export function measured(name: HostcallName, call: ImportFunction, counts: Counts): ImportFunction {
  const count = counter(name, counts)
  return (...args) => {
    const start = process.hrtime.bigint()
    let answer: string | undefined
    try {
      const errno = call(...args)
      // An embedder's stream may refuse with a number that is no errno.
      answer = errnoNames[errno] ?? ''
      return errno
    } finally {
      count(start, answer)
    }
  }
}

export function metricsOf(counts: Counts): Metrics {
  const metrics: Record<string, CallMetrics<string>> = {}
  for (const { name, at, answers } of rows().values()) {
    const [nanoseconds, unanswered, unnamed, ...answered] = Array.from(
      counts.slice(at, at + Word.ANSWERS + answers.length),
      Number,
    )
    const sum = answered.reduce((a, b) => a + b, unnamed)
    if (unanswered + sum === 0) continue
    const errnos = Object.fromEntries(
      answers.flatMap((answer, i) => (answered[i] > 0 ? [[answer, answered[i]]] : [])),
    )
    metrics[name] = { calls: unanswered + sum, errors: sum - answered[0], nanoseconds, errnos }
  }
  return metrics as Metrics
}

/**
 * Metrics from another process, which is not trusted: values that are no metrics are dropped.
 */
export function toldMetrics(value: unknown): Metrics {
  const metrics: Record<string, CallMetrics<string>> = {}
  const all = record(value)
  for (const { name, answers } of rows().values()) {
    const told = all[name]
    if (told === undefined) continue
    const { calls, errors, nanoseconds, errnos } = record(told)
    const named = answers.flatMap(answer =>
      count(record(errnos)[answer]) > 0 ? [[answer, count(record(errnos)[answer])]] : [],
    )
    metrics[name] = {
      calls: count(calls),
      errors: count(errors),
      nanoseconds: count(nanoseconds),
      errnos: Object.fromEntries(named),
    }
  }
  return metrics as Metrics
}
const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
const count = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0
