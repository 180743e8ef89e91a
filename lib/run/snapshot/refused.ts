/** The error for a guest whose state a snapshot cannot hold. */
import { coded } from '../../errors.js'

/** The error for an option `reseed` that does not fit the module. */
export const wrongReseed = (why: string, cause?: unknown): Error =>
  coded(
    new Error(
      `options.reseed: ${why}; expected a function with two i64 parameters`,
      cause === undefined ? {} : { cause },
    ),
    'ERR_WASI_RESEED',
  )

/** @param why the part of the state, and why it cannot be read or restored */
export const refused = (why: string, cause?: unknown): Error =>
  coded(new Error(`snapshot: ${why}`, cause === undefined ? {} : { cause }), 'ERR_WASI_SNAPSHOT')
