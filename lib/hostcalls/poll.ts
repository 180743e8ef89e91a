/** Waits for clocks and descriptors. */
import { Errno } from '../abi/errno.js'
import {
  Event,
  Subscription,
  Subscription0,
  type SubscriptionClock,
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
import { type Awaited, Place, type PollSet } from '../fds/polls.js'
import { streamAt } from '../fds/stream.js'
import { Ready, Want } from '../sys/block.js'
import { type Answer, type Sys, UNEXPECTED } from '../sys/sys.js'
import type { Hostcalls } from './types.js'

/** Clocks that advance while the guest waits; the others cannot be waited for. */
const waitable: readonly number[] = [Clockid.REALTIME, Clockid.MONOTONIC]

function poll(
  context: Context,
  layout: SubscriptionLayout,
  at: number,
  out: number,
  count: number,
): Answer {
  const { polls, limits, sys } = context
  if (count === 0 || count > limits.subscriptions) return -Errno.INVAL
  const set = polls.begin(count)
  const restore = polls.nested ? keepList(sys) : undefined
  try {
    return wait(context, set, layout, at, out, count)
  } finally {
    restore?.()
    polls.end(set)
  }
}

/**
 * Saves the block's list, which the outer poll has filled, and which a nested poll of the same
 * guest fills anew. Returns the function that restores it.
 */
function keepList({ block: { pollHandles, poll, pollBytes } }: Sys): () => void {
  const kept = [pollHandles, poll, pollBytes].map(array => [array, array.slice()] as const)
  return () => {
    for (const [array, copy] of kept) array.set(copy)
  }
}

/**
 * Waits for the subscriptions of one poll. An invalid subscription (a closed descriptor, a missing
 * right) does not fail the call: its event reports the errno at once. Events come in the order of
 * their subscriptions.
 */
function wait(
  context: Context,
  set: PollSet,
  layout: SubscriptionLayout,
  at: number,
  out: number,
  count: number,
): Answer {
  const { memory, sys } = context
  const { subscriptions, awaited } = set
  memory.check(out, count * Event.BYTES)
  memory.copyInto(subscriptions, at, count * layout.BYTES)

  let polled = 0
  let streamed = 0
  let timeout = Number.POSITIVE_INFINITY
  for (let i = 0, sub = 0; i < count; i++, sub += layout.BYTES) {
    const type = subscriptionTag(subscriptions, sub)
    if (type >= eventtype.labels.length) return -Errno.INVAL
    const one = awaited[i]
    one.place = Place.READY
    one.bytes = 0
    one.delay = 0
    const answer =
      type === Eventtype.CLOCK
        ? setDelay(sys, one, subscriptionClock(subscriptions, sub, layout))
        : enlist(context, one, subscriptionFd(subscriptions, sub), type, polled)
    if (answer === UNEXPECTED) return answer
    one.errno = 0 - answer
    if (one.place >= 0) polled++
    else if (one.place === Place.STREAM) streamed++
    else timeout = Math.min(timeout, one.delay)
  }

  const answer =
    streamed > 0
      ? pollStreams(sys, set, count, polled, timeout)
      : polled === 0 && timeout === 0
        ? 0
        : sys.poll(polled, timeout)
  if (answer < 0) return answer
  const waited = answer === 0 ? timeout : 0
  memory.refresh()

  let events = 0
  for (let i = 0, sub = 0; i < count; i++, sub += layout.BYTES) {
    const { place, errno, bytes, delay } = awaited[i]
    if (place === Place.STREAM) continue
    if (place < 0) {
      if (delay <= waited)
        writeEvent(memory.view, out + events++ * Event.BYTES, subscriptions, sub, errno, bytes, 0)
      continue
    }
    const ready = sys.block.poll[2 * place + 1]
    if (ready === 0) continue
    const hangup = ready > 0 && (ready & Ready.HANGUP) !== 0 ? Eventrwflags.HANGUP : 0
    const waiting = ready < 0 ? 0 : sys.block.pollBytes[place]
    writeEvent(
      memory.view,
      out + events++ * Event.BYTES,
      subscriptions,
      sub,
      ready < 0 ? -ready : 0,
      waiting,
      hangup,
    )
  }
  return events
}

/** Milliseconds to wait for one stream before checking the host and the other streams again. */
const slice = 5

/** Waits for the embedder's streams as well, and returns as `poll` of Sys does. */
function pollStreams(
  sys: Sys,
  { awaited }: PollSet,
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

/** Computes the time until a clock is due. */
function setDelay(sys: Sys, one: Awaited, { id, timeout, flags }: SubscriptionClock): Answer {
  if (id >= clockid.labels.length || (flags & ~Subclockflags.ABSTIME) !== 0) return -Errno.INVAL
  if (!waitable.includes(id)) return -Errno.NOTSUP
  if ((flags & Subclockflags.ABSTIME) === 0) {
    one.delay = Number(timeout)
    return 0
  }
  const answer = sys.now(id)
  if (answer < 0) return answer
  one.delay = Math.max(0, Number(timeout - sys.block.time[0]))
  return 0
}

/** Adds a descriptor to the block's list, as `place`, or to the streams, unless it is ready. */
function enlist(
  { fds, sys: { block } }: Context,
  one: Awaited,
  fd: number,
  type: number,
  place: number,
): Answer {
  const writes = type === Eventtype.FD_WRITE
  const file = fds.get(fd, Rights.POLL_FD_READWRITE | (writes ? Rights.FD_WRITE : Rights.FD_READ))
  if (typeof file === 'number') return file
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
  return 0
}

/**
 * Waits until at least one of the guest's subscriptions is ready, as
 * [poll(2)](https://man7.org/linux/man-pages/man2/poll.2.html) does, and returns the number of
 * events. `Subscription` and `Event` of abi/layout.ts draw the elements of both arrays. The events
 * keep the order of their subscriptions; those not ready have none.
 *
 *     in                                          out
 *     | clock, 1 s | read fd 0 | read fd 3 |      | event of fd 0 |
 *     0            48          96          144    0               32
 *
 * Errors: INVAL for no subscription, too many, or an unknown event type. An invalid subscription
 * gets an event with its errno: BADF, NOTCAPABLE, INVAL for an unknown clock, NOTSUP for a clock of
 * processor time.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#poll_oneoff
 */
export const poll_oneoff: Hostcalls['poll_oneoff'] = (context, at, out, count) =>
  poll(context, Subscription, at, out, count)

/**
 * `poll_oneoff` of wasi_unstable: `Subscription0` of abi/layout.ts draws its larger subscription.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview0/docs.md#poll_oneoff
 */
export const poll_oneoff0: Hostcalls['poll_oneoff'] = (context, at, out, count) =>
  poll(context, Subscription0, at, out, count)
