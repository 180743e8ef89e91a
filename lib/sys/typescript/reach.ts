/** Chooses the way to reach directories on this host. */
import type { Reach } from './place.js'
import { procfs, procfsWorks } from './procfs.js'
import { strings } from './strings.js'

export type ReachName = 'procfs' | 'strings'

let found: Reach | undefined
export function reach(name?: ReachName): Reach {
  if (name !== undefined) return name === 'procfs' ? procfs : strings
  found ??= procfsWorks() ? procfs : strings
  return found
}
