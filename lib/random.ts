/** Random bytes of the system's generator, put into any view. */
import { randomFillSync } from 'node:crypto'
import { types } from 'node:util'

const chunk = new Uint8Array(65536)

/** A shared memory is filled through a copy: the generator takes none. The copy is wiped, for what it held may be a key. */
export function systemRandom(bytes: Uint8Array): void {
  const shared = types.isSharedArrayBuffer(bytes.buffer)
  for (let at = 0; at < bytes.length; at += chunk.length) {
    const part = bytes.subarray(at, at + chunk.length)
    if (shared) part.set(randomFillSync(chunk.subarray(0, part.length)))
    else randomFillSync(part as Uint8Array<ArrayBuffer>)
  }
  if (shared) chunk.fill(0)
}
