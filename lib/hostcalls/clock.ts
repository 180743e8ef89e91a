/** The clocks of the host. */
import type { Hostcalls } from './types.js'

/**
 * Returns the resolution of a clock in nanoseconds, a u64, as
 * [clock_getres(2)](https://man7.org/linux/man-pages/man2/clock_getres.2.html) does.
 * Errors: INVAL for an unknown clock.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#clock_res_get
 */
export const clock_res_get: Hostcalls['clock_res_get'] = ({ sys }, id) => sys.resolution(id)

/**
 * Returns the time of a clock in nanoseconds, a u64, as
 * [clock_gettime(2)](https://man7.org/linux/man-pages/man2/clock_gettime.2.html) does. The
 * precision is a hint that no host here can use.
 * Errors: INVAL for an unknown clock.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#clock_time_get
 */
export const clock_time_get: Hostcalls['clock_time_get'] = ({ sys }, id, _precision) => sys.now(id)
