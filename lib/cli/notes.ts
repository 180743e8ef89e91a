/** Notes of the command about a run: where the guest listens, and the calls that it made. */

import type { Metrics } from '../observe/metrics.js'
import { addressed, type Listener } from '../options/listen.js'
import { note, STDERR, say } from './print.js'
import { summary } from './summary.js'

/** A program that made no hostcalls, or did not begin, has no table. */
export function tellCalls(metrics: Metrics): void {
  if (Object.keys(metrics).length > 0) say(summary(metrics), STDERR)
}

/** Prints the ports that were chosen where any free one was asked for. */
export function tellPorts(listen: readonly string[], listeners: readonly Listener[]): void {
  for (const [i, listener] of listeners.entries())
    if (/:0+$/.test(listen[i])) note(`listening on ${addressed(listener)}`)
}
