/**
 * Resolves a path to a directory of the tree and a name in it, beneath its start: the walk of the
 * other backends, over nodes.
 */
import { Errno } from '../../abi/errno.js'
import { maxLinks } from '../../abi/layout.js'
import { refuse } from '../../errors.js'
import { DirectoryNode, LinkNode, type Node } from './nodes.js'
import type { Tree } from './tree.js'

/** A call's treatment of the last name. */
export interface Last {
  /** Follow a final symlink. */
  readonly follow: boolean
  /** Enter a directory whose name ends in a slash; otherwise `slash` reports the slash. */
  readonly enter: boolean
}

export interface Lease {
  readonly dir: DirectoryNode
  /** `.` if the path ended in a directory that the walk has entered. */
  readonly name: string
  /**
   * The node of the name, if it exists. Reading this may resolve the name, and may throw
   * NAMETOOLONG.
   */
  readonly node: Node | undefined
  /** The number of dots of a path that ends in `.` or `..`: 1 or 2. */
  readonly dots: number
  /** True if a slash followed the name: the call needs a directory there. */
  readonly slash: boolean
}

/**
 * A last name that is not resolved yet. As on Linux, both directories of a rename are resolved
 * before either name.
 */
class Unread implements Lease {
  readonly dots = 0
  readonly dir: DirectoryNode
  readonly name: string
  readonly slash: boolean
  readonly #tree: Tree
  #found: { readonly node: Node | undefined } | undefined
  constructor(tree: Tree, dir: DirectoryNode, name: string, slash: boolean) {
    this.#tree = tree
    this.dir = dir
    this.name = name
    this.slash = slash
  }

  get node(): Node | undefined {
    this.#found ??= { node: this.#tree.lookup(this.dir, this.name) }
    return this.#found.node
  }
}

/** @param path not empty, without a NUL, a character for each byte */
export function walk(
  tree: Tree,
  start: DirectoryNode,
  path: string,
  { follow, enter }: Last,
): Lease {
  // The directories entered so far: `..` goes back along them. The first is the start, which is
  // never left.
  const dirs: [DirectoryNode, ...DirectoryNode[]] = [start]
  // The rest of the path, with the targets of symlinks on top. None is empty.
  const left = [path]
  let links = 0
  const here = (): DirectoryNode => dirs[dirs.length - 1] as DirectoryNode
  const expand = (link: LinkNode, slash = ''): void => {
    if (++links > maxLinks) refuse(Errno.LOOP)
    link.accessed()
    left.push(link.target.endsWith('/') ? link.target : link.target + slash)
  }

  for (;;) {
    const text = left.pop() as string
    if (text.startsWith('/')) refuse(Errno.NOTCAPABLE)
    const cut = text.indexOf('/')
    const name = cut < 0 ? text : text.slice(0, cut)
    const rest = cut < 0 ? '' : text.slice(cut).replace(/^\/+/, '')
    const slash = cut >= 0
    if (rest !== '') left.push(rest)
    const last = left.length === 0

    if (name === '.' || name === '..') {
      if (name === '..') {
        if (dirs.length === 1) refuse(Errno.NOTCAPABLE)
        dirs.pop()
      }
      if (last) return { dir: here(), name: '.', node: here(), dots: name.length, slash: false }
      continue
    }
    const within = !last || (slash && enter)
    if (!within && (slash || !follow)) return new Unread(tree, here(), name, slash)
    const node = tree.lookup(here(), name)
    if (within) {
      if (node === undefined) refuse(Errno.NOENT)
      if (node instanceof DirectoryNode) {
        dirs.push(node)
        if (last) return { dir: node, name: '.', node, dots: 0, slash: false }
        continue
      }
      if (!(node instanceof LinkNode)) refuse(Errno.NOTDIR)
      // The slash is kept: it requires a directory at the end of the link.
      expand(node, last ? '/' : '')
      continue
    }
    if (!(node instanceof LinkNode)) return { dir: here(), name, node, dots: 0, slash }
    expand(node)
  }
}
