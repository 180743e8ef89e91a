/** Waiting for clocks and descriptors. */
import { Errno } from '../abi/errno.js'
import {
  Event,
  Subscription,
  Subscription0,
  type SubscriptionLayout,
  subscriptionClock,
  subscriptionFd,
  subscriptionTag,
  writeEvent,
} from '../abi/layout.js'
import { Rights } from '../abi/rights.js'
import { clockid, eventtype } from '../abi/types.js'
import { Clockid, Eventrwflags, Eventtype, Subclockflags } from '../abi/values.js'
import type { Context } from '../context.js'
import { refuse, WasiError } from '../errors.js'
import type { Descriptor } from '../fds/descriptor.js'
import { streamAt } from '../fds/stream.js'
import { maxPolls, Ready, Want } from '../sys/block.js'
import { type Answer, type Sys, UNEXPECTED } from '../sys/sys.js'
import type { Hostcalls } from './types.js'

/** Clocks that run while nobody works; the others cannot be waited for. */
const waitable: readonly number[] = [Clockid.REALTIME, Clockid.MONOTONIC]

// What a call waits for, kept here so that no call makes objects. One call at a time uses it.

/** The guest's subscriptions, copied once: another thread of the guest may change the original. */
const subs = new DataView(new ArrayBuffer(maxPolls * Math.max(Subscription.BYTES, Subscription0.BYTES)))
/** For each: the errno of one that is itself at fault. */
const errnos = new Int32Array(maxPolls)
/** Its place in the block's list, READY for a clock and for what is ready now, or STREAM for a stream of the embedder's that is not. */
const places = new Int32Array(maxPolls)
const READY = -1
const STREAM = -2
/** The streams that are waited for, by subscription. No call that comes meanwhile has any: only a thread of its own waits for them. */
const streams: (Descriptor | undefined)[] = []
/** What can be read of a file that is ready now. */
const bytes = new Float64Array(maxPolls)
/** Nanoseconds until a clock is due. */
const delays = new Float64Array(maxPolls)
/** Whether a call is under way. Only an embedder's clock or sleep runs other code meanwhile, perhaps a guest that polls too. */
let busy = false

function poll(context: Context, layout: SubscriptionLayout, at: number, out: number, count: number): Answer {
  const restore = busy ? putAside(context.sys) : undefined
  busy = true
  try {
    return wait(context, layout, at, out, count)
  } finally {
    busy = restore !== undefined
    restore?.()
  }
}

/** Keep what the call under way has here, and in the block if it is the same guest's. */
function putAside({ block: { pollHandles, poll, pollBytes } }: Sys): () => void {
  const kept = [new Uint8Array(subs.buffer), errnos, places, bytes, delays, pollHandles, poll, pollBytes].map(
    array => [array, array.slice()] as const,
  )
  return () => {
    for (const [array, copy] of kept) array.set(copy)
  }
}

/**
 * A subscription that is at fault (a closed descriptor, a missing right) does not fail the call: its event says so, at once.
 * Events come in the order of their subscriptions.
 */
function wait(context: Context, layout: SubscriptionLayout, at: number, out: number, count: number): Answer {
  const { memory, sys, limits } = context
  if (count === 0 || count > limits.subscriptions) return -Errno.INVAL
  memory.check(out, count * Event.BYTES)
  memory.copyInto(subs, at, count * layout.BYTES)

  let polled = 0
  let streamed = 0
  let timeout = Number.POSITIVE_INFINITY
  for (let i = 0, sub = 0; i < count; i++, sub += layout.BYTES) {
    const type = subscriptionTag(subs, sub)
    if (type >= eventtype.labels.length) return -Errno.INVAL
    errnos[i] = Errno.SUCCESS
    places[i] = READY
    bytes[i] = 0
    delays[i] = 0
    try {
      if (type === Eventtype.CLOCK) delays[i] = delayOf(sys, layout, sub)
      else places[i] = enlist(context, i, subscriptionFd(subs, sub), type, polled)
    } catch (error) {
      if (!(error instanceof WasiError)) throw error
      errnos[i] = error.errno
    }
    if (places[i] >= 0) polled++
    else if (places[i] === STREAM) streamed++
    else timeout = Math.min(timeout, delays[i])
  }

  const answer = streamed > 0 ? pollStreams(sys, count, polled, timeout) : polled === 0 && timeout === 0 ? 0 : sys.poll(polled, timeout)
  if (answer < 0) return answer
  const waited = answer === 0 ? timeout : 0
  memory.refresh()

  let events = 0
  for (let i = 0, sub = 0; i < count; i++, sub += layout.BYTES) {
    const place = places[i]
    if (place === STREAM) continue
    if (place < 0) {
      if (delays[i] <= waited) writeEvent(memory.view, out + events++ * Event.BYTES, subs, sub, errnos[i], bytes[i], 0)
      continue
    }
    const ready = sys.block.poll[2 * place + 1]
    if (ready === 0) continue
    const hangup = ready > 0 && (ready & Ready.HANGUP) !== 0 ? Eventrwflags.HANGUP : 0
    const waiting = ready < 0 ? 0 : sys.block.pollBytes[place]
    writeEvent(memory.view, out + events++ * Event.BYTES, subs, sub, ready < 0 ? -ready : 0, waiting, hangup)
  }
  return events
}

