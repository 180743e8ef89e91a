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
import { Clockid, Eventrwflags, Eventtype, Subclockflags } from '../abi/values.js'
import type { Context } from '../context.js'
import { type Awaited, Place, type PollSet } from '../fds/polls.js'
import { placeFile, waitFor } from '../fds/waiting.js'
import { Ready } from '../sys/block.js'
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
  const { polls, limits } = context
  if (count === 0 || count > limits.subscriptions) return -Errno.INVAL
  const set = polls.begin(count)
  try {
    return wait(context, set, layout, at, out, count)
  } finally {
    polls.end(set)
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
  const fault =
    memory.fault(out, count * Event.BYTES) ||
    memory.copyInto(subscriptions, at, count * layout.BYTES)
  if (fault !== 0) return fault

  let polled = 0
  let streamed = 0
  let timeout = Number.POSITIVE_INFINITY
  // Clocks come first: one of the embedder's may run a guest, whose poll fills the block's list.
  for (let i = 0, sub = 0; i < count; i++, sub += layout.BYTES) {
    const type = subscriptionTag(subscriptions, sub)
    if (type > Eventtype.FD_WRITE) return -Errno.INVAL
    const one = awaited[i]
    one.place = Place.READY
    one.bytes = 0
    one.delay = 0
    if (type !== Eventtype.CLOCK) continue
    const answer = setDelay(sys, one, subscriptionClock(subscriptions, sub, layout))
    if (answer === UNEXPECTED) return answer
    one.errno = 0 - answer
    timeout = Math.min(timeout, one.delay)
  }
  for (let i = 0, sub = 0; i < count; i++, sub += layout.BYTES) {
    const type = subscriptionTag(subscriptions, sub)
    if (type === Eventtype.CLOCK) continue
    const one = awaited[i]
    const answer = enlist(context, one, subscriptionFd(subscriptions, sub), type, polled)
    if (answer === UNEXPECTED) return answer
    one.errno = 0 - answer
    if (one.place >= 0) polled++
    else if (one.place === Place.STREAM) streamed++
    else timeout = 0
  }

  const answer = waitFor(sys, awaited, count, polled, streamed, timeout)
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

/** Computes the time until a clock is due. */
function setDelay(sys: Sys, one: Awaited, { id, timeout, flags }: SubscriptionClock): Answer {
  if (id > Clockid.THREAD_CPUTIME_ID || (flags & ~Subclockflags.ABSTIME) !== 0) return -Errno.INVAL
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
  placeFile(block, one, file, writes, place)
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
