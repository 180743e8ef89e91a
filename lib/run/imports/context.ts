/** The argument of an `imports` module: an instance that is not there yet. */
import { coded } from '../../errors.js'
import { isWasmMemory } from '../../memory.js'
import type { ImportsContext } from './types.js'

/** Returns the memory that an instance exports. A library may export something else by this name. */
export const memoryIn = ({
  memory,
}: Readonly<Record<string, unknown>>): WebAssembly.Memory | undefined =>
  isWasmMemory(memory) ? (memory as WebAssembly.Memory) : undefined

/** One instance as its imports see it. */
export class InstanceContext implements ImportsContext {
  readonly exports: Record<string, unknown> = Object.create(null)
  readonly memory: ImportsContext['memory']
  /** The memory that it exports or imports. */
  found: WebAssembly.Memory | undefined

  /** @param imported the memory that the host has made for it */
  constructor(imported: WebAssembly.Memory | undefined) {
    this.found = imported
    const found = (): WebAssembly.Memory => {
      if (this.found !== undefined) return this.found
      const message = 'the instance has no memory yet, or exports none'
      throw coded(new Error(message), 'ERR_WASI_NO_MEMORY')
    }
    this.memory = {
      get buffer() {
        return found().buffer
      },
    }
  }

  /** Shows the exports of the instance, which has been made. */
  reveal(exports: Readonly<Record<string, unknown>>): void {
    Object.assign(this.exports, exports)
    this.found = memoryIn(exports) ?? this.found
  }
}
