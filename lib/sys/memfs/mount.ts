/** Mounts files in memory as a preopen of a guest. */
import { basename } from 'node:path'
import type { Block } from '../block.js'
import type { Sys } from '../sys.js'
import { Lower } from './lower.js'
import { singleTree } from './single.js'
import { MemfsSys } from './sys.js'
import type { Tree } from './tree.js'

/** A mounted preopen: its place on the host and in memory, or that of a single file. */
export interface Mounted {
  readonly path: string | undefined
  /** The real path of `path`, if it is already known. */
  readonly place?: string
  readonly tree: Tree | undefined
  readonly file?: string
  readonly readOnly: boolean
}

/**
 * Returns a backend for the mount alone, which puts its results in that block. `another` opens a
 * host of the guest's kind for exclusive use.
 */
export function serving(block: Block, given: Mounted, another: () => Sys): Sys {
  return new MemfsSys(block, treeFor(given, another))
}

/** Resolves the lower directory of an overlay, so that its path is known in every thread. */
export function layOver({ path, place = path, tree }: Mounted, another: () => Sys): void {
  if (tree !== undefined && place !== undefined) tree.lieOver(new Lower(place, another))
}

function treeFor(given: Mounted, another: () => Sys): Tree {
  const { path, tree, file, readOnly } = given
  if (tree === undefined)
    return singleTree(file as string, basename(path as string), readOnly, another)
  layOver(given, another)
  return tree
}
