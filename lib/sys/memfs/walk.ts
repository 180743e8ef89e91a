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
  /** Follow a link there. */
  readonly follow: boolean
  /** Take a slash behind it for a wish to go in; otherwise `slash` tells of it. */
  readonly enter: boolean
}

export interface Lease {
  readonly dir: DirectoryNode
  /** `.` where the path ended in a directory that the walk is in. */
  readonly name: string
  /**
   * The node there, if there is one. It may be looked up only when it is read, and be refused then:
   * NAMETOOLONG.
   */
  readonly node: Node | undefined
  /** The number of dots of a path that ends in `.` or `..`: 1 or 2. */
  readonly dots: number
  /** Something stood behind the name: the call wants a directory there. */
  readonly slash: boolean
}

/**
 * A last name that is taken as it stands: as on Linux, both directories of a rename are known
 * before either name is looked for.
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

/** @param path not empty, without a NUL, a char for each byte */
export function walk(
  tree: Tree,
  start: DirectoryNode,
  path: string,
  { follow, enter }: Last,
): Lease {
  // The directories on the way here: `..` goes back along them. The first is the start, which is
  // not left.
  const dirs: [DirectoryNode, ...DirectoryNode[]] = [start]
  // The rest of the path, and on top of it the targets of links. None is empty.
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
      // The slash goes along: it wants a directory where the link leads.
      expand(node, last ? '/' : '')
      continue
    }
    if (!(node instanceof LinkNode)) return { dir: here(), name, node, dots: 0, slash }
    expand(node)
  }
}
