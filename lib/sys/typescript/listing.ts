/** Directory entries for a guest. */
import fs from 'node:fs'
import { Dirent, writeDirent } from '../../abi/layout.js'
import type { Place } from './place.js'
import { namesIn } from './reserve.js'
import type { Slot } from './slots.js'
import { typeOf } from './stat.js'

const head = new DataView(new ArrayBuffer(Dirent.BYTES))
const headView = new Uint8Array(head.buffer)

/**
 * Returns the inode and type of an entry; undefined for a removed one, and zeros if its attributes
 * cannot be read. A C library calls stat for zeros.
 */
function about(place: Place, name: string): { ino: bigint; type: number } | undefined {
  try {
    const stats = fs.lstatSync(place.at(name), { bigint: true, throwIfNoEntry: false })
    return stats && { ino: stats.ino, type: typeOf(stats) }
  } catch {
    return { ino: 0n, type: 0 }
  }
}

/** Returns true for the identity of a given directory; false for an unknown one too. */
function leadsTo(given: ReadonlySet<string>, find: () => string): boolean {
  try {
    return given.has(find())
  } catch {
    // A directory above the preopen need not be searchable.
    return false
  }
}

/** The most parent directories examined when listing a directory. */
const maxDepth = 600
/**
 * The number of directories above the last listed one, up to its preopen. A walk of a tree lists
 * directories about as deep one after the other.
 */
let lastDepth = 1

/**
 * Returns the directory that `..` names: the parents of preopens stay invisible. A directory that
 * was moved out of its preopen is its own parent, as a root is.
 */
function parentOf(place: Place, { fd }: Slot, given: ReadonlySet<string>): string {
  const above = (depth: number) =>
    identity(fs.lstatSync(place.at(`..${'/..'.repeat(depth - 1)}`), { bigint: true }))
  try {
    if (given.has(identity(fs.fstatSync(fd, { bigint: true })))) return '.'
    for (const depth of [lastDepth, lastDepth + 1, lastDepth - 1]) {
      if (depth < 1 || !leadsTo(given, () => above(depth))) continue
      lastDepth = depth
      return '..'
    }
    for (let depth = 1, below = ''; depth <= maxDepth; depth++) {
      const here = above(depth)
      if (given.has(here)) {
        lastDepth = depth
        return '..'
      }
      // The host's root is its own parent.
      if (here === below) return '.'
      below = here
    }
  } catch {
    // A directory that cannot be searched has no numbers to show.
  }
  return '.'
}
/** Identifies a host file, whatever its name. */
export const identity = ({ dev, ino }: fs.BigIntStats): string => `${dev}:${ino}`

/**
 * Returns a new listing in which names keep their numbers: a guest may hold cookies of the previous
 * one. Removed names are `''`.
 */
function renewed(before: readonly string[] | undefined, now: readonly string[]): readonly string[] {
  // Bounds the list: a guest that makes and removes names without end holds cookies among the last
  // ones only.
  if (before === undefined || before.length > 2 * now.length + 1024) return now
  const there = new Set(now)
  const kept = before.map(name => (there.delete(name) ? name : ''))
  return [...kept, ...there]
}

/**
 * Fills `target` from the entry numbered `cookie` on. The names are those of the last listing from
 * the start, held in memory: node:fs cannot seek in a directory. Each entry costs an lstat, since
 * node:fs returns names without inodes.
 */
export function list(
  slot: Slot,
  place: Place,
  given: ReadonlySet<string>,
  cookie: bigint,
  target: Uint8Array,
): number {
  if (cookie === 0n || slot.listing === undefined) {
    // A removed directory does not even contain itself, as on Linux.
    const removed = fs.fstatSync(slot.fd).nlink === 0
    slot.listing = removed ? [] : renewed(slot.listing, ['.', '..', ...namesIn(place.at('.'))])
  }
  const names = slot.listing
  let used = 0
  const put = (bytes: Uint8Array) => {
    const cut = bytes.subarray(0, target.length - used)
    target.set(cut, used)
    used += cut.length
  }
  for (
    let index = cookie < names.length ? Number(cookie) : names.length;
    index < names.length && used < target.length;
    index++
  ) {
    const name = names[index]
    if (name === '') continue
    const entry = about(place, name === '..' ? parentOf(place, slot, given) : name)
    if (entry === undefined) continue
    writeDirent(head, 0, { next: BigInt(index + 1), namlen: name.length, ...entry })
    put(headView)
    put(Buffer.from(name, 'latin1'))
  }
  return used
}
