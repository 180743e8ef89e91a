/** A `directory-entry-stream` of `wasi:filesystem`: the entries of a directory, read in blocks. */
import { Errno } from '../../abi/errno.js'
import { Dirent, direntNamlen, direntNext, direntType } from '../../abi/layout.js'
import type { Answer } from '../../sys/sys.js'
import { isText } from '../text.js'
import type { OpenCount, OpenFile } from './open-file.js'
import { Resource } from './resource.js'

const DOT = 0x2e

/**
 * Reads a block of at most `length` bytes from a cookie on. Returns a copy of it, or an error.
 */
export type ReadBlock = (file: OpenFile, cookie: bigint, length: number) => Uint8Array | Answer

export class EntriesResource extends Resource {
  override readonly kind = 'directory-entry-stream'
  /** Bytes read at once. */
  static readonly block = 8192
  readonly file: OpenFile
  readonly #count: OpenCount
  #bytes: Uint8Array = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)
  /** The place of the next entry in the block. */
  #next = 0
  /** The place of the entry before; -1 at the start of the block. */
  #before = -1
  #cookie = 0n
  #last = false
  /** The filetype of the entry that `advance` has found, and the range of its name in `bytes`. */
  type = 0
  start = 0
  end = 0
  /** @param count counts it among the open files until it is dropped, since it keeps a block */
  constructor(file: OpenFile, count: OpenCount) {
    super()
    this.file = file.used()
    this.#count = count
    count.open++
  }
  override drop(): void {
    this.#count.open--
    this.file.release()
  }
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /**
   * Finds the next entry, `.` and `..` excluded. Returns 1 for an entry, 0 at the end, or an error:
   * ILSEQ for a name that is not UTF-8, after which the next entry can be read.
   */
  advance(read: ReadBlock): Answer {
    for (;;) {
      const here = this.#next
      const start = here + Dirent.BYTES
      const { length } = this.#bytes
      const namlen = start <= length ? direntNamlen(this.#view, here) : 0
      if (start + namlen > length) {
        if (this.#last) return 0
        const answer = this.#refill(read)
        if (answer < 0) return answer
        continue
      }
      this.start = start
      this.end = this.#next = start + namlen
      this.type = direntType(this.#view, here)
      this.#before = here
      if (this.#isDots(namlen)) continue
      return isText(this.#bytes, this.start, this.end) ? 1 : -Errno.ILSEQ
    }
  }

  /** Reads the next block. Only the cookie of the last entry is read: it is a BigInt. */
  #refill(read: ReadBlock): Answer {
    if (this.#before >= 0) this.#cookie = direntNext(this.#view, this.#before)
    const block = read(this.file, this.#cookie, EntriesResource.block)
    if (typeof block === 'number') return block
    this.#bytes = block
    this.#view = new DataView(block.buffer, block.byteOffset, block.length)
    this.#next = 0
    this.#before = -1
    this.#last = block.length < EntriesResource.block
    return 0
  }

  #isDots(length: number): boolean {
    const { start } = this
    return (
      this.#bytes[start] === DOT &&
      (length === 1 || (length === 2 && this.#bytes[start + 1] === DOT))
    )
  }
}
