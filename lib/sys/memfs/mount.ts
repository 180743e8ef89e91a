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
  /** The real path of `path`, if it is known already. */
  readonly place?: string
  readonly tree: Tree | undefined
  readonly file?: string
  readonly readOnly: boolean
}

/**
 * A backend for it alone, whose results lie in that block. `another` opens one of the guest's kind
 * that nobody else has.
 */
export function serving(block: Block, given: Mounted, another: () => Sys): Sys {
  return new MemfsSys(block, treeFor(given, another))
}

/** Lay an overlay over what it lies over, so that this is known of it wherever it goes. */
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
