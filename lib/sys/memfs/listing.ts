/** Names of a directory in memory as a guest has them: dirents. */
import { Dirent, writeDirent } from '../../abi/layout.js'
import type { DirectoryNode } from './nodes.js'

const head = new DataView(new ArrayBuffer(Dirent.BYTES))
const headView = new Uint8Array(head.buffer)

/** The directory that `..` names: none above the preopens. */
function parentOf(dir: DirectoryNode, given: ReadonlySet<DirectoryNode>): DirectoryNode {
  if (given.has(dir)) return dir
  for (let at = dir.parent; at !== undefined; at = at.parent)
    if (given.has(at)) return dir.parent as DirectoryNode
  return dir
}

/**
 * Fills `target` with the entries behind `cookie`, of which the last is cut where the room ends.
 * Bytes written.
 */
export function list(
  dir: DirectoryNode,
  given: ReadonlySet<DirectoryNode>,
  cookie: bigint,
  target: Uint8Array,
): number {
  // One that was removed has not even itself, as on Linux.
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
