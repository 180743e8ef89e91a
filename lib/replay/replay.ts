/** What an embedder fixed or replaced, put over the host of one guest: who has nothing of it has the host as it is. */
import type { GuestMemory } from '../memory.js'
import type { Sys } from '../sys/sys.js'
import { FixedClock, replaceClocks } from './clock.js'
import { FixedFiles } from './files.js'
import { SortedListings } from './listing.js'
import type { Replay } from './options.js'
import { hookedRandom, type Random, seededRandom } from './random.js'

/**
 * Changes the calls of this one host, and of what serves files in memory beside it. Where the guest's random bytes come from,
 * unless from the system.
 */
export function replayOver(sys: Sys, beside: readonly Sys[], memory: GuestMemory, replay: Replay): Random | undefined {
  const { seed, start, random } = replay
  if (start === undefined) replaceClocks(sys, replay)
  else fix(sys, beside, memory, start)
  if (seed !== undefined) return seededRandom(seed)
  return random && hookedRandom(random)
}

function fix(sys: Sys, beside: readonly Sys[], memory: GuestMemory, start: bigint): void {
  const clock = new FixedClock(start)
  for (const [i, each] of [sys, ...beside].entries()) {
    // Each is a device of its own, in which it numbers its files.
    const files = new FixedFiles(each, clock, BigInt(i + 1))
    // Listings ask the host for the numbers that files then change, so they take its calls first.
    const listings = new SortedListings(each, memory, (device, inode) => files.numberOf(device, inode))
    if (each === sys) clock.over(each)
    files.over(each)
    listings.over(each)
  }
}
