/** The descriptors of a guest with one thread. */
import { Errno } from '../abi/errno.js'
import type { Rights } from '../abi/rights.js'
import { refuse } from '../errors.js'
import type { Answer } from '../sys/sys.js'
import type { Descriptor } from './descriptor.js'
import type { RightsMode } from './rights.js'
import { FdTable } from './table.js'

export class OwnFds extends FdTable {
  readonly #entries: (Descriptor | undefined)[] = []
  readonly #limit: number
  /** No number below this is free. */
  #lowest = 0
  /** @param limit how many descriptors a guest may have open at once; the next one is refused with MFILE. */
  constructor(limit: number, rights: RightsMode) {
    super(rights)
    this.#limit = limit
  }

  protected at(fd: number): Descriptor | undefined {
    return this.#entries[fd]
  }

  reserve(): void {
    while (this.#entries[this.#lowest] !== undefined) this.#lowest++
    if (this.#lowest >= this.#limit) refuse(Errno.MFILE)
  }

  insert(descriptor: Descriptor): number {
    this.reserve()
    const fd = this.#lowest++
    this.#entries[fd] = descriptor
    return fd
  }

  protected replace(fd: number, known: Descriptor): void {
    this.#entries[fd] = known
  }

  remove(fd: number): Descriptor {
    const removed = this.#open(fd)
    this.#entries[fd] = undefined
    if (fd < this.#lowest) this.#lowest = fd
    return removed
  }

  renumber(from: number, to: number): Descriptor | undefined {
    this.#open(from)
    const replaced = this.#open(to)
    if (from === to) return undefined
    this.#entries[to] = this.remove(from)
    return replaced
  }

  narrow(fd: number, base: Rights, inheriting: Rights): Answer {
    const descriptor = this.known(fd)
    if ((base & ~descriptor.base) !== 0 || (inheriting & ~descriptor.inheriting) !== 0) return -Errno.NOTCAPABLE
    descriptor.base = this.narrowed(descriptor.base, base)
    descriptor.inheriting = this.narrowed(descriptor.inheriting, inheriting)
    return 0
  }

  #open(fd: number): Descriptor {
    return this.#entries[fd] ?? refuse(Errno.BADF)
  }

  keepFlags(_fd: number, descriptor: Descriptor, fdflags: number): void {
    descriptor.fdflags = fdflags
  }
}
