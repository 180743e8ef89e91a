/** Sleeping without returning to the event loop. */
import { clear } from './directory-cache.js'

const cell = new Int32Array(new SharedArrayBuffer(4))

/** Sleeps for at least `nanoseconds`. */
export function sleep(nanoseconds: number) {
  if (nanoseconds > 0) clear()
  const end = performance.now() + nanoseconds / 1e6
  for (let rest = nanoseconds / 1e6; rest > 0; rest = end - performance.now())
    Atomics.wait(cell, 0, 0, rest)
}
