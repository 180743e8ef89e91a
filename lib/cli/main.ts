#!/usr/bin/env node
/** The command line: finds the command, or the program. */
import { statSync } from 'node:fs'
import { ownVersion } from '../sys/version.js'
import { conclude } from './conclude.js'
import { CommandError, WordError } from './error.js'
import { USAGE } from './exit-codes.js'
import { parseRun } from './options.js'
import { STDERR, STDOUT, say } from './print.js'
import { run } from './run.js'

async function main(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args
  switch (first) {
    case undefined: {
      const { shortHelp } = await import('./help.js')
      say(shortHelp(STDERR), STDERR)
      return USAGE
    }
    case 'run':
      return parseAndRun(rest, false)
    case 'completion': {
      const { completion } = await import('./completion/completion.js')
      say(completion(rest))
      return 0
    }
    case '--version':
    case '-V':
      say(`wasi-common ${ownVersion()}\n`)
      return 0
    default:
      return parseAndRun(args, true)
  }
}

/** Tells a file that does not exist from one that this process may not look at. */
function isMissing(path: string): boolean {
  try {
    statSync(path)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

/**
 * Runs the program that the words name.
 * @param implied true without the word `run`: the first of them may be a misspelt command
 */
async function parseAndRun(args: readonly string[], implied: boolean): Promise<number> {
  const request = await parsed(args)
  if (request === 'help') {
    const { help } = await import('./help.js')
    say(help(STDOUT))
    return 0
  }
  const { program } = request
  if (implied && program !== '-' && isMissing(program)) {
    const { noSuchProgram } = await import('./suggest.js')
    throw noSuchProgram(args, program)
  }
  return run(request)
}

/** Parses the words. All that can be wrong with them is a mistake of usage. */
async function parsed(args: readonly string[]): Promise<ReturnType<typeof parseRun>> {
  try {
    return parseRun(args)
  } catch (error) {
    if (error instanceof WordError) throw (await import('./suggest.js')).worded(error)
    if (error instanceof CommandError) error.exitCode = USAGE
    throw error
  }
}

// Not awaited, since CommonJS, as which it is shipped, has no await out here.
conclude(main(process.argv.slice(2)))
