/**
 * Calls a function of the embedder in a hostcall: an exception, or a wrong return value, ends the
 * guest.
 */
import { inspect } from 'node:util'
import { coded, HookFailure } from '../errors.js'
import { wrongReturn } from '../validate.js'

const end = 2n ** 64n

function called<T>(hook: () => T): T {
  try {
    return hook()
  } catch (thrown) {
    throw new HookFailure(thrown)
  }
}

/** Returns the time of the embedder's clock. */
export function timeOf(name: string, clock: () => bigint): bigint {
  const time: unknown = called(clock)
  if (typeof time !== 'bigint') throw new HookFailure(wrongReturn(name, 'a bigint', time))
  if (time >= 0n && time < end) return time
  const message = `The value of "${name}()" is out of range. It must be >= 0 && < 2^64. Received ${inspect(time)}`
  throw new HookFailure(coded(new RangeError(message), 'ERR_OUT_OF_RANGE'))
}

/**
 * Calls the hook, and refuses an async one: the guest would continue before its promise settles.
 */
export function act(name: string, hook: () => unknown): void {
  const answer = called(hook)
  // A getter of that name is the embedder's code, too.
  if (called(() => isPromise(answer)))
    throw new HookFailure(wrongReturn(name, 'when it is done, and no promise', answer))
}

const isPromise = (value: unknown): boolean =>
  value !== null &&
  typeof value === 'object' &&
  typeof (value as { then?: unknown }).then === 'function'
