/**
 * The polls of a guest that are under way, in memory that is made once: so a poll makes no objects.
 */
import { Subscription, Subscription0 } from '../abi/layout.js'
import type { Descriptor } from './descriptor.js'

const widest = Math.max(Subscription.BYTES, Subscription0.BYTES)
const fewest = 16

/** Places of what is not on the block's list. */
export const Place = Object.freeze({
  /** A clock, and what is ready now. */
  READY: -1,
  /** A stream of the embedder's that is not ready. */
  STREAM: -2,
})

/** The result of one subscription. */
export class Awaited {
  /** The errno of one that is itself at fault. */
  errno = 0
  /** Its place in the block's list, or one of Place. */
  place: number = Place.READY
  /** The number of bytes to read of a file that is ready now. */
  bytes = 0
  /** Nanoseconds until a clock is due. */
  delay = 0
  /** The stream of the embedder's that is waited for. */
  stream: Descriptor | undefined
}

/** The subscriptions of one poll. */
export class PollSet {
  /** As the guest passed them, copied once: another thread of the guest may change the original. */
  readonly subscriptions: DataView
  readonly awaited: readonly Awaited[]
  constructor(count: number) {
    this.subscriptions = new DataView(new ArrayBuffer(count * widest))
    this.awaited = Array.from({ length: count }, () => new Awaited())
  }
}

/**
 * One poll at a time is the rule. An embedder's clock or sleep may run the guest meanwhile, which
 * then polls with memory of its own.
 */
export class Polls {
  #idle: PollSet | undefined
  #underWay = 0

  /** Begins a poll of so many subscriptions. */
  begin(count: number): PollSet {
    const idle = this.#idle
    const set =
      idle !== undefined && idle.awaited.length >= count
        ? idle
        : new PollSet(Math.max(fewest, 2 ** Math.ceil(Math.log2(count))))
    this.#idle = undefined
    this.#underWay++
    return set
  }
  end(set: PollSet): void {
    this.#underWay--
    this.#idle = set
  }
  /** True while a poll runs within another one. */
  get nested(): boolean {
    return this.#underWay > 1
  }
}
