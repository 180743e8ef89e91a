/**
 * The errors of calls that would make, move or remove a name on a read-only mount: ROFS is the last
 * check, as on Linux.
 */
import { Errno } from '../abi/errno.js'
import { Lookupflags } from '../abi/values.js'
import type { GuestMemory } from '../memory.js'
import { refuseDots } from '../sys/dots.js'
import type { Answer } from '../sys/sys.js'
import type { Descriptor } from './descriptor.js'

const SLASH = 0x2f
const DOT = 0x2e

/**
 * A guest's path relative to a directory. Another thread may change it between two checks; the
 * guest may then get the errno of neither path.
 */
export type Place = readonly [dir: Descriptor, at: number, length: number]

/**
 * Returns the length of the path in bytes without trailing slashes; the whole length of a path that
 * is only slashes.
 */
function trimmed({ bytes }: GuestMemory, [, at, length]: Place): number {
  let end = length
  while (end > 0 && bytes[at + end - 1] === SLASH) end--
  return end === 0 ? length : end
}
/** Returns the start of the last name. */
function lastName({ bytes }: GuestMemory, [, at]: Place, end: number): number {
  let begin = end
  while (begin > 0 && bytes[at + begin - 1] !== SLASH) begin--
  return begin
}

/** Checks that the parent directory of the last name can be reached: 0, or the error. */
function above(memory: GuestMemory, place: Place): Answer {
  const [dir, at, length] = place
  if (length === 0) return -Errno.NOENT
  const begin = lastName(memory, place, trimmed(memory, place))
  return begin === 0 ? 0 : dir.filestatAt(at, begin, Lookupflags.FOLLOW)
}
/** Returns the length of a final `.` or `..`, and 0 for another name. */
function dotsOf(memory: GuestMemory, place: Place): number {
  const end = trimmed(memory, place)
  const begin = lastName(memory, place, end)
  const name = memory.bytes.subarray(place[1] + begin, place[1] + end)
  return name.length <= 2 && name.every(byte => byte === DOT) ? name.length : 0
}
/** Refuses a final `.` or `..`. */
function checkDots(memory: GuestMemory, place: Place, call: 'unlink' | 'rmdir' | 'rename'): void {
  const dots = dotsOf(memory, place)
  if (dots > 0) refuseDots(call, { dots })
}

/** Returns true if the path ends in a slash. */
export const endsInSlash = (memory: GuestMemory, [, at, length]: Place): boolean =>
  length > 0 && memory.bytes[at + length - 1] === SLASH

/** Checks making a directory, whose path may end in a slash. */
export function making(memory: GuestMemory, place: Place): Answer {
  const [dir, at] = place
  // An existing name decides, even a dangling symlink.
  const there = dir.filestatAt(at, trimmed(memory, place), 0)
  if (there === 0) return -Errno.EXIST
  if (there !== -Errno.NOENT) return there
  return above(memory, place) || -Errno.ROFS
}
/**
 * Checks the target of a symlink as every other directory does: not empty, not absolute, without
 * NUL.
 */
export function linkable({ bytes }: GuestMemory, target: number, length: number): Answer {
  if (length === 0) return -Errno.NOENT
  if (bytes.subarray(target, target + length).includes(0)) return -Errno.INVAL
  return bytes[target] === SLASH ? -Errno.NOTCAPABLE : 0
}
/** Checks making a name for anything except a directory. */
export function naming(memory: GuestMemory, place: Place): Answer {
  const answer = making(memory, place)
  return answer === -Errno.ROFS && endsInSlash(memory, place) ? -Errno.NOENT : answer
}
export function linking(memory: GuestMemory, from: Place, follow: number, to: Place): Answer {
  const [dir, at, length] = from
  return dir.filestatAt(at, length, follow) || naming(memory, to)
}
export function removing(memory: GuestMemory, place: Place, call: 'unlink' | 'rmdir'): Answer {
  const answer = above(memory, place)
  if (answer === 0) checkDots(memory, place, call)
  return answer || -Errno.ROFS
}
export function renaming(memory: GuestMemory, from: Place, to: Place): Answer {
  const answer = above(memory, from) || above(memory, to)
  if (answer === 0) for (const place of [from, to]) checkDots(memory, place, 'rename')
  return answer || -Errno.ROFS
}

/**
 * Checks creating a file by opening it with O_EXCL: 0 if the file may exist. `.` and `..` exist,
 * whatever follows them.
 */
export function creating(memory: GuestMemory, place: Place): Answer {
  return (
    above(memory, place) ||
    (endsInSlash(memory, place) && dotsOf(memory, place) === 0 ? -Errno.ISDIR : 0)
  )
}
