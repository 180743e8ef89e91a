/** The type of a hostcall: a function for a row of the table, with the arguments of that row. */
import type { Args, HostcallName, Table } from '../abi/table.js'
import type { Context } from '../context.js'
import type { Answer } from '../sys/sys.js'

/**
 * A hostcall returns its first result if that is a number; larger results and a second one are in
 * the block.
 */
export type Hostcalls = {
  readonly [K in HostcallName]: (context: Context, ...args: Args<Table[K]['params']>) => Answer
}
