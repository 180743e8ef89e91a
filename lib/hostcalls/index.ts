/**
 * The hostcalls of both snapshots, one for each row of their tables. A row without a hostcall does
 * not compile.
 */
import * as args from './args.js'
import * as clock from './clock.js'
import * as fd from './fd.js'
import * as path from './path.js'
import { poll_oneoff, poll_oneoff0 } from './poll.js'
import * as proc from './proc.js'
import * as random from './random.js'
import * as sched from './sched.js'
import * as sock from './sock.js'
import type { Hostcalls } from './types.js'

export const hostcalls: Hostcalls = {
  ...args,
  ...clock,
  ...fd,
  ...path,
  poll_oneoff,
  ...proc,
  ...random,
  ...sched,
  ...sock,
}
/** The hostcalls of wasi_unstable. */
export const hostcalls0: Hostcalls = { ...hostcalls, poll_oneoff: poll_oneoff0 }
