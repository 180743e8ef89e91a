/** Listens to a signal once for all runs that it may abort: Node warns of more than ten listeners of one signal. */

const listeners = new WeakMap<AbortSignal, Set<() => void>>()
const heard = (event: Event): void => {
  for (const abort of [...(listeners.get(event.target as AbortSignal) ?? [])]) abort()
}

/** Calls `abort` when the signal is aborted. */
export function onAbort(signal: AbortSignal, abort: () => void): void {
  const all = listeners.get(signal) ?? new Set()
  listeners.set(signal, all)
  all.add(abort)
  if (all.size === 1) signal.addEventListener('abort', heard)
}

/** Takes `abort` back. The signal keeps nothing of the last one. */
export function offAbort(signal: AbortSignal, abort: () => void): void {
  const all = listeners.get(signal)
  if (all?.delete(abort) && all.size === 0) signal.removeEventListener('abort', heard)
}
