#!/usr/bin/env node
/** The command line: which command was asked for. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../sys/root.js'
import { conclude } from './conclude.js'
import { CommandError } from './error.js'
import { parseRun } from './options.js'
import { say } from './print.js'
import { run } from './run.js'

function version(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args
  switch (command) {
    case 'run': {
      const request = parseRun(rest)
      if (request !== 'help') return run(request)
      break
    }
    case '--version':
    case '-V':
      say(`wasi-common ${version()}\n`)
      return 0
    case '--help':
    case '-h':
      break
    default:
      throw new CommandError(
        command === undefined ? 'no command' : `no such command or option: ${command}`,
        'try wasi-common --help',
      )
  }
  const { help } = await import('./help.js')
  say(help())
  return 0
}

// Not awaited, since CommonJS, as which it is shipped, has no await out here.
conclude(main(process.argv.slice(2)))
