/** The types of the specification as data: width, known values, and conversion at the gate. */
import {
  Dirent,
  Event,
  Fdstat,
  Filestat,
  Filestat0,
  Iovec,
  Prestat,
  pointerBytes,
  Subscription,
  Subscription0,
} from './layout.js'

/**
 * The conversions of a value between guest and host, each with the value that the hostcall
 * receives.
 */
export const Kind = Object.freeze({
  /** No value. */
  None: 0,
  /** An i32 read as unsigned: a number. */
  Unsigned: 1,
  /** A set of known bits: a number; an unknown bit is INVAL. */
  Flags: 2,
  /** One of a list of values: a number; an unknown value is INVAL. */
  Enum: 3,
  /**
   * A u64 that counts bytes: a number; 2^53 for every value from there on, and INVAL from 2^63 on.
   */
  Size64: 4,
  /** A signed Size64: from -2^53 to 2^53. */
  Delta64: 5,
  /** A u64 of right bits: a number; bits beyond the known rights are dropped. */
  Rights: 6,
  /** A u64 whose every bit counts (times, cookies): an unsigned bigint. */
  Raw64: 7,
  /** A pointer and a count of elements: two numbers. */
  List: 8,
  /** A pointer and a length in bytes, of a path: two numbers. */
  Path: 9,
  /** A struct that the host writes. */
  Record: 10,
  /**
   * A Size64 at which a transfer begins. From 2^63 - `maxTransfer` on, it is the distance to 2^63
   * as a negative number.
   */
  Place64: 11,
  /** A u64 whose upper half is beyond every file: a number; 2^53 for every value from there on. */
  Far64: 12,
})
export type Kind = (typeof Kind)[keyof typeof Kind]
type KindOf<Name extends keyof typeof Kind> = (typeof Kind)[Name]

/**
 * `[from, to, bytes]`: a field of a record, by its offsets in the host's block and in the guest's
 * record.
 */
export type Piece = readonly [from: number, to: number, bytes: number]

export interface Type<K extends Kind = Kind> {
  /** The specification's name. */
  readonly name: string
  readonly kind: K
  /** Bytes in guest memory; of a List and a Path, bytes of one element. */
  readonly size: number
  readonly align: number
  /** Flags: the bits by rising value. Enum: the values. */
  readonly labels: readonly string[]
  /**
   * Enum: the hostcalls' numbers for the guest's values, where an older snapshot numbers them
   * otherwise.
   */
  readonly values: readonly number[]
  /** Record: the fields that make it up. */
  readonly pieces: readonly Piece[]
}

const type = <K extends Kind>(
  name: string,
  kind: K,
  size: number,
  more: Partial<Type<K>> = {},
): Type<K> => ({
  name,
  kind,
  size,
  align: Math.max(size, 1),
  labels: [],
  values: [],
  pieces: [],
  ...more,
})
const flags = (name: string, size: number, labels: readonly string[]) =>
  type(name, Kind.Flags, size, { labels })
const choice = (
  name: string,
  size: number,
  labels: readonly string[],
  values: readonly number[] = labels.map((_, value) => value),
) => type(name, Kind.Enum, size, { labels, values })
const record = (name: string, size: number, pieces: readonly Piece[] = []) =>
  type(name, Kind.Record, size, { align: 8, pieces })
const list = (name: string, size: number, align: number) => type(name, Kind.List, size, { align })

export const nothing = type('()', Kind.None, 0)
export const fd = type('fd', Kind.Unsigned, 4)
export const size = type('size', Kind.Unsigned, 4)
export const exitcode = type('exitcode', Kind.Unsigned, 4)
export const pointer = type('pointer', Kind.Unsigned, pointerBytes)
export const filesize = type('filesize', Kind.Size64, 8)
/** Offsets, which the specification calls filesize. */
export const place = type('filesize', Kind.Place64, 8)
export const far = type('filesize', Kind.Far64, 8)
export const filedelta = type('filedelta', Kind.Delta64, 8)
export const timestamp = type('timestamp', Kind.Raw64, 8)
export const dircookie = type('dircookie', Kind.Raw64, 8)
export const rights: Type<KindOf<'Rights'>> = type('rights', Kind.Rights, 8)

