/** Writes numbers and sections of the binary format of WebAssembly. */

/** An unsigned LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return [...bytes, rest]
}

/** A signed LEB128. */
export function signedLeb(value: bigint): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest < -64n || rest > 63n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest & 127n)]
}

/** A list of items, with their number before them. */
export const vector = (items: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([Uint8Array.from(leb(items.length)), ...items])

/** A section with its header. */
export const section = (
  id: number,
  contents: readonly Uint8Array[],
): [header: Uint8Array, ...contents: Uint8Array[]] => {
  const length = contents.reduce((sum, { length }) => sum + length, 0)
  return [Uint8Array.from([id, ...leb(length)]), ...contents]
}
