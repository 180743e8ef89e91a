/** Ends a run from outside: when its time is over, or its signal is aborted. */
import { coded } from '../errors.js'
import { aborted, offAbort, onAbort } from './aborts.js'
import type { Terms } from './settings.js'

/** A part of a run that can be ended, and then fails with this error. */
export interface Running<T> {
  readonly result: Promise<T>
  fail(error: unknown): void
}

/**
 * The time of a run begins when its deadline is made, and covers one part of it after the other.
 */
export class Deadline {
  readonly #signal: AbortSignal | undefined
  readonly #timeout: number | undefined
  readonly #late: () => void
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #ended: AbortController | undefined
  /** Why the run was ended. */
  #verdict: { readonly error: unknown } | undefined
  #running: Pick<Running<unknown>, 'fail'> | undefined

  constructor({ timeout, signal }: Pick<Terms, 'timeout' | 'signal'>) {
    this.#timeout = timeout
    this.#late = () =>
      this.#end(coded(new Error(`the guest timed out after ${timeout} ms`), 'ERR_WASI_TIMEOUT'))
    this.#signal = signal
    this.restart()
    if (signal !== undefined) onAbort(signal, this.#abort)
    if (signal?.aborted) this.#abort()
  }

  /** Waits for a part of the run. */
  async until<T>(running: Running<T>): Promise<T> {
    this.#running = running
    if (this.#verdict !== undefined) running.fail(this.#verdict.error)
    try {
      return await running.result
    } finally {
      this.#running = undefined
    }
  }

  /**
   * Waits for work that cannot be ended: when the run is, the work goes on, and its result is
   * dropped.
   */
  async race<T>(work: Promise<T>): Promise<T> {
    if (this.#timeout === undefined && this.#signal === undefined) return work
    let fail = (_error: unknown): void => {}
    const ended = new Promise<never>((_, reject) => {
      fail = reject
    })
    return this.until({ result: Promise.race([work, ended]), fail })
  }

  /** Aborted when the run is ended. */
  get ended(): AbortSignal {
    this.#ended ??= new AbortController()
    if (this.#verdict !== undefined) this.#ended.abort()
    return this.#ended.signal
  }

  /** Throws if the run was ended. */
  check(): void {
    if (this.#verdict !== undefined) throw this.#verdict.error
  }

  /** Begins the time anew. A deadline that is closed has none, and keeps no process alive. */
  restart(): void {
    this.stop()
    if (!this.#closed && this.#timeout !== undefined)
      this.#timer = setTimeout(this.#late, this.#timeout)
  }

  /** Stops the time, until it begins anew. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  close(): void {
    this.#closed = true
    this.stop()
    if (this.#signal !== undefined) offAbort(this.#signal, this.#abort)
  }

  readonly #abort = (): void => this.#end(aborted(this.#signal?.reason))

  #end(error: unknown): void {
    this.#verdict ??= { error }
    this.#running?.fail(this.#verdict.error)
    this.#ended?.abort()
  }
}
