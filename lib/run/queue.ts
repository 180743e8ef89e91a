/**
 * The turns of a pool: at most so many runs at once, and the others in the order in which they
 * came.
 */
import { coded } from '../errors.js'
import { aborted, checkAborted, offAbort, onAbort } from './aborts.js'

/**
 * A run that waits until another one has ended, between its neighbors in the line: a run that is
 * aborted leaves it at once, however many wait.
 */
interface Waiting {
  start(): void
  refuse(error: unknown): void
  before: Waiting
  after: Waiting
}

/** The end of a line, which is a ring: the first run that waits is `after` it. */
function emptyLine(): Waiting {
  const end = { start() {}, refuse() {} } as unknown as Waiting
  end.before = end.after = end
  return end
}

export class TurnQueue {
  readonly #size: number
  readonly #most: number
  readonly #line = emptyLine()
  #waiting = 0
  #running = 0
  /** Makes the error of each run that is refused, once the queue is closed. */
  #refusal: (() => Error) | undefined

  /** @param size the number of runs at once, `most` of those that wait */
  constructor(size: number, most = Number.POSITIVE_INFINITY) {
    this.#size = size
    this.#most = most
  }

  /** The number of runs that wait. */
  get waiting(): number {
    return this.#waiting
  }

  /** The number of runs that have a turn. */
  get running(): number {
    return this.#running
  }

  /**
   * Checks that a run can have a turn, or wait for one.
   * @throws the queue's refusal once it is closed, and Error with code `ERR_WASI_QUEUE_FULL`
   */
  check(): void {
    if (this.#refusal !== undefined) throw this.#refusal()
    if (this.#running < this.#size || this.#waiting < this.#most) return
    const message = `options.maxQueue: ${this.#waiting} runs are waiting, and ${this.#most} is the most: try again later, or raise it`
    throw coded(new Error(message), 'ERR_WASI_QUEUE_FULL')
  }

  /**
   * Waits for a turn, which `pass` ends. Fails as `check` does, when the signal is aborted, and when
   * the queue is closed.
   */
  async take(signal: AbortSignal | undefined): Promise<void> {
    this.check()
    checkAborted(signal)
    if (this.#running < this.#size) {
      this.#running++
      return
    }
    let abort = (): void => {}
    try {
      await new Promise<void>((start, refuse) => {
        const { before } = this.#line
        const waiting: Waiting = { start, refuse, before, after: this.#line }
        before.after = this.#line.before = waiting
        this.#waiting++
        abort = () => {
          if (this.#leave(waiting)) refuse(aborted(signal?.reason))
        }
        if (signal !== undefined) onAbort(signal, abort)
      })
    } finally {
      if (signal !== undefined) offAbort(signal, abort)
    }
  }

  /** Passes a turn on to the first run that waits. */
  pass(): void {
    const next = this.#line.after
    if (this.#leave(next)) next.start()
    else this.#running--
  }

  /** Refuses the runs that wait, and all that follow. */
  close(refusal: () => Error): void {
    this.#refusal = refusal
    for (let next = this.#line.after; this.#leave(next); next = this.#line.after)
      next.refuse(refusal())
  }

  /** Takes a run out of the line. Returns false for one that is not in it, and for its end. */
  #leave(waiting: Waiting): boolean {
    const { before, after } = waiting
    if (waiting === this.#line || before.after !== waiting) return false
    before.after = after
    after.before = before
    waiting.before = waiting.after = emptyLine()
    this.#waiting--
    return true
  }
}
