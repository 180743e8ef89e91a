/** Reads the little-endian numbers, LEB128s and strings of DWARF sections. */

/** Thrown where a section ends too early, or has a form that is not known here. */
export const unreadable: unique symbol = Symbol('unreadable')

/** The longest string, in bytes. */
const longestString = 1024

export class Bytes {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  at: number
  /** The first byte that is not read. */
  end: number

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
    this.end = Math.min(end, bytes.length)
  }

  /** Moves on, and returns where it was. */
  #take(size: number): number {
    const { at } = this
    if (at + size > this.end) throw unreadable
    this.at += size
    return at
  }
  skip(size: number): void {
    this.#take(size)
  }
  u8(): number {
    if (this.at >= this.end) throw unreadable
    return this.#bytes[this.at++]
  }
  i8(): number {
    return this.#view.getInt8(this.#take(1))
  }
  /** An unsigned number of so many bytes: 1, 2, 4 or 8. Beyond 2^53 it is not exact. */
  unsigned(size: number): number {
    let value = 0
    const from = this.#take(size)
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.#bytes[from + i]
    return value
  }
  /** An unsigned LEB128. Beyond 2^53 it is not exact. */
  uleb(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    throw unreadable
  }
  /** A signed LEB128. */
  sleb(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) return byte & 64 ? value - scale * 128 : value
    }
    throw unreadable
  }
  /** Skips a string that ends with a zero, and returns its length. */
  skipString(): number {
    const from = this.at
    const zero = this.#bytes.indexOf(0, from)
    if (zero < 0 || zero >= this.end) throw unreadable
    this.at = zero + 1
    return zero - from
  }
  /** The string at a place; a long one is cut. */
  stringAt(at: number): string {
    const most = Math.min(at + longestString, this.end)
    const zero = this.#bytes.subarray(at, most).indexOf(0)
    return new TextDecoder().decode(this.#bytes.subarray(at, zero < 0 ? most : at + zero))
  }
}