export const lookupflags = flags('lookupflags', 4, ['symlink_follow'])
export const oflags = flags('oflags', 2, ['creat', 'directory', 'excl', 'trunc'])
export const fdflags = flags('fdflags', 2, ['append', 'dsync', 'nonblock', 'rsync', 'sync'])
export const fstflags = flags('fstflags', 2, ['atim', 'atim_now', 'mtim', 'mtim_now'])
export const riflags = flags('riflags', 2, ['recv_peek', 'recv_waitall'])
export const roflags = flags('roflags', 2, ['recv_data_truncated'])
export const siflags = flags('siflags', 2, [])
export const sdflags = flags('sdflags', 1, ['rd', 'wr'])
export const eventrwflags = flags('eventrwflags', 2, ['fd_readwrite_hangup'])
export const subclockflags = flags('subclockflags', 2, ['subscription_clock_abstime'])

export const clockid = choice('clockid', 4, [
  'realtime',
  'monotonic',
  'process_cputime_id',
  'thread_cputime_id',
])
export const whence = choice('whence', 1, ['set', 'cur', 'end'])
export const advice = choice('advice', 1, [
  'normal',
  'sequential',
  'random',
  'willneed',
  'dontneed',
  'noreuse',
])
export const filetype = choice('filetype', 1, [
  'unknown',
  'block_device',
  'character_device',
  'directory',
  'regular_file',
  'socket_dgram',
  'socket_stream',
  'symbolic_link',
])
export const eventtype = choice('eventtype', 1, ['clock', 'fd_read', 'fd_write'])
export const preopentype = choice('preopentype', 1, ['dir'])
export const signal = choice('signal', 1, [
  'none',
  'hup',
  'int',
  'quit',
  'ill',
  'trap',
  'abrt',
  'bus',
  'fpe',
  'kill',
  'usr1',
  'segv',
  'usr2',
  'pipe',
  'alrm',
  'term',
  'chld',
  'cont',
  'stop',
  'tstp',
  'ttin',
  'ttou',
  'urg',
  'xcpu',
  'xfsz',
  'vtalrm',
  'prof',
  'winch',
  'poll',
  'pwr',
  'sys',
])

export const path: Type<KindOf<'Path'>> = type('path', Kind.Path, 1)
export const bytes = list('u8', 1, 1)
export const iovecs = list('iovec', Iovec.BYTES, 4)
export const ciovecs = list('ciovec', Iovec.BYTES, 4)

export const filestat = record('filestat', Filestat.BYTES, [[0, 0, Filestat.BYTES]])
export const fdstat = record('fdstat', Fdstat.BYTES, [[0, 0, Fdstat.BYTES]])
export const prestat = record('prestat', Prestat.BYTES, [[0, 0, Prestat.BYTES]])
export const dirent = record('dirent', Dirent.BYTES)
export const event = record('event', Event.BYTES)
export const subscription = record('subscription', Subscription.BYTES)

// Types whose layout differs in wasi_unstable.
export const whence0 = choice('whence', 1, ['cur', 'end', 'set'], [1, 2, 0])
export const filestat0 = record('filestat', Filestat0.BYTES, [
  [Filestat.DEV, Filestat0.DEV, Filestat0.FILETYPE + filetype.size],
  [Filestat.NLINK, Filestat0.NLINK, Filestat0.SIZE - Filestat0.NLINK],
  [Filestat.SIZE, Filestat0.SIZE, Filestat0.BYTES - Filestat0.SIZE],
])
export const subscription0 = record('subscription', Subscription0.BYTES)
