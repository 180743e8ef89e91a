/**
 * The guest's descriptors by number, and the errors for those it lacks or may not use for a call.
 */
import { Errno } from '../abi/errno.js'
import { Access } from '../abi/layout.js'
import { Rights } from '../abi/rights.js'
import type { Answer, Handle } from '../sys/sys.js'
import type { Descriptor } from './descriptor.js'
import { ACCESS, accessFor, isSocket, type RightsMode } from './rights.js'

/** Rights that a call needed and its descriptor lacks. */
export interface Lacking {
  readonly fd: number
  readonly base: Rights
  readonly inheriting: Rights
}

/**
 * A descriptor, or the error for a call that may not use it. The compiler makes every hostcall
 * check for the error first. Refusing thus throws nothing, and precedes the checks of other
 * arguments.
 */
export type Found = Descriptor | Answer

/**
 * A guest's descriptors. `local.ts` keeps those of a guest with one thread, `shared.ts` those that
 * several threads use at once.
 */
export abstract class FdTable {
  readonly #enforced: boolean
  /** The rights that a path call grants whether they are asked for or not. */
  readonly unasked: Rights
  /** The missing rights for which the last call was NOTCAPABLE. A trace resets it before a call. */
  lacking: Lacking | undefined
  /** The handle of the descriptor that this thread last inserted, for a trace. */
  inserted: Handle = -1
  constructor(rights: RightsMode) {
    this.#enforced = rights === 'enforce'
    this.unasked = this.#enforced ? 0 : ~ACCESS
  }

  /**
   * Returns the inheriting rights that a path call relative to `dir` grants. Without enforcement the
   * guest inherits what it has not given up.
   */
  inheriting(dir: Descriptor, asked: Rights): Rights {
    return this.#enforced ? asked : dir.inheriting | ~ACCESS
  }
  /** Returns the access mode for a file that is opened with these rights, as Sys.open takes it. */
  access(base: Rights): number {
    if (this.#enforced) return accessFor(base)
    // A file opened for neither is opened for reading, to be identified, and then not read.
    const writes = (base & Rights.FD_WRITE) !== 0
    const reads = (base & Rights.FD_READ) !== 0 || !writes
    return (reads ? Access.READ : 0) | (writes ? Access.WRITE : 0)
  }
  /** Returns the rights that a directory must have as inheriting to grant these. */
  inherited(rights: Rights): Rights {
    return this.#enforced ? rights : rights & ACCESS
  }
  /**
   * Returns the rights left of `held` when the guest keeps only `kept`: an unchecked right cannot
   * be given up.
   */
  protected narrowed(held: Rights, kept: Rights): Rights {
    return this.#enforced ? kept : (held & ~ACCESS) | kept
  }

  /**
   * Returns the descriptor of this number for a call that needs these rights; BADF if it is not
   * open. The rights themselves are not checked. Where a lazy descriptor does not suffice for the
   * call, its type is fetched, and the identified one replaces it.
   */
  protected abstract find(fd: number, rights: Rights): Found
  /** Returns the descriptor of this number as it is, lazy or not; undefined if it is not open. */
  abstract peek(fd: number): Descriptor | undefined
  /**
   * Returns 0 if another descriptor fits, MFILE if not. Called before the host opens anything, so
   * nothing is lost.
   */
  abstract reserve(): Answer
  /**
   * Inserts a descriptor at the lowest free number, as in POSIX, and returns the number. If none is
   * free, it closes the descriptor and returns MFILE.
   */
  abstract insert(descriptor: Descriptor): Answer
  /** Frees the number. Returns the descriptor, which the caller closes; BADF if it is not open. */
  abstract remove(fd: number): Found
  /**
   * Moves the descriptor of `from` to the number `to`. Returns the replaced one, which the caller
   * closes; 0 if both are the same number; BADF unless both are open.
   */
  abstract renumber(from: number, to: number): Found
  /** Gives up rights; NOTCAPABLE if some are not held. */
  abstract narrow(fd: number, base: Rights, inheriting: Rights): Answer
  /** Keeps the fdflags that the host has just accepted. */
  abstract keepFlags(fd: number, descriptor: Descriptor, fdflags: number): void

  /**
   * Returns the descriptor if it is open (BADF) and holds all of these rights (NOTCAPABLE, or the
   * errno of the wrong kind).
   */
  get(fd: number, base: Rights, inheriting: Rights = 0): Found {
    const found = this.find(fd, base)
    if (typeof found === 'number') return found
    return (base & ~found.base) === 0 && (inheriting & ~found.inheriting) === 0
      ? found
      : this.#lacking(fd, found, base, inheriting)
  }

  /** Returns the descriptor if it is open and holds any of these rights. */
  getAny(fd: number, rights: Rights): Found {
    const found = this.find(fd, rights)
    if (typeof found === 'number') return found
    return (rights & found.base) !== 0 ? found : this.#lacking(fd, found, rights)
  }

  /** Returns the descriptor if it is a socket (NOTSOCK) that holds this right. */
  socket(fd: number, right: Rights): Found {
    const found = this.identified(fd)
    if (typeof found === 'number') return found
    if (!isSocket(found.filetype)) return -Errno.NOTSOCK
    return (right & ~found.base) === 0 ? found : this.#lacking(fd, found, right)
  }

  /**
   * Returns the descriptor if it is open, for calls that report its type and rights: never a lazy
   * one.
   */
  identified(fd: number): Found {
    return this.find(fd, Rights.ALL)
  }

  /**
   * Checks the rights. Without enforcement, a file opened in the other direction only is BADF, as
   * on Linux.
   */
  #lacking(fd: number, found: Descriptor, base: Rights, inheriting: Rights = 0): Answer {
    const unfit = base & ~found.fitting
    if (unfit !== 0) return -found.unfit(unfit)
    return this.#enforced || (base & ~found.base & ACCESS) === 0
      ? this.notHeld(fd, found, base, inheriting)
      : -Errno.BADF
  }

  /** Returns NOTCAPABLE, and keeps the missing rights for a trace to name. */
  protected notHeld(fd: number, found: Descriptor, base: Rights, inheriting: Rights): Answer {
    this.lacking = { fd, base: base & ~found.base, inheriting: inheriting & ~found.inheriting }
    return -Errno.NOTCAPABLE
  }
}
