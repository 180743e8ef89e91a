/** A read-only descriptor, whatever the underlying one allows. */
import { Errno } from '../abi/errno.js'
import { Access } from '../abi/layout.js'
import { Rights } from '../abi/rights.js'
import { Filetype, Fstflags, Oflags } from '../abi/values.js'
import type { GuestMemory } from '../memory.js'
import type { Answer } from '../sys/sys.js'
import { Descriptor } from './descriptor.js'
import { isLazy } from './lazy.js'
import { creating, linkable, making, naming, removing } from './rofs.js'

/**
 * The descriptor keeps the underlying rights, so a guest that tries to write gets ROFS, as on a
 * read-only mount.
 */
// biome-ignore format: a call a line
export class ReadOnly extends Descriptor {
  override readonly readOnly = true
  readonly #behind: Descriptor
  readonly #memory: GuestMemory
  constructor(behind: Descriptor, memory: GuestMemory) {
    super(behind, behind.handle)
    this.#memory = memory
    this.preopen = behind.preopen
    this.#behind = behind
  }

  override close() { return this.#behind.close() }
  override readv(spans: number) { return this.#behind.readv(spans) }
  override preadv(spans: number, offset: number) { return this.#behind.preadv(spans, offset) }
  override seek(offset: number, whence: number) { return this.#behind.seek(offset, whence) }
  override filestat() { return this.#behind.filestat() }
  override advise(offset: number, length: number, advice: number) { return this.#behind.advise(offset, length, advice) }
  override sync() { return this.#behind.sync() }
  override datasync() { return this.#behind.datasync() }
  override setFlags(fdflags: number) { return this.#behind.setFlags(fdflags) }
  override waiting(reads: boolean) { return this.#behind.waiting(reads) }
  override readdir(cookie: bigint, at: number, length: number) { return this.#behind.readdir(cookie, at, length) }
  override filestatAt(at: number, length: number, follow: number) { return this.#behind.filestatAt(at, length, follow) }
  override readlink(at: number, length: number, into: number, room: number) { return this.#behind.readlink(at, length, into, room) }

  /** Opening with CREAT succeeds if the file exists, as on a read-only mount. */
  override open(at: number, length: number, follow: number, oflags: number, fdflags: number, access: number, base: Rights, inheriting: Rights): Descriptor | Answer {
    const creates = (oflags & Oflags.CREAT) !== 0
    const exclusive = creates && (oflags & Oflags.EXCL) !== 0
    const writing = (oflags & Oflags.TRUNC) !== 0 || (access & Access.WRITE) !== 0
    if (exclusive) {
      const place = [this.#behind, at, length] as const
      return creating(this.#memory, place) || making(this.#memory, place)
    }
    const found = this.#behind.open(at, length, follow, oflags & ~Oflags.TRUNC, fdflags, Access.READ | Access.UNCHANGED, base & ~Rights.FD_WRITE, inheriting)
    if (typeof found === 'number') return found
    const opened = isLazy(found) ? found.identified() : found
    if (typeof opened === 'number') {
      found.close()
      return opened
    }
    const folder = opened.filetype === Filetype.DIRECTORY
    if (!writing && !(creates && folder)) return new ReadOnly(opened, this.#memory)
    opened.close()
    return folder ? -Errno.ISDIR : -Errno.ROFS
  }

  override writev(): Answer { return -Errno.BADF }
  override pwritev(): Answer { return -Errno.BADF }
  override setSize(): Answer { return -Errno.INVAL }
  override allocate(): Answer { return -Errno.BADF }
  override setTimes(fstflags: number): Answer { return changing(fstflags) }
  override setTimesAt(at: number, length: number, follow: number, fstflags: number): Answer {
    return checkTimes(fstflags) || this.#behind.filestatAt(at, length, follow) || changing(fstflags)
  }
  override mkdir(at: number, length: number): Answer { return making(this.#memory, [this.#behind, at, length]) }
  override rmdir(at: number, length: number): Answer { return removing(this.#memory, [this.#behind, at, length], 'rmdir') }
  override unlink(at: number, length: number): Answer { return removing(this.#memory, [this.#behind, at, length], 'unlink') }
  override symlink(target: number, targetLength: number, at: number, length: number): Answer {
    return linkable(this.#memory, target, targetLength) || naming(this.#memory, [this.#behind, at, length])
  }
  // The hostcalls pass both directories, one of which may be writable, to `linking` and `renaming`.
  override link(): Answer { return -Errno.ROFS }
  override rename(): Answer { return -Errno.ROFS }
}

/** Refuses a time that is both set to a value and set to now. */
const checkTimes = (fstflags: number): Answer =>
  (fstflags & (Fstflags.ATIM | Fstflags.ATIM_NOW)) === (Fstflags.ATIM | Fstflags.ATIM_NOW) ||
  (fstflags & (Fstflags.MTIM | Fstflags.MTIM_NOW)) === (Fstflags.MTIM | Fstflags.MTIM_NOW)
    ? -Errno.INVAL
    : 0
/** Setting no times changes nothing, so it succeeds. */
const changing = (fstflags: number): Answer =>
  checkTimes(fstflags) || (fstflags === 0 ? 0 : -Errno.ROFS)
