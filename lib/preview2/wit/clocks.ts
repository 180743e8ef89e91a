/** `wasi:clocks`: monotonic and wall time. */
import { func, own, param as p, record, u32, u64 } from './types.js'

/** A time since 1970. */
export const datetime = record('datetime', { seconds: u64, nanoseconds: u32 })

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/clocks/wit/monotonic-clock.wit */
// biome-ignore format: a row a line, as in a table
export const monotonicClock = {
  now: func('Return the time of the monotonic clock in nanoseconds (clock_gettime).', [], u64),
  resolution: func('Return the resolution of the monotonic clock in nanoseconds (clock_getres).', [], u64),
  'subscribe-instant': func('Make a pollable that is ready from a time on.', [p('when', u64)], own('pollable')),
  'subscribe-duration': func('Make a pollable that is ready after a duration.', [p('when', u64)], own('pollable')),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/clocks/wit/wall-clock.wit */
// biome-ignore format: a row a line, as in a table
export const wallClock = {
  now: func('Return the time since 1970 (clock_gettime).', [], datetime),
  resolution: func('Return the resolution of the wall clock (clock_getres).', [], datetime),
} as const
