/** The paths of descriptors that the threads of a guest share, by handle, in shared memory. */

/** The words of a slot, then the UTF-16 units of its path, a word each. */
const Word = Object.freeze({ SEQUENCE: 0, HANDLE: 1, HANDLE_HIGH: 2, LENGTH: 3, UNITS: 4 })
const high = 0x1_0000_0000

/**
 * A slot for each handle modulo their number: a newer path takes the slot of an older one. The
 * handles of threads are never used twice (`Sys.share`), so a path that is found for a handle is
 * that of its file, whichever number the file has, and whichever thread opened it.
 *
 * The sequence of a slot is odd while a thread writes there. A thread that finds it so does not
 * write, and one that reads finds no path.
 */
export class SharedPaths {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #slots: number
  readonly #slotWords: number

  /**
   * @param longest the UTF-16 units of a path that find room
   * @param memory that of another thread; without it there are no paths yet
   */
  constructor(slots: number, longest: number, memory?: SharedArrayBuffer) {
    this.#slots = slots
    this.#slotWords = Word.UNITS + longest
    this.memory = memory ?? new SharedArrayBuffer(4 * slots * this.#slotWords)
    this.#words = new Int32Array(this.memory)
  }

  get(handle: number): string | undefined {
    const words = this.#words
    const slot = this.#slot(handle)
    const sequence = Atomics.load(words, slot + Word.SEQUENCE)
    if (sequence % 2 !== 0) return undefined
    const found =
      (Atomics.load(words, slot + Word.HANDLE) >>> 0) +
      Atomics.load(words, slot + Word.HANDLE_HIGH) * high
    const length = Atomics.load(words, slot + Word.LENGTH)
    const units = Array.from({ length }, (_, i) => Atomics.load(words, slot + Word.UNITS + i))
    return sequence !== 0 &&
      found === handle &&
      Atomics.load(words, slot + Word.SEQUENCE) === sequence
      ? String.fromCharCode(...units)
      : undefined
  }

  set(handle: number, path: string): void {
    const words = this.#words
    const slot = this.#slot(handle)
    const sequence = Atomics.load(words, slot + Word.SEQUENCE)
    const writing = (sequence + 1) | 0
    if (
      sequence % 2 !== 0 ||
      Atomics.compareExchange(words, slot + Word.SEQUENCE, sequence, writing) !== sequence
    )
      return
    Atomics.store(words, slot + Word.HANDLE, handle | 0)
    Atomics.store(words, slot + Word.HANDLE_HIGH, Math.floor(handle / high))
    Atomics.store(words, slot + Word.LENGTH, path.length)
    for (let i = 0; i < path.length; i++)
      Atomics.store(words, slot + Word.UNITS + i, path.charCodeAt(i))
    // Zero is a slot that was never written.
    Atomics.store(words, slot + Word.SEQUENCE, (writing + 1) | 0 || 2)
  }

  #slot(handle: number): number {
    return (handle % this.#slots) * this.#slotWords
  }
}
