/**
 * Shares the event loop with the readers of all guests' processes, so that no flood of lines holds
 * it up.
 */

/** Work that can stop after each step. */
export interface Sliced {
  /** Does a little. Returns whether there is more to do. */
  step(): boolean
}

/** The time in each turn of the event loop that all readers have together, in milliseconds. */
const slice = 5
/** The most steps of one reader before the next one has its turn. */
const steps = 64
const waiting: Sliced[] = []
let scheduled = false

/**
 * Does the work in the turns that follow, until `step` returns false. Timers fire and sockets are
 * served in between.
 */
export function inSlices(work: Sliced): void {
  waiting.push(work)
  schedule()
}

function schedule(): void {
  if (scheduled) return
  scheduled = true
  setImmediate(turn)
}

function turn(): void {
  scheduled = false
  const end = performance.now() + slice
  try {
    while (waiting.length > 0 && performance.now() < end) {
      const work = waiting.shift() as Sliced
      let more = true
      for (let n = 0; more && n < steps && performance.now() < end; n++) more = work.step()
      if (more) waiting.push(work)
    }
  } finally {
    if (waiting.length > 0) schedule()
  }
}
