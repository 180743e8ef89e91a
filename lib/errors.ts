/** The errors of this package: refusals of the guest, unexpected host errors, wrong arguments. */
import { inspect, types } from 'node:util'
import { Errno, errnoNames } from './abi/errno.js'
import { brand } from './brand.js'

/**
 * Recognizes errors of all realms, such as those of node:vm and Jest, for which `instanceof` is
 * false.
 */
export function isError(value: unknown): value is Error {
  if (types.isNativeError(value)) return true
  try {
    return value instanceof Error
  } catch {
    // A Proxy of an embedder's that cannot be asked.
    return false
  }
}

/**
 * An error with an errno of WASI. Thrown by a stream of yours, it reaches the guest as that errno.
 * The methods of {@link MemoryFiles} throw it.
 */
export class WASIError extends Error {
  /** `WASIError`, or the name of a subclass. */
  override readonly name: string = 'WASIError'
  /** The number that the guest gets. */
  readonly errno: Errno
  /** `E` and the name in the specification: `ENOENT`, `ENOTCAPABLE`. */
  readonly code: string
  static {
    brand(WASIError, 'WASIError')
  }
  /** Creates an error to throw. @param errno the number that the guest gets; not 0 */
  constructor(
    errno: Errno,
    message: string = errnoNames[errno] ?? `errno ${errno}`,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.errno = errno
    this.code = `E${errnoNames[errno] ?? errno}`
  }
}

/**
 * A host error that WASI has no errno for. The guest gets `Errno.IO`; `cause` is the host's error.
 */
export class UnexpectedError extends WASIError {
  /** `UnexpectedError`. */
  override readonly name = 'UnexpectedError'
  /** The name of the hostcall, as `path_open`. */
  readonly call: string
  static {
    brand(UnexpectedError, 'UnexpectedError')
  }
  /** Wraps a host error. @param cause the exception, or an error with `code` and `syscall` */
  constructor(call: string, cause: unknown) {
    super(
      Errno.IO,
      `unexpected host error in ${call}: ${isError(cause) ? cause.message : inspect(cause)}`,
      { cause },
    )
    this.call = call
  }
}

/**
 * The value that proc_exit throws through the guest's frames, out of code that {@link Guest.run}
 * does not call. It is no Error.
 */
export class GuestExit {
  /** The exit code: signed, -1 stays -1. After proc_raise, 128 plus the signal's number. */
  readonly exitCode: number
  static {
    brand(GuestExit, 'GuestExit')
  }
  /** Creates a value to throw. @param exitCode the guest's exit code */
  constructor(exitCode: number) {
    this.exitCode = exitCode
  }
}

/**
 * The value that proc_exit throws out of a guest of class WASI: from an export of a reactor, or one
 * that is called after `start`. It is no Error, since runtimes within modules catch these, and
 * reads as the symbol that node:wasi throws.
 */
export class WASIExit {
  /** The code of all exits. */
  readonly code = 'ERR_WASI_EXIT'
  /** The code that proc_exit received. After proc_raise, 128 plus the signal's number. */
  readonly exitCode: number
  /** `WASI guest exited with code`, followed by the code. */
  readonly message: string
  static {
    brand(WASIExit, 'WASIExit')
  }
  /** Creates a value to throw. @param exitCode the guest's exit code */
  constructor(exitCode: number) {
    this.exitCode = exitCode
    this.message = `WASI guest exited with code ${exitCode}`
  }
  /** `kExitCode`, the description of the symbol that node:wasi throws. */
  get description(): string {
    return 'kExitCode'
  }
  /** The text of that symbol, `Symbol(kExitCode)`. */
  toString(): string {
    return `Symbol(${this.description})`
  }
}

/**
 * Recognizes exceptions of WebAssembly of all realms: the engine refuses to look for a tag in
 * anything else. A process without WebAssembly has none.
 */
export function isException(value: unknown): value is { readonly stack?: string } {
  try {
    const anyTag = new WebAssembly.Tag({ parameters: [] })
    WebAssembly.Exception.prototype.is.call(value as WebAssembly.Exception, anyTag)
    return true
  } catch {
    return false
  }
}

/**
 * An error for anything that a guest threw. One made here has the guest's frames, where V8 kept
 * them, and none of its own.
 */
export function uncaught(thrown: unknown): Error {
  if (isError(thrown)) return thrown
  const exception = isException(thrown)
  const error = new Error(
    `the guest threw ${exception ? 'an uncaught WebAssembly exception' : inspect(thrown)}`,
  )
  error.stack = (exception && thrown.stack) || `${error}`
  return error
}

/**
 * Says of a thrown value that V8's stack was at its end: in the guest's frames, or in the host's
 * above them.
 */
export const isStackOverflow = (thrown: unknown): thrown is RangeError =>
  types.isNativeError(thrown) && thrown.name === 'RangeError' && /call stack/.test(thrown.message)

/**
 * Holds the exception of a hook of the embedder, on its way through code that would take it for an error of its
 * own.
 */
export class HookFailure {
  readonly thrown: unknown
  /** The option that has the hook, as `options.trace`. */
  readonly from: string | undefined
  constructor(thrown: unknown, from?: string) {
    this.thrown = thrown
    this.from = from
  }
}

/** Calls a hook of the embedder. @throws HookFailure with what it throws */
export function callHook<T>(from: string, hook: () => T): T {
  try {
    return hook()
  } catch (thrown) {
    throw new HookFailure(thrown, from)
  }
}

/** The words of a thrown value. It may be anything, such as a Proxy that throws when it is read. */
export function wordsOf(thrown: unknown): string {
  try {
    const words = isError(thrown) ? thrown.message : thrown
    return typeof words === 'string' ? words : inspect(words, { depth: 0, customInspect: false })
  } catch {
    return 'a value that cannot be shown'
  }
}

const refusals: WASIError[] = []

/** Refuses the guest. The error of an errno is made once, since each would build a stack trace. */
export function refuse(errno: Errno): never {
  refusals[errno] ??= withoutStack(new WASIError(errno))
  throw refusals[errno]
}

/** Takes the stack of an error away: it would be that of the first refusal. */
function withoutStack(error: WASIError): WASIError {
  error.stack = `${error.name}: ${error.message}`
  return error
}

/** Gives an error of a class of JavaScript a `code`, as Node's errors have. */
export function coded<E extends Error>(
  error: E,
  code: string,
  more: object = {},
): E & { code: string } {
  return Object.assign(error, { code }, more)
}
