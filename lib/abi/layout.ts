/**
 * The memory layout of the specification's records: every offset, width and limit, defined once.
 * Records are little-endian, as linear memory is. Bytes between fields are written as zeros, so a
 * guest never sees previous contents.
 *
 * Links lead to preview 1 as tagged with WASI 0.2.7. A name that ends in 0 belongs to
 * wasi_unstable, the previous snapshot.
 */

// Both limits are Linux's: https://man7.org/linux/man-pages/man7/path_resolution.7.html

/** Bytes of the longest path: PATH_MAX also counts a NUL. */
export const maxPath = 4095
/** The most symlinks that resolving one path may follow. */
export const maxLinks = 40

/** Bytes of an address in guest memory. */
export const pointerBytes = 4

/** Bits of `access`: the open mode of a file, and the readiness that a poll waits for. */
export const Access = Object.freeze({
  READ: 1,
  WRITE: 2,
  BOTH: 3,
  /** Open as on a read-only mount: creating a file by CREAT is ROFS. */
  UNCHANGED: 4,
})

// 64-bit numbers, as two words where a BigInt would allocate an object.

/** Writes a u64 below 2^53. */
export function setSize64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true)
}
/** Reads a u64, exact below 2^53. */
export function getSize64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000
}

/**
 * [`iovec`](https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#iovec), and
 * `ciovec`, which has the same layout: a buffer in guest memory.
 *
 *     0     4         8
 *     | buf | buf_len |
 */
export const Iovec = Object.freeze({ BUF: 0, BUF_LEN: 4, BYTES: 8 })

/**
 * [`filestat`](https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#filestat):
 * the attributes of a file.
 *
 *     0     8     16        17        24      32     40     48     56     64
 *     | dev | ino | filetype | 7 zeros | nlink | size | atim | mtim | ctim |
 */
export const Filestat = Object.freeze({
  DEV: 0,
  INO: 8,
  FILETYPE: 16,
  NLINK: 24,
  SIZE: 32,
  ATIM: 40,
  MTIM: 48,
  CTIM: 56,
  BYTES: 64,
})

/**
 * [`filestat`](https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview0/docs.md#filestat) of
 * wasi_unstable, whose link count has 32 bits.
 *
 *     0     8     16        17        20      24     32     40     48     56
 *     | dev | ino | filetype | 3 zeros | nlink | size | atim | mtim | ctim |
 */
export const Filestat0 = Object.freeze({
  DEV: 0,
  INO: 8,
  FILETYPE: 16,
  NLINK: 20,
  SIZE: 24,
  ATIM: 32,
  MTIM: 40,
  CTIM: 48,
  BYTES: 56,
})

/** The fields of a filestat. Times are nanoseconds since 1970. */
export interface FilestatFields {
  readonly dev: bigint
  readonly ino: bigint
  readonly filetype: number
  readonly nlink: bigint
  readonly size: bigint
  readonly atim: bigint
  readonly mtim: bigint
  readonly ctim: bigint
}

/** Writes a filestat at the start of `record`; omitted fields are 0. */
export function writeFilestat(
  record: DataView,
  {
    dev = 0n,
    ino = 0n,
    filetype = 0,
    nlink = 0n,
    size = 0n,
    atim = 0n,
    mtim = 0n,
    ctim = 0n,
  }: Partial<FilestatFields>,
): void {
  record.setBigUint64(Filestat.DEV, dev, true)
  record.setBigUint64(Filestat.INO, ino, true)
  record.setUint32(Filestat.FILETYPE, filetype, true)
  record.setUint32(Filestat.FILETYPE + 4, 0, true)
  record.setBigUint64(Filestat.NLINK, nlink, true)
  record.setBigUint64(Filestat.SIZE, size, true)
  record.setBigUint64(Filestat.ATIM, atim, true)
  record.setBigUint64(Filestat.MTIM, mtim, true)
  record.setBigUint64(Filestat.CTIM, ctim, true)
}

