/** Random bytes of the system's generator, put into any memory. */
import { types } from 'node:util'

/** The memory for random bytes: two views of the same memory. */
export interface Views {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** Loaded when the first guest needs it, since no other module of Node takes so long to load. */
const generator = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')

const chunk = new Uint8Array(65536)
/**
 * A pool of random words for small requests, such as keys and seeds, which are the most common.
 * Words from `used` on are still unused.
 */
const pool = new Int32Array(1024)
let used = pool.length
const few = 256

/**
 * Fills a range of a memory. A shared memory is filled through a copy, since the generator refuses
 * it. Bytes taken from the pool are wiped from it, since they may be a key.
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

/** Fills a chunk at a time, so that the thread can be terminated in between. */
function inPlace(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void {
  for (const end = at + length; at < end; at += chunk.length)
    generator().randomFillSync(bytes, at, Math.min(chunk.length, end - at))
}

function throughCopy(bytes: Uint8Array, at: number, length: number): void {
  for (const end = at + length; at < end; at += chunk.length)
    bytes.set(generator().randomFillSync(chunk.subarray(0, Math.min(chunk.length, end - at))), at)
  chunk.fill(0)
}
