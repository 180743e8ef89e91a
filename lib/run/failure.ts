/** Makes the RunError of a run: the one place that knows why a run can fail. */
import { types } from 'node:util'
import { HookFailure, isStackOverflow, uncaught, wordsOf } from '../errors.js'
import { type Counts, type Metrics, metricsOf } from '../observe/metrics.js'
import { plain, plainLine } from '../stdio/terminal-escapes.js'
import type { FrameModule, FramePart } from '../trap/frame-module.js'
import { framesOf } from '../trap/load.js'
import type { OsSandbox } from './options.js'
import { outside, RunError } from './run-error.js'
import type { CapturedOutput } from './stdio/types.js'

/** The state of a run at its failure, as far as the run got. */
export interface RunState {
  readonly captured?: CapturedOutput<string | Buffer>
  /** The counts of a guest in this process. */
  readonly counts?: Counts | undefined
  /** The counts that the guest's process sent. */
  readonly metrics?: Metrics | undefined
  readonly osSandbox?: OsSandbox | undefined
  /** The module, or its bytes; or the modules of a component. */
  readonly compiled?: FrameModule | readonly FramePart[] | undefined
  /** Bytes by which the limits that were written into it moved its code. */
  readonly moved?: number | undefined
  /** Bytes of stack of each thread. */
  readonly maxStack?: number
}

/** A reason for a failure. */
interface Reason {
  readonly code: string
  readonly message: string
  /** Absent where the code and the message are all there is. */
  readonly cause?: unknown
}

/** Characters of a message. A guest chooses the names in it. */
const mostMessage = 8192

/** The error for anything that ended a run. */
export function runErrorOf(thrown: unknown, state: RunState = {}): RunError {
  if (!(thrown instanceof HookFailure) && thrown instanceof RunError) return thrown
  const { code, message, ...rest } = reasonOf(thrown, state)
  const { captured, counts, metrics, osSandbox } = state
  const frames = thrown instanceof HookFailure ? [] : framesOf(thrown, state.compiled, state.moved)
  if (frames.length > 0) leaveOut(rest.cause)
  return new RunError(code, plainLine(message.slice(0, mostMessage)), {
    ...captured,
    ...rest,
    metrics: metrics ?? (counts && metricsOf(counts)),
    osSandbox,
    frames,
  })
}

/**
 * Leaves the guest's frames and this package's calls out of the stack of a trap. Printing a RunError
 * prints its cause, too, and `frames` has these with readable names.
 */
function leaveOut(trap: unknown): void {
  if (!types.isNativeError(trap)) return
  const [head = ''] = `${trap.stack}`.split(/\n(?= {4}at )/)
  const calls = outside(trap.stack).filter(call => !/\bwasm:/.test(call))
  trap.stack = [head, ...calls].join('\n')
}

/**
 * Checks options. A TypeError, a RangeError and what a getter of the embedder's throws leave it as
 * they are.
 * @throws RunError for options that this process or its host refuses, such as
 * `ERR_WASI_UNSAFE_PREOPEN`
 */
export function checkOptions<T>(check: () => T): T {
  try {
    return check()
  } catch (thrown) {
    if (!types.isNativeError(thrown) || ['TypeError', 'RangeError'].includes(thrown.name))
      throw thrown
    throw isCode((thrown as NodeJS.ErrnoException).code) ? runErrorOf(thrown) : thrown
  }
}

const isCode = (code: unknown): code is string =>
  typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,99}$/.test(code)

/** The errors of WebAssembly, which are recognized by name: they may be of another realm. */
const engine: ReadonlyMap<string, readonly [code: string, words: string]> = new Map([
  ['CompileError', ['ERR_WASI_COMPILE', 'the module does not compile: ']],
  ['LinkError', ['ERR_WASI_LINK', 'the module cannot be linked: ']],
  ['RuntimeError', ['ERR_WASI_TRAP', 'the guest trapped: ']],
])

/** The system's error, if this one has it and says what it was for, without this package's calls. */
function hostError(error: Error): Error {
  const { cause } = error
  if (!types.isNativeError(cause) || !('syscall' in cause)) return error
  const [head = ''] = `${cause.stack}`.split(/\n(?= {4}at )/)
  cause.stack = [head, ...outside(cause.stack)].join('\n')
  return cause
}

/** The engine's error, whose text has names that the module chose, without control characters. */
function plainly(error: Error): Error {
  const { message, stack } = error
  error.message = plain(message)
  if (stack !== undefined) error.stack = plain(stack)
  return error
}

function reasonOf(thrown: unknown, { maxStack }: RunState): Reason {
  if (thrown instanceof HookFailure) {
    const { thrown: cause, from = 'a function of yours' } = thrown
    return { code: 'ERR_WASI_HOOK', message: `${from} threw: ${wordsOf(cause)}`, cause }
  }
  const error = uncaught(thrown)
  const { message, name } = error
  const code = (error as { code?: unknown }).code
  if (isStackOverflow(error)) {
    const limit = maxStack === undefined ? '' : ` of ${maxStack} bytes`
    const words = `maxStack: the guest overflowed its stack${limit}`
    return { code: 'ERR_WASI_STACK_LIMIT', message: words, cause: error }
  }
  const [of, words] = engine.get(name) ?? []
  if (of !== undefined)
    return isCode(code)
      ? { code, message, cause: plainly(error) }
      : { code: of, message: `${words}${message}`, cause: plainly(error) }
  if (code === 'ERR_WASI_TRAP') return { code, message, cause: error }
  if (isCode(code) && code.startsWith('ERR_WASI_'))
    return {
      code,
      message,
      ...(Object.hasOwn(error, 'cause') && { cause: (error as Error).cause }),
    }
  if (isCode(code)) return { code, message, cause: hostError(error) }
  if (name === 'RangeError' && /allocate/i.test(message))
    return {
      code: 'ERR_WASI_NO_MEMORY',
      message: `cannot create the module's memory: ${message}`,
      cause: error,
    }
  if (framesOf(error).length > 0)
    return { code: 'ERR_WASI_TRAP', message: `the guest trapped: ${message}`, cause: error }
  return {
    code: 'ERR_WASI_UNEXPECTED',
    message: `the run failed unexpectedly: ${message}`,
    cause: error,
  }
}
