/**
 * The bytes of one file in memory, in pieces, of which those that nobody wrote to are not there.
 */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import type { Room } from './quota.js'

/** No file grows larger: sixteen TiB, as on many disks. */
export const maxFileSize = 2 ** 44
export const pieceSize = 2 ** 16
/**
 * A piece behind the first counts for no less, or a guest could make many that hold a byte each.
 */
const leastPiece = 4096
/** As many pieces a file may have as a Map of JavaScript can hold, and some to spare. */
const mostPieces = 2 ** 23

/**
 * Behind `used` a piece counts as zeros, whatever its bytes are. Up to `reserved` its room is taken
 * already.
 */
interface Piece {
  bytes: Uint8Array
  used: number
  reserved: number
}
/** Bytes that lie elsewhere, under those that were written: of a large file below an overlay. */
export interface Base {
  /** The size of the base in bytes. */
  readonly size: number
  /** Fills all of `into`. */
  read(into: Uint8Array, offset: number): void
}
/** A piece as another thread is told it. */
export type PlainPiece = readonly [index: number, bytes: Uint8Array]

/**
 * A file is counted by the pieces that were written to, as on Linux's tmpfs: holes cost nothing.
 * What is held is never more than twice what is counted, since pieces grow by doubling.
 */
export class Content {
  readonly #room: Room
  readonly #base: Base | undefined
  readonly #pieces = new Map<number, Piece>()
  #size = 0
  /** The bytes of the base that have not been cut off. */
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
  /** The bytes that it takes of the quota. */
  get charged(): number {
    return this.#charged
  }
  /** Bytes that its own pieces and holes have, and the base has not. */
  get own(): number {
    return this.#size - this.#kept
  }
  get kept(): number {
    return this.#kept
  }

  /** Reads from `offset` on into `into`. Returns the number of bytes. */
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
   * Writes, and returns the number of bytes: fewer where the quota has no room for more. NOSPC or
   * FBIG where there is none for any.
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
        // The bytes written by then are returned; the next call returns the reason.
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

  /**
   * Cuts or extends the file. New bytes read as zeros, and cost nothing until they are written.
   * FBIG.
   */
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

  /** Takes the room that writing there will need. NOSPC, and nothing is taken. */
  reserve(offset: number, length: number): void {
    const end = offset + length
    if (end > maxFileSize) refuse(Errno.FBIG)
    // So much is needed at least, so that no more pieces are looked at than fit.
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

  /** All pieces that hold something. */
  plain(): PlainPiece[] {
    return [...this.#pieces]
      .filter(([, { used }]) => used > 0)
      .map(([index, { bytes, used }]) => [index, bytes.slice(0, used)])
  }
  /** Have these pieces, and no others, in a file of this size. */
  become(size: number, kept: number, pieces: readonly PlainPiece[]): void {
    this.resize(size)
    this.#kept = Math.min(this.#kept, kept)
    for (const [index, bytes] of pieces) {
      this.#take(charge(index, bytes.length))
      this.#pieces.set(index, { bytes, used: bytes.length, reserved: 0 })
    }
  }

  /** The bytes of the base that are in a chunk. */
  #lower(index: number): number {
    return Math.max(0, Math.min(pieceSize, this.#kept - index * pieceSize))
  }
  /** The end up to which a chunk may be written within the quota. */
  #reach(index: number): number {
    const piece = this.#pieces.get(index)
    if (piece === undefined && this.#pieces.size >= mostPieces) return 0
    const most = Math.min(pieceSize, chargeOf(index, piece) + this.#room.freeBytes)
    return most < charge(index, piece === undefined ? Math.max(1, this.#lower(index)) : 1)
      ? reachOf(piece)
      : most
  }

  /** A piece that holds so many bytes. */
  #reaching(index: number, used: number): Piece {
    const piece = this.#pieces.get(index)
    if (piece === undefined) return this.#made(index, Math.max(used, this.#lower(index)))
    if (piece.used >= used) return piece
    this.#recharge(index, piece, () => {
      if (piece.bytes.length >= used) {
        // Bytes that were cut off may still be there.
        piece.bytes.fill(0, piece.used, used)
      } else {
        // By doubling, so that byte after byte is not copied again and again.
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
      // Freed capacity is given back to the heap as well.
      if (piece.bytes.length > 2 * piece.used) piece.bytes = piece.bytes.slice(0, piece.used)
    })
  }

  /** A change of a piece, and of what it counts for. NOSPC, and it stays as it was. */
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
