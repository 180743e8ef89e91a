/**
 * The verdict on a guest: its first end. Every later import throws it again, so no guest outlives
 * it by catching it.
 */
import { GuestExit } from './errors.js'

/**
 * WebAssembly's `catch_all` catches every JavaScript exception that leaves an import, so an
 * exception alone does not end a guest.
 * @see https://webassembly.github.io/spec/core/exec/instructions.html#exec-throw-ref
 */
export class Verdict {
  /** True once the guest has ended. A plain field, since every import reads it. */
  reached = false
  /**
   * True if traces, counts or limits wrap the imports: these see the end of the guest before it
   * leaves them.
   */
  layered = false
  #ended: unknown
  #left = false
  #leaves: unknown
  readonly #onLeave: (ended: unknown) => unknown

  /**
   * @param onLeave receives the end of the guest, once, before the guest's own frames see it; the
   * imports throw its return value from then on
   */
  constructor(onLeave: (ended: unknown) => unknown = ended => ended) {
    this.#onLeave = onLeave
  }

  /** Keeps the end of the guest; the first one counts. Returns the value to throw. */
  keep(ended: unknown): unknown {
    if (!this.reached) {
      this.reached = true
      this.#ended = ended
    }
    return this.layered ? this.#ended : this.leave()
  }

  /** Returns the value that the imports of an ended guest throw. */
  leave(): unknown {
    if (!this.#left) {
      this.#left = true
      this.#leaves = this.#ended
      this.#leaves = this.#onLeave(this.#ended)
    }
    return this.#leaves
  }

  /** Calls code of the embedder; an exception from it ends the guest. */
  guard<T>(act: () => T): T {
    try {
      return act()
    } catch (thrown) {
      throw this.keep(thrown)
    }
  }

  /**
   * Returns the exit code of a guest whose code has returned: that of its GuestExit, or 0.
   * @throws any other end of the guest
   */
  exitCode(): number {
    if (!this.reached) return 0
    if (this.#ended instanceof GuestExit) return this.#ended.exitCode
    throw this.#ended
  }
}
