/**
 * A guest descriptor: the calls that can be made on one, each refused here as POSIX refuses the
 * wrong kind.
 */
import { Errno } from '../abi/errno.js'
import type { Rights } from '../abi/rights.js'
import { Filetype } from '../abi/values.js'
import type { Answer, Handle } from '../sys/sys.js'
import { unfitErrno } from './rights.js'

/** The parts from which a descriptor is made. */
export interface Traits {
  readonly filetype: number
  readonly fdflags: number
  /** The rights that this kind of descriptor can hold; those it is made with are cut to them. */
  readonly fitting: Rights
  readonly base: Rights
  readonly inheriting: Rights
}

/**
 * One open descriptor of a guest. The methods are those of Sys without the handle; data goes
 * through guest memory by the spans of the block, or by `(at, length)` whose bounds are checked.
 */
// biome-ignore format: a call a line
export abstract class Descriptor {
  readonly filetype: number
  fdflags: number
  readonly fitting: Rights
  base: Rights
  inheriting: Rights
  /**
   * The name under which the guest was given this directory, as bytes; only for one opened
   * beforehand.
   */
  preopen: Uint8Array | undefined
  /** The host's handle, on which it can wait; -1 for a descriptor that is not the host's. */
  readonly handle: Handle = -1
  /** True for a LazyFile, of which the host was not asked yet what it is. */
  readonly lazy: boolean = false
  /** Nothing can be changed through it. */
  readonly readOnly: boolean = false
  constructor(traits: Traits) {
    this.filetype = traits.filetype
    this.fdflags = traits.fdflags
    this.fitting = traits.fitting
    this.base = traits.base & traits.fitting
    this.inheriting = traits.inheriting
  }

  /** Errno for a call that needs rights which this descriptor cannot hold. */
  unfit(missing: Rights): Errno { return unfitErrno(missing, this.filetype === Filetype.DIRECTORY) }

  close(): Answer { return 0 }
  readv(_spans: number): Answer { return -Errno.BADF }
  preadv(_spans: number, _offset: number): Answer { return -Errno.SPIPE }
  writev(_spans: number): Answer { return -Errno.BADF }
  pwritev(_spans: number, _offset: number): Answer { return -Errno.SPIPE }
  seek(_offset: number, _whence: number): Answer { return -Errno.SPIPE }
  /** Fills the block's record. */
  filestat(): Answer { return -Errno.BADF }
  setSize(_size: number): Answer { return -Errno.INVAL }
  setTimes(_fstflags: number): Answer { return -Errno.INVAL }
  allocate(_offset: number, _length: number): Answer { return -Errno.SPIPE }
  advise(_offset: number, _length: number, _advice: number): Answer { return -Errno.SPIPE }
  sync(): Answer { return -Errno.INVAL }
  datasync(): Answer { return -Errno.INVAL }
  setFlags(_fdflags: number): Answer { return -Errno.NOTSUP }
  /**
   * The number of bytes to read of a descriptor that is always ready; -1 where the host must be
   * asked.
   */
  waiting(_reads: boolean): number { return 0 }
  /**
   * Waits until a stream of the embedder's, of which `waiting` is -1, is ready, for at most so many
   * milliseconds.
   */
  wait(_milliseconds: number): void {}

  readdir(_cookie: bigint, _at: number, _length: number): Answer { return -Errno.NOTDIR }
  /** The new descriptor, or what went wrong. */
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
