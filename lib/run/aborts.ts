/**
 * Listens to a signal once for all runs that it may abort: Node warns of more than ten listeners of
 * one signal.
 */
import { coded, wordsOf } from '../errors.js'

/** Recognizes signals of all realms and polyfills, as jsdom's, by what is used of one here. */
export function isSignal(value: unknown): value is AbortSignal {
  if (value === null || typeof value !== 'object') return false
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>
  return (
    typeof aborted === 'boolean' &&
    typeof addEventListener === 'function' &&
    typeof removeEventListener === 'function'
  )
}

/** The error of a run whose signal was aborted for this reason, which may be anything. */
export function aborted(reason: unknown): Error {
  const why = reason === undefined ? '' : `: ${wordsOf(reason)}`
  return coded(new Error(`the run was aborted${why}`, { cause: reason }), 'ERR_WASI_ABORTED')
}

/** @throws Error with code `ERR_WASI_ABORTED` for a signal that is aborted */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal.reason)
}

const listeners = new WeakMap<AbortSignal, Set<() => void>>()
const onEvent = (event: Event): void => {
  for (const abort of [...(listeners.get(event.target as AbortSignal) ?? [])]) abort()
}

/** Calls `abort` when the signal is aborted. */
export function onAbort(signal: AbortSignal, abort: () => void): void {
  const all = listeners.get(signal) ?? new Set()
  listeners.set(signal, all)
  all.add(abort)
  if (all.size === 1) signal.addEventListener('abort', onEvent)
}

/** Takes `abort` back. The signal keeps nothing of the last one. */
export function offAbort(signal: AbortSignal, abort: () => void): void {
  const all = listeners.get(signal)
  if (all?.delete(abort) && all.size === 0) signal.removeEventListener('abort', onEvent)
}
