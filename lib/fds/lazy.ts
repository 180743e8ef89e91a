/** A file that was just opened, of which nobody has asked yet what it is: most are read or written, and closed again. */
import { Rights } from '../abi/rights.js'
import { Filetype } from '../abi/values.js'
import { refuse } from '../errors.js'
import { type Answer, type Handle, type Sys, UNEXPECTED } from '../sys/sys.js'
import type { Descriptor, Traits } from './descriptor.js'
import { HostFile, openedTraits } from './file.js'

/** What can be done without knowing. Whoever wants to do more is given what is known then, by FdTable. */
const fitting = Rights.FD_READ | Rights.FD_WRITE

/** Makes the descriptor of a file that is known, `offset` bytes into which the guest stands. */
export type Make = (sys: Sys, handle: Handle, traits: Traits, offset: number) => HostFile

/** After so many reads and writes it is worth knowing: those at an offset of ours cost the kernel less than those at its own. */
const few = 4

export class FreshFile extends HostFile {
  readonly #make: Make
  readonly #base: Rights
  readonly #inheriting: Rights
  #offset = 0
  #transfers = 0
  constructor(sys: Sys, handle: Handle, make: Make, base: Rights, inheriting: Rights) {
    super(sys, handle, { filetype: Filetype.UNKNOWN, fdflags: sys.block.opened[1], fitting, base, inheriting: 0 })
    this.#make = make
    this.#base = base
    this.#inheriting = inheriting
  }

  override known(): Descriptor {
    const answer = this.sys.identify(this.handle)
    if (answer === UNEXPECTED) throw this.sys.failure()
    if (answer < 0) refuse(-answer)
    return this.#make(this.sys, this.handle, openedTraits(this.sys, this.#base, this.#inheriting), this.#offset)
  }

  override readv(spans: number): Answer {
    return this.#moved(super.readv(spans))
  }
  override writev(spans: number): Answer {
    return this.#moved(super.writev(spans))
  }
  #moved(size: Answer): Answer {
    if (size > 0) this.#offset += size
    // Without rights, the next one asks.
    if (++this.#transfers === few) this.base = 0
    return size
  }
}
