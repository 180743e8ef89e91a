/**
 * A regular file that only its guest has open: its offset is kept here, where reading it costs no
 * system call.
 */
import { Errno } from '../abi/errno.js'
import { filestatSize } from '../abi/layout.js'
import { Fdflags, Whence } from '../abi/values.js'
import { type Answer, type Handle, maxSize, type Sys } from '../sys/sys.js'
import type { Traits } from './descriptor.js'
import { HostFile } from './file.js'

/**
 * The smallest maximum offset among Linux file systems: MAX_NON_LFS, 2^31 - 1. Only the kernel
 * knows the actual maximum of a file system.
 */
const certain = 2 ** 31 - 1

export class RegularFile extends HostFile {
  #offset: number
  /**
   * True if the kernel keeps the offset: when each write appends, and when the file cannot be read
   * at an offset.
   */
  #byKernel: boolean
  constructor(sys: Sys, handle: Handle, traits: Traits, offset: number) {
    super(sys, handle, traits)
    this.#offset = offset
    this.#byKernel = (traits.fdflags & Fdflags.APPEND) !== 0
  }

  override readv(spans: number): Answer {
    if (this.#byKernel) return super.readv(spans)
    const size = this.preadv(spans, this.#offset)
    return size === -Errno.SPIPE ? this.#streams().readv(spans) : this.#moved(size)
  }

  override writev(spans: number): Answer {
    if (this.#byKernel) return super.writev(spans)
    const size = this.pwritev(spans, this.#offset)
    return size === -Errno.SPIPE ? this.#streams().writev(spans) : this.#moved(size)
  }
  #moved(size: Answer): Answer {
    if (size > 0) this.#offset += size
    return size
  }
  /** Checks for streams: some file systems have streams that report themselves as regular files. */
  #streams(): this {
    this.#byKernel = true
    return this
  }

  override seek(offset: number, whence: number): Answer {
    if (this.#byKernel || whence === Whence.END) return this.#sought(super.seek(offset, whence))
    const place = whence === Whence.SET ? offset : this.#offset + offset
    if (place < 0 || place > maxSize) return -Errno.INVAL
    return this.#sought(place > certain ? super.seek(place, Whence.SET) : place)
  }
  #sought(answer: Answer): Answer {
    if (answer >= 0) this.#offset = answer
    return answer
  }

  override setFlags(fdflags: number): Answer {
    const appends = (fdflags & Fdflags.APPEND) !== 0
    if (!this.#byKernel) super.seek(this.#offset, Whence.SET)
    const answer = super.setFlags(fdflags)
    if (answer !== 0 || appends === this.#byKernel) return answer
    // A stream has no offset: the kernel keeps it.
    this.#byKernel = appends || this.#sought(super.seek(0, Whence.CUR)) < 0
    return 0
  }

  override waiting(reads: boolean): number {
    if (this.#byKernel) return -1
    if (!reads || this.filestat() !== 0) return 0
    return Math.max(0, filestatSize(this.sys.block.record) - this.#offset)
  }
}
