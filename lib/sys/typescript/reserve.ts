/**
 * Opens files and directories for a guest without the descriptors reserved for the host: the same
 * number as in native/posix/reserve.cc.
 */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import { clear } from './directory-cache.js'

const { O_CREAT, O_RDONLY, O_TRUNC } = fs.constants
const limits = '/proc/self/limits'
const kept = 64
let found: number | undefined
/** The number of the last descriptor opened here. */
let latest = Number.POSITIVE_INFINITY

/**
 * Returns the lowest descriptor reserved for the host. The kernel assigns the lowest free number,
 * so the host can always open those from here on. The limit of the process comes from /proc, since
 * node:fs does not expose it. Without /proc, no descriptor is reserved.
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

/** Opens every descriptor of a guest's call, temporary or permanent. */
export function open(path: fs.PathLike, flags: number, mode?: number): number {
  found ??= firstReserved()
  // A call that makes or truncates a file must be refused before it takes effect. As in
  // native/posix/reserve.cc, the check is skipped far from the reserve.
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
  // A call that makes or truncates a file had room a moment ago, and must not happen twice.
  if ((flags & (O_CREAT | O_TRUNC)) === 0 && clear() > 0) return open(path, flags, mode)
  return refuse(Errno.MFILE)
}

/**
 * Lists the names in a directory. node:fs holds a hidden descriptor meanwhile: another one is
 * opened and closed first, to check the reserve.
 */
export function namesIn(path: fs.PathLike): string[] {
  found ??= firstReserved()
  if (Number.isFinite(found)) fs.closeSync(open(path, O_RDONLY))
  return fs.readdirSync(path, 'latin1')
}
