/** Finds the parts of a memory that are not zero. */

/** A range of addresses. */
export interface Run {
  readonly from: number
  readonly to: number
}

/** The sizes of blocks, of which the first is used that makes few runs enough. */
const sizes = [4096, 65536, 2 ** 20, 2 ** 24]

/** Returns the blocks that have a byte other than zero, adjacent ones as one. */
export function runsOf(memory: Uint8Array, most: number): Run[] {
  for (const size of sizes) {
    const runs = blocks(memory, size)
    if (runs.length <= most) return runs
  }
  return [{ from: 0, to: memory.length }]
}

function blocks(memory: Uint8Array, size: number): Run[] {
  const all = Buffer.from(memory.buffer, memory.byteOffset, memory.length)
  const zeros = Buffer.alloc(size)
  const runs: { from: number; to: number }[] = []
  let last: { from: number; to: number } | undefined
  for (let from = 0; from < all.length; from += size) {
    const to = Math.min(from + size, all.length)
    if (all.compare(zeros, 0, to - from, from, to) === 0) continue
    if (last?.to === from) last.to = to
    else {
      last = { from, to }
      runs.push(last)
    }
  }
  return runs
}
