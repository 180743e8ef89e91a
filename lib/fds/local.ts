/** The descriptors of a guest with one thread. */
import { Errno } from '../abi/errno.js'
import type { Rights } from '../abi/rights.js'
import type { Answer } from '../sys/sys.js'
import type { Descriptor } from './descriptor.js'
import { isLazy, type LazyFile } from './lazy.js'
import type { RightsMode } from './rights.js'
import { FdTable, type Found } from './table.js'

export class LocalFds extends FdTable {
  readonly #entries: (Descriptor | undefined)[] = []
  readonly #limit: number
  /** No lower number is free. */
  #lowest = 0
  /**
   * @param limit the most descriptors that a guest may have open at once; the next one is refused
   * with MFILE
   */
  constructor(limit: number, rights: RightsMode) {
    super(rights)
    this.#limit = limit
  }

  protected find(fd: number, rights: Rights): Found {
    const found = this.#open(fd)
    return typeof found !== 'number' && isLazy(found) && !found.suffices(rights)
      ? this.#identify(fd, found)
      : found
  }
  #identify(fd: number, lazy: LazyFile): Found {
    const identified = lazy.identified()
    if (typeof identified !== 'number') this.#entries[fd] = identified
    return identified
  }

  peek(fd: number): Descriptor | undefined {
    return fd < this.#entries.length ? this.#entries[fd] : undefined
  }

  reserve(): Answer {
    while (this.#entries[this.#lowest] !== undefined) this.#lowest++
    return this.#lowest < this.#limit ? 0 : -Errno.MFILE
  }

  insert(descriptor: Descriptor): Answer {
    if (this.reserve() !== 0) {
      descriptor.close()
      return -Errno.MFILE
    }
    const fd = this.#lowest++
    this.#entries[fd] = descriptor
    this.inserted = descriptor.handle
    return fd
  }

  remove(fd: number): Found {
    const removed = this.#open(fd)
    if (typeof removed === 'number') return removed
    this.#entries[fd] = undefined
    if (fd < this.#lowest) this.#lowest = fd
    return removed
  }

  renumber(from: number, to: number): Found {
    const moved = this.#open(from)
    if (typeof moved === 'number') return moved
    const replaced = this.#open(to)
    if (typeof replaced === 'number') return replaced
    if (from === to) return 0
    this.remove(from)
    this.#entries[to] = moved
    return replaced
  }

  narrow(fd: number, base: Rights, inheriting: Rights): Answer {
    const descriptor = this.identified(fd)
    if (typeof descriptor === 'number') return descriptor
    if ((base & ~descriptor.base) !== 0 || (inheriting & ~descriptor.inheriting) !== 0)
      return this.notHeld(fd, descriptor, base, inheriting)
    descriptor.base = this.narrowed(descriptor.base, base)
    descriptor.inheriting = this.narrowed(descriptor.inheriting, inheriting)
    return 0
  }

  #open(fd: number): Found {
    // An index past the array would be a property lookup by name: libc passes 2^32 - 1 for -1,
    // which is not an array index.
    return fd < this.#entries.length ? (this.#entries[fd] ?? -Errno.BADF) : -Errno.BADF
  }

  keepFlags(_fd: number, descriptor: Descriptor, fdflags: number): void {
    descriptor.fdflags = fdflags
  }
}
