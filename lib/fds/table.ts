/**
 * The guest's descriptors by number, and what it is told of one that it has not, or may not use so.
 */
import { Errno } from '../abi/errno.js'
import { Access } from '../abi/layout.js'
import { Rights } from '../abi/rights.js'
import type { Answer, Handle } from '../sys/sys.js'
import type { Descriptor } from './descriptor.js'
import { ACCESS, accessFor, isSocket, type RightsMode } from './rights.js'

/**
 * The rights of a descriptor that a path call opens, and the access that its file is opened for, as
 * Sys.open takes it.
 */
export interface Granted {
  readonly base: Rights
  readonly inheriting: Rights
  readonly access: number
}

/** Rights that a call needed of a descriptor, which does not hold them. */
export interface Lacking {
  readonly fd: number
  readonly base: Rights
  readonly inheriting: Rights
}

/**
 * A descriptor, or the answer to a call that may not use it so. The compiler lets no hostcall use
 * the one before it has returned the other, so refusing throws nothing, and comes before the checks
 * of what else the guest passed.
 */
export type Found = Descriptor | Answer

/**
 * A guest's descriptors. `local.ts` keeps those of a guest that has one thread, `shared.ts` those
 * that several threads use at once.
 */
export abstract class FdTable {
  readonly #enforced: boolean
  /** The rights for lack of which the last call was NOTCAPABLE. A trace resets it before a call. */
  lacking: Lacking | undefined
  /** The handle of the descriptor that this thread inserted last, for a trace. */
  inserted: Handle = -1
  constructor(rights: RightsMode) {
    this.#enforced = rights === 'enforce'
  }

  /**
   * Returns the rights that a path call below `dir` grants. Without enforcement these are all but
   * the rights of access: of those the guest gets what it asks for, and passes on what it has not
   * given up.
   */
  granted(dir: Descriptor, base: Rights, inheriting: Rights): Granted {
    if (this.#enforced) return { base, inheriting, access: accessFor(base) }
    // A file that is opened for neither is opened to read, as what can be asked about, and then not
    // read.
    const access =
      ((base & Rights.FD_READ) !== 0 ? Access.READ : 0) |
      ((base & Rights.FD_WRITE) !== 0 ? Access.WRITE : 0)
    return {
      base: base | ~ACCESS,
      inheriting: dir.inheriting | ~ACCESS,
      access: access === 0 ? Access.READ : access,
    }
  }
  /** The rights that a path call must inherit to grant these. */
  inherited(rights: Rights): Rights {
    return this.#enforced ? rights : rights & ACCESS
  }
  /**
   * The rights left of `held` when the guest keeps only `kept`: a right that is not checked cannot
   * be given up.
   */
  protected narrowed(held: Rights, kept: Rights): Rights {
    return this.#enforced ? kept : (held & ~ACCESS) | kept
  }

  /**
   * The descriptor of this number, for a call that needs these rights; BADF if it is not open.
   * Whether it holds them is not checked. Where a lazy one does not suffice for the call, the host
   * is asked what it is, which then has its number.
   */
  protected abstract find(fd: number, rights: Rights): Found
  /** The descriptor of this number as it is, lazy or not; undefined if it is not open. */
  abstract peek(fd: number): Descriptor | undefined
  /**
   * 0 if there is room for another descriptor; MFILE if not. Asked before the host opens anything,
   * so that nothing is lost.
   */
  abstract reserve(): Answer
  /**
   * The descriptor's number: the lowest that is free, as in POSIX. Where there is none any more it
   * is closed, and the answer is MFILE.
   */
  abstract insert(descriptor: Descriptor): Answer
  /** Free the number. The descriptor, which the caller closes; BADF if it is not open. */
  abstract remove(fd: number): Found
  /**
   * Give the descriptor of `from` the number `to`. What was there, which the caller closes; 0 if
   * both are one; BADF unless both are open.
   */
  abstract renumber(from: number, to: number): Found
  /** Give up rights; NOTCAPABLE if some are not held. */
  abstract narrow(fd: number, base: Rights, inheriting: Rights): Answer
  /** Keep the fdflags that the host has just been told. */
  abstract keepFlags(fd: number, descriptor: Descriptor, fdflags: number): void

  /**
   * The descriptor, if it is open (BADF) and holds all of these rights (NOTCAPABLE, or what tells
   * the wrong kind).
   */
  get(fd: number, base: Rights, inheriting: Rights = 0): Found {
    const found = this.find(fd, base)
    if (typeof found === 'number') return found
    return (base & ~found.base) === 0 && (inheriting & ~found.inheriting) === 0
      ? found
      : this.#lacking(fd, found, base, inheriting)
  }

  /** The descriptor, if it is open and holds any of these rights. */
  getAny(fd: number, rights: Rights): Found {
    const found = this.find(fd, rights)
    if (typeof found === 'number') return found
    return (rights & found.base) !== 0 ? found : this.#lacking(fd, found, rights)
  }

  /** The descriptor, if it is a socket (NOTSOCK) that holds this right. */
  socket(fd: number, right: Rights): Found {
    const found = this.identified(fd)
    if (typeof found === 'number') return found
    if (!isSocket(found.filetype)) return -Errno.NOTSOCK
    return (right & ~found.base) === 0 ? found : this.#lacking(fd, found, right)
  }

  /**
   * The descriptor, if it is open, for who wants to know what it is and may do: never a lazy one.
   */
  identified(fd: number): Found {
    return this.find(fd, Rights.ALL)
  }

  /** Without enforcement a file that is open the other way is BADF, as Linux has it. */
  #lacking(fd: number, found: Descriptor, base: Rights, inheriting: Rights = 0): Answer {
    const unfit = base & ~found.fitting
    if (unfit !== 0) return -found.unfit(unfit)
    return this.#enforced || (base & ~found.base & ACCESS) === 0
      ? this.notHeld(fd, found, base, inheriting)
      : -Errno.BADF
  }

  /** NOTCAPABLE, which keeps the rights that are not held for a trace to name. */
  protected notHeld(fd: number, found: Descriptor, base: Rights, inheriting: Rights): Answer {
    this.lacking = { fd, base: base & ~found.base, inheriting: inheriting & ~found.inheriting }
    return -Errno.NOTCAPABLE
  }
}
