/** The encoding of strings: a component may pass and get only UTF-8. */
import { isUtf8 } from 'node:buffer'

/** Returns true if a range of bytes is UTF-8. Most names are ASCII, which needs no object. */
export function isText(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (bytes[i] >= 0x80) return isUtf8(bytes.subarray(at, end))
  return true
}
