/** The bytes of one file in memory, in pieces, of which those that nobody wrote to are not there. */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import type { Room } from './room.js'

/** No file grows larger: sixteen TiB, as on many disks. */
export const maxFileSize = 2 ** 44
const pieceSize = 2 ** 16

/** Behind `used` a piece counts as zeros, whatever its bytes are. */
interface Piece {
  bytes: Uint8Array
  used: number
}

/**
 * A file is counted by its size, holes and all: whoever takes it out of memory has the holes as zeros. What is held is never more
 * than twice what is counted, since pieces grow by doubling.
 */
export class Content {
  readonly #room: Room
  readonly #pieces = new Map<number, Piece>()
  #size = 0
  constructor(room: Room) {
    this.#room = room
  }

  get size(): number {
    return this.#size
  }

  /** How many bytes there were from `offset` on, which are now in `into`. */
  read(into: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(into.length, this.#size - offset))
    for (let done = 0; done < count; ) {
      const from = (offset + done) % pieceSize
      const length = Math.min(pieceSize - from, count - done)
      const piece = this.#pieces.get(Math.floor((offset + done) / pieceSize))
      const there = piece === undefined ? 0 : Math.max(0, Math.min(length, piece.used - from))
      if (piece !== undefined && there > 0) into.set(piece.bytes.subarray(from, from + there), done)
      if (there < length) into.fill(0, done + there, done + length)
      done += length
    }
    return count
  }

  /** How many bytes were written: fewer where there is no room for more. NOSPC or FBIG where there is none for any. */
  write(from: Uint8Array, offset: number): number {
    if (from.length === 0) return 0
    if (offset >= maxFileSize) refuse(Errno.FBIG)
    const most = this.#size + this.#room.freeBytes - offset
    if (most <= 0) refuse(Errno.NOSPC)
    const count = Math.min(from.length, maxFileSize - offset, most)
    if (offset + count > this.#size) this.resize(offset + count)
    for (let done = 0; done < count; ) {
      const to = (offset + done) % pieceSize
      const length = Math.min(pieceSize - to, count - done)
      const piece = this.#reaching(Math.floor((offset + done) / pieceSize), to + length)
      piece.bytes.set(from.subarray(done, done + length), to)
      done += length
    }
    return count
  }

  /** What is cut off is gone; what is new reads as zeros, and is not held until it is written to. NOSPC, FBIG. */
  resize(size: number): void {
    if (size > maxFileSize) refuse(Errno.FBIG)
    if (size > this.#size) {
      this.#room.takeBytes(size - this.#size)
    } else {
      this.#room.giveBytes(this.#size - size)
      const last = Math.floor(size / pieceSize)
      for (const index of this.#pieces.keys()) if (index >= last) this.#cut(index, index === last ? size % pieceSize : 0)
    }
    this.#size = size
  }

  /** A piece that holds so many bytes. */
  #reaching(index: number, used: number): Piece {
    let piece = this.#pieces.get(index)
    if (piece !== undefined && piece.used >= used) return piece
    if (piece === undefined) {
      piece = { bytes: new Uint8Array(used), used }
      this.#pieces.set(index, piece)
    } else if (piece.bytes.length >= used) {
      // What was cut off may still lie there.
      piece.bytes.fill(0, piece.used, used)
    } else {
      // By doubling, so that byte after byte is not copied again and again.
      const larger = new Uint8Array(Math.min(pieceSize, Math.max(used, 2 * piece.used)))
      larger.set(piece.bytes.subarray(0, piece.used))
      piece.bytes = larger
    }
    piece.used = used
    return piece
  }

  #cut(index: number, used: number): void {
    const piece = this.#pieces.get(index)
    if (piece === undefined || piece.used <= used) return
    piece.used = used
    if (used === 0) this.#pieces.delete(index)
    // What is given back shall not be held all the same.
    else if (piece.bytes.length > 2 * used) piece.bytes = piece.bytes.slice(0, used)
  }
}
