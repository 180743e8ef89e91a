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

const refused = (message: string): Error => coded(new RangeError(message), 'ERR_WASI_MEMORY_LIMIT')

/** How many pages a memory may grow by, of so many. */
const growth = ({ initial, maximum = Number.POSITIVE_INFINITY }: Limits, most: number): number => Math.min(maximum - initial, most)

/** The same limits, but for how far it may grow. */
const cut = ({ flags, initial }: Limits, by: number): Uint8Array =>
  Uint8Array.from([flags | Limit.MAXIMUM, ...leb(initial), ...leb(initial + by)])

/**
 * The module with all memories that it has, or imports, cut to `most` pages together; RangeError with code ERR_WASI_MEMORY_LIMIT
 * where it begins with more. What they do not begin with is for the first that can have it. The bytes are those of a module that
 * compiles.
 */
export function capMemory(bytes: Uint8Array, most: number): Uint8Array {
  const sections = memorySections(bytes)
  const all = sections.flatMap(({ memories }) => memories)
  const initial = all.reduce((sum, { initial }) => sum + initial, 0)
  if (initial > most) {
    throw refused(`the module begins with ${initial} pages of memory (${initial * pageBytes} bytes), of which it may have ${most}`)
  }
  // The threads have the shared one together, and of any other each would have its own.
  if (all.length > 1 && all.some(({ flags }) => flags & Limit.SHARED)) {
    throw refused('the module has other memories beside one that its threads share, which are not counted together')
  }
  let left = most - initial
  const parts: Uint8Array[] = []
  let done = 0
  for (const { id, from, body, to, memories } of sections) {
    const inner: Uint8Array[] = []
    let at = body
    for (const limits of memories) {
      const by = growth(limits, left)
      left -= by
      inner.push(bytes.subarray(at, limits.from), cut(limits, by))
      at = limits.to
    }
    const contents = Buffer.concat([...inner, bytes.subarray(at, to)])
    parts.push(bytes.subarray(done, from), Uint8Array.from([id, ...leb(contents.length)]), contents)
    done = to
  }
  return Buffer.concat([...parts, bytes.subarray(done)])
}
