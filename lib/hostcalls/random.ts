/** Random bytes, fit for keys unless the embedder chose others. */
import { Errno } from '../abi/errno.js'
import type { Hostcalls } from './types.js'

export const random_get: Hostcalls['random_get'] = ({ memory, random, limits }, at, length) => {
  memory.check(at, length)
  if (length > limits.randomBytes) return -Errno.INVAL
  random(memory, at, length)
  return 0
}
