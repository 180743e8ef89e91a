/** Ends the command: surely, and at once. */
import { abandoned } from '../run/worker/abandoned.js'
import { exitNow } from '../sys/choose.js'

/**
 * Says if Node was started with flags of its own, for a profile or coverage. Node's own end writes
 * these.
 */
const observed = (): boolean =>
  process.execArgv.length > 0 ||
  process.env.NODE_OPTIONS !== undefined ||
  process.env.NODE_V8_COVERAGE !== undefined

/**
 * Ends the process. Node's own end waits for all that V8 still compiles in the background, and that
 * may wait for Node to collect garbage, so that neither ever ends:
 * https://github.com/nodejs/node/issues/54918. Large guests met it each time. It waits as well for
 * the thread of a guest that V8 does not end: no profile is worth that.
 */
export function leave(code: number): void {
  process.exitCode = code
  if (!observed() || abandoned.size > 0) exitNow(code, abandoned.size > 0)
}
