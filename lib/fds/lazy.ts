/**
 * A newly opened file whose type was not fetched yet (lazy fstat): most are only read or written,
 * and closed again.
 */
import { Rights } from '../abi/rights.js'
import { Filetype } from '../abi/values.js'
import type { Answer, Handle, Sys } from '../sys/sys.js'
import type { Descriptor, Traits } from './descriptor.js'
import { HostFile, openedTraits } from './file.js'

/** The rights that fit a file of any type. */
const fitting = Rights.FD_READ | Rights.FD_WRITE

/**
 * Makes the descriptor of a file that was identified, `offset` bytes into which the guest stands.
 */
export type Make = (sys: Sys, handle: Handle, traits: Traits, offset: number) => HostFile

/**
 * After so many reads and writes the type is worth fetching: those at an offset of ours cost the
 * kernel less than those at its own.
 */
const few = 4

/**
 * Reads and writes from the kernel's offset. FdTable asks `suffices` before each call, and puts
 * `identified` in its place when it does not.
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

  /** True while a call that needs these rights can be made without knowing the type. */
  suffices(rights: Rights): boolean {
    return (rights & ~this.base) === 0 && this.#transfers < few
  }

  /** Asks the host for the type. The descriptor that takes its place, or why there is none. */
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
