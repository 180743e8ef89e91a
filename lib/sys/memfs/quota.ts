/** The quota of a tree in memory, and its use. */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import { checkInteger, checkKeys } from '../../validate.js'

/** The limits of in-memory files; beyond them, the guest gets NOSPC. */
export interface Quota {
  /**
   * Bytes written to files, in chunks, and the bytes of symlink targets. Holes cost nothing.
   * Default 64 MiB.
   */
  readonly bytes?: number | undefined
  /** Names of files, directories and symlinks. Default 65536. */
  readonly entries?: number | undefined
}
/** The part of a {@link Quota} that is in use. */
export interface QuotaUsage {
  /** Bytes of files, counted in chunks, and of symlinks' targets. */
  readonly bytes: number
  /** Names of files, directories and symlinks. */
  readonly entries: number
}
/** A quota with defaults filled in. */
export type FullQuota = QuotaUsage
export const defaultQuota: FullQuota = Object.freeze({ bytes: 2 ** 26, entries: 2 ** 16 })
/** The most entries of a Map of JavaScript, less a margin. */
const mostEntries = 2 ** 23

/** Checks an embedder's quota, and fills in the defaults. */
export function quotaOf(at: string, quota: unknown = {}): FullQuota {
  checkKeys(at, ['bytes', 'entries'], quota)
  const { bytes = defaultQuota.bytes, entries = defaultQuota.entries } = quota as Quota
  checkInteger(`${at}.bytes`, bytes, 0, Number.MAX_SAFE_INTEGER)
  checkInteger(`${at}.entries`, entries, 0, mostEntries)
  return { bytes, entries }
}

/** The most lower names that an overlay may hide: each is remembered. */
export const mostGone = 2 ** 20

export class Room {
  readonly quota: FullQuota
  readonly #mostGone: number
  #bytes = 0
  #entries = 0
  #gone = 0
  constructor(quota: FullQuota, most = mostGone) {
    this.quota = quota
    this.#mostGone = most
  }

  /** The used part of each value. */
  get used(): QuotaUsage {
    return { bytes: this.#bytes, entries: this.#entries }
  }
  get freeBytes(): number {
    return this.quota.bytes - this.#bytes
  }
  get freeEntries(): number {
    return this.quota.entries - this.#entries
  }
  /** Charges bytes; NOSPC if the quota has fewer left. */
  takeBytes(count: number): void {
    if (count > this.freeBytes) refuse(Errno.NOSPC)
    this.#bytes += count
  }
  giveBytes(count: number): void {
    this.#bytes -= count
  }
  takeEntry(): void {
    if (this.freeEntries <= 0) refuse(Errno.NOSPC)
    this.#entries++
  }
  giveEntry(): void {
    this.#entries--
  }
  get freeGone(): number {
    return this.#mostGone - this.#gone
  }
  /** Counts hidden lower names, more or fewer. */
  countGone(more: number): void {
    this.#gone += more
  }
}
