/**
 * An open file and its users: the descriptors of a component, and streams, which may outlive the
 * descriptors they were made of.
 */
import { Errno } from '../../abi/errno.js'
import { Fdflags } from '../../abi/values.js'
import type { Descriptor } from '../../fds/descriptor.js'
import { isLazy } from '../../fds/lazy.js'
import type { Answer } from '../../sys/sys.js'

/** Flags of a descriptor, as `descriptor-flags` numbers them. */
export const Flag = Object.freeze({
  READ: 1,
  WRITE: 2,
  FILE_SYNC: 4,
  DATA_SYNC: 8,
  REQUESTED_SYNC: 16,
  MUTATE: 32,
})

/** The number of open files of a component. */
export interface OpenCount {
  open: number
}

export class OpenFile {
  #fd: Descriptor
  readonly flags: number
  readonly #count: OpenCount | undefined
  /** True for a file that stays open without users. */
  #kept: boolean
  #users = 0
  #appends = false

  /**
   * @param count counts it until its last user has gone, which closes it; omitted for a preopen or
   * a standard stream, which stays open
   */
  constructor(fd: Descriptor, flags: number, count?: OpenCount) {
    this.#fd = fd
    this.flags = flags
    this.#count = count
    this.#kept = count === undefined
    if (count !== undefined) count.open++
  }

  /** The descriptor for reads, writes and attributes, which need no type. */
  get fd(): Descriptor {
    return this.#fd
  }

  /** The descriptor with its type, for every other call, or the error of fetching it. */
  get identified(): Descriptor | Answer {
    if (!isLazy(this.#fd)) return this.#fd
    const identified = this.#fd.identified()
    if (typeof identified === 'number') return identified
    this.#fd = identified
    return identified
  }

  /** Counts one more user, and returns this file. */
  used(): this {
    this.#users++
    return this
  }

  /** Counts one user less; the last one closes the file. */
  release(): void {
    if (--this.#users > 0 || this.#kept) return
    if (this.#count !== undefined) this.#count.open--
    this.#fd.close()
  }

  /** Lets a file that stays open be closed by its last user, or at once where it has none. */
  giveUp(): void {
    this.#kept = false
    if (this.#users === 0) this.#fd.close()
  }

  /** Refuses reading a file that is open for writing only: 0, or BADF. */
  readable(): Answer {
    return (this.flags & Flag.READ) !== 0 ? 0 : -Errno.BADF
  }
  /** Refuses writing a file that is open for reading only: 0, or BADF. */
  writable(): Answer {
    return (this.flags & Flag.WRITE) !== 0 ? 0 : -Errno.BADF
  }

  /**
   * Writes at an offset. The kernel appends instead while O_APPEND is set, so the flag is reset
   * first.
   */
  pwritev(spans: number, offset: number): Answer {
    return this.#setAppend(false) || this.#fd.pwritev(spans, offset)
  }

  /** Appends, as O_APPEND does: no write of another process can get in between. */
  append(spans: number): Answer {
    return this.#setAppend(true) || this.#fd.writev(spans)
  }

  #setAppend(appends: boolean): Answer {
    if (this.#appends === appends) return 0
    const fd = this.identified
    if (typeof fd === 'number') return fd
    const others = fd.fdflags & ~Fdflags.APPEND
    const answer = fd.setFlags(appends ? others | Fdflags.APPEND : others)
    if (answer === 0) this.#appends = appends
    return answer
  }
}
