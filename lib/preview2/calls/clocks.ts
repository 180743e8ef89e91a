/**
 * `wasi:clocks`: the clocks of the host, or those that the embedder overrides.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/clocks/wit/monotonic-clock.wit
 */
import { Clockid } from '../../abi/values.js'
import type { Answer } from '../../sys/sys.js'
import type { Component } from '../component.js'
import { PollableResource } from '../resources/pollable.js'
import { trap } from '../trap.js'
import type { Calls, ConvertedCalls } from './types.js'

/** The result of a call that cannot fail in WIT: a clock of a host always has a time. */
function time({ context: { sys } }: Component, answer: Answer): bigint {
  if (answer < 0) throw trap('the host has no such clock')
  return sys.block.time[0]
}
const now = (component: Component): bigint =>
  time(component, component.context.sys.now(Clockid.MONOTONIC))

const last = 2n ** 64n - 1n

export const monotonicClock: Calls['wasi:clocks/monotonic-clock'] = {
  now,
  resolution: component => time(component, component.context.sys.resolution(Clockid.MONOTONIC)),
  'subscribe-instant': (_, when) => new PollableResource(when),
  'subscribe-duration': (component, duration) => {
    const due = now(component) + duration
    return new PollableResource(due < last ? due : last)
  },
}

/** The time is in the block. */
export const wallClock: Calls['wasi:clocks/wall-clock'] = {
  now: ({ context }) => context.sys.now(Clockid.REALTIME),
  resolution: ({ context }) => context.sys.resolution(Clockid.REALTIME),
}

/** The time zone of the host is not the component's: UTC. */
export const timezone: ConvertedCalls['wasi:clocks/timezone'] = {
  display: () => ({ utcOffset: 0, name: 'UTC', inDaylightSavingTime: false }),
  'utc-offset': () => 0,
}
