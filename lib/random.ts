/** Random bytes of the system's generator, put into any memory. */
import { randomFillSync } from 'node:crypto'
import { types } from 'node:util'

const chunk = new Uint8Array(65536)
/** Bytes for those who ask for few, which most do: a key, a seed. Those from `used` on nobody has had. */
const pool = new Uint8Array(4096)
let used = pool.length
const few = 256

/**
 * Fill a part of `bytes`. A shared memory is filled through a copy, since the generator takes none. What was handed out is
 * wiped here, for it may be a key.
 */
export function systemRandom(bytes: Uint8Array, at: number, length: number): void {
  if (length <= few) fromPool(bytes, at, length)
  else if (types.isSharedArrayBuffer(bytes.buffer)) throughCopy(bytes, at, length)
  // A piece at a time, so that the thread can be ended in between.
  else
    for (let end = at + length; at < end; at += chunk.length)
      randomFillSync(bytes as Uint8Array<ArrayBuffer>, at, Math.min(chunk.length, end - at))
}

function fromPool(bytes: Uint8Array, at: number, length: number): void {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  for (let i = 0; i < length; i++, used++) {
    bytes[at + i] = pool[used]
    pool[used] = 0
  }
}

function throughCopy(bytes: Uint8Array, at: number, length: number): void {
  for (let end = at + length; at < end; at += chunk.length)
    bytes.set(randomFillSync(chunk.subarray(0, Math.min(chunk.length, end - at))), at)
  chunk.fill(0)
}
