/** A descriptor through which nothing can be changed, whatever the one behind it could do. */
import { Errno } from '../abi/errno.js'
import { Rights } from '../abi/rights.js'
import { Filetype, Oflags } from '../abi/values.js'
import type { Answer, Handle } from '../sys/sys.js'
import { Descriptor } from './descriptor.js'

/** To read, and to write, as Sys.open takes them. */
const READ = 1
const WRITE = 2

/** It keeps the rights of the one behind it, so that a guest that wants to write is told ROFS, as on a disk mounted so. */
// biome-ignore format: a call a line
export class ReadOnly extends Descriptor {
  override readonly handle: Handle
  override readonly readOnly = true
  readonly #behind: Descriptor
  constructor(behind: Descriptor) {
    super(behind)
    this.handle = behind.handle
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

  /** Opening to create succeeds where nothing needs to be created, as it does on a disk mounted read-only. */
  override open(at: number, length: number, follow: number, oflags: number, fdflags: number, access: number, base: Rights, inheriting: Rights): Descriptor | Answer {
    const creating = (oflags & Oflags.CREAT) !== 0
    const exclusive = creating && (oflags & Oflags.EXCL) !== 0
    const writing = (oflags & Oflags.TRUNC) !== 0 || (access & WRITE) !== 0
    const found = this.#behind.open(at, length, exclusive ? 0 : follow, oflags & ~(Oflags.CREAT | Oflags.EXCL | Oflags.TRUNC), fdflags, READ, base & ~Rights.FD_WRITE, inheriting)
    if (typeof found === 'number') {
      // A link counts as something that is there.
      if (exclusive && found === -Errno.LOOP) return -Errno.EXIST
      return creating && found === -Errno.NOENT ? -Errno.ROFS : found
    }
    const opened = found.known()
    if (!writing && !exclusive) return new ReadOnly(opened)
    opened.close()
    if (exclusive) return -Errno.EXIST
    return opened.filetype === Filetype.DIRECTORY ? -Errno.ISDIR : -Errno.ROFS
  }

  override writev(): Answer { return -Errno.BADF }
  override pwritev(): Answer { return -Errno.BADF }
  override setSize(): Answer { return -Errno.INVAL }
  override setTimes(): Answer { return -Errno.ROFS }
  override allocate(): Answer { return -Errno.BADF }
  override setTimesAt(): Answer { return -Errno.ROFS }
  override mkdir(): Answer { return -Errno.ROFS }
  override rmdir(): Answer { return -Errno.ROFS }
  override unlink(): Answer { return -Errno.ROFS }
  override symlink(): Answer { return -Errno.ROFS }
  override link(): Answer { return -Errno.ROFS }
  override rename(): Answer { return -Errno.ROFS }
}
