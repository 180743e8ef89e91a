/** The open files by their handles. */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { Filetype } from '../../abi/values.js'
import { refuse } from '../../errors.js'
import { NOT_ASKED } from '../block.js'
import type { Handle } from '../sys.js'
import { clear } from './directory-cache.js'
import type { Place, Reach } from './place.js'
import { typeOf } from './stat.js'

export interface Slot {
  fd: number
  /** True if closing the handle closes the descriptor. */
  owned: boolean
  /**
   * True for an adopted descriptor: the host and its parent process share its open file
   * description.
   */
  readonly lent: boolean
  /** NOT_ASKED until a call needs the type. */
  type: number
  /** True for a socket; filetype SOCKET_STREAM may also be a FIFO. */
  socket: boolean
  /** Bits of Access. */
  readonly access: number
  /** The place of a directory. */
  place: Place | undefined
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

/** Fetches the type of an open file (lazy fstat), and what depends on it. */
function identify(slot: Slot, reach: Reach): void {
  const stats = fs.fstatSync(slot.fd, { bigint: true })
  slot.type = typeOf(stats)
  slot.socket = stats.isSocket()
  if (slot.type === Filetype.REGULAR_FILE) slot.position = 0
  if (slot.type === Filetype.DIRECTORY) slot.place = reach.place(slot.fd, undefined)
}

export class Slots {
  readonly #slots: (Slot | undefined)[] = []
  readonly #reach: Reach

  constructor(reach: Reach) {
    this.#reach = reach
  }

  add(slot: Slot): Handle {
    const free = this.#slots.indexOf(undefined)
    if (free < 0) return this.#slots.push(slot) - 1
    this.#slots[free] = slot
    return free
  }
  /** Returns an open file whose type may not have been fetched yet. */
  any(handle: Handle): Slot {
    return this.#slots[handle] ?? refuse(Errno.BADF)
  }
  get(handle: Handle): Slot {
    const slot = this.any(handle)
    if (slot.type === NOT_ASKED) identify(slot, this.#reach)
    return slot
  }
  /** Closes a handle, which is free afterwards, even if the host returns an error. */
  close(handle: Handle): void {
    const slot = this.any(handle)
    this.#slots[handle] = undefined
    if (slot.place !== undefined) clear(slot.place)
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
