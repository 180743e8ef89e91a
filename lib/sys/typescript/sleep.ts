/** Sleeping without returning to the event loop. */
const cell = new Int32Array(new SharedArrayBuffer(4))

/** Sleeps for at least `nanoseconds`. */
export function sleep(nanoseconds: number) {
  const end = performance.now() + nanoseconds / 1e6
  for (let rest = nanoseconds / 1e6; rest > 0; rest = end - performance.now())
    Atomics.wait(cell, 0, 0, rest)
}
