/** The scheduler, with whom a guest has nothing to settle. */
import type { Hostcalls } from './types.js'

/** A guest has its thread of the host to itself, so that there is nobody to let run. */
export const sched_yield: Hostcalls['sched_yield'] = () => 0
