/** Ends the command with the outcome of a run: its exit code, or the message of its error. */
import { plain } from '../stdio/terminal-escapes.js'
import { coloured, isColoured } from './colour.js'
import { CommandError } from './error.js'
import { leave } from './exit.js'
import { STDERR, say } from './print.js'

/** Ends this process, once the exit code is known. */
export const conclude = (running: Promise<number>): Promise<void> => running.catch(tell).then(leave)

/** Prints the mistakes of the user. Any other error goes up, uncaught. */
function tell(error: unknown): number {
  if (!(error instanceof CommandError)) throw error
  // It may have names that the program chose.
  const text = plain(`${error.message}${error.hint === undefined ? '' : `\n  ${error.hint}`}`)
  const prefix = 'wasi-common:'
  say(`${isColoured(STDERR) ? coloured(['red', 'bold'], prefix) : prefix} ${text}\n`, STDERR)
  return error.exitCode
}
