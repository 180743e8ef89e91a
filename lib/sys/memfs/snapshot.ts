/** A tree as plain data for another thread: all its contents, without open handles. */
import { Filetype } from '../../abi/values.js'
import type { Attributes } from './attributes.js'
import { DirectoryNode, FileNode, LinkNode, type Node, type PlainContent } from './nodes.js'
import { type FullQuota, Room } from './quota.js'
import type { Tree } from './tree.js'

interface PlainNode extends Attributes {
  readonly lower: string | undefined
  readonly changed: boolean
  readonly timed: boolean
  /** The content of a file with bytes in memory. */
  readonly content?: PlainContent | undefined
  readonly others?: number
  readonly target?: string
  /** The entries of a directory: each name, with the index of its node in the list. */
  readonly entries?: readonly (readonly [name: string, node: number, placed: boolean])[]
  readonly gone?: readonly string[]
}
/** The first node is the root. One node may have several names. */
export interface PlainTree {
  readonly quota: FullQuota
  /** True if the tree is an overlay over a host directory. */
  readonly laid: boolean
  readonly numbers: Tree['numbers']
  readonly nodes: readonly PlainNode[]
}

// A guest can nest directories so deeply that a recursive function overflows its stack: every
// function here is iterative.

export function toPlain(tree: Tree): PlainTree {
  const all: Node[] = []
  const known = new Map<Node, number>()
  const numberOf = (node: Node): number => {
    const found = known.get(node)
    if (found !== undefined) return found
    known.set(node, all.length)
    return all.push(node) - 1
  }
  numberOf(tree.root)
  const nodes: PlainNode[] = []
  // The list grows with each directory.
  for (const node of all) nodes.push(plainOf(node, numberOf))
  return { quota: tree.room.quota, laid: tree.laid, numbers: tree.numbers, nodes }
}

function plainOf(node: Node, numberOf: (node: Node) => number): PlainNode {
  const { type, dev, ino, nlink, size, atim, mtim, ctim, lower, changed, timed } = node
  const plain = { type, dev, ino, nlink, size, atim, mtim, ctim, lower, changed, timed }
  if (node instanceof FileNode) return { ...plain, others: node.others, content: node.plain }
  if (node instanceof LinkNode) return { ...plain, target: node.target }
  if (!(node instanceof DirectoryNode)) return plain
  const entries = [...node.entries].map(
    ([name, entry]) => [name, numberOf(entry.node), entry.placed] as const,
  )
  return { ...plain, entries, gone: [...node.gone] }
}

/** Replaces the contents of a tree by a snapshot. No node of the tree may be open. */
export function fill(tree: Tree, { laid, numbers, nodes }: PlainTree): void {
  tree.laid = laid
  // Nodes made from now on get new inodes.
  tree.numbers = { ...numbers }
  tree.room = new Room(tree.room.quota)
  const made = nodes.map(plain => nodeOf(tree, plain))
  for (const [index, node] of made.entries()) {
    const plain = nodes[index]
    node.atim = plain.atim
    node.mtim = plain.mtim
    node.ctim = plain.ctim
    node.changed = plain.changed
    node.timed = plain.timed
    node.nlink = plain.nlink
    if (!(node instanceof DirectoryNode)) continue
    for (const name of plain.gone ?? []) node.gone.add(name)
    tree.room.countGone(node.gone.size)
    for (const [name, child, placed] of plain.entries ?? []) {
      const inner = made[child]
      if (placed) tree.room.takeEntry()
      if (inner instanceof DirectoryNode) inner.stand(node, name)
      node.set(name, { node: inner, placed })
    }
  }
  tree.root = made[0] as DirectoryNode
}

function nodeOf(tree: Tree, plain: PlainNode): Node {
  if (plain.type === Filetype.REGULAR_FILE) {
    const file = new FileNode(tree, plain, plain.lower)
    if (plain.content !== undefined) file.become(plain.content)
    file.others = plain.others ?? 0
    return file
  }
  return tree.nodeOf(plain, plain.lower, plain.target)
}
