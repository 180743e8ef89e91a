/**
 * A terminal that escapes control characters: they appear as pictures, and only colour sequences
 * pass.
 */
import { Errno } from '../abi/errno.js'
import type { GuestMemory } from '../memory.js'
import { ColourFilter, longest, missingAt } from '../stdio/colours.js'
import type { Terminals } from '../stdio/terminals.js'
import { HostFile } from './file.js'
import type { Mutex } from './mutex.js'

/** The most bytes that one byte becomes. */
const growth = 3
/** The most bytes held back and added: a character and an escape sequence. */
const held = growth * (longest + 1)
/** Milliseconds between two writes to a full terminal, and until the last write is given up. */
const pause = 5
const patience = 500
const never = new Int32Array(new SharedArrayBuffer(4))

/** No lock: the descriptors of one thread. */
const alone: Pick<Mutex, 'locked'> = { locked: act => act() }

export class PlainTerminal extends HostFile {
  readonly #memory: GuestMemory
  readonly #lock: Pick<Mutex, 'locked'>
  /** Keeps an incomplete character until its last byte is written. */
  readonly #decoder = new TextDecoder()
  readonly #encoder = new TextEncoder()
  readonly #filter: ColourFilter
  /** Text that the terminal has not accepted yet. */
  #rest: Uint8Array = new Uint8Array(0)
  #closed = false

  /**
   * @param terminal the descriptor that this one wraps and replaces
   * @param terminals receives this one
   * @param lock held during a write where threads share the terminal: text of another thread inside
   * an escape sequence would become its parameters
   */
  constructor(terminal: HostFile, memory: GuestMemory, terminals: Terminals, lock = alone) {
    super(terminal.sys, terminal.handle, terminal)
    this.#memory = memory
    this.#lock = lock
    this.#filter = new ColourFilter(() => terminals.coloured())
    terminals.add(this)
  }

  override writev(spans: number): number {
    return this.#lock.locked(() => this.#write(spans))
  }

  #write(spans: number): number {
    const { block } = this.sys
    const room = Math.floor((block.text.length - held) / growth)
    let taken = 0
    for (let i = 0; i < spans; i++) {
      const end = block.spans[2 * i] + block.spans[2 * i + 1]
      for (let at = block.spans[2 * i]; at < end; at += room) {
        const answer = this.#flush()
        if (answer < 0) return taken > 0 ? taken : answer
        const length = Math.min(room, end - at)
        const text = this.#decoder.decode(this.#memory.copy(at, length), { stream: true })
        this.#rest = this.#encoder.encode(this.#filter.filter(text))
        taken += length
      }
    }
    const answer = this.#flush()
    return answer < 0 && taken === 0 ? answer : taken
  }

  /**
   * Resets the colours, and shows an incomplete escape sequence. A non-blocking terminal that
   * accepts nothing is given up after half a second.
   */
  end(): void {
    if (this.#closed) return
    this.#lock.locked(() => {
      const rest = this.#encoder.encode(this.#filter.end())
      if (rest.length === 0) return
      this.#rest = Buffer.concat([this.#rest, rest])
      for (let waited = 0; this.#flush() === -Errno.AGAIN && waited < patience; waited += pause)
        Atomics.wait(never, 0, 0, pause)
    })
  }

  override close(): number {
    this.end()
    this.#closed = true
    return super.close()
  }

  /**
   * Writes the remaining text. Returns 0 when all is written, or the error. It never returns inside
   * an escape sequence, even for a non-blocking guest: the next output of another stream would
   * become a part of it.
   */
  #flush(): number {
    for (let missing = 0; this.#rest.length > 0; ) {
      this.sys.block.text.set(this.#rest)
      const answer = this.sys.writeText(this.handle, this.#rest.length)
      if (answer === -Errno.AGAIN && missing > 0) Atomics.wait(never, 0, 0, pause)
      else if (answer < 0) return answer
      else {
        missing = missing > answer ? missing - answer : missingAt(this.#rest, answer)
        this.#rest = this.#rest.subarray(answer)
      }
    }
    return 0
  }
}
