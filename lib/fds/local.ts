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
  /** The number of the given ones, which are the first. */
  #given = 0
  /** The first given one that the guest has closed, replaced or changed. */
  #changed: number | undefined
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

  /** Counts those that are open now as given. */
  seal(): void {
    this.#given = this.#entries.length
  }

  /** Says in words by which descriptor the guest's differ from those given; undefined if by none. */
  difference(): string | undefined {
    if (this.#changed !== undefined)
      return `the guest has closed, replaced or changed descriptor ${this.#changed}, which it was given`
    const open = this.#entries.findIndex((entry, fd) => fd >= this.#given && entry !== undefined)
    return open < 0 ? undefined : `the guest has descriptor ${open} open, which it was not given`
  }

  #change(fd: number): void {
    if (fd < this.#given) this.#changed ??= fd
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
    this.#change(fd)
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
    this.#change(to)
    return replaced
  }

  narrow(fd: number, base: Rights, inheriting: Rights): Answer {
    const descriptor = this.identified(fd)
    if (typeof descriptor === 'number') return descriptor
    if ((base & ~descriptor.base) !== 0 || (inheriting & ~descriptor.inheriting) !== 0)
      return this.notHeld(fd, descriptor, base, inheriting)
    const kept = this.narrowed(descriptor.base, base)
    const inherited = this.narrowed(descriptor.inheriting, inheriting)
    if (kept !== descriptor.base || inherited !== descriptor.inheriting) this.#change(fd)
    descriptor.base = kept
    descriptor.inheriting = inherited
    return 0
  }

  #open(fd: number): Found {
    // An index past the array would be a property lookup by name: libc passes 2^32 - 1 for -1,
    // which is not an array index.
    return fd < this.#entries.length ? (this.#entries[fd] ?? -Errno.BADF) : -Errno.BADF
  }

  keepFlags(fd: number, descriptor: Descriptor, fdflags: number): void {
    if (fdflags !== descriptor.fdflags) this.#change(fd)
    descriptor.fdflags = fdflags
  }
}
