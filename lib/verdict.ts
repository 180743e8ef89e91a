/**
 * The verdict on a guest: what ended it first. Every later import throws it again, so that no guest
 * outlives it by catching it.
 */
import { Exit } from './errors.js'

/**
 * WebAssembly's `catch_all` catches every JavaScript exception that leaves an import, so a thrown
 * end alone does not end a guest.
 * @see https://webassembly.github.io/spec/core/exec/instructions.html#exec-throw-ref
 */
export class Verdict {
  /** True once the guest has ended. A plain field, since every import reads it. */
  reached = false
  /**
   * True if traces, counts or limits are around the imports, which see what ended the guest before
   * it leaves them.
   */
  layered = false
  #ended: unknown
  #left = false
  #leaves: unknown
  readonly #onLeave: (ended: unknown) => unknown

  /**
   * @param onLeave receives what ended the guest, once, before the guest's own frames see it; what
   * it returns leaves the imports from then on
   */
  constructor(onLeave: (ended: unknown) => unknown = ended => ended) {
    this.#onLeave = onLeave
  }

  /** Keeps what ends the guest; the first end counts. Returns what is to be thrown. */
  keep(ended: unknown): unknown {
    if (!this.reached) {
      this.reached = true
      this.#ended = ended
    }
    return this.layered ? this.#ended : this.leave()
  }

  /** The value that leaves the imports of an ended guest. */
  leave(): unknown {
    if (!this.#left) {
      this.#left = true
      this.#leaves = this.#ended
      this.#leaves = this.#onLeave(this.#ended)
    }
    return this.#leaves
  }

  /** Calls code of the embedder's; what it throws ends the guest. */
  guard<T>(act: () => T): T {
    try {
      return act()
    } catch (thrown) {
      throw this.keep(thrown)
    }
  }

  /**
   * The exit code of a guest whose code has returned: that of its Exit, or 0.
   * @throws what else ended it
   */
  exitCode(): number {
    if (!this.reached) return 0
    if (this.#ended instanceof Exit) return this.#ended.code
    throw this.#ended
  }
}
