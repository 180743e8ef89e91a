/**
 * Host errors that were not expected: the guest gets IO, and the embedder gets all that is known
 * of them.
 */
import { debuglog, inspect } from 'node:util'
import type { UnexpectedError } from '../errors.js'
import { unexpectedChannel as channel } from './channels.js'

const debug = debuglog('wasi-common')

/**
 * Tells an error on the channel `wasi-common:unexpected`, by NODE_DEBUG=wasi-common, and to the
 * embedder's hook.
 */
export function reporter(
  hook: ((error: UnexpectedError) => void) | undefined,
): (error: UnexpectedError) => void {
  return error => {
    if (channel.hasSubscribers) channel.publish({ error })
    if (debug.enabled) debug('%s', inspect(error, { depth: 4 }))
    hook?.(error)
  }
}
