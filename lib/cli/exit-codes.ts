/** The exit codes of the command, for the command itself, `--help` and the documentation. */

/** The command failed before the guest began, or by a fault that is not the guest's. */
export const FAILED = 1
/** The command line is wrong. */
export const USAGE = 2
/** As timeout(1). */
export const TIMED_OUT = 124
/** As shells report a command that a signal ended: 128 and its number. */
export const INTERRUPTED = 130
/** The same for SIGABRT, with which a native program ends at a fault of its own. */
export const TRAPPED = 134

/** The codes in their order, each with its meaning. */
export const exitCodes: readonly (readonly [code: string, meaning: string])[] = [
  ['0-255', "the guest's own exit code"],
  [`${FAILED}`, 'the program could not be run'],
  [`${USAGE}`, 'the command line is wrong'],
  [`${TIMED_OUT}`, 'the time of -W timeout was over'],
  [`${INTERRUPTED}`, 'the user pressed Ctrl-C (SIGINT)'],
  [`${TRAPPED}`, 'the guest trapped'],
  ['128+N', 'signal N ended the command, or the guest raised it'],
]
