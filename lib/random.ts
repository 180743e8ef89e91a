/** Random bytes of the system's generator, put into any view. */
import { randomFillSync } from 'node:crypto'

const chunk = new Uint8Array(65536)

/** A shared memory is filled through a copy: the generator takes none. The copy is wiped, for what it held may be a key. */
export function systemRandom(bytes: Uint8Array): void {
  if (!(bytes.buffer instanceof SharedArrayBuffer)) {
    randomFillSync(bytes as Uint8Array<ArrayBuffer>)
    return
  }
  for (let at = 0; at < bytes.length; at += chunk.length) {
    const part = chunk.subarray(0, Math.min(chunk.length, bytes.length - at))
    bytes.set(randomFillSync(part), at)
    part.fill(0)
  }
}
