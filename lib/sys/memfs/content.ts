/** The bytes of one file in memory, in sparse chunks: unwritten chunks are not stored. */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import type { Room } from './quota.js'

/** The maximum size of a file: 16 TiB, as on many disks. */
export const maxFileSize = 2 ** 44
export const pieceSize = 2 ** 16
/**
 * The least charge of a chunk after the first; without it a guest could make many that hold a byte
 * each.
 */
const leastPiece = 4096
/** The most chunks of a file: the capacity of a JavaScript Map, less a margin. */
const mostPieces = 2 ** 23

/**
 * A chunk. Beyond `used` it reads as zeros, whatever its bytes are. Up to `reserved` its quota is
 * already charged.
 */
interface Piece {
  bytes: Uint8Array
  used: number
  reserved: number
}
/**
 * The lower bytes of a chunked file: a large lower file of an overlay, where it was not
 * overwritten.
 */
export interface Base {
  /** The size of the base in bytes. */
  readonly size: number
  /** Fills all of `into`. */
  read(into: Uint8Array, offset: number): void
}
/** A chunk, in the form that another thread receives. */
export type PlainPiece = readonly [index: number, bytes: Uint8Array]

/**
 * The content of a file. It is charged by written chunks, as on Linux's tmpfs: holes cost nothing.
 * Chunks grow by doubling, so at most twice the charge is held.
 */
export class Content {
  readonly #room: Room
  readonly #base: Base | undefined
  readonly #pieces = new Map<number, Piece>()
  #size = 0
  /** The bytes of the base that were not truncated. */
  #kept = 0
  #charged = 0
  constructor(room: Room, base?: Base) {
    this.#room = room
    this.#base = base
    this.#kept = base?.size ?? 0
    this.#size = this.#kept
  }

  get size(): number {
    return this.#size
  }
  /** The bytes charged to the quota. */
  get charged(): number {
    return this.#charged
  }
  /** The bytes in chunks and holes after the end of the base. */
  get own(): number {
    return this.#size - this.#kept
  }
  get kept(): number {
    return this.#kept
  }

