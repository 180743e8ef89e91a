/** The differences between an overlay and its lower directory. */
import { Filetype } from '../../abi/values.js'
import { joined } from './lower.js'
import { DirectoryNode, FileNode } from './nodes.js'
import type { Tree } from './tree.js'

/** The type of a file: `other` is a device, a pipe or a socket of an overlay's lower directory. */
export type FileType = 'file' | 'directory' | 'symlink' | 'other'
/** A difference between an overlay and its lower directory. */
export interface FileChange {
  /** `modified`: its bytes; `touched`: only its times; `renamed`: `from` has the former path. */
  readonly kind: 'created' | 'modified' | 'touched' | 'removed' | 'renamed'
  /** The path, relative to the root of the overlay. */
  readonly path: string
  /** The type of the present or former file. */
  readonly type: FileType
  /** The former path of a renamed file. */
  readonly from?: string
}

const kinds: Readonly<Record<number, FileType>> = {
  [Filetype.REGULAR_FILE]: 'file',
  [Filetype.DIRECTORY]: 'directory',
  [Filetype.SYMBOLIC_LINK]: 'symlink',
}
export const kindOf = (type: number): FileType => kinds[type] ?? 'other'
/** Decodes a name; bytes that are not UTF-8 become U+FFFD. */
export const toText = (bytes: string): string => Buffer.from(bytes, 'latin1').toString()

/** Lists the changes, removed names first. The lower files are held open meanwhile. */
export function changesOf(tree: Tree): FileChange[] {
  const { lower, root } = tree
  const lowerType = (path: string): number | undefined => lower?.stat(path)?.type
  /** Removed names by lower path, until they are found under another name. */
  const gone = new Map<string, FileChange>()
  const others: (FileChange & { readonly was: string | undefined })[] = []

  const visit = (dir: DirectoryNode, path: string): void => {
    for (const name of dir.gone) {
      const was = joined(dir.lower ?? '', name)
      const type = lowerType(was)
      const now = dir.entries.get(name)?.node
      // The name is back, or another file has replaced it.
      const there =
        now?.lower === was ||
        (now instanceof FileNode && now.lower === undefined && now.type === type)
      if (type !== undefined && !there)
        gone.set(was, { kind: 'removed', path: joined(path, toText(name)), type: kindOf(type) })
    }
    for (const [name, { node, placed }] of dir.entries) {
      const here = { path: joined(path, toText(name)), type: kindOf(node.type) }
      const own = dir.lower === undefined ? undefined : joined(dir.lower, name)
      const there = placed && own !== undefined ? lowerType(own) : undefined
      const moved = node.lower !== undefined && placed && node.lower !== own
      if (moved) others.push({ kind: 'renamed', ...here, was: node.lower })
      // A tree that was in memory before it became an overlay has lower paths that need not exist.
      const fresh = node.lower === undefined || (placed && !moved && there !== node.type)
      if (fresh)
        others.push({
          kind: node instanceof FileNode && there === node.type ? 'modified' : 'created',
          ...here,
          was: undefined,
        })
      else if (node instanceof FileNode && node.written)
        others.push({ kind: 'modified', ...here, was: undefined })
      else if (node.timed) others.push({ kind: 'touched', ...here, was: undefined })
      if (node instanceof DirectoryNode) visit(node, here.path)
    }
  }
  visit(root, '')

  const told = others.map(({ was, ...change }): FileChange => {
    if (was === undefined) return change
    // Another name of a file that is still in its place, or that was already found.
    if (!gone.delete(was)) return { ...change, kind: 'created' }
    return { ...change, from: toText(was) }
  })
  return [...gone.values(), ...told]
}
