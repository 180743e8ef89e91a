/** Counts the runs of a pool by their ends. */
import { RunError } from './run-error.js'

/** The runs of a pool at one moment. Each run is counted once. */
export interface PoolStats {
  /** The option `size`: guests that run at once. */
  readonly size: number
  /** Runs in the queue. */
  readonly waiting: number
  /** Runs that left the queue and have not ended. */
  readonly running: number
  /** Runs that resolved, whatever the exit code of the guest. */
  readonly finished: number
  /** Runs that rejected for another reason than those below, such as a trap or `close()`. */
  readonly failed: number
  /** Runs that rejected with `ERR_WASI_TIMEOUT`. */
  readonly timedOut: number
  /** Runs that rejected because of their `signal`, also those that never had a turn. */
  readonly aborted: number
}

/** The ends of runs. A run that was refused before it could wait has none. */
export class EndCounts {
  #finished = 0
  #failed = 0
  #timedOut = 0
  #aborted = 0

  get counts(): Pick<PoolStats, 'finished' | 'failed' | 'timedOut' | 'aborted'> {
    return {
      finished: this.#finished,
      failed: this.#failed,
      timedOut: this.#timedOut,
      aborted: this.#aborted,
    }
  }

  finish(): void {
    this.#finished++
  }

  /** Counts a run that rejected with this. */
  fail(error: unknown): void {
    const code = error instanceof RunError ? error.code : undefined
    if (code === 'ERR_WASI_ABORTED') this.#aborted++
    else if (code === 'ERR_WASI_TIMEOUT') this.#timedOut++
    else this.#failed++
  }
}
