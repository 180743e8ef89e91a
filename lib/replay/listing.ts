/**
 * Directories sorted by name: each is read whole, sorted, and kept until it is closed or read from
 * its start again.
 */
import { Errno } from '../abi/errno.js'
import { Dirent, readDirent, readFilestat, writeDirent } from '../abi/layout.js'
import type { GuestMemory } from '../memory.js'
import { ForwardingSys } from '../sys/forwarding.js'
import type { Answer, Handle, Sys } from '../sys/sys.js'

/** Bytes of a directory that the host lists at once. */
const pageBytes = 65536
/**
 * The most bytes of all listings kept for one guest: about a million names. A larger directory is
 * NOMEM.
 */
const most = 2 ** 26

interface Entry {
  /** The bytes of the name, a character for each, so that sorting compares bytes. */
  readonly name: string
  readonly inode: bigint
  readonly type: number
}
/** A listing as the guest gets it. */
interface Listing {
  readonly bytes: Uint8Array
  /** The start of each entry: its cookie is its index in the sorted order, starting at 1. */
  readonly offsets: readonly number[]
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView =>
  new DataView(buffer, byteOffset, length)

/** Converts the host's file number to the guest's. */
export type NumberOf = (device: bigint, inode: bigint) => bigint

/** A host with sorted directories. */
export class SortedListingSys extends ForwardingSys {
  readonly #memory: Pick<GuestMemory, 'bytes' | 'write'>
  readonly #numberOf: NumberOf
  readonly #page = Buffer.alloc(pageBytes)
  readonly #view = viewOf(this.#page)
  /** The listings, oldest first. */
  readonly #kept = new Map<Handle, Listing>()
  #size = 0

  /** @param host reports its own file numbers, which `numberOf` converts */
  constructor(host: Sys, memory: Pick<GuestMemory, 'bytes' | 'write'>, numberOf: NumberOf) {
    super(host)
    this.#memory = memory
    this.#numberOf = numberOf
  }

  override close(file: Handle): Answer {
    this.#drop(file)
    return this.host.close(file)
  }

  override readdir(dir: Handle, cookie: bigint, at: number, length: number): Answer {
    let listing = cookie === 0n ? undefined : this.#kept.get(dir)
    if (listing === undefined) {
      this.#drop(dir)
      const read = this.#read(dir)
      if (typeof read === 'number') return read
      listing = this.#keep(dir, read)
      if (listing === undefined) return -Errno.NOMEM
    }
    const { bytes, offsets } = listing
    const start = cookie < offsets.length ? offsets[Number(cookie)] : bytes.length
    const chunk = bytes.subarray(start, start + length)
    this.#memory.write(at, chunk)
    return chunk.length
  }

  #drop(dir: Handle): void {
    this.#size -= this.#kept.get(dir)?.bytes.length ?? 0
    this.#kept.delete(dir)
  }

  /**
   * Keeps a listing, and evicts the oldest ones beyond the limit. A guest that continues an evicted
   * listing has it read anew.
   */
  #keep(dir: Handle, listing: Listing): Listing | undefined {
    if (listing.bytes.length > most) return undefined
    for (const oldest of this.#kept.keys()) {
      if (this.#size + listing.bytes.length <= most) break
      this.#drop(oldest)
    }
    this.#kept.set(dir, listing)
    this.#size += listing.bytes.length
    return listing
  }

  /** Returns all entries of a directory, or the error. */
  #read(dir: Handle): Listing | Answer {
    const found = this.host.filestat(dir)
    if (found !== 0) return found
    const { dev } = readFilestat(this.block.record)
    const entries: Entry[] = []
    // The host writes into this page, bound in place of guest memory.
    this.host.bind(this.#page)
    try {
      let size = 0
      for (let used: Answer = pageBytes, cookie = 0n; used === pageBytes; ) {
        used = this.host.readdir(dir, cookie, 0, pageBytes)
        if (used < 0) return used
        const end = this.#parse(used, entries)
        if (end > 0) cookie = readDirent(this.#view, this.#last).next
        size += end
        if (size > most) return -Errno.NOMEM
      }
    } finally {
      this.host.bind(this.#memory.bytes)
    }
    return this.#listing(dev, entries)
  }

  /** The start of the last whole entry of the page. */
  #last = 0
  /**
   * Parses the entries of a page, of which the last may be cut. Returns the number of bytes parsed.
   */
  #parse(used: number, entries: Entry[]): number {
    const page = this.#page
    let at = 0
    while (at + Dirent.BYTES <= used) {
      const { ino, namlen, type } = readDirent(this.#view, at)
      const begin = at + Dirent.BYTES
      const end = begin + namlen
      if (end > used) break
      entries.push({ name: page.toString('latin1', begin, end), inode: ino, type })
      this.#last = at
      at = end
    }
    return at
  }

  #listing(device: bigint, entries: Entry[]): Listing {
    entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    const bytes = Buffer.alloc(
      entries.reduce((sum, { name }) => sum + Dirent.BYTES + name.length, 0),
    )
    const view = viewOf(bytes)
    const offsets: number[] = []
    let at = 0
    for (const { name, inode, type } of entries) {
      offsets.push(at)
      // Inode 0 means unknown: a C library then calls stat for the number.
      const ino = inode === 0n ? 0n : this.#numberOf(device, inode)
      writeDirent(view, at, { next: BigInt(offsets.length), ino, namlen: name.length, type })
      at += Dirent.BYTES + bytes.write(name, at + Dirent.BYTES, 'latin1')
    }
    return { bytes, offsets }
  }
}
