/** Random bytes of the system's generator, put into any memory. */
import { types } from 'node:util'

/** The memory for random bytes: both views are of the same. */
export interface Views {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** Loaded when the first guest asks, since no other module of Node takes so long to load. */
const generator = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')

const chunk = new Uint8Array(65536)
/**
 * Words for those who ask for few bytes, which most do: a key, a seed. Those from `used` on nobody
 * has had.
 */
const pool = new Int32Array(1024)
let used = pool.length
const few = 256

/**
 * Fill a part of a memory. A shared one is filled through a copy, since the generator takes none.
 * What was handed out is wiped here, for it may be a key.
 */
export function systemRandom(memory: Views, at: number, length: number): void {
  if (length <= few) fromPool(memory, at, length)
  else if (types.isSharedArrayBuffer(memory.bytes.buffer)) throughCopy(memory.bytes, at, length)
  else inPlace(memory.bytes as Uint8Array<ArrayBuffer>, at, length)
}

function fromPool({ bytes, view }: Views, at: number, length: number): void {
  if (used + few / 4 > pool.length) {
    generator().randomFillSync(pool)
    used = 0
  }
  let next = used
  let i = 0
  for (; i + 4 <= length; i += 4) {
    view.setInt32(at + i, pool[next])
    pool[next++] = 0
  }
  if (i < length) {
    for (let word = pool[next]; i < length; i++, word >>= 8) bytes[at + i] = word
    pool[next++] = 0
  }
  used = next
}

/** A piece at a time, so that the thread can be ended in between. */
function inPlace(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void {
  for (const end = at + length; at < end; at += chunk.length)
    generator().randomFillSync(bytes, at, Math.min(chunk.length, end - at))
}

function throughCopy(bytes: Uint8Array, at: number, length: number): void {
  for (const end = at + length; at < end; at += chunk.length)
    bytes.set(generator().randomFillSync(chunk.subarray(0, Math.min(chunk.length, end - at))), at)
  chunk.fill(0)
}
