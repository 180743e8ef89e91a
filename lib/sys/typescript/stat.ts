/** Filestats and times: conversion between node:fs's numbers and preview 1's. */
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
 * Filetypes by their mode bits. Preview 1 has no FIFO, which is a stream here as in node:wasi.
 * node:fs does not distinguish datagram sockets.
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
 * Converts nanoseconds to the seconds of utimes: a double, whose steps are 240 ns at present. libuv
 * before 1.52 truncates the fraction to whole microseconds. Where the double is slightly less than
 * the intended microsecond, the next double is used.
 */
function seconds(nanoseconds: bigint): number {
  const whole = Number(nanoseconds / 1_000_000_000n)
  const part = Number(nanoseconds % 1_000_000_000n)
  const time = whole + part / 1e9
  return Math.trunc((time - whole) * 1e6) < Math.trunc(part / 1e3) ? time + 2.4e-7 : time
}

/** A time as utimes takes it: seconds, or a Date, since Node treats negative seconds as now. */
type Time = number | Date

/**
 * Returns a time that must stay unchanged. A time before 1970 is truncated to a whole second: libuv
 * before 1.49 would add up to a second.
 */
const kept = (nanoseconds: bigint): Time =>
  nanoseconds >= 0n ? seconds(nanoseconds) : new Date(Math.floor(Number(nanoseconds) / 1e9) * 1000)

/**
 * Returns access and modification time for utimes, which always sets both: an unwanted one is set
 * to its present value.
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
 * Updates the modification time of an open file, as a write without a change of size does. Only the
 * owner of a file may set times other than now: another user's file keeps its times.
 */
export function touch(fd: number, stats: fs.BigIntStats): void {
  try {
    fs.futimesSync(fd, kept(stats.atimeNs), Date.now() / 1000)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error
  }
}

/**
 * Sets the times of the file at `path`, whose attributes are `stats`, without following a symlink.
 * The OS sandbox refuses that for a path, and allows it for a descriptor. Only files and
 * directories are opened for it.
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
