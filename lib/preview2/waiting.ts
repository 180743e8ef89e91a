/** Waiting for pollables: clocks, descriptors and streams of the embedder at once. */
import { Clockid } from '../abi/values.js'
import type { Descriptor } from '../fds/descriptor.js'
import { Awaited, Place } from '../fds/polls.js'
import { placeFile, waitFor as wait } from '../fds/waiting.js'
import type { Component } from './component.js'
import type { PollableResource } from './resources/pollable.js'
import { trap } from './trap.js'

/** Returns true if a descriptor can be read or written at once. */
export function isReady({ context }: Component, fd: Descriptor, writes: boolean): boolean {
  const { sys } = context
  const one = new Awaited()
  placeFile(sys.block, one, fd, writes, 0)
  if (one.place === Place.READY) return true
  if (one.place === Place.STREAM) return false
  return sys.poll(1, 0) !== 0
}

/**
 * Waits until at least one pollable is ready, at most `most` nanoseconds. Returns the indices of
 * the ready ones, ascending.
 * @throws a trap for an empty list, and for one with more than `limits.subscriptions`
 */
export function waitFor(
  { context }: Component,
  pollables: readonly PollableResource[],
  most = Number.POSITIVE_INFINITY,
): number[] {
  const { sys, polls, limits } = context
  const count = pollables.length
  if (count === 0) throw trap('poll of an empty list')
  if (count > limits.subscriptions)
    throw trap(`poll of more pollables than limits.subscriptions, ${limits.subscriptions}`)
  const set = polls.begin(count)
  try {
    const { awaited } = set
    let [polled, streamed, timeout] = [0, 0, most]
    let now: bigint | undefined
    // Clocks come first: one of the embedder's may run a guest, whose poll fills the block's list.
    for (let i = 0; i < count; i++) {
      const { due } = pollables[i]
      const one = awaited[i]
      one.place = Place.READY
      one.delay = 0
      if (due === undefined) continue
      now ??= monotonic(context)
      one.delay = due > now ? Number(due - now) : 0
    }
    for (let i = 0; i < count; i++) {
      const { due, fd, writes } = pollables[i]
      const one = awaited[i]
      if (due === undefined && fd !== undefined) placeFile(sys.block, one, fd, writes, polled)
      if (one.place >= 0) polled++
      else if (one.place === Place.STREAM) streamed++
      else timeout = Math.min(timeout, one.delay)
    }
    const answer = wait(sys, awaited, count, polled, streamed, timeout)
    if (answer < 0) throw trap('the host cannot wait')
    const waited = answer === 0 ? timeout : 0
    const ready: number[] = []
    for (let i = 0; i < count; i++) {
      const { place, delay } = awaited[i]
      if (place === Place.STREAM) continue
      if (place >= 0 ? sys.block.poll[2 * place + 1] !== 0 : delay <= waited) ready.push(i)
    }
    return ready
  } finally {
    polls.end(set)
  }
}

function monotonic({ sys }: Component['context']): bigint {
  if (sys.now(Clockid.MONOTONIC) < 0) throw trap('the host has no monotonic clock')
  return sys.block.time[0]
}
