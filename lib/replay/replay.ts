/**
 * Layers over the hosts of one guest, for the embedder's overrides. Without these options the host
 * stays as it is.
 */
import type { GuestMemory } from '../memory.js'
import type { Sys } from '../sys/sys.js'
import { FixedClock, FixedClockSys, HookedClockSys } from './clock.js'
import { FixedFilesSys } from './files.js'
import { SortedListingSys } from './listing.js'
import type { Progress, Replay } from './options.js'
import { hookedRandom, type Random, seededStream } from './random.js'

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
  /** Returns the guest's progress; undefined unless its random bytes come from a seed. */
  progress(): Progress | undefined
}

export function layersOf(replay: Replay, memory: GuestMemory): Layers {
  const { start, seed, from, random } = replay
  const clock = start === undefined ? undefined : new FixedClock(start, from?.elapsed)
  const wrapped = clock === undefined ? hookedLayers(replay) : fixedLayers(clock, memory)
  if (seed === undefined)
    return { ...wrapped, random: random && hookedRandom(random), progress: () => undefined }
  // Another seed is another stream, which begins anew.
  const stream = seededStream(seed, from?.seed === seed ? from.drawn : 0)
  return {
    ...wrapped,
    random: stream.random,
    progress: () => ({ seed, drawn: stream.drawn(), elapsed: clock?.elapsed }),
  }
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

function fixedLayers(clock: FixedClock, memory: GuestMemory): Pick<Layers, 'over' | 'overMemfs'> {
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