/** Reads the filestat at the start of `record`. */
export function readFilestat(record: DataView): FilestatFields {
  return {
    dev: record.getBigUint64(Filestat.DEV, true),
    ino: record.getBigUint64(Filestat.INO, true),
    filetype: record.getUint8(Filestat.FILETYPE),
    nlink: record.getBigUint64(Filestat.NLINK, true),
    size: record.getBigUint64(Filestat.SIZE, true),
    atim: record.getBigUint64(Filestat.ATIM, true),
    mtim: record.getBigUint64(Filestat.MTIM, true),
    ctim: record.getBigUint64(Filestat.CTIM, true),
  }
}

/** Reads the device and the inode of the filestat at the start of `record`, as four words. */
export function filestatIdentity(record: DataView): Uint32Array {
  const words = new Uint32Array(4)
  for (let i = 0; i < 4; i++) words[i] = record.getUint32(Filestat.DEV + 4 * i, true)
  return words
}

/** Reads only the size of the filestat at the start of `record`, exact below 2^53. */
export const filestatSize = (record: DataView): number => getSize64(record, Filestat.SIZE)

/**
 * [`fdstat`](https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fdstat): the
 * type, flags and rights of a descriptor.
 *
 *     0          1        2       4         8                16                     24
 *     | filetype | 1 zero | flags | 4 zeros | fs_rights_base | fs_rights_inheriting |
 */
export const Fdstat = Object.freeze({ FILETYPE: 0, FLAGS: 2, BASE: 8, INHERITING: 16, BYTES: 24 })

/** Writes an fdstat at the start of `record`. All rights have bits below 2^30. */
export function writeFdstat(
  record: DataView,
  filetype: number,
  fdflags: number,
  base: number,
  inheriting: number,
): void {
  // Writes whole words: flags are the upper half of the first one.
  record.setUint32(Fdstat.FILETYPE, filetype | (fdflags << (8 * Fdstat.FLAGS)), true)
  record.setUint32(Fdstat.FILETYPE + 4, 0, true)
  record.setUint32(Fdstat.BASE, base, true)
  record.setUint32(Fdstat.BASE + 4, 0, true)
  record.setUint32(Fdstat.INHERITING, inheriting, true)
  record.setUint32(Fdstat.INHERITING + 4, 0, true)
}

/**
 * [`prestat`](https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#prestat): the
 * kind of a preopen. A union, whose only tag is 0, a directory.
 *
 *     0     1         4             8
 *     | tag | 3 zeros | pr_name_len |
 */
export const Prestat = Object.freeze({ TAG: 0, NAME_LEN: 4, BYTES: 8 })

/** Writes the prestat of a directory at the start of `record`. */
export function writePrestat(record: DataView, nameLength: number): void {
  record.setUint32(Prestat.TAG, 0, true)
  record.setUint32(Prestat.NAME_LEN, nameLength, true)
}

/**
 * [`dirent`](https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#dirent): an
 * entry of a directory. Its name follows, without NUL; then the next dirent, without alignment.
 *
 *     0        8       16         20       21        24
 *     | d_next | d_ino | d_namlen | d_type | 3 zeros | name
 */
export const Dirent = Object.freeze({ NEXT: 0, INO: 8, NAMLEN: 16, TYPE: 20, BYTES: 24 })

/** The fields of a dirent. */
export interface DirentFields {
  /** The cookie at which the listing continues after this entry. */
  readonly next: bigint
  readonly ino: bigint
  /** Bytes of the name. */
  readonly namlen: number
  readonly type: number
}

/** Writes a dirent, without the name. */
export function writeDirent(
  view: DataView,
  at: number,
  { next, ino, namlen, type }: DirentFields,
): void {
  view.setBigUint64(at + Dirent.NEXT, next, true)
  view.setBigUint64(at + Dirent.INO, ino, true)
  view.setUint32(at + Dirent.NAMLEN, namlen, true)
  view.setUint32(at + Dirent.TYPE, type, true)
}

/** The fields of a dirent one by one, for readers that need few: a 64-bit field costs a BigInt. */
export const direntNext = (view: DataView, at: number): bigint =>
  view.getBigUint64(at + Dirent.NEXT, true)
export const direntNamlen = (view: DataView, at: number): number =>
  view.getUint32(at + Dirent.NAMLEN, true)
export const direntType = (view: DataView, at: number): number => view.getUint8(at + Dirent.TYPE)

