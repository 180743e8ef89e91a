/** Flags of Node whose work is done, or written, at Node's own end. */
import { wordsOf } from '../options/node-options.js'

/**
 * Profiles, traces and a debugger, and code of the user's, which may have something to do at the
 * end. Flags of V8 and limits are not among them.
 * @see https://nodejs.org/api/cli.html
 */
const observer =
  /^(?:-r|--(?:require|import|loader|experimental-loader|cpu-prof|heap-prof|prof|perf|ll-prof|log|trace-event|inspect|experimental-test-coverage|build-snapshot))/

/**
 * Says if one of these flags, or a word of NODE_OPTIONS, needs Node's own end.
 * @param flags as `process.execArgv` has them
 */
export const isObserved = (
  flags: readonly string[],
  { NODE_OPTIONS: options = '', NODE_V8_COVERAGE: coverage }: NodeJS.ProcessEnv,
): boolean =>
  coverage !== undefined || [...flags, ...wordsOf(options)].some(word => observer.test(word))
