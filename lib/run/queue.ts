/**
 * The turns of a pool: at most so many runs at once, and the others in the order in which they
 * came.
 */
import { aborted, checkAborted, offAbort, onAbort } from './aborts.js'

/** A run that waits until another one has ended. */
interface Waiting {
  start(): void
  refuse(error: unknown): void
}

export class TurnQueue {
  readonly #size: number
  readonly #waiting: Waiting[] = []
  #running = 0
  /** Makes the error of each run that is refused, once the queue is closed. */
  #refusal: (() => Error) | undefined

  /** @param size the number of runs at once */
  constructor(size: number) {
    this.#size = size
  }

  /**
   * Waits for a turn, which `pass` ends. Fails when the signal is aborted, and when the queue is closed.
   */
  async take(signal: AbortSignal | undefined): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal()
    checkAborted(signal)
    if (this.#running < this.#size) {
      this.#running++
      return
    }
    let abort = (): void => {}
    try {
      await new Promise<void>((start, refuse) => {
        const waiting: Waiting = { start, refuse }
        this.#waiting.push(waiting)
        abort = () => {
          const at = this.#waiting.indexOf(waiting)
          if (at < 0) return
          this.#waiting.splice(at, 1)
          refuse(aborted(signal?.reason))
        }
        if (signal !== undefined) onAbort(signal, abort)
      })
    } finally {
      if (signal !== undefined) offAbort(signal, abort)
    }
  }

  /** Passes a turn on to the first run that waits. */
  pass(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#running--
    else next.start()
  }

  /** Refuses the runs that wait, and all that follow. */
  close(refusal: () => Error): void {
    this.#refusal = refusal
    for (const { refuse } of this.#waiting.splice(0)) refuse(refusal())
  }
}
