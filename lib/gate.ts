/**
 * The common part of every import: lifts the guest's values, stores results, and converts the
 * outcome into an errno.
 */
import { Errno } from './abi/errno.js'
import { Rights } from './abi/rights.js'
import type { Context } from './context.js'
import {
  GuestExit,
  HookFailure,
  isStackOverflow,
  refuse,
  UnexpectedError,
  WASIError,
} from './errors.js'
import { NotStarted } from './memory.js'
import { type Answer, maxSize, maxTransfer, UNEXPECTED } from './sys/sys.js'

// biome-ignore lint/suspicious/noExplicitAny: what a guest, or JavaScript, passes is unknown until it is lifted
type Value = any
/**
 * A hostcall as WebAssembly calls it: it receives numbers, and bigints where the specification has
 * 64 bits, and returns an errno.
 */
export type ImportFunction = (...args: Value[]) => Errno
export type Hostcall = (context: Context, ...args: Value[]) => Answer
export type Report = (error: UnexpectedError) => void

// Lifts a wasm value for a hostcall. JavaScript may call an import too, so the type of every value
// is checked: one that no wasm passes is refused with INVAL, by a throw. What a guest can pass wrong
// throws nothing: the generated imports check it, and return INVAL or FAULT.

/** Lifts an i32, of which the imports themselves lift those that are numbers in its signed range. */
export function u32(value: Value): number {
  if (typeof value !== 'number') refuse(Errno.INVAL)
  const number = value >>> 0
  return number === value || (value | 0) === value ? number : refuse(Errno.INVAL)
}

/**
 * An i64 on its way to numbers. Number() of a bigint is a call of V8's runtime; a store is inlined.
 */
const wide = new BigInt64Array(1)
const words = new Int32Array(wide.buffer)
wide[0] = 1n
const [LOW, HIGH] = words[0] === 1 ? [0, 1] : [1, 0]

/**
 * Lifts a signed offset. 2^53 represents every value beyond `maxSize`, and -2^53 for every one
 * below `-maxSize`: no backend ever gets a rounded number.
 */
export function delta64(value: Value): number {
  if (typeof value !== 'bigint') refuse(Errno.INVAL)
  wide[0] = value
  const number = words[HIGH] * 2 ** 32 + (words[LOW] >>> 0)
  return number > maxSize ? maxSize + 1 : number < -maxSize ? -maxSize - 1 : number
}
/** Lifts a size. NaN for a negative i64, which is INVAL, as on Linux. */
export function size64(value: Value): number {
  const number = delta64(value)
  return number >= 0 ? number : Number.NaN
}
/**
 * Lifts an offset, as `size64` does. Close to 2^63 it is the exact distance, as a negative number: a
 * transfer from there may cross 2^63.
 */
export function place64(value: Value): number {
  const number = size64(value)
  if (!(number > maxSize)) return number
  const lacking = Number(BigInt.asIntN(64, value) - 2n ** 63n)
  return lacking >= -maxTransfer ? lacking : number
}
/** Lifts a u64 that may be 2^63 or more, which is beyond every file, too. */
export function far64(value: Value): number {
  const number = delta64(value)
  return number >= 0 ? number : maxSize + 1
}
/** Lifts rights. Rights that no snapshot defines are dropped, since they permit nothing. */
export function rights(value: Value): Rights {
  if (typeof value !== 'bigint') refuse(Errno.INVAL)
  wide[0] = value
  return words[LOW] & Rights.ALL
}
export function raw64(value: Value): bigint {
  return typeof value === 'bigint' ? value : refuse(Errno.INVAL)
}

// Converts the outcome. An exception that ends the guest is kept as its verdict, since the guest's
// own frames may catch it.

/** Returns the errno for an unsuccessful answer. */
export function errnoOf(answer: Answer, name: string, context: Context, report: Report): Errno {
  return answer === UNEXPECTED
    ? unexpected(context.sys.failure(), name, context, report)
    : 0 - answer
}
/** Returns the errno for an exception of a hostcall, or throws if the exception ends the guest. */
export function thrown(error: unknown, name: string, context: Context, report: Report): Errno {
  if (error instanceof WASIError && isRefusal(error.errno)) return error.errno
  // The embedder's mistake, after which it may still start the guest.
  if (error instanceof NotStarted) throw error
  if (error instanceof HookFailure) throw context.verdict.keep(error.thrown)
  // A guest that recurses without end may meet the end of the stack inside a hostcall. It is the
  // guest's trap, not the host's error.
  if (error instanceof GuestExit || isStackOverflow(error)) throw context.verdict.keep(error)
  return unexpected(error, name, context, report)
}
/**
 * Checks the errno in an error that an embedder's stream may have thrown: 16 bits, as the
 * specification defines it, and not success.
 */
const isRefusal = (errno: Errno): boolean => Number.isInteger(errno) && errno > 0 && errno <= 0xffff

/** Reports an unexpected error. An exception from the embedder's hook ends the guest. */
function unexpected(cause: unknown, name: string, { verdict }: Context, report: Report): Errno {
  verdict.guard(() => report(new UnexpectedError(name, cause)))
  return Errno.IO
}
