/** `wasi:random`: random bytes and seeds. */
import { bytes, func, param as p, size, tuple, u64 } from './types.js'

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/random/wit/random.wit */
export const random = {
  'get-random-bytes': func(
    'Return random bytes fit for keys (getentropy).',
    [p('len', size)],
    bytes,
  ),
  'get-random-u64': func('Return a random number fit for keys.', [], u64),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/random/wit/insecure.wit */
export const insecure = {
  'get-insecure-random-bytes': func('Return random bytes.', [p('len', size)], bytes),
  'get-insecure-random-u64': func('Return a random number.', [], u64),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/random/wit/insecure-seed.wit */
export const insecureSeed = {
  'insecure-seed': func('Return a seed for a hash table.', [], tuple(u64, u64)),
} as const
