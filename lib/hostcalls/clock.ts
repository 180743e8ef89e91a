/** The clocks of the host. */
import type { Hostcalls } from './types.js'

export const clock_res_get: Hostcalls['clock_res_get'] = ({ sys }, id) => sys.resolution(id)

/** The precision asked for is a hint that no host here can use. */
export const clock_time_get: Hostcalls['clock_time_get'] = ({ sys }, id, _precision) => sys.now(id)
