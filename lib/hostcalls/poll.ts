/** Waiting for clocks and descriptors. */
import { Errno } from '../abi/errno.js'
import { Rights } from '../abi/rights.js'
import { clockid, event, eventtype, subscription, subscription0 } from '../abi/types.js'
import { Clockid, Eventrwflags, Eventtype, Subclockflags } from '../abi/values.js'
import type { Context } from '../context.js'
import { refuse, WasiError } from '../errors.js'
import { Ready, Want } from '../sys/block.js'
import { type Answer, UNEXPECTED } from '../sys/sys.js'
import type { Hostcalls } from './types.js'

/** Clocks that run while nobody works; the others cannot be waited for. */
const waitable: readonly number[] = [Clockid.REALTIME, Clockid.MONOTONIC]

/** Where a snapshot lays the parts of its subscription. */
interface Layout {
  readonly size: number
  readonly clock: number
}
const layout: Layout = { size: subscription.size, clock: 16 }
/** wasi_unstable has an identifier before the clock's number. */
const layout0: Layout = { size: subscription0.size, clock: 24 }

/** One thing waited for. A descriptor has its place in the block's poll list, or -1 where it is ready now. */
interface Wait {
  readonly userdata: bigint
  readonly type: number
  /** Clock: nanoseconds to wait. Descriptor: 0. */
  readonly delay: number
  readonly place: number
  /** Known before waiting: the subscription itself is at fault. */
  readonly errno: Errno
}

/**
 * A subscription that is at fault (a closed descriptor, a missing right) does not fail the call: its event says so, at once.
 * Events come in the order of their subscriptions.
 */
function poll({ memory, fds, sys, limits }: Context, { size, clock }: Layout, at: number, out: number, count: number): Answer {
  if (count === 0 || count > limits.subscriptions) return -Errno.INVAL
  memory.check(out, count * event.size)
  const copy = memory.copy(at, count * size)
  const view = new DataView(copy.buffer, copy.byteOffset)
  let polled = 0

  const delayOf = (sub: number): number => {
    const id = view.getUint32(sub + clock, true)
    const flags = view.getUint16(sub + clock + 24, true)
    if (id >= clockid.labels.length || (flags & ~Subclockflags.ABSTIME) !== 0) refuse(Errno.INVAL)
    if (!waitable.includes(id)) refuse(Errno.NOTSUP)
    const timeout = view.getBigUint64(sub + clock + 8, true)
    if ((flags & Subclockflags.ABSTIME) === 0) return Number(timeout)
    if (sys.now(id) === UNEXPECTED) throw sys.failure()
    return Math.max(0, Number(timeout - sys.block.time[0]))
  }
  const placeOf = (sub: number, type: number): number => {
    const right = type === Eventtype.FD_WRITE ? Rights.FD_WRITE : Rights.FD_READ
    const file = fds.get(view.getUint32(sub + 16, true), Rights.POLL_FD_READWRITE | right)
    const { handle } = file
    if (handle < 0) return -1
    file.settle()
    sys.block.pollHandles[polled] = handle
    sys.block.poll[2 * polled] = type === Eventtype.FD_WRITE ? Want.WRITE : Want.READ
    return polled++
  }

  const waits: Wait[] = []
  let timeout = Number.POSITIVE_INFINITY
  for (let sub = 0; sub < count * size; sub += size) {
    const userdata = view.getBigUint64(sub, true)
    const type = view.getUint8(sub + 8)
    if (type >= eventtype.labels.length) return -Errno.INVAL
    const wait = { userdata, type, delay: 0, place: -1, errno: Errno.SUCCESS }
    try {
      if (type === Eventtype.CLOCK) wait.delay = delayOf(sub)
      else wait.place = placeOf(sub, type)
    } catch (error) {
      if (!(error instanceof WasiError)) throw error
      wait.errno = error.errno
    }
    if (wait.place < 0) timeout = Math.min(timeout, wait.delay)
    waits.push(wait)
  }

  const answer = polled === 0 && timeout === 0 ? 0 : sys.poll(polled, timeout)
  if (answer < 0) return answer
  const waited = answer === 0 ? timeout : 0
  memory.refresh()

  let events = 0
  const tell = ({ userdata, type }: Wait, errno: Errno, nbytes = 0, flags = 0): void => {
    const to = out + events++ * event.size
    memory.view.setBigUint64(to, userdata, true)
    memory.view.setUint16(to + 8, errno, true)
    memory.view.setUint16(to + 10, type, true)
    memory.view.setUint32(to + 12, 0, true)
    memory.setSize64(to + 16, nbytes)
    memory.setSize64(to + 24, flags)
  }
  for (const wait of waits) {
    if (wait.place < 0) {
      if (wait.delay <= waited) tell(wait, wait.errno)
      continue
    }
    const ready = sys.block.poll[2 * wait.place + 1]
    if (ready < 0) tell(wait, -ready)
    else if (ready !== 0) tell(wait, Errno.SUCCESS, sys.block.pollBytes[wait.place], ready & Ready.HANGUP ? Eventrwflags.HANGUP : 0)
  }
  return events
}

export const poll_oneoff: Hostcalls['poll_oneoff'] = (context, at, out, count) => poll(context, layout, at, out, count)
export const poll_oneoff0: Hostcalls['poll_oneoff'] = (context, at, out, count) => poll(context, layout0, at, out, count)
