/** Filestats and times: node:fs's numbers and preview 1's. */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { writeFilestat } from '../../abi/layout.js'
import { Filetype, Fstflags } from '../../abi/values.js'
import { refuse } from '../../errors.js'
import type { Block } from '../block.js'
import { guestTime } from '../times.js'
import { codeOf } from './errno.js'
import { O_NOFOLLOW } from './flags.js'

const { S_IFMT, S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK } = fs.constants
/**
 * Preview 1 has no word for a FIFO, which is a stream here as in node:wasi. node:fs does not tell
 * sockets of datagrams apart.
 */
const types: Readonly<Record<number, number>> = {
  [S_IFREG]: Filetype.REGULAR_FILE,
  [S_IFDIR]: Filetype.DIRECTORY,
  [S_IFLNK]: Filetype.SYMBOLIC_LINK,
  [S_IFCHR]: Filetype.CHARACTER_DEVICE,
  [S_IFBLK ?? -1]: Filetype.BLOCK_DEVICE,
  [S_IFIFO ?? -2]: Filetype.SOCKET_STREAM,
  [S_IFSOCK ?? -3]: Filetype.SOCKET_STREAM,
}
export const typeOf = (stats: fs.BigIntStats) =>
  types[Number(stats.mode) & S_IFMT] ?? Filetype.UNKNOWN

export function storeFilestat({ record }: Block, stats: fs.BigIntStats) {
  const { dev, ino, nlink, size } = stats
  const [atim, mtim, ctim] = [
    guestTime(stats.atimeNs),
    guestTime(stats.mtimeNs),
    guestTime(stats.ctimeNs),
  ]
  writeFilestat(record, { dev, ino, filetype: typeOf(stats), nlink, size, atim, mtim, ctim })
}

/**
 * Nanoseconds as the seconds of utimes: a double, whose steps are 240 ns in our day. libuv before
 * 1.52 cuts what is behind the point to whole microseconds, and where the double lies just below
 * the one that is meant, the next one is taken.
 */
function seconds(nanoseconds: bigint): number {
  const whole = Number(nanoseconds / 1_000_000_000n)
  const part = Number(nanoseconds % 1_000_000_000n)
  const time = whole + part / 1e9
  return Math.trunc((time - whole) * 1e6) < Math.trunc(part / 1e3) ? time + 2.4e-7 : time
}

/** A time as utimes takes it: seconds, or a Date, since Node takes seconds below zero for now. */
type Time = number | Date

/**
 * A time that shall stay as it is. What lies before 1970 is cut to a whole second: libuv before
 * 1.49 adds up to another one.
 */
const kept = (nanoseconds: bigint): Time =>
  nanoseconds >= 0n ? seconds(nanoseconds) : new Date(Math.floor(Number(nanoseconds) / 1e9) * 1000)

/**
 * Access and modification time for utimes, which always sets both: the one to be left alone is set
 * to what it is.
 */
export function wantedTimes(
  block: Block,
  wanted: number,
  current: () => fs.BigIntStats,
): [atime: Time, mtime: Time] | undefined {
  if (wanted === 0) return undefined
  let stats: fs.BigIntStats | undefined
  const one = (given: bigint, set: number, now: number, name: 'atimeNs' | 'mtimeNs') => {
    if (wanted & set && wanted & now) refuse(Errno.INVAL)
    if (wanted & set) return seconds(given)
    if (wanted & now) return Date.now() / 1000
    stats ??= current()
    return kept(stats[name])
  }
  return [
    one(block.times[0], Fstflags.ATIM, Fstflags.ATIM_NOW, 'atimeNs'),
    one(block.times[1], Fstflags.MTIM, Fstflags.MTIM_NOW, 'mtimeNs'),
  ]
}

/**
 * Makes the modification time of an open file new, as a change that leaves it as large as it was
 * does. Only the owner of a file may set its times to others than now: of another's it stays.
 */
export function touch(fd: number, stats: fs.BigIntStats): void {
  try {
    fs.futimesSync(fd, kept(stats.atimeNs), Date.now() / 1000)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error
  }
}

/**
 * Sets the times of the file at `path`, whose attributes are `stats`, and follows no symlink. The
 * OS sandbox refuses that for a path, and allows it for a descriptor; other than files and
 * directories are not opened for it.
 */
export function setTimesAt(
  path: fs.PathLike,
  stats: fs.BigIntStats,
  times: readonly [atime: Time, mtime: Time],
): void {
  try {
    fs.lutimesSync(path, ...times)
  } catch (error) {
    if (
      (error as NodeJS.ErrnoException).code !== 'EPERM' ||
      !(stats.isFile() || stats.isDirectory())
    )
      throw error
    const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants
    const fd = fs.openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)
    try {
      fs.futimesSync(fd, ...times)
    } finally {
      fs.closeSync(fd)
    }
  }
}
