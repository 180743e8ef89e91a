/** The open files by the handles of a memfs. */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import type { Handle } from '../sys.js'
import type { Node } from './nodes.js'

export interface Slot {
  readonly node: Node
  /** Bits of Access. */
  readonly access: number
  fdflags: number
  position: number
}

/**
 * The open files, separate from their user: a finalizer closes them after the user was collected.
 */
export class Slots {
  readonly #slots: (Slot | undefined)[] = []
  readonly #free: number[] = []

  add(slot: Slot): Handle {
    slot.node.opened(slot.access)
    const handle = this.#free.pop() ?? this.#slots.length
    this.#slots[handle] = slot
    return handle
  }
  get(handle: Handle): Slot {
    return this.#slots[handle] ?? refuse(Errno.BADF)
  }
  close(handle: Handle): void {
    const { node } = this.get(handle)
    this.#slots[handle] = undefined
    this.#free.push(handle)
    node.closed()
  }
  clear(): void {
    for (const [handle, slot] of this.#slots.entries()) if (slot !== undefined) this.close(handle)
  }
}
