/** Chooses the way to reach directories on this host. */
import type { Reach } from './place.js'
import { procfs, procfsWorks } from './procfs.js'
import { strings } from './strings.js'

/** `uncached` is `procfs` without the cache of directories: it walks each path from its start. */
export type ReachName = 'procfs' | 'uncached' | 'strings'

const reaches: Readonly<Record<ReachName, Reach>> = {
  procfs: procfs.cached,
  uncached: procfs.uncached,
  strings,
}

let found: Reach | undefined
export function reach(name?: ReachName): Reach {
  if (name !== undefined) return reaches[name]
  found ??= procfsWorks() ? procfs.cached : strings
  return found
}
