/**
 * Replaced clocks of a guest: the embedder's own, or one that advances only as the guest uses it.
 */
import { Clockid } from '../abi/values.js'
import { Ready } from '../sys/block.js'
import { ForwardingSys } from '../sys/forwarding.js'
import type { Answer, Sys } from '../sys/sys.js'
import { act, timeOf } from './hooks.js'
import type { Replay } from './options.js'

/**
 * A host with the embedder's clocks and sleep. A hook may run a guest, so the block is written
 * after the hook returns.
 */
export class HookedClockSys extends ForwardingSys {
  readonly #clocks: Replay['clocks']
  readonly #sleep: Replay['sleep']
  constructor(host: Sys, { clocks, sleep }: Pick<Replay, 'clocks' | 'sleep'>) {
    super(host)
    this.#clocks = clocks
    this.#sleep = sleep
  }

  override now(clock: number): Answer {
    const hook = this.#hook(clock)
    if (hook === undefined) return this.host.now(clock)
    const name = clock === Clockid.REALTIME ? 'realtime' : 'monotonic'
    return this.#put(timeOf(`options.clocks.${name}`, hook))
  }

  /**
   * Returns 1 ns for a clock of the embedder's, which counts nanoseconds: only the embedder knows
   * its resolution.
   */
  override resolution(clock: number): Answer {
    return this.#hook(clock) === undefined ? this.host.resolution(clock) : this.#put(1n)
  }

  override poll(count: number, timeout: number): Answer {
    const sleep = this.#sleep
    if (sleep === undefined || timeout === Number.POSITIVE_INFINITY)
      return this.host.poll(count, timeout)
    const ready = count === 0 ? 0 : this.host.poll(count, 0)
    if (ready !== 0 || timeout === 0) return ready
    const wait = () => act('options.sleep', () => sleep(timeout))
    if (count === 0) {
      wait()
      return 0
    }
    this.block.aside(wait)
    return this.host.poll(count, 0)
  }

  #hook(clock: number): (() => bigint) | undefined {
    return clock === Clockid.REALTIME ? this.#clocks.realtime : this.#clocks.monotonic
  }
  #put(time: bigint): Answer {
    this.block.time[0] = time
    return 0
  }
}

/**
 * Nanoseconds that each read of a clock takes, so that a guest which waits for the clock to advance
 * does not wait for ever.
 */
const step = 1000n
const last = 2n ** 64n - 1n

/** One clock for all clock IDs: it advances only when the guest reads it or sleeps. */
export class FixedClock {
  readonly #start: bigint
  #elapsed: bigint
  /** @param elapsed the nanoseconds that the guest has used before */
  constructor(start: bigint, elapsed = 0n) {
    this.#start = start
    this.#elapsed = elapsed
  }

  /** The time of day, without advancing it. */
  get realtime(): bigint {
    return this.#start + this.#elapsed
  }
  /** Nanoseconds since the guest began. */
  get elapsed(): bigint {
    return this.#elapsed
  }
  advance(nanoseconds: bigint): void {
    const most = last - this.#start
    this.#elapsed = this.#elapsed + nanoseconds < most ? this.#elapsed + nanoseconds : most
  }
}

/** A host whose clocks are fixed, and on which nothing waits. */
export class FixedClockSys extends ForwardingSys {
  readonly #clock: FixedClock
  constructor(host: Sys, clock: FixedClock) {
    super(host)
    this.#clock = clock
  }

  /** Advances the clock first: programs in Go treat a monotonic clock at 0 as broken. */
  override now(clock: number): Answer {
    this.#clock.advance(step)
    this.block.time[0] = clock === Clockid.REALTIME ? this.#clock.realtime : this.#clock.elapsed
    return 0
  }
  override resolution(): Answer {
    this.block.time[0] = step
    return 0
  }
  /**
   * Reports every descriptor as ready, since input arrives at random times. A guest that reads
   * missing input then waits for it.
   */
  override poll(count: number, timeout: number): Answer {
    const { poll, pollBytes } = this.block
    for (let i = 0; i < count; i++) {
      poll[2 * i + 1] = Ready.YES
      pollBytes[i] = 0
    }
    if (count === 0) this.#clock.advance(BigInt(timeout))
    return count
  }
}
