/** What goes wrong with the command by its user's fault, or the program's. */

/**
 * The user's mistake, or the program's: one line that says what, and perhaps one that says what to
 * do.
 */
export class CommandError extends Error {
  readonly hint: string | undefined
  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}
