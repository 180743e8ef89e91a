/** The guest's descriptors by number, and what it is told of one that it has not, or may not use so. */
import { Errno } from '../abi/errno.js'
import { Rights } from '../abi/rights.js'
import { refuse } from '../errors.js'
import type { Answer } from '../sys/sys.js'
import type { Descriptor } from './descriptor.js'
import { ACCESS, accessFor, isSocket, type RightsMode } from './rights.js'

/** The rights of a descriptor that a path call opens, and the access that its file is opened for, as Sys.open takes it. */
export interface Granted {
  readonly base: Rights
  readonly inheriting: Rights
  readonly access: number
}

/** A guest's descriptors. `own.ts` keeps those of a guest that has one thread, `shared.ts` those that several threads use at once. */
export abstract class FdTable {
  readonly #enforced: boolean
  constructor(rights: RightsMode) {
    this.#enforced = rights === 'enforce'
  }

  /**
   * Returns the rights that a path call below `dir` grants. Without enforcement these are all but the rights of access: of those the
   * guest gets what it asks for, and passes on what it has not given up.
   */
  granted(dir: Descriptor, base: Rights, inheriting: Rights): Granted {
    if (this.#enforced) return { base, inheriting, access: accessFor(base) }
    // A file that is opened for neither is opened to read, as what can be asked about, and then not read.
    const access = ((base & Rights.FD_READ) !== 0 ? 1 : 0) | ((base & Rights.FD_WRITE) !== 0 ? 2 : 0)
    return { base: base | ~ACCESS, inheriting: dir.inheriting | ~ACCESS, access: access === 0 ? 1 : access }
  }
  /** What a path call must inherit to grant these rights. */
  inherited(rights: Rights): Rights {
    return this.#enforced ? rights : rights & ACCESS
  }
  /** What is held of `held` when the guest keeps only `kept`: what is not checked cannot be given up. */
  protected narrowed(held: Rights, kept: Rights): Rights {
    return this.#enforced ? kept : (held & ~ACCESS) | kept
  }

  /** The descriptor, if it is open. */
  protected abstract at(fd: number): Descriptor | undefined
  /** Whether there is room for another; MFILE if not. Asked before the host opens anything, so that nothing is lost. */
  abstract reserve(): void
  /** The descriptor's number: the lowest that is free, as in POSIX. Where there is none any more it is closed, and refused with MFILE. */
  abstract insert(descriptor: Descriptor): number
  /** Put in its place what is known now of a descriptor. */
  protected abstract replace(fd: number, known: Descriptor): void
  /** Free the number. The descriptor, which the caller closes; BADF if it is not open. */
  abstract remove(fd: number): Descriptor
  /** Give the descriptor of `from` the number `to`. What was there, which the caller closes; BADF unless both are open. */
  abstract renumber(from: number, to: number): Descriptor | undefined
  /** Give up rights; NOTCAPABLE if some are not held. */
  abstract narrow(fd: number, base: Rights, inheriting: Rights): Answer
  /** Keep the fdflags that the host has just been told. */
  abstract keepFlags(fd: number, descriptor: Descriptor, fdflags: number): void

  /** The descriptor, if it is open (BADF) and holds all of these rights (NOTCAPABLE, or what tells the wrong kind). */
  get(fd: number, base: Rights, inheriting: Rights = 0): Descriptor {
    const found = this.at(fd)
    if (found === undefined) refuse(Errno.BADF)
    return (base & ~found.base) === 0 && (inheriting & ~found.inheriting) === 0 ? found : this.#holding(fd, base, inheriting)
  }
  #holding(fd: number, base: Rights, inheriting: Rights): Descriptor {
    const found = this.known(fd)
    if ((base & ~found.base) !== 0 || (inheriting & ~found.inheriting) !== 0) refuse(this.#lacking(found, base))
    return found
  }

  /** The descriptor, if it is open and holds any of these rights. */
  getAny(fd: number, rights: Rights): Descriptor {
    const found = this.at(fd)
    if (found === undefined) refuse(Errno.BADF)
    return (rights & found.base) !== 0 ? found : this.#holdingAny(fd, rights)
  }
  #holdingAny(fd: number, rights: Rights): Descriptor {
    const found = this.known(fd)
    if ((rights & found.base) === 0) refuse(this.#lacking(found, rights))
    return found
  }

  /** The descriptor, if it is a socket (NOTSOCK) that holds this right. */
  socket(fd: number, right: Rights): Descriptor {
    const found = this.known(fd)
    if (!isSocket(found.filetype)) refuse(Errno.NOTSOCK)
    if ((right & ~found.base) !== 0) refuse(this.#lacking(found, right))
    return found
  }

  /** The descriptor, if it is open, for who wants to know what it is and may do. */
  known(fd: number): Descriptor {
    const found = this.at(fd)
    if (found === undefined) refuse(Errno.BADF)
    const known = found.known()
    if (known !== found) this.replace(fd, known)
    return known
  }

  /** Without enforcement a file that is open the other way is BADF, as Linux has it. */
  #lacking(found: Descriptor, base: Rights): Errno {
    const unfit = base & ~found.fitting
    if (unfit !== 0) return found.unfit(unfit)
    return this.#enforced || (base & ~found.base & ACCESS) === 0 ? Errno.NOTCAPABLE : Errno.BADF
  }
}
