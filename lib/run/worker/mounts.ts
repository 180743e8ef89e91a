/** Directories in memory on their way to the thread that a guest lives in, and back. */
import type { Given } from '../../options/preopens.js'
import { MemoryFiles, treeOf } from '../../sys/memfs/files.js'
import { memfs } from '../../sys/memfs/load.js'
import type { PlainTree } from '../../sys/memfs/snapshot.js'

/** The preopens, with a number in place of the files in memory. */
export interface Mounts {
  readonly preopens: readonly (Omit<Given, 'files'> & { readonly files: number | undefined })[]
  readonly trees: readonly PlainTree[]
}

/**
 * Lend all to a guest in another thread. Meanwhile no code here can use them; `back` has them again,
 * with what the guest made of them, if that is known.
 */
export function lend(preopens: readonly Given[]): {
  readonly mounts: Mounts
  back(trees?: readonly PlainTree[]): void
} {
  const all = [...new Set(preopens.flatMap(({ files }) => files ?? []))]
  const lent: MemoryFiles[] = []
  const back = (trees?: readonly PlainTree[]): void => {
    for (const [index, files] of lent.entries()) {
      const tree = treeOf(files)
      const plain = trees?.[index]
      if (plain !== undefined) memfs.snapshot().fill(tree, plain)
      tree.takeBack()
    }
  }
  try {
    for (const files of all) {
      treeOf(files).lend()
      lent.push(files)
    }
    const numbered = preopens.map(given => ({
      ...given,
      files: given.files && all.indexOf(given.files),
    }))
    return { mounts: { preopens: numbered, trees: plainOf(all) }, back }
  } catch (error) {
    back()
    throw error
  }
}

const plainOf = (all: readonly MemoryFiles[]): PlainTree[] =>
  all.map(files => memfs.snapshot().toPlain(treeOf(files)))

/** In the guest's thread: the same, and `leave`, which says what has become of them. */
export function arrive({ preopens, trees }: Mounts): {
  readonly preopens: Given[]
  leave(): PlainTree[]
} {
  const all = trees.map(plain => {
    const files = new MemoryFiles({}, { quota: plain.quota })
    memfs.snapshot().fill(treeOf(files), plain)
    return files
  })
  return {
    preopens: preopens.map(given => ({
      ...given,
      files: given.files === undefined ? undefined : all[given.files],
    })),
    leave: () => plainOf(all),
  }
}
