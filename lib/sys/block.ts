/**
 * The block of memory that the hostcalls and a host share, in place of objects. native/block.h has
 * the same offsets.
 */
import { Access, Filestat } from '../abi/layout.js'

/** The most spans of guest memory in one call (IOV_MAX of limits.h). */
export const maxSpans = 1024
/** The most descriptors in one poll. */
export const maxPolls = 1024

/** The readiness that a poll entry waits for: the bits of the access that it needs. */
export const Want = Object.freeze({ READ: Access.READ, WRITE: Access.WRITE })
/** The outcome of a poll entry, as bits; a failed entry has `-Errno` instead. */
export const Ready = Object.freeze({ YES: 1, HANGUP: 2 })

/** A filetype in `opened` that has not been fetched yet. */
export const NOT_ASKED = 0xff

/** The bytes of a block, a class of their own because the views of them are fields. */
class Bytes {
  readonly buffer: ArrayBuffer
  constructor(buffer: ArrayBuffer) {
    this.buffer = buffer
  }
}

/**
 * The results and arguments of calls, except the small integers that a call passes and the one it
 * returns.
 *
 * The guests of a thread share one block, so it holds nothing from one hostcall to the next. Code
 * of the embedder may run any of them. A hostcall that calls such code therefore copies what it
 * still needs from the block first, or makes the call in `aside`.
 */
export class Block extends Bytes {
  static readonly bytes = 36864
  /** A filestat, fdstat or prestat in the layout of preview 1. */
  readonly record = new DataView(this.buffer, 0, Filestat.BYTES)
  readonly recordBytes = new Uint8Array(this.buffer, 0, Filestat.BYTES)
  /** The first words of the block, up to and including `times`. */
  readonly words = new DataView(this.buffer, 0, 88)
  /** A time in nanoseconds: the result of `now` and `resolution`. */
  readonly time = new BigUint64Array(this.buffer, 64, 1)
  /** The same, to be read without a BigInt. */
  readonly timeWords = new DataView(this.buffer, 64, 8)
  /**
   * Access and modification time in nanoseconds since 1970: arguments of `setTimes` and
   * `setTimesAt`.
   */
  readonly times = new BigUint64Array(this.buffer, 72, 2)
  /**
   * The result of `preopen`, `adopt`, `open` and `accept`: filetype, fdflags, and 1 for a terminal.
   */
  readonly opened = new Uint32Array(this.buffer, 88, 3)
  /** The second result of a call that has two. */
  readonly second = new Uint32Array(this.buffer, 100, 1)
  /** The position at which a `readdir` continues, as a hostcall's u64. */
  readonly cookie = new BigUint64Array(this.buffer, 104, 1)
  /**
   * The bytes done so far of a write, a send, or a receive with WAITALL, that could not finish at
   * once; 0 at its start.
   */
  readonly progress = new Uint32Array(this.buffer, 112, 1)
  /** The host's own bytes, which `writeText` writes. */
  readonly text = new Uint8Array(this.buffer, 128, 3968)
  /** The handles to wait for. */
  readonly pollHandles = new Float64Array(this.buffer, 4096, maxPolls)
  /** A pair for each handle: Want, and, as the result, Ready or `-Errno`. */
  readonly poll = new Int32Array(this.buffer, 12288, 2 * maxPolls)
  /** The number of readable bytes of each handle, as the result. */
  readonly pollBytes = new Float64Array(this.buffer, 20480, maxPolls)
  /** Pairs of offset and length in guest memory, already checked. */
  readonly spans = new Uint32Array(this.buffer, 28672, 2 * maxSpans)

  constructor(buffer = new ArrayBuffer(Block.bytes)) {
    super(buffer)
  }

  /**
   * Calls code of the embedder in the middle of a hostcall, and restores the block after it. The
   * outer call saves it, since no `finally` runs in an inner one that V8 terminates.
   */
  aside<T>(act: () => T): T {
    const bytes = new Uint8Array(this.buffer)
    const kept = bytes.slice()
    try {
      return act()
    } finally {
      bytes.set(kept)
    }
  }
}
