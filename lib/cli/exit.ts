/** Ends the command: surely, and at once. */
import { abandoned } from '../run/worker/abandoned.js'
import { exitNow } from '../sys/choose.js'
import { isObserved } from './observers.js'

/**
 * Ends the process. Node's own end waits for all that V8 still compiles in the background, and that
 * may wait for Node to collect garbage, so that neither ever ends:
 * https://github.com/nodejs/node/issues/54918. Large guests met it each time. It waits as well for
 * the thread of a guest that V8 does not end. Only what observes Node gets that end, and no profile
 * is worth the second wait.
 */
export function leave(code: number): void {
  process.exitCode = code
  keepCompiled()
  const observed = isObserved(process.execArgv, process.env)
  if (!observed || abandoned.size > 0) exitNow(code, abandoned.size > 0)
}

/**
 * Writes the code that V8 has compiled to the user's cache, if there is one, as Node's own end does.
 * @see https://nodejs.org/api/cli.html#node_compile_cachedir
 */
function keepCompiled(): void {
  if (process.env.NODE_COMPILE_CACHE === undefined) return
  const module: { flushCompileCache?(): void } = process.getBuiltinModule('node:module')
  module.flushCompileCache?.()
}
