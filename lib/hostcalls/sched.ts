/** The scheduler, on which a guest has no effect. */
import type { Hostcalls } from './types.js'

/**
 * Does nothing, where [sched_yield(2)](https://man7.org/linux/man-pages/man2/sched_yield.2.html)
 * would let another thread run: a guest has its host thread to itself. It always succeeds.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#sched_yield
 */
export const sched_yield: Hostcalls['sched_yield'] = () => 0
