/** The clocks of a guest that has not the host's: the embedder's own, or one that moves as far as the guest makes it. */
import { Clockid } from '../abi/values.js'
import { Ready } from '../sys/block.js'
import type { Answer, Sys } from '../sys/sys.js'
import { act, timeOf } from './hooks.js'
import type { Replay } from './options.js'

/** Put the embedder's clocks and sleep over the host's. A hook may run the guest: the block is written to when it is done. */
export function replaceClocks(sys: Sys, { clocks: { realtime, monotonic }, sleep }: Replay): void {
  const { block } = sys
  const host = { now: sys.now.bind(sys), resolution: sys.resolution.bind(sys), poll: sys.poll.bind(sys) }
  const put = (time: bigint): Answer => {
    block.time[0] = time
    return 0
  }
  const now = (clock: number): (() => bigint) | undefined => (clock === Clockid.REALTIME ? realtime : monotonic)
  const nameOf = (clock: number): string => `options.clocks.${clock === Clockid.REALTIME ? 'realtime' : 'monotonic'}`
  if (realtime !== undefined || monotonic !== undefined) {
    sys.now = clock => {
      const own = now(clock)
      return own === undefined ? host.now(clock) : put(timeOf(nameOf(clock), own))
    }
    // How fine they are only the embedder knows: they count nanoseconds.
    sys.resolution = clock => (now(clock) === undefined ? host.resolution(clock) : put(1n))
  }
  if (sleep === undefined) return
  sys.poll = (count, timeout) => {
    if (timeout === Number.POSITIVE_INFINITY) return host.poll(count, timeout)
    const ready = count === 0 ? 0 : host.poll(count, 0)
    if (ready !== 0 || timeout === 0) return ready
    act('options.sleep', () => sleep(timeout))
    return count === 0 ? 0 : host.poll(count, 0)
  }
}

/** Each look at a clock takes so many nanoseconds, so that who waits for it to move is not kept for ever. */
const step = 1000n
const last = 2n ** 64n - 1n

/** One clock for all: it stands still but when the guest looks at it, or sleeps. */
export class FixedClock {
  readonly #start: bigint
  #elapsed = 0n
  constructor(start: bigint) {
    this.#start = start
  }

  /** The time of day, without a look at it. */
  get realtime(): bigint {
    return this.#start + this.#elapsed
  }

  #move(nanoseconds: bigint): void {
    const most = last - this.#start
    this.#elapsed = this.#elapsed + nanoseconds < most ? this.#elapsed + nanoseconds : most
  }

  /** Put it over the clocks of a host, and over waiting. */
  over(sys: Sys): void {
    const { time, poll, pollBytes } = sys.block
    // It moves first: a monotonic clock that says 0 is taken for a broken one by programs of Go.
    sys.now = clock => {
      this.#move(step)
      time[0] = clock === Clockid.REALTIME ? this.realtime : this.#elapsed
      return 0
    }
    sys.resolution = () => {
      time[0] = step
      return 0
    }
    // When something comes in from outside is chance. So all is ready, and who reads what is not there yet waits for it then.
    sys.poll = (count, timeout) => {
      for (let i = 0; i < count; i++) {
        poll[2 * i + 1] = Ready.YES
        pollBytes[i] = 0
      }
      if (count === 0) this.#move(BigInt(timeout))
      return count
    }
  }
}
