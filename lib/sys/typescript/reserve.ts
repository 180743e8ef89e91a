/**
 * Opens files and directories for a guest without the descriptors reserved for the host: as many as
 * native/posix/reserve.cc keeps.
 */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'

const { O_CREAT, O_RDONLY, O_TRUNC } = fs.constants
const limits = '/proc/self/limits'
const kept = 64
let found: number | undefined
/** The number of the last descriptor opened here. */
let latest = Number.POSITIVE_INFINITY

/**
 * The lowest descriptor that no guest may have. The kernel gives the lowest that is free, so the
 * host can always open as many as there are from here on. node:fs does not tell the limit of the
 * process: without /proc nothing is reserved.
 */
function firstReserved(): number {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(fs.readFileSync(limits, 'latin1')) ?? []
    return limit === undefined
      ? Number.POSITIVE_INFINITY
      : Number(limit) - Math.min(kept, Math.floor(Number(limit) / 2))
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/**
 * Every descriptor that a guest's call opens comes from here, those held in passing like those that
 * stay.
 */
export function open(path: Buffer | string, flags: number, mode?: number): number {
  found ??= firstReserved()
  // A call that makes or cuts a file must be refused before it is done. As in
  // native/posix/reserve.cc, this is not asked far from the reserve.
  if (
    (flags & (O_CREAT | O_TRUNC)) !== 0 &&
    found !== Number.POSITIVE_INFINITY &&
    latest >= found / 2
  )
    fs.closeSync(open(limits, O_RDONLY))
  const fd = fs.openSync(path, flags, mode)
  latest = fd
  if (fd < found) return fd
  fs.closeSync(fd)
  return refuse(Errno.MFILE)
}

/**
 * The names in a directory. node:fs holds a descriptor for them that it does not show: another is
 * opened first, in its place.
 */
export function namesIn(path: Buffer): string[] {
  found ??= firstReserved()
  if (Number.isFinite(found)) fs.closeSync(open(path, O_RDONLY))
  return fs.readdirSync(path, 'latin1')
}
