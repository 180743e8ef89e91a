/** The quota of a tree in memory, and its use. */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import { checkInteger, checkKeys } from '../../validate.js'

/** The most that a guest may keep in memory; beyond it, the guest gets NOSPC. */
export interface Quota {
  /**
   * Bytes that were written to files, in pieces, and of links' targets. Holes cost nothing. Default
   * 64 MiB.
   */
  readonly bytes?: number | undefined
  /** Names of files, directories and links. Default 65536. */
  readonly entries?: number | undefined
}
/** A quota with all that it has. */
export interface FullQuota {
  readonly bytes: number
  readonly entries: number
}
export const defaultQuota: FullQuota = Object.freeze({ bytes: 2 ** 26, entries: 2 ** 16 })
/** The most entries of a Map of JavaScript, less a margin. */
const mostEntries = 2 ** 23

/** A quota that an embedder gave, checked. */
export function quotaOf(at: string, quota: unknown = {}): FullQuota {
  checkKeys(at, ['bytes', 'entries'], quota)
  const { bytes = defaultQuota.bytes, entries = defaultQuota.entries } = quota as Quota
  checkInteger(`${at}.bytes`, bytes, 0, Number.MAX_SAFE_INTEGER)
  checkInteger(`${at}.entries`, entries, 0, mostEntries)
  return { bytes, entries }
}

/** As many names of what lies below an overlay may be gone from it: each is remembered. */
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

  /** The use of each. */
  get used(): FullQuota {
    return { bytes: this.#bytes, entries: this.#entries }
  }
  get freeBytes(): number {
    return this.quota.bytes - this.#bytes
  }
  get freeEntries(): number {
    return this.quota.entries - this.#entries
  }
  /** NOSPC where there is not so much. */
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
  /** More names are gone, or fewer. */
  countGone(more: number): void {
    this.#gone += more
  }
}
