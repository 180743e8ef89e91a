/** Random bytes, fit for keys unless the embedder overrides them. */
import { Errno } from '../abi/errno.js'
import type { Hostcalls } from './types.js'

/**
 * Fills guest memory with random bytes, as
 * [getrandom(2)](https://man7.org/linux/man-pages/man2/getrandom.2.html) does. They are fit for
 * keys unless the embedder overrides them.
 * Errors: FAULT for a range outside guest memory; INVAL for more bytes than `limits.randomBytes`.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#random_get
 */
export const random_get: Hostcalls['random_get'] = ({ memory, random, limits }, at, length) => {
  const fault = memory.fault(at, length)
  if (fault !== 0) return fault
  if (length > limits.randomBytes) return -Errno.INVAL
  random(memory, at, length)
  return 0
}
