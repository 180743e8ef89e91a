/** Chance that can be had again: the numbers of a seed (mulberry32), and the flags of a run. */
import { parseArgs } from 'node:util'

export class Random {
  #state: number
  constructor(seed: number) {
    this.#state = seed | 0
  }
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }
  onceIn(times: number): boolean {
    return this.below(times) === 0
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }
}

/**
 * `--seconds` (default 60; 0 is for ever) and `--seed`: that of the first sequence, each next one
 * has the number after it.
 */
export function flags(): { seconds: number; seed: number } {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
  })
  return {
    seconds: Number(values.seconds) || Number.POSITIVE_INFINITY,
    seed: Number(values.seed ?? Math.floor(Math.random() * 2 ** 31)),
  }
}

/**
 * As few of the items as still fail: whole stretches are left out first, then one after the other.
 */
export function shrink<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => boolean,
): readonly T[] {
  let kept = items
  for (
    let stretch = Math.ceil(kept.length / 2);
    stretch > 0;
    stretch = stretch === 1 ? 0 : Math.ceil(stretch / 2)
  ) {
    for (let from = 0; from < kept.length; ) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + stretch)]
      if (fails(fewer)) kept = fewer
      else from += stretch
    }
  }
  return kept
}
