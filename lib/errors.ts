/**
 * The errors of this package: what a guest is refused with, what the host did not expect, what an
 * embedder did wrong.
 */
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

/** An error with a WASI number: what a hostcall throws to answer the guest. */
export class WasiError extends Error {
  /** `WasiError`, or the name of a class of it. */
  override readonly name: string = 'WasiError'
  /** What the guest is told. */
  readonly errno: Errno
  /** `E` and the specification's name: `ENOENT`, `ENOTCAPABLE`. */
  readonly code: string
  static {
    brand(WasiError, 'WasiError')
  }
  /** To be thrown. @param errno what the guest shall be told; not 0 */
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
 * The host answered with something that WASI has no word for. The guest sees only Errno.IO; `cause`
 * has it all.
 */
export class UnexpectedError extends WasiError {
  /** `UnexpectedError`. */
  override readonly name = 'UnexpectedError'
  /** The hostcall that met it. */
  readonly call: string
  static {
    brand(UnexpectedError, 'UnexpectedError')
  }
  /**
   * To be told. @param cause what was thrown, or the host's error with `code`, `syscall`, `errno`
   */
  constructor(call: string, cause: unknown) {
    super(
      Errno.IO,
      `unexpected host error in ${call}: ${isError(cause) ? cause.message : inspect(cause)}`,
      { cause },
    )
    this.call = call
  }
}

/** proc_exit on its way up through the guest's frames. It is thrown, but it is no error. */
export class Exit {
  /**
   * What proc_exit was given, or 128 and the signal's number of proc_raise. Signed: -1 stays -1.
   */
  readonly code: number
  static {
    brand(Exit, 'Exit')
  }
  /** To be thrown. @param code the guest's exit code */
  constructor(code: number) {
    this.code = code
  }
}

/**
 * The value that proc_exit throws out of a guest of class WASI: from an export of a reactor, or one
 * that is called after `start`. It is no Error, since runtimes within modules catch these, and
 * reads as the symbol that node:wasi throws.
 */
export class WASIExit {
  /** As Node's errors have it. */
  readonly code = 'ERR_WASI_EXIT'
  /** The code that proc_exit was called with, or 128 and the signal's number of proc_raise. */
  readonly exitCode: number
  /** `WASI guest exited with code`, and the code. */
  readonly message: string
  static {
    brand(WASIExit, 'WASIExit')
  }
  /** To be thrown. @param exitCode the guest's exit code */
  constructor(exitCode: number) {
    this.exitCode = exitCode
    this.message = `WASI guest exited with code ${exitCode}`
  }
  /** As the symbol of node:wasi has it. */
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
export function isException(value: unknown): value is WebAssembly.Exception {
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
 * What a hook of the embedder threw, on its way through code that would take it for an error of its
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

const ready = errnoNames.map((_, errno) => new WasiError(errno))
for (const error of ready) error.stack = `${error.name}: ${error.message}`

/** Refuse the guest. The error is made beforehand, so that refusing builds no stack trace. */
export function refuse(errno: Errno): never {
  throw ready[errno]
}

/** Give an error of JavaScript's own classes the `code` by which Node's users tell errors apart. */
export function coded<E extends Error>(
  error: E,
  code: string,
  more: object = {},
): E & { code: string } {
  return Object.assign(error, { code }, more)
}
