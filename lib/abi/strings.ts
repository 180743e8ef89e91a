/**
 * Strings in the layout of args_get and environ_get: the bytes, concatenated, and the offset of
 * each.
 */

export interface Strings {
  readonly bytes: Uint8Array
  readonly offsets: readonly number[]
}

const none: Strings = { bytes: new Uint8Array(0), offsets: [] }

/** Joins strings that already end in NUL. */
export function joined(strings: readonly Uint8Array[]): Strings {
  if (strings.length === 0) return none
  const offsets: number[] = []
  let size = 0
  for (const { length } of strings) {
    offsets.push(size)
    size += length
  }
  const bytes = new Uint8Array(size)
  strings.forEach((string, i) => {
    bytes.set(string, offsets[i])
  })
  return { bytes, offsets }
}
