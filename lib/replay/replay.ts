/**
 * Layers over the hosts of one guest, for the embedder's overrides. Without these options the host
 * stays as it is.
 */
import type { GuestMemory } from '../memory.js'
import type { Sys } from '../sys/sys.js'
import { FixedClock, FixedClockSys, HookedClockSys } from './clock.js'
import { FixedFilesSys } from './files.js'
import { SortedListingSys } from './listing.js'
import type { Replay } from './options.js'
import { hookedRandom, type Random, seededRandom } from './random.js'

/** The layers of one guest. */
export interface Layers {
  /** Wraps the host in the view that the guest sees. */
  over(host: Sys): Sys
  /**
   * Wraps a memfs in the view that the guest sees. Each mount is a device of its own, in the order
   * of these calls.
   */
  overMemfs(memfs: Sys): Sys
  /** Overrides the system's randomness. */
  readonly random: Random | undefined
}

export function layersOf(replay: Replay, memory: GuestMemory): Layers {
  const random = randomOf(replay)
  const { start } = replay
  return start === undefined
    ? { ...hookedLayers(replay), random }
    : { ...fixedLayers(start, memory), random }
}

function randomOf({ seed, random }: Replay): Random | undefined {
  if (seed !== undefined) return seededRandom(seed)
  return random && hookedRandom(random)
}

function hookedLayers(replay: Replay): Pick<Layers, 'over' | 'overMemfs'> {
  const { clocks, sleep } = replay
  const none =
    clocks.realtime === undefined && clocks.monotonic === undefined && sleep === undefined
  return {
    over: host => (none ? host : new HookedClockSys(host, replay)),
    overMemfs: memfs => memfs,
  }
}

function fixedLayers(start: bigint, memory: GuestMemory): Pick<Layers, 'over' | 'overMemfs'> {
  const clock = new FixedClock(start)
  // The host is device 1.
  let devices = 1n
  const fixed = (host: Sys, device: bigint): Sys => {
    // Listings are the lower layer: they read the numbers that the upper one then replaces.
    const listings: Sys = new SortedListingSys(host, memory, (device, inode) =>
      files.numberOf(device, inode),
    )
    const files = new FixedFilesSys(listings, clock, device)
    return files
  }
  return {
    over: host => new FixedClockSys(fixed(host, 1n), clock),
    overMemfs: memfs => fixed(memfs, ++devices),
  }
}
