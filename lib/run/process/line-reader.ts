/** Splits a stream of bytes into lines, in slices of time and within a bound of memory. */
import type { Readable } from 'node:stream'
import { inSlices, type Sliced } from './slices.js'

const newline = 0x0a
/** The first capacity of a line that arrives in parts. */
const least = 4096

/** The embedder's end of the lines. */
export interface Lines {
  /** The most bytes of a line. */
  readonly longest: number
  /** Receives each line without its end. */
  take(line: string): void
  /** A line is longer than that. Nothing is read any more. */
  tooLong(): void
}

export class LineReader implements Sliced {
  readonly #stream: Readable
  readonly #lines: Lines
  /**
   * Read, but not looked at: one chunk, and those that Node reads at the stream's end whether or
   * not it is paused.
   */
  #chunks: Buffer[] = []
  /** The length of the first chunk that has been searched. */
  #at = 0
  /**
   * The beginning of a line whose end has not been read. It doubles as it grows: joining strings
   * would take quadratic time.
   */
  #held = Buffer.alloc(0)
  #size = 0
  #busy = false
  #closed = false
  #idle: (() => void)[] = []

  constructor(stream: Readable, lines: Lines) {
    this.#stream = stream
    this.#lines = lines
    stream.on('data', (chunk: Buffer) => {
      if (this.#closed) return
      stream.pause()
      this.#chunks.push(chunk)
      if (this.#busy) return
      this.#busy = true
      inSlices(this)
    })
  }

  /** Takes the next line, or the beginning of one. */
  step(): boolean {
    const [chunk] = this.#chunks
    if (chunk !== undefined) this.#look(chunk)
    if (this.#chunks.length > 0) return true
    this.#busy = false
    for (const resolve of this.#idle.splice(0)) resolve()
    if (!this.#closed) this.#stream.resume()
    return false
  }

  #look(chunk: Buffer): void {
    const end = chunk.indexOf(newline, this.#at)
    const part = chunk.subarray(this.#at, end < 0 ? chunk.length : end)
    this.#at = end + 1
    if (end < 0 || this.#at === chunk.length) {
      this.#chunks.shift()
      this.#at = 0
    }
    if (this.#size + part.length > this.#lines.longest) {
      this.close()
      this.#lines.tooLong()
    } else if (end < 0) this.#hold(part)
    else if (this.#size === 0) this.#lines.take(part.toString())
    else {
      this.#hold(part)
      const line = this.#held.toString('utf8', 0, this.#size)
      this.#size = 0
      this.#lines.take(line)
    }
  }

  #hold(part: Buffer): void {
    const size = this.#size + part.length
    if (size > this.#held.length) {
      const larger = Buffer.alloc(
        Math.min(Math.max(size, 2 * this.#held.length, least), this.#lines.longest),
      )
      this.#held.copy(larger, 0, 0, this.#size)
      this.#held = larger
    }
    this.#size += part.copy(this.#held, this.#size)
  }

  /** Until all that has been read is looked at. */
  async idle(): Promise<void> {
    if (this.#busy) await new Promise<void>(resolve => this.#idle.push(resolve))
  }

  /** Takes no line any more. */
  close(): void {
    this.#closed = true
    this.#chunks = []
    this.#held = Buffer.alloc(0)
    this.#size = 0
  }
}
