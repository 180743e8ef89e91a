/** A lock in shared memory, which one thread of a guest holds at a time. */

/** The states of its word. */
const Lock = Object.freeze({ FREE: 0, TAKEN: 1, CONTENDED: 2 })

/**
 * A thread that is ended meanwhile keeps the lock, but then all of the guest's threads are ended.
 */
export class Mutex {
  readonly #words: Int32Array
  readonly #at: number

  /** @param at the index of its word, which begins as 0 */
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
