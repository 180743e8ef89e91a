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

export class Scratch {
  readonly space: Space
  /** The bytes; from 0 on those of a transfer. */
  readonly bytes: Uint8Array
  /** The place from which on `put` places bytes; set it back when these are not needed any more. */
  mark = transfer

  constructor(size = transfer + room) {
    this.bytes = new Uint8Array(size)
    this.space = new Space(this.bytes)
  }

  /** Places bytes in it, and returns their address; undefined if there is no room for them. */
  put(bytes: Uint8Array): number | undefined {
    const at = this.mark
    if (at + bytes.length > this.bytes.length) return undefined
    this.bytes.set(bytes, at)
    this.mark += bytes.length
    return at
  }
  /** Returns a larger one with the same content, for one call. */
  larger(by: number): Scratch {
    const more = new Scratch(this.mark + by)
    more.bytes.set(this.bytes.subarray(0, this.mark))
    more.mark = this.mark
    return more
  }

  /** Returns the number in the first eight bytes. */
  word(): bigint {
    return loadU64(this.bytes)
  }
}
