/** Waiting without a turn of the event loop. */
const cell = new Int32Array(new SharedArrayBuffer(4))

/** Sleeps at least so many nanoseconds. */
export function sleep(nanoseconds: number) {
  const end = performance.now() + nanoseconds / 1e6
  for (let rest = nanoseconds / 1e6; rest > 0; rest = end - performance.now())
    Atomics.wait(cell, 0, 0, rest)
}
