/** `wasi:clocks`: monotonic and wall time. */
import { bool, func, own, param as p, record, s32, string, u32, u64 } from './types.js'

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

const when = p('when', datetime)
const timezoneDisplay = record('timezone-display', {
  'utc-offset': s32,
  name: string,
  'in-daylight-saving-time': bool,
})

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/clocks/wit/timezone.wit */
export const timezone = {
  display: func(
    'Return the name and the offset of the time zone at a time.',
    [when],
    timezoneDisplay,
  ),
  'utc-offset': func('Return the seconds between UTC and the local time.', [when], s32),
} as const
