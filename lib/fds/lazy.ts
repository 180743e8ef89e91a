/**
 * A newly opened file whose type has not been fetched yet (lazy fstat): most files are only read or
 * written, then closed.
 */
import { Rights } from '../abi/rights.js'
import { Filetype } from '../abi/values.js'
import type { Answer, Handle, Sys } from '../sys/sys.js'
import type { Descriptor, Traits } from './descriptor.js'
import { HostFile, openedTraits } from './file.js'

/** The rights that fit a file of any type. */
const fitting = Rights.FD_READ | Rights.FD_WRITE

/** Makes the descriptor of an identified file, at the guest's current `offset`. */
export type Make = (sys: Sys, handle: Handle, traits: Traits, offset: number) => HostFile

/**
 * The number of reads and writes after which fetching the type pays off. Those at an offset kept
 * here cost the kernel less than those at its own offset.
 */
const few = 4

/**
 * Reads and writes at the kernel's offset. FdTable calls `suffices` before each call, and replaces
 * the file by `identified` when it returns false.
 */
export class LazyFile extends HostFile {
  override readonly lazy = true
  readonly #make: Make
  readonly #base: Rights
  readonly #inheriting: Rights
  #offset = 0
  #transfers = 0
  constructor(sys: Sys, handle: Handle, make: Make, base: Rights, inheriting: Rights) {
    super(sys, handle, {
      filetype: Filetype.UNKNOWN,
      fdflags: sys.block.opened[1],
      fitting,
      base,
      inheriting: 0,
    })
    this.#make = make
    this.#base = base
    this.#inheriting = inheriting
  }

  /** Returns true while a call that needs these rights can proceed without the type. */
  suffices(rights: Rights): boolean {
    return (rights & ~this.base) === 0 && this.#transfers < few
  }

  /**
   * Fetches the type from the host. Returns the descriptor that replaces this one, or the error.
   */
  identified(): HostFile | Answer {
    const answer = this.sys.identify(this.handle)
    if (answer < 0) return answer
    return this.#make(
      this.sys,
      this.handle,
      openedTraits(this.sys, this.#base, this.#inheriting),
      this.#offset,
    )
  }

  override readv(spans: number): Answer {
    return this.#moved(super.readv(spans))
  }
  override writev(spans: number): Answer {
    return this.#moved(super.writev(spans))
  }
  #moved(size: Answer): Answer {
    if (size > 0) this.#offset += size
    this.#transfers++
    return size
  }
}

export const isLazy = (descriptor: Descriptor): descriptor is LazyFile => descriptor.lazy
