/** Random bytes, fit for keys. */
import type { Hostcalls } from './types.js'

export const random_get: Hostcalls['random_get'] = ({ memory, random }, at, length) => {
  memory.check(at, length)
  random(memory.bytes.subarray(at, at + length))
  return 0
}
