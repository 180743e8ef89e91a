/** The entries of a directory in memory, as dirents for a guest. */
import { Dirent, writeDirent } from '../../abi/layout.js'
import type { DirectoryNode } from './nodes.js'

const head = new DataView(new ArrayBuffer(Dirent.BYTES))
const headView = new Uint8Array(head.buffer)

/** Returns the directory that `..` names: the parents of preopens stay invisible. */
function parentOf(dir: DirectoryNode, given: ReadonlySet<DirectoryNode>): DirectoryNode {
  if (given.has(dir)) return dir
  for (let at = dir.parent; at !== undefined; at = at.parent)
    if (given.has(at)) return dir.parent as DirectoryNode
  return dir
}

/**
 * Fills `target` with the entries after `cookie`, of which the last is cut at the end of the
 * buffer. Returns the bytes written.
 */
export function list(
  dir: DirectoryNode,
  given: ReadonlySet<DirectoryNode>,
  cookie: bigint,
  target: Uint8Array,
): number {
  // A removed directory does not even contain itself, as on Linux.
  if (dir.removed) return 0
  let used = 0
  const put = (bytes: Uint8Array): void => {
    const cut = bytes.subarray(0, target.length - used)
    target.set(cut, used)
    used += cut.length
  }
  const entry = (name: string, next: number, ino: bigint, type: number): void => {
    writeDirent(head, 0, { next: BigInt(next), ino, namlen: name.length, type })
    put(headView)
    put(Buffer.from(name, 'latin1'))
  }
  if (cookie < 1n && used < target.length) entry('.', 1, dir.ino, dir.type)
  if (cookie < 2n && used < target.length) entry('..', 2, parentOf(dir, given).ino, dir.type)
  if (used === target.length) return used
  for (const [name, { cookie: own, ino, type }] of dir.after(cookie)) {
    entry(name, own, ino, type)
    if (used === target.length) break
  }
  return used
}
