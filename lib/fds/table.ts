/** The guest's descriptors by number. The lowest free number is given out, as POSIX does. */
import { Errno } from '../abi/errno.js'
import type { Rights } from '../abi/rights.js'
import { Filetype } from '../abi/values.js'
import { refuse } from '../errors.js'
import type { Descriptor } from './descriptor.js'
import { SOCKETS, unfitErrno } from './rights.js'

export class FdTable {
  readonly #entries: (Descriptor | undefined)[] = []
  readonly #limit: number
  /** No number below this is free. */
  #lowest = 0
  /** @param limit how many descriptors a guest may have open at once; the next one is refused with NFILE. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** The descriptor, if it is open (BADF) and holds all of these rights (NOTCAPABLE, or what tells the wrong kind). */
  get(fd: number, base: Rights = 0, inheriting: Rights = 0): Descriptor {
    const found = this.#entries[fd]
    if (found === undefined) refuse(Errno.BADF)
    if ((base & ~found.base) !== 0 || (inheriting & ~found.inheriting) !== 0) refuse(lacking(found, base))
    return found
  }

  /** The descriptor, if it is open and holds any of these rights. */
  getAny(fd: number, rights: Rights): Descriptor {
    const found = this.#entries[fd]
    if (found === undefined) refuse(Errno.BADF)
    if ((rights & found.base) === 0) refuse(lacking(found, rights))
    return found
  }

  /** The descriptor, if it is a socket (NOTSOCK) that holds this right. */
  socket(fd: number, right: Rights): Descriptor {
    const found = this.get(fd)
    if ((found.fitting & SOCKETS) === 0) refuse(Errno.NOTSOCK)
    return this.get(fd, right)
  }

  /** The number that the next descriptor will have. Asked before the host opens anything, so that nothing is lost. */
  free(): number {
    while (this.#entries[this.#lowest] !== undefined) this.#lowest++
    if (this.#lowest >= this.#limit) refuse(Errno.NFILE)
    return this.#lowest
  }

  insert(descriptor: Descriptor): number {
    const fd = this.free()
    this.#entries[fd] = descriptor
    this.#lowest = fd + 1
    return fd
  }

  remove(fd: number): void {
    this.#entries[fd] = undefined
    if (fd < this.#lowest) this.#lowest = fd
  }

  /** Put the descriptor of `from` at the number `to`. What was there must be closed. */
  move(from: number, to: number): void {
    this.#entries[to] = this.#entries[from]
    this.remove(from)
  }
}

function lacking(found: Descriptor, base: Rights): Errno {
  const unfit = base & ~found.fitting
  return unfit === 0 ? Errno.NOTCAPABLE : unfitErrno(unfit, found.filetype === Filetype.DIRECTORY)
}
