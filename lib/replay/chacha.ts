/**
 * The permutation of ChaCha, for a stream of random bytes and for hashes.
 * @see https://www.rfc-editor.org/rfc/rfc8439#section-2.1
 */

/** Words of a block. */
export const words = 16
/** "expand 32-byte k". */
export const constants = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const
/** The words that each quarter round mixes: the columns, then the diagonals. */
// biome-ignore format: as in RFC 8439
const quarters = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
  [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
] as const

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

function quarterRound(x: Uint32Array, a: number, b: number, c: number, d: number): void {
  x[a] += x[b]
  x[d] = rotated(x[d] ^ x[a], 16)
  x[c] += x[d]
  x[b] = rotated(x[b] ^ x[c], 12)
  x[a] += x[b]
  x[d] = rotated(x[d] ^ x[a], 8)
  x[c] += x[d]
  x[b] = rotated(x[b] ^ x[c], 7)
}

/** Permutes a block in place, by an even number of rounds: columns and diagonals in turn. */
export function permute(block: Uint32Array, rounds: number): void {
  for (let round = 0; round < rounds; round += 2)
    for (const [a, b, c, d] of quarters) quarterRound(block, a, b, c, d)
}
