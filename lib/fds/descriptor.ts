/**
 * A guest descriptor: every call on one, refused here as POSIX refuses the wrong kind of
 * descriptor.
 */
import { Errno } from '../abi/errno.js'
import type { Rights } from '../abi/rights.js'
import { Filetype } from '../abi/values.js'
import type { Answer, Handle } from '../sys/sys.js'
import { unfitErrno } from './rights.js'

/** The properties from which a descriptor is made. */
export interface Traits {
  readonly filetype: number
  readonly fdflags: number
  /** The rights that this kind of descriptor can hold; its initial rights are cut to them. */
  readonly fitting: Rights
  readonly base: Rights
  readonly inheriting: Rights
}

/**
 * An open descriptor of a guest. Its methods are those of Sys without the handle. Data is in guest
 * memory, at the spans of the block, or at `(at, length)` with checked bounds.
 *
 * The constructor assigns the properties. As fields of a class with five subclasses in use, V8
 * would define each of them by a call of its runtime: 1.5 us a descriptor in place of 0.03.
 */
// biome-ignore format: a call a line
export abstract class Descriptor {
  declare readonly filetype: number
  declare fdflags: number
  declare readonly fitting: Rights
  declare base: Rights
  declare inheriting: Rights
  /** The guest's name for this preopen, as bytes; undefined for every other descriptor. */
  declare preopen: Uint8Array | undefined
  /** The host handle, on which the host can wait; -1 for a descriptor without one. */
  declare readonly handle: Handle
  /** True for a LazyFile, whose type has not been fetched from the host yet. */
  declare readonly lazy: boolean
  /** True if nothing can be changed through the descriptor. */
  declare readonly readOnly: boolean
  constructor(traits: Traits, handle: Handle = -1) {
    this.filetype = traits.filetype
    this.fdflags = traits.fdflags
    this.fitting = traits.fitting
    this.base = traits.base & traits.fitting
    this.inheriting = traits.inheriting
    this.preopen = undefined
    this.handle = handle
    this.lazy = false
    this.readOnly = false
  }

  /** Returns the errno for a call that needs rights which this descriptor cannot hold. */
  unfit(missing: Rights): Errno { return unfitErrno(missing, this.filetype === Filetype.DIRECTORY) }

  close(): Answer { return 0 }
  readv(_spans: number): Answer { return -Errno.BADF }
  preadv(_spans: number, _offset: number): Answer { return -Errno.SPIPE }
  writev(_spans: number): Answer { return -Errno.BADF }
  pwritev(_spans: number, _offset: number): Answer { return -Errno.SPIPE }
  seek(_offset: number, _whence: number): Answer { return -Errno.SPIPE }
  /** Fills `record` of the block. */
  filestat(): Answer { return -Errno.BADF }
  setSize(_size: number): Answer { return -Errno.INVAL }
  setTimes(_fstflags: number): Answer { return -Errno.INVAL }
  allocate(_offset: number, _length: number): Answer { return -Errno.SPIPE }
  advise(_offset: number, _length: number, _advice: number): Answer { return -Errno.SPIPE }
  sync(): Answer { return -Errno.INVAL }
  datasync(): Answer { return -Errno.INVAL }
  setFlags(_fdflags: number): Answer { return -Errno.NOTSUP }
  /**
   * Returns the number of readable bytes of a descriptor that is always ready; -1 where the host
   * must be asked.
   */
  waiting(_reads: boolean): number { return 0 }
  /**
   * Waits for at most `milliseconds` until an embedder's stream, whose `waiting` is -1, is ready.
   */
  wait(_milliseconds: number): void {}

  readdir(_cookie: bigint, _at: number, _length: number): Answer { return -Errno.NOTDIR }
  /** Returns the new descriptor, or the error. */
  open(_at: number, _length: number, _follow: number, _oflags: number, _fdflags: number, _access: number, _base: Rights, _inheriting: Rights): Descriptor | Answer { return -Errno.NOTDIR }
  filestatAt(_at: number, _length: number, _follow: number): Answer { return -Errno.NOTDIR }
  setTimesAt(_at: number, _length: number, _follow: number, _fstflags: number): Answer { return -Errno.NOTDIR }
  mkdir(_at: number, _length: number): Answer { return -Errno.NOTDIR }
  rmdir(_at: number, _length: number): Answer { return -Errno.NOTDIR }
  unlink(_at: number, _length: number): Answer { return -Errno.NOTDIR }
  readlink(_at: number, _length: number, _into: number, _room: number): Answer { return -Errno.NOTDIR }
  symlink(_target: number, _targetLength: number, _at: number, _length: number): Answer { return -Errno.NOTDIR }
  link(_at: number, _length: number, _follow: number, _dir2: Descriptor, _at2: number, _length2: number): Answer { return -Errno.NOTDIR }
  rename(_at: number, _length: number, _dir2: Descriptor, _at2: number, _length2: number): Answer { return -Errno.NOTDIR }

  accept(_fdflags: number): Descriptor | Answer { return -Errno.NOTSOCK }
  recv(_spans: number, _riflags: number): Answer { return -Errno.NOTSOCK }
  send(_spans: number, _siflags: number): Answer { return -Errno.NOTSOCK }
  shutdown(_sdflags: number): Answer { return -Errno.NOTSOCK }
}
