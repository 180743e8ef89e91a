/**
 * The common part of every import: lifts the guest's values, stores results, and converts the
 * outcome into an errno.
 */
import { Errno } from './abi/errno.js'
import { Rights } from './abi/rights.js'
import type { Context } from './context.js'
import { Exit, HookFailure, isStackOverflow, refuse, UnexpectedError, WasiError } from './errors.js'
import { type GuestMemory, NotStarted } from './memory.js'
import { type Answer, maxSize, maxTransfer, UNEXPECTED } from './sys/sys.js'

// biome-ignore lint/suspicious/noExplicitAny: what a guest, or JavaScript, passes is unknown until it is lifted
type Value = any
/**
 * A hostcall as wasm calls it: numbers, and BigInts where the specification has 64 bits, to an
 * errno.
 */
export type Import = (...args: Value[]) => Errno
export type Hostcall = (context: Context, ...args: Value[]) => Answer
export type Report = (error: UnexpectedError) => void
/**
 * Makes an import of a hostcall. scripts/imports.js writes one for each row of the table, as long
 * code that V8 can inline.
 */
export type Gate = (context: Context, hostcall: Hostcall, report: Report) => Import

// Lifts a wasm value for a hostcall, or refuses it with INVAL. JavaScript may call an import too,
// so nothing is taken on trust.

export function u32(value: Value): number {
  if (typeof value !== 'number') refuse(Errno.INVAL)
  const number = value >>> 0
  return number === value || (value | 0) === value ? number : refuse(Errno.INVAL)
}
/** Bits of a set of so many. */
export function flags(value: Value, bits: number): number {
  const number = u32(value)
  return number >>> bits === 0 ? number : refuse(Errno.INVAL)
}
/** One of the values that this snapshot numbers so. */
export function choice(value: Value, values: readonly number[]): number {
  return values[u32(value)] ?? refuse(Errno.INVAL)
}
/**
 * 2^53 stands for everything beyond `maxSize`, and so does -2^53 below zero: no backend ever gets a
 * rounded number.
 */
export function delta64(value: Value): number {
  if (typeof value !== 'bigint') refuse(Errno.INVAL)
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  return BigInt.asIntN(64, value) > 0n ? maxSize + 1 : -maxSize - 1
}
/** Refuses a negative i64 with INVAL, as on Linux. */
export function size64(value: Value): number {
  const number = delta64(value)
  return number >= 0 ? number : refuse(Errno.INVAL)
}
/** Counts down to 2^63 exactly for a place close to it: a transfer from there may cross it. */
export function place64(value: Value): number {
  const number = size64(value)
  if (number <= maxSize) return number
  const lacking = Number(BigInt.asIntN(64, value) - 2n ** 63n)
  return lacking >= -maxTransfer ? lacking : number
}
/** From 2^63 on it is beyond every file, too. */
export function far64(value: Value): number {
  const number = delta64(value)
  return number >= 0 ? number : maxSize + 1
}
/** Rights that no snapshot knows fall away, since nothing can be done with them. */
export function rights(value: Value): Rights {
  if (typeof value !== 'bigint') refuse(Errno.INVAL)
  const number = Number(value)
  return (Number.isSafeInteger(number) ? number : Number(BigInt.asUintN(32, value))) & Rights.ALL
}
export function raw64(value: Value): bigint {
  return typeof value === 'bigint' ? value : refuse(Errno.INVAL)
}

// Results. Every pointer for one is checked before the hostcall does anything.

/** Validates a result pointer, which must have room for so many bytes. */
export function room(memory: GuestMemory, at: Value, bytes: number): number {
  const place = u32(at)
  memory.check(place, bytes)
  return place
}
/** JavaScript passed one argument too many. */
export function none(value: Value): void {
  if (value !== undefined) refuse(Errno.INVAL)
}

// Converts the outcome. What ends the guest is kept as its verdict, since the guest's own frames
// may catch what is thrown.

/** The errno for an answer that is no success. */
export function errnoOf(answer: Answer, name: string, context: Context, report: Report): Errno {
  return answer === UNEXPECTED
    ? unexpected(context.sys.failure(), name, context, report)
    : 0 - answer
}
/** The errno for what a hostcall threw, unless it is not for the guest. */
export function thrown(error: unknown, name: string, context: Context, report: Report): Errno {
  if (error instanceof WasiError && isRefusal(error.errno)) return error.errno
  // The embedder's mistake, after which it may still start the guest.
  if (error instanceof NotStarted) throw error
  if (error instanceof HookFailure) throw context.verdict.keep(error.thrown)
  // A guest that recurses without end may meet the end of the stack inside a hostcall. It is the
  // guest's trap, not the host's error.
  if (error instanceof Exit || isStackOverflow(error)) throw context.verdict.keep(error)
  return unexpected(error, name, context, report)
}
/**
 * Checks the number in an error that a stream of the embedder may have thrown: 16 bits, as the
 * specification has it, and no success.
 */
const isRefusal = (errno: Errno): boolean => Number.isInteger(errno) && errno > 0 && errno <= 0xffff

/** An exception of the embedder's hook ends the guest. */
function unexpected(cause: unknown, name: string, { verdict }: Context, report: Report): Errno {
  verdict.guard(() => report(new UnexpectedError(name, cause)))
  return Errno.IO
}
