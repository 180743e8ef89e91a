/** `wasi-common completion`: chooses the script of a shell. */
import { CommandError } from '../error.js'
import { USAGE } from '../exit-codes.js'
import { closest } from '../suggest.js'
import { bash } from './bash.js'
import { fish } from './fish.js'
import { type Shell, shells } from './flags.js'
import { zsh } from './zsh.js'

const scripts: Readonly<Record<Shell, () => string>> = { bash, zsh, fish }

/** Returns the completion script of the shell that the words name. */
export function completion(words: readonly string[]): string {
  const [shell = ''] = words
  if (words.length === 1 && Object.hasOwn(scripts, shell)) return scripts[shell as Shell]()
  const near = closest(shell, shells)
  throw new CommandError(
    `${['completion', ...words].join(' ')}: expected bash, zsh or fish`,
    near !== undefined && words.length === 1
      ? `did you mean wasi-common completion ${near}?`
      : 'as in: source <(wasi-common completion bash)',
    USAGE,
  )
}