/** How long one stream is waited for until the host and the other streams are asked again, in milliseconds. */
const slice = 5

/** Waits for streams of the embedder's as well, and returns as `poll` of Sys does. */
function pollStreams(sys: Sys, count: number, polled: number, timeout: number): Answer {
  const end = performance.now() + timeout / 1e6
  for (;;) {
    const answer = polled === 0 ? 0 : sys.poll(polled, 0)
    const ready = takeReady(count)
    if (answer !== 0 || ready > 0) return answer < 0 ? answer : answer + ready
    const left = end - performance.now()
    if (left <= 0) return 0
    const waiting = places.subarray(0, count)
    const alone = polled === 0 && waiting.indexOf(STREAM) === waiting.lastIndexOf(STREAM)
    streams[waiting.indexOf(STREAM)]?.wait(alone ? left : Math.min(left, slice))
  }
}

/** Marks the streams that have become ready. Returns their number. */
function takeReady(count: number): number {
  let ready = 0
  for (let i = 0; i < count; i++) {
    if (places[i] !== STREAM) continue
    // A stream of the embedder's goes one way.
    const waiting = streams[i]?.waiting(true) ?? 0
    if (waiting < 0) continue
    places[i] = READY
    bytes[i] = waiting
    ready++
  }
  return ready
}

/** How long until a clock is due. */
function delayOf(sys: Sys, layout: SubscriptionLayout, sub: number): number {
  const { id, timeout, flags } = subscriptionClock(subs, sub, layout)
  if (id >= clockid.labels.length || (flags & ~Subclockflags.ABSTIME) !== 0) refuse(Errno.INVAL)
  if (!waitable.includes(id)) refuse(Errno.NOTSUP)
  if ((flags & Subclockflags.ABSTIME) === 0) return Number(timeout)
  if (sys.now(id) === UNEXPECTED) throw sys.failure()
  return Math.max(0, Number(timeout - sys.block.time[0]))
}

/** Puts a descriptor on the list of the block or that of the streams. Returns its place, as `places` has it. */
function enlist({ fds, sys }: Context, sub: number, fd: number, type: number, place: number): number {
  const writes = type === Eventtype.FD_WRITE
  const file = fds.get(fd, Rights.POLL_FD_READWRITE | (writes ? Rights.FD_WRITE : Rights.FD_READ))
  if (file === UNEXPECTED) throw sys.failure()
  if (typeof file === 'number') return refuse(-file)
  const waiting = file.waiting(!writes)
  if (waiting >= 0) {
    bytes[sub] = waiting
    return READY
  }
  if (streamAt(file.handle) !== undefined) {
    streams[sub] = file
    return STREAM
  }
  sys.block.pollHandles[place] = file.handle
  sys.block.poll[2 * place] = writes ? Want.WRITE : Want.READ
  return place
}

export const poll_oneoff: Hostcalls['poll_oneoff'] = (context, at, out, count) => poll(context, Subscription, at, out, count)
export const poll_oneoff0: Hostcalls['poll_oneoff'] = (context, at, out, count) => poll(context, Subscription0, at, out, count)
