/** A function for every row of the table, with the arguments of that row. A row without one does not compile. */
import type { Args, CallName, Table } from '../abi/table.js'
import type { Context } from '../context.js'
import type { Answer } from '../sys/sys.js'
import * as args from './args.js'
import * as clock from './clock.js'
import * as fd from './fd.js'
import * as path from './path.js'
import { poll_oneoff, poll_oneoff0 } from './poll.js'
import * as proc from './proc.js'
import * as random from './random.js'
import * as sched from './sched.js'
import * as sock from './sock.js'

/** A hostcall answers with its first result, where that is a number; what is larger, and a second one, lies in the block. */
export type Hostcalls = { readonly [K in CallName]: (context: Context, ...args: Args<Table[K]['params']>) => Answer }

export const hostcalls: Hostcalls = { ...args, ...clock, ...fd, ...path, poll_oneoff, ...proc, ...random, ...sched, ...sock }
/** The same for wasi_unstable. */
export const hostcalls0: Hostcalls = { ...hostcalls, poll_oneoff: poll_oneoff0 }
