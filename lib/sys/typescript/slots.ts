/** The open files behind the handles. */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import type { Handle } from '../sys.js'
import type { Place } from './place.js'

export interface Slot {
  fd: number
  /** True if the descriptor is closed along with the handle. */
  owned: boolean
  /** Adopted: the host, and whoever started it, use the same open file description. */
  readonly lent: boolean
  readonly type: number
  /** A stream may be a FIFO too. */
  readonly socket: boolean
  /** Bits of Access. */
  readonly access: number
  /** The place of a directory. */
  readonly place: Place | undefined
  /** True for a preopen, whose `..` is itself. */
  readonly root: boolean
  /** As the guest asked for them. */
  fdflags: number
  /** Append by writing at the end, where the descriptor itself does not. */
  appending: boolean
  /**
   * node:fs has no lseek: the offset of a file that can seek is kept here. Undefined: the kernel's
   * own is used.
   */
  position: number | undefined
  /** The names of a directory since it was last listed from the start. */
  listing: readonly string[] | undefined
}

export class Slots {
  readonly #slots: (Slot | undefined)[] = []

  add(slot: Slot): Handle {
    const free = this.#slots.indexOf(undefined)
    if (free < 0) return this.#slots.push(slot) - 1
    this.#slots[free] = slot
    return free
  }
  get(handle: Handle): Slot {
    return this.#slots[handle] ?? refuse(Errno.BADF)
  }
  /** The handle is free afterwards, whatever the host says. */
  close(handle: Handle): void {
    const slot = this.get(handle)
    this.#slots[handle] = undefined
    if (slot.owned) fs.closeSync(slot.fd)
  }
  /** Close all. What the host says of one keeps none of the others open. */
  clear(): void {
    for (const handle of this.#slots.keys()) {
      try {
        if (this.#slots[handle] !== undefined) this.close(handle)
      } catch {
        // There is nobody left to be told.
      }
    }
  }
}
