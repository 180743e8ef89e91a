/** Keeps what a guest writes to one stream, up to a limit. */
import { Drain } from './pipes.js'
import type { OutputEncoding } from './types.js'

export class Capture {
  readonly drain: Drain
  /**
   * Grows as it is filled: a list of chunks would cost far more than their bytes where a guest
   * writes few at a time.
   */
  #bytes = Buffer.alloc(0)
  #size = 0
  truncated = false
  constructor(most: number) {
    this.drain = new Drain(chunk => {
      if (this.#size + chunk.length > most) {
        this.truncated = true
        this.drain.close()
      }
      const kept = chunk.subarray(0, most - this.#size)
      if (this.#size + kept.length > this.#bytes.length) this.#grow(this.#size + kept.length, most)
      this.#size += kept.copy(this.#bytes, this.#size)
    })
  }
  #grow(wanted: number, most: number): void {
    const larger = Buffer.alloc(Math.min(Math.max(wanted, 2 * this.#bytes.length, 4096), most))
    this.#bytes.copy(larger, 0, 0, this.#size)
    this.#bytes = larger
  }
  /** Returns a copy of the bytes, or their text. */
  content(encoding: OutputEncoding): Buffer | string {
    const bytes = this.#bytes.subarray(0, this.#size)
    if (encoding === 'buffer') return Buffer.from(bytes)
    // The first bytes of a character that the limit cut are no error of the guest's.
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: this.truncated })
  }
}