/** Reads a dirent, without the name. */
export function readDirent(view: DataView, at: number): DirentFields {
  return {
    next: direntNext(view, at),
    ino: view.getBigUint64(at + Dirent.INO, true),
    namlen: direntNamlen(view, at),
    type: direntType(view, at),
  }
}

/**
 * [`subscription`](https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#subscription):
 * an event that a poll waits for. The tag selects the union's member: a clock, or a descriptor.
 *
 *     0          8     9         16   20        24        32          40      42        48
 *     | userdata | tag | 7 zeros | id | 4 zeros | timeout | precision | flags | 6 zeros |
 *     | userdata | tag | 7 zeros | fd |
 */
export const Subscription = Object.freeze({
  USERDATA: 0,
  TAG: 8,
  FD: 16,
  CLOCK_ID: 16,
  TIMEOUT: 24,
  PRECISION: 32,
  FLAGS: 40,
  BYTES: 48,
})

/**
 * [`subscription`](https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview0/docs.md#subscription)
 * of wasi_unstable, whose clocks also have an identifier.
 *
 *     0          8     9         16           24   28        32        40          48      50        56
 *     | userdata | tag | 7 zeros | identifier | id | 4 zeros | timeout | precision | flags | 6 zeros |
 *     | userdata | tag | 7 zeros | fd |
 */
export const Subscription0: SubscriptionLayout = Object.freeze({
  ...{
    USERDATA: 0,
    TAG: 8,
    FD: 16,
    CLOCK_ID: 24,
    TIMEOUT: 32,
    PRECISION: 40,
    FLAGS: 48,
    BYTES: 56,
  },
})
/** The offsets of a subscription's fields in one of the snapshots. */
export type SubscriptionLayout = { readonly [Field in keyof typeof Subscription]: number }

/** Reads the event type of the subscription at `at`, as Eventtype numbers it. */
export const subscriptionTag = (view: DataView, at: number): number =>
  view.getUint8(at + Subscription.TAG)
/** Reads the descriptor of a descriptor subscription. */
export const subscriptionFd = (view: DataView, at: number): number =>
  view.getUint32(at + Subscription.FD, true)
/** The clock of a subscription, without its precision: a hint that no host here can use. */
export interface SubscriptionClock {
  readonly id: number
  readonly timeout: bigint
  readonly flags: number
}
/** Reads the clock of a clock subscription. */
export function subscriptionClock(
  view: DataView,
  at: number,
  layout: SubscriptionLayout,
): SubscriptionClock {
  return {
    id: view.getUint32(at + layout.CLOCK_ID, true),
    timeout: view.getBigUint64(at + layout.TIMEOUT, true),
    flags: view.getUint16(at + layout.FLAGS, true),
  }
}

/**
 * [`event`](https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#event): the
 * outcome of a subscription.
 *
 *     0          8       10     11        16       24      26        32
 *     | userdata | error | type | 5 zeros | nbytes | flags | 6 zeros |
 */
export const Event = Object.freeze({
  USERDATA: 0,
  ERROR: 8,
  TYPE: 10,
  NBYTES: 16,
  FLAGS: 24,
  BYTES: 32,
})

/** Writes an event, with the userdata and the tag of the subscription at `from`. */
export function writeEvent(
  view: DataView,
  at: number,
  subscriptions: DataView,
  from: number,
  errno: number,
  nbytes: number,
  flags: number,
): void {
  view.setInt32(
    at + Event.USERDATA,
    subscriptions.getInt32(from + Subscription.USERDATA, true),
    true,
  )
  view.setInt32(
    at + Event.USERDATA + 4,
    subscriptions.getInt32(from + Subscription.USERDATA + 4, true),
    true,
  )
  view.setUint16(at + Event.ERROR, errno, true)
  view.setUint16(at + Event.TYPE, subscriptions.getUint8(from + Subscription.TAG), true)
  view.setUint32(at + Event.TYPE + 2, 0, true)
  setSize64(view, at + Event.NBYTES, nbytes)
  view.setUint32(at + Event.FLAGS, flags, true)
  view.setUint32(at + Event.FLAGS + 4, 0, true)
}
