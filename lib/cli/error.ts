/** Errors of the command that are not its own faults: of its user, or of the program. */
import { FAILED, USAGE } from './exit-codes.js'

/** A mistake: a line that says what is wrong, perhaps a line of advice, and an exit code. */
export class CommandError extends Error {
  readonly hint: string | undefined
  exitCode: number
  constructor(message: string, hint?: string, exitCode = FAILED) {
    super(message)
    this.hint = hint
    this.exitCode = exitCode
  }
}

/** A word of the command line that parseArgs or `-W` does not take. `suggest.ts` words it. */
export class WordError extends CommandError {
  readonly kind: 'flag' | 'amount' | 'missing' | 'extra'
  readonly word: string
  constructor(kind: WordError['kind'], word: string) {
    super(`${word}: ${kind}`, undefined, USAGE)
    this.kind = kind
    this.word = word
  }
}
