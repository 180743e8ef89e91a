/** The channels of node:diagnostics_channel on which this package tells what happens in it. */
import diagnostics from 'node:diagnostics_channel'

/** Each hostcall: a `HostcallEvent`. Who wants them subscribes before the guest is made. */
export const hostcallChannel = diagnostics.channel('wasi-common:hostcall')
/** Each host error that WASI has no word for: `{ error }`. */
export const unexpectedChannel = diagnostics.channel('wasi-common:unexpected')
