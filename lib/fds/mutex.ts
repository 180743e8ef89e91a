/** A lock in shared memory, held by at most one thread of a guest at a time. */

/** The states of the lock's word. */
const Lock = Object.freeze({ FREE: 0, TAKEN: 1, CONTENDED: 2 })

/**
 * A terminated thread may leave the lock held; all of the guest's threads are terminated with it.
 */
export class Mutex {
  readonly #words: Int32Array
  readonly #at: number

  /** @param at the index of the lock's word, which is initially 0 */
  constructor(words: Int32Array, at: number) {
    this.#words = words
    this.#at = at
  }

  /** Calls `act` while no other thread holds the lock. */
  locked<T>(act: () => T): T {
    const words = this.#words
    const at = this.#at
    if (Atomics.compareExchange(words, at, Lock.FREE, Lock.TAKEN) !== Lock.FREE) {
      while (Atomics.exchange(words, at, Lock.CONTENDED) !== Lock.FREE)
        Atomics.wait(words, at, Lock.CONTENDED)
    }
    try {
      return act()
    } finally {
      if (Atomics.exchange(words, at, Lock.FREE) === Lock.CONTENDED) Atomics.notify(words, at, 1)
    }
  }
}
