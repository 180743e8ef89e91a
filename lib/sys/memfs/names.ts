/** The calls on names, and their errors for existing names and for final dots and slashes. */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import { refuseDots as refuseEnds } from '../dots.js'
import { DirectoryNode } from './nodes.js'
import type { Tree } from './tree.js'
import type { Lease } from './walk.js'

/** A directory that the walk entered by a slash counts as a path that ended in `.`. */
const refuseDots = (call: Parameters<typeof refuseEnds>[0], { dots, name }: Lease): void =>
  refuseEnds(call, { dots: dots || (name === '.' ? 1 : 0) })

export function mkdir(tree: Tree, to: Lease): 0 {
  refuseDots('mkdir', to)
  if (to.node !== undefined) refuse(Errno.EXIST)
  tree.attach(to.dir, to.name, tree.makeDirectory())
  return 0
}

export function rmdir(tree: Tree, lease: Lease): 0 {
  refuseDots('rmdir', lease)
  const { dir, name, node } = lease
  if (node === undefined) refuse(Errno.NOENT)
  if (!(node instanceof DirectoryNode)) refuse(Errno.NOTDIR)
  if (!tree.isEmpty(node)) refuse(Errno.NOTEMPTY)
  tree.remove(dir, name)
  return 0
}

export function unlink(tree: Tree, lease: Lease): 0 {
  refuseDots('unlink', lease)
  const { dir, name, node, slash } = lease
  if (node === undefined) refuse(Errno.NOENT)
  if (node instanceof DirectoryNode) refuse(Errno.ISDIR)
  if (slash) refuse(Errno.NOTDIR)
  tree.remove(dir, name)
  return 0
}

/** Checks a new name for anything except a directory: a trailing slash is always wrong. */
function refuseFresh(call: 'symlink' | 'link', lease: Lease): void {
  refuseDots(call, lease)
  if (lease.node !== undefined) refuse(Errno.EXIST)
  if (lease.slash) refuse(Errno.NOENT)
}

export function symlink(tree: Tree, target: string, lease: Lease): 0 {
  refuseFresh('symlink', lease)
  tree.checkAlive(lease.dir)
  const link = tree.makeLink(target)
  try {
    tree.attach(lease.dir, lease.name, link)
  } catch (error) {
    link.forgotten()
    throw error
  }
  return 0
}

/** Resolves the source of a link first. */
export function find({ node }: Lease): void {
  if (node === undefined) refuse(Errno.NOENT)
}

export function link(tree: Tree, { node }: Lease, to: Lease): 0 {
  refuseFresh('link', to)
  if (node === undefined) refuse(Errno.NOENT)
  tree.checkAlive(to.dir)
  if (node instanceof DirectoryNode) refuse(Errno.PERM)
  // A file without a name cannot get another one.
  if (node.nlink === 0) refuse(Errno.NOENT)
  tree.attach(to.dir, to.name, node)
  return 0
}

export function rename(tree: Tree, from: Lease, to: Lease): 0 {
  refuseDots('rename', from)
  refuseDots('rename', to)
  const { node } = from
  if (node === undefined) refuse(Errno.NOENT)
  const { node: taken } = to
  const directory = node instanceof DirectoryNode
  if ((from.slash || to.slash) && !directory) refuse(Errno.NOTDIR)
  if (directory && isWithin(to.dir, node)) refuse(Errno.INVAL)
  if (taken === node) return 0
  if (taken instanceof DirectoryNode) {
    if (isWithin(from.dir, taken)) refuse(Errno.NOTEMPTY)
    if (!directory) refuse(Errno.ISDIR)
    if (!tree.isEmpty(taken)) refuse(Errno.NOTEMPTY)
  } else if (taken !== undefined && directory) {
    refuse(Errno.NOTDIR)
  }
  tree.move(from.dir, from.name, to.dir, to.name)
  return 0
}

/** Returns true if a directory is another one, or inside it. */
function isWithin(dir: DirectoryNode, other: DirectoryNode): boolean {
  for (let at: DirectoryNode | undefined = dir; at !== undefined; at = at.parent)
    if (at === other) return true
  return false
}
