/** How the command's own words reach standard output. */
import { writeSync } from 'node:fs'
import { CommandError } from './options.js'

const STDOUT = 1

/** Written at once, so that nothing is lost at the end. A reader that went away has read enough. */
export function say(text: string): void {
  try {
    writeSync(STDOUT, text)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw new CommandError(`cannot write: ${(error as Error).message}`)
  }
}
