/** Waiting for descriptors and clocks: by the host, and for streams of the embedder. */
import { type Block, Want } from '../sys/block.js'
import type { Answer, Sys } from '../sys/sys.js'
import type { Descriptor } from './descriptor.js'
import { type Awaited, Place } from './polls.js'
import { streamAt } from './stream-handle.js'

/** Adds a descriptor to the block's list, as `place`, or to the streams, unless it is ready. */
export function placeFile(
  block: Block,
  one: Awaited,
  file: Descriptor,
  writes: boolean,
  place: number,
): void {
  const waiting = file.waiting(!writes)
  if (waiting >= 0) {
    one.bytes = waiting
  } else if (streamAt(file.handle) !== undefined) {
    one.stream = file
    one.place = Place.STREAM
  } else {
    block.pollHandles[place] = file.handle
    block.poll[2 * place] = writes ? Want.WRITE : Want.READ
    one.place = place
  }
}

/**
 * Waits for the first `count` of `awaited`, of which `polled` are in the block's list and
 * `streamed` are streams, at most `timeout` nanoseconds. Returns as `poll` of Sys does.
 */
export function waitFor(
  sys: Sys,
  awaited: readonly Awaited[],
  count: number,
  polled: number,
  streamed: number,
  timeout: number,
): Answer {
  if (streamed > 0) return pollStreams(sys, awaited, count, polled, timeout)
  return polled === 0 && timeout === 0 ? 0 : sys.poll(polled, timeout)
}

/** Milliseconds to wait for one stream before checking the host and the other streams again. */
const slice = 5

/** Waits for the embedder's streams as well, and returns as `poll` of Sys does. */
function pollStreams(
  sys: Sys,
  awaited: readonly Awaited[],
  count: number,
  polled: number,
  timeout: number,
): Answer {
  const end = performance.now() + timeout / 1e6
  const waiting = awaited.slice(0, count).filter(({ place }) => place === Place.STREAM)
  const alone = polled === 0 && waiting.length === 1
  for (;;) {
    const answer = polled === 0 ? 0 : sys.poll(polled, 0)
    const ready = takeReady(waiting)
    if (answer !== 0 || ready > 0) return answer < 0 ? answer : answer + ready
    const left = end - performance.now()
    if (left <= 0) return 0
    waiting[0].stream?.wait(alone ? left : Math.min(left, slice))
  }
}

/** Marks the streams that have become ready. Returns their number. */
function takeReady(waiting: readonly Awaited[]): number {
  let ready = 0
  for (const one of waiting) {
    // An embedder's stream has one direction.
    const bytes = one.stream?.waiting(true) ?? 0
    if (bytes < 0) continue
    one.place = Place.READY
    one.bytes = bytes
    ready++
  }
  return ready
}
