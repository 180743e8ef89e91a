/** The active polls of a guest, in memory allocated once: a poll allocates no objects. */
import { Subscription, Subscription0 } from '../abi/layout.js'
import type { Descriptor } from './descriptor.js'

const widest = Math.max(Subscription.BYTES, Subscription0.BYTES)
const fewest = 16

/** Places of subscriptions that are not in the block's list. */
export const Place = Object.freeze({
  /** A clock, or a descriptor that is already ready. */
  READY: -1,
  /** An embedder's stream that is not ready. */
  STREAM: -2,
})

/** The result of one subscription. */
export class Awaited {
  /** The errno of an invalid subscription. */
  errno = 0
  /** The index in the block's list, or one of Place. */
  place: number = Place.READY
  /** The number of readable bytes of a file that is already ready. */
  bytes = 0
  /** Nanoseconds until a clock is due. */
  delay = 0
  /** The embedder's stream that the poll waits for. */
  stream: Descriptor | undefined
}

/** The subscriptions of one poll. */
export class PollSet {
  /**
   * A copy of the guest's subscriptions, made once: another thread of the guest may change the
   * original.
   */
  readonly subscriptions: DataView
  readonly awaited: readonly Awaited[]
  constructor(count: number) {
    this.subscriptions = new DataView(new ArrayBuffer(count * widest))
    this.awaited = Array.from({ length: count }, () => new Awaited())
  }
}

/**
 * The polls of a guest, normally one at a time. An embedder's clock or sleep may run a guest
 * meanwhile, whose nested poll then has its own memory.
 */
export class Polls {
  #idle: PollSet | undefined

  /** Begins a poll of `count` subscriptions. */
  begin(count: number): PollSet {
    const idle = this.#idle
    const set =
      idle !== undefined && idle.awaited.length >= count
        ? idle
        : new PollSet(Math.max(fewest, 2 ** Math.ceil(Math.log2(count))))
    this.#idle = undefined
    return set
  }
  end(set: PollSet): void {
    this.#idle = set
  }
}
