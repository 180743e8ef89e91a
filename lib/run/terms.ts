/** What an embedder says of a run beside its guest: where it runs, how long, with how much. */
import { coded } from '../errors.js'
import { optionNames } from '../options.js'
import { checkFunction, checkInteger, checkKeys, checkOneOf, wrongType, wrongValue } from '../validate.js'
import type { RunOptions } from './options.js'
import { Stdio } from './stdio.js'

/** More than any program asks for, and fewer than any host can bear. */
const mostThreads = 1024
/** The longest that a timer takes. */
const mostMilliseconds = 2 ** 31 - 1

export interface Terms {
  readonly threads: number
  readonly isolation: 'worker' | 'process'
  readonly wall: 'strict' | 'best-effort'
  readonly maxMemory: number | undefined
  readonly timeout: number | undefined
  readonly signal: AbortSignal | undefined
  readonly stdio: Stdio
  readonly onListening: RunOptions['onListening']
}
const names = ['threads', 'isolation', 'wall', 'maxMemory', 'maxOutput', 'timeout', 'signal', 'onListening'] as const

/** What was asked for: the terms, which are checked, and the options of the guest, which are not yet. */
export type Asked = [Terms, Omit<RunOptions, (typeof names)[number] | 'stdin' | 'stdout' | 'stderr'>]

export function termsOf(options: RunOptions): Asked {
  checkKeys('options', [...optionNames, ...names], options)
  const {
    threads = 0,
    isolation = 'worker',
    wall,
    maxMemory,
    maxOutput,
    timeout,
    signal,
    onListening,
    stdin,
    stdout,
    stderr,
    ...own
  } = options
  checkInteger('options.threads', threads, 0, mostThreads)
  checkOneOf('options.isolation', ['worker', 'process'], isolation)
  if (wall !== undefined) checkOneOf('options.wall', ['strict', 'best-effort'], wall)
  if (wall !== undefined && isolation === 'worker') throw wrongValue('options.wall', "goes with options.isolation 'process' only", wall)
  if (maxMemory !== undefined) checkInteger('options.maxMemory', maxMemory, 0, 2 ** 32)
  if (timeout !== undefined) checkInteger('options.timeout', timeout, 1, mostMilliseconds)
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongType('options.signal', 'an instance of AbortSignal', signal)
  if (onListening !== undefined) checkFunction('options.onListening', onListening)
  const stdio = new Stdio({ stdin, stdout, stderr, maxOutput })
  return [{ threads, isolation, wall: wall ?? 'strict', maxMemory, timeout, signal, stdio, onListening }, own]
}

/** What can be ended from outside, and fails with this then. */
interface Running<T> {
  readonly result: Promise<T>
  fail(error: unknown): void
}

/** Until it ends, or its time is over, or somebody has enough of it. */
export async function untilEnd<T>(running: Running<T>, { stdio, timeout, signal }: Terms): Promise<T> {
  const abort = (): void => running.fail(signal?.reason)
  const late = (): void => running.fail(coded(new Error(`the guest was ended after ${timeout} ms`), 'ERR_WASI_TIMEOUT', stdio.captured))
  const timer = timeout === undefined ? undefined : setTimeout(late, timeout)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await running.result
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
