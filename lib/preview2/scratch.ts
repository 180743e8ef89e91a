/**
 * A memory of the host, which it binds in place of a component's: for data whose place in linear
 * memory is not known yet, and for the arguments of JavaScript bindings.
 */
import { Space } from '../memory.js'
import { loadU64 } from './canonical.js'

/** Bytes at the start, which one read fills. */
export const transfer = 65536
/** Bytes behind these, for the arguments of one call. */
const room = 65536
const encoder = new TextEncoder()

export class Scratch {
  #space = new Space({ buffer: new ArrayBuffer(transfer + room) })
  #next = transfer

  get space(): Space {
    return this.#space
  }
  /** The bytes; from 0 on those of a transfer. */
  get bytes(): Uint8Array {
    return this.#bytes
  }
  #bytes = new Uint8Array(this.#space.read())

  /** The place from which on `put` places bytes; set it back when these are not needed any more. */
  get mark(): number {
    return this.#next
  }
  set mark(at: number) {
    this.#next = at
    // Large arguments are rare: their memory is not kept.
    if (at === transfer && this.#bytes.length > transfer + room) this.#resize(transfer + room)
  }

  /** Places bytes in it, and returns their address. */
  put(bytes: Uint8Array): number {
    const at = this.#next
    if (at + bytes.length > this.#bytes.length) this.#resize(at + bytes.length)
    this.#bytes.set(bytes, at)
    this.#next += bytes.length
    return at
  }
  /** Places a text in UTF-8 in it, and returns its address. It reaches to `mark`. */
  putText(text: string): number {
    return this.put(encoder.encode(text))
  }

  /** Returns the number in the first eight bytes. */
  word(): bigint {
    return loadU64(this.#bytes)
  }

  #resize(size: number): void {
    const bytes = new Uint8Array(size)
    bytes.set(this.#bytes.subarray(0, Math.min(size, this.#next)))
    this.#bytes = bytes
    this.#space = new Space(bytes)
  }
}
