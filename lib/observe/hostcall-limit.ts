/** Hostcalls that are counted: beyond so many, the guest is ended. */
import { coded } from '../errors.js'
import type { ImportFunction } from '../gate.js'
import type { Verdict } from '../verdict.js'

/** Counts down the hostcalls of a guest, whichever it makes. */
export class Countdown {
  readonly #most: number
  #left: number
  readonly #verdict: Verdict

  /**
   * @param most how many it may make; the next one ends it with an Error of code
   * ERR_WASI_HOSTCALL_LIMIT
   */
  constructor(most: number, verdict: Verdict) {
    this.#most = this.#left = most
    this.#verdict = verdict
  }

  /** Counts a call. @throws the end of the guest, where it was one too many */
  count(): void {
    if (this.#left === 0) {
      const error = new Error(
        `options.limits.hostcalls: the guest made more than ${this.#most} hostcalls`,
      )
      throw this.#verdict.keep(coded(error, 'ERR_WASI_HOSTCALL_LIMIT'))
    }
    this.#left--
  }

  /** The import, counted. */
  counted(call: ImportFunction): ImportFunction {
    return (...args) => {
      this.count()
      return call(...args)
    }
  }
}
