/** A look at each hostcall, as it was made and as it ended. */
import { inspect } from 'node:util'
import type { Errno } from '../abi/errno.js'
import { GuestExit, isError } from '../errors.js'
import type { ImportFunction } from '../gate.js'

/** The outcome of a call: one of the three. */
export interface Outcome {
  readonly errno?: Errno
  /** The code with which the guest ended. */
  readonly exitCode?: number
  /** Whatever else was thrown out of it, as text. */
  readonly error?: string
  readonly nanoseconds: number
}

/**
 * The import, with `begin` called before it, and the function that it returns after it: with the
 * outcome, and when the call began by the monotonic clock, in nanoseconds.
 */
export function watched(
  call: ImportFunction,
  begin: (args: readonly unknown[]) => (outcome: Outcome, start: bigint) => void,
): ImportFunction {
  return (...args) => {
    const end = begin(args)
    const start = process.hrtime.bigint()
    const since = (): number => Number(process.hrtime.bigint() - start)
    let errno: Errno
    try {
      errno = call(...args)
    } catch (thrown) {
      const nanoseconds = since()
      end(
        thrown instanceof GuestExit
          ? { exitCode: thrown.exitCode, nanoseconds }
          : { error: textOf(thrown), nanoseconds },
        start,
      )
      throw thrown
    }
    end({ errno, nanoseconds: since() }, start)
    return errno
  }
}

/** An embedder's hook may throw anything. */
export const textOf = (thrown: unknown): string =>
  isError(thrown) ? String(thrown) : inspect(thrown)
