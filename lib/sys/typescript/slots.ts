/** The open files by their handles. */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import type { Handle } from '../sys.js'
import type { Place } from './place.js'

export interface Slot {
  fd: number
  /** True if closing the handle closes the descriptor. */
  owned: boolean
  /**
   * True for an adopted descriptor: the host and its parent process share its open file
   * description.
   */
  readonly lent: boolean
  readonly type: number
  /** True for a socket; filetype SOCKET_STREAM may also be a FIFO. */
  readonly socket: boolean
  /** Bits of Access. */
  readonly access: number
  /** The place of a directory. */
  readonly place: Place | undefined
  /** True for a preopen, whose `..` is itself. */
  readonly root: boolean
  /** The fdflags that the guest requested. */
  fdflags: number
  /** True to append by writing at the end, since the descriptor itself does not append. */
  appending: boolean
  /**
   * The offset of a seekable file, kept here since node:fs has no lseek. Undefined: the kernel's
   * own offset applies.
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
  /** Closes a handle, which is free afterwards, even if the host returns an error. */
  close(handle: Handle): void {
    const slot = this.get(handle)
    this.#slots[handle] = undefined
    if (slot.owned) fs.closeSync(slot.fd)
  }
  /** Closes all. An error for one does not keep the others open. */
  clear(): void {
    for (const handle of this.#slots.keys()) {
      try {
        if (this.#slots[handle] !== undefined) this.close(handle)
      } catch {
        // Nothing can receive the error any more.
      }
    }
  }
}