  /** Reads from `offset` into `into`. Returns the number of bytes. */
  read(into: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(into.length, this.#size - offset))
    for (let done = 0; done < count; ) {
      const from = (offset + done) % pieceSize
      const length = Math.min(pieceSize - from, count - done)
      const index = Math.floor((offset + done) / pieceSize)
      const piece = this.#pieces.get(index)
      const there = Math.max(
        0,
        Math.min(length, (piece === undefined ? this.#lower(index) : piece.used) - from),
      )
      if (there > 0 && piece !== undefined) into.set(piece.bytes.subarray(from, from + there), done)
      else if (there > 0) this.#base?.read(into.subarray(done, done + there), offset + done)
      if (there < length) into.fill(0, done + there, done + length)
      done += length
    }
    return count
  }

  /**
   * Writes, and returns the number of bytes: fewer if the quota runs out. NOSPC or FBIG if none
   * fit.
   */
  write(from: Uint8Array, offset: number): number {
    if (from.length === 0) return 0
    if (offset >= maxFileSize) refuse(Errno.FBIG)
    const most = Math.min(from.length, maxFileSize - offset)
    let done = 0
    while (done < most) {
      const index = Math.floor((offset + done) / pieceSize)
      const to = (offset + done) % pieceSize
      const wanted = Math.min(pieceSize - to, most - done)
      const length = Math.min(wanted, this.#reach(index) - to)
      if (length <= 0) break
      try {
        const piece = this.#reaching(index, to + length)
        piece.bytes.set(from.subarray(done, done + length), to)
      } catch (error) {
        // The call returns the bytes already written; the next call returns the error.
        if (done > 0) break
        throw error
      }
      done += length
      if (length < wanted) break
    }
    if (done === 0) refuse(Errno.NOSPC)
    this.#size = Math.max(this.#size, offset + done)
    return done
  }

  /** Truncates or extends the file. New bytes read as zeros, and are charged once written. FBIG. */
  resize(size: number): void {
    if (size > maxFileSize) refuse(Errno.FBIG)
    if (size < this.#size) {
      const last = Math.floor(size / pieceSize)
      for (const index of this.#pieces.keys())
        if (index >= last) this.#cut(index, index === last ? size % pieceSize : 0)
      this.#kept = Math.min(this.#kept, size)
    }
    this.#size = size
  }

  /** Charges the quota for writing this range later. NOSPC, without any charge. */
  reserve(offset: number, length: number): void {
    const end = offset + length
    if (end > maxFileSize) refuse(Errno.FBIG)
    // The range needs at least this much: checking first bounds the number of chunks visited.
    if (length > this.#charged + this.#room.freeBytes) refuse(Errno.NOSPC)
    const first = Math.floor(offset / pieceSize)
    const last = Math.floor((end - 1) / pieceSize)
    if (last - first + this.#pieces.size > mostPieces) refuse(Errno.NOSPC)
    const until = (index: number): number =>
      Math.max(this.#lower(index), index === last ? end - last * pieceSize : pieceSize)
    let more = 0
    for (let index = first; index <= last; index++) {
      const piece = this.#pieces.get(index)
      more += charge(index, Math.max(until(index), reachOf(piece))) - chargeOf(index, piece)
    }
    if (more > this.#room.freeBytes) refuse(Errno.NOSPC)
    for (let index = first; index <= last; index++) {
      // A chunk hides the lower bytes, so it must contain them.
      const piece = this.#reaching(index, this.#lower(index))
      this.#recharge(index, piece, () => {
        piece.reserved = Math.max(piece.reserved, until(index))
      })
    }
    this.#size = Math.max(this.#size, end)
  }

  /** Returns all chunks with bytes. */
  plain(): PlainPiece[] {
    return [...this.#pieces]
      .filter(([, { used }]) => used > 0)
      .map(([index, { bytes, used }]) => [index, bytes.slice(0, used)])
  }
  /** Replaces the content by these chunks, in a file of this size. */
  become(size: number, kept: number, pieces: readonly PlainPiece[]): void {
    this.resize(size)
    this.#kept = Math.min(this.#kept, kept)
    for (const [index, bytes] of pieces) {
      this.#take(charge(index, bytes.length))
      this.#pieces.set(index, { bytes, used: bytes.length, reserved: 0 })
    }
  }

  /** Returns the number of base bytes in a chunk. */
  #lower(index: number): number {
    return Math.max(0, Math.min(pieceSize, this.#kept - index * pieceSize))
  }
  /** Returns the end up to which a chunk may be written within the quota. */
  #reach(index: number): number {
    const piece = this.#pieces.get(index)
    if (piece === undefined && this.#pieces.size >= mostPieces) return 0
    const most = Math.min(pieceSize, chargeOf(index, piece) + this.#room.freeBytes)
    return most < charge(index, piece === undefined ? Math.max(1, this.#lower(index)) : 1)
      ? reachOf(piece)
      : most
  }

  /** Returns a chunk that holds at least `used` bytes. */
  #reaching(index: number, used: number): Piece {
    const piece = this.#pieces.get(index)
    if (piece === undefined) return this.#made(index, Math.max(used, this.#lower(index)))
    if (piece.used >= used) return piece
    this.#recharge(index, piece, () => {
      if (piece.bytes.length >= used) {
        // Truncated bytes may still be there.
        piece.bytes.fill(0, piece.used, used)
      } else {
        // Doubling avoids copying the chunk for every appended byte.
        const larger = new Uint8Array(Math.min(pieceSize, Math.max(used, 2 * piece.used)))
        larger.set(piece.bytes.subarray(0, piece.used))
        piece.bytes = larger
      }
      piece.used = used
    })
    return piece
  }
  #made(index: number, used: number): Piece {
    this.#take(charge(index, used))
    const piece = { bytes: new Uint8Array(used), used, reserved: 0 }
    const lower = this.#lower(index)
    try {
      if (lower > 0) this.#base?.read(piece.bytes.subarray(0, lower), index * pieceSize)
    } catch (error) {
      this.#give(charge(index, used))
      throw error
    }
    this.#pieces.set(index, piece)
    return piece
  }

  #cut(index: number, length: number): void {
    const piece = this.#pieces.get(index)
    if (piece === undefined || Math.max(piece.used, piece.reserved) <= length) return
    if (length === 0) {
      this.#give(chargeOf(index, piece))
      this.#pieces.delete(index)
      return
    }
    this.#recharge(index, piece, () => {
      piece.used = Math.min(piece.used, length)
      piece.reserved = Math.min(piece.reserved, length)
      // Returns freed capacity to the heap as well.
      if (piece.bytes.length > 2 * piece.used) piece.bytes = piece.bytes.slice(0, piece.used)
    })
  }

  /** Changes a chunk and its charge. On NOSPC it restores the chunk. */
  #recharge(index: number, piece: Piece, change: () => void): void {
    const before = { ...piece }
    change()
    const more = chargeOf(index, piece) - chargeOf(index, before)
    if (more > this.#room.freeBytes) {
      Object.assign(piece, before)
      refuse(Errno.NOSPC)
    }
    if (more >= 0) this.#take(more)
    else this.#give(-more)
  }
  #take(bytes: number): void {
    this.#room.takeBytes(bytes)
    this.#charged += bytes
  }
  #give(bytes: number): void {
    this.#room.giveBytes(bytes)
    this.#charged -= bytes
  }
}

const reachOf = (piece: Piece | undefined): number =>
  piece === undefined ? 0 : Math.max(piece.used, piece.reserved)
const charge = (index: number, reach: number): number =>
  index === 0 ? reach : Math.max(reach, leastPiece)
const chargeOf = (index: number, piece: Piece | undefined): number =>
  piece === undefined ? 0 : charge(index, reachOf(piece))
