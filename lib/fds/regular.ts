/** A regular file that its guest alone has open: its offset is kept here, where asking for it costs no system call. */
import { Errno } from '../abi/errno.js'
import { Fdflags, Whence } from '../abi/values.js'
import type { Answer, Handle, Sys } from '../sys/sys.js'
import type { Traits } from './descriptor.js'
import { HostFile } from './host.js'

export class RegularFile extends HostFile {
  #offset = 0
  /** Each write goes to the end, wherever that is: then the kernel keeps the offset. */
  #appends: boolean
  constructor(sys: Sys, handle: Handle, traits: Traits) {
    super(sys, handle, traits)
    this.#appends = (traits.fdflags & Fdflags.APPEND) !== 0
  }

  override readv(spans: number): Answer {
    if (this.#appends) return super.readv(spans)
    const size = this.preadv(spans, this.#offset)
    if (size > 0) this.#offset += size
    return size
  }

  override writev(spans: number): Answer {
    if (this.#appends) return super.writev(spans)
    const size = this.pwritev(spans, this.#offset)
    if (size > 0) this.#offset += size
    return size
  }

  override seek(offset: number, whence: number): Answer {
    if (this.#appends || whence === Whence.END) return this.#sought(super.seek(offset, whence))
    const place = whence === Whence.SET ? offset : this.#offset + offset
    if (place < 0) return -Errno.INVAL
    return place > Number.MAX_SAFE_INTEGER ? -Errno.OVERFLOW : this.#sought(place)
  }
  #sought(answer: Answer): Answer {
    if (answer >= 0) this.#offset = answer
    return answer
  }

  override setFlags(fdflags: number): Answer {
    const appends = (fdflags & Fdflags.APPEND) !== 0
    this.settle()
    const answer = super.setFlags(fdflags)
    if (answer !== 0 || appends === this.#appends) return answer
    if (!appends) this.#sought(super.seek(0, Whence.CUR))
    this.#appends = appends
    return 0
  }

  override settle(): void {
    if (!this.#appends) super.seek(this.#offset, Whence.SET)
  }
}
