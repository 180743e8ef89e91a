/** A module whose memory cannot grow beyond what its host grants: its own bytes, with another maximum in them. */
import { coded } from '../errors.js'
import { Limit, type Limits, memorySections } from './sections.js'

export const pageBytes = 65536

/** An unsigned LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return [...bytes, value]
}

/** The same limits, of which the greatest is at most `most`. */
function cut({ flags, initial, maximum = anyMost }: Limits, most: number): Uint8Array {
  if (initial > most) {
    const message = `the module begins with ${initial} pages of memory (${initial * pageBytes} bytes), of which it may have ${most}`
    throw coded(new RangeError(message), 'ERR_WASI_MEMORY_LIMIT')
  }
  return Uint8Array.from([flags | Limit.MAXIMUM, ...leb(initial), ...leb(Math.min(maximum, most))])
}
/** More pages than any memory has. */
const anyMost = Number.MAX_SAFE_INTEGER

/**
 * The module with every memory that it has, or imports, cut to `most` pages; RangeError with code ERR_WASI_MEMORY_LIMIT where
 * one begins with more. The bytes are those of a module that compiles.
 */
export function capMemory(bytes: Uint8Array, most: number): Uint8Array {
  const parts: Uint8Array[] = []
  let done = 0
  for (const { id, from, body, to, memories } of memorySections(bytes)) {
    const inner: Uint8Array[] = []
    let at = body
    for (const limits of memories) {
      inner.push(bytes.subarray(at, limits.from), cut(limits, most))
      at = limits.to
    }
    const contents = Buffer.concat([...inner, bytes.subarray(at, to)])
    parts.push(bytes.subarray(done, from), Uint8Array.from([id, ...leb(contents.length)]), contents)
    done = to
  }
  return Buffer.concat([...parts, bytes.subarray(done)])
}
