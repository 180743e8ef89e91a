/** Strings as args_get and environ_get hand them out: one after another, and where each begins. */

export interface Strings {
  readonly bytes: Uint8Array
  readonly offsets: readonly number[]
}

/** Join strings that each have their NUL already. */
export function joined(strings: readonly Uint8Array[]): Strings {
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
