/** A `pollable` of `wasi:io`: a clock that is due at a time, or a stream. */
import type { Descriptor } from '../../fds/descriptor.js'
import type { OpenFile } from './open-file.js'
import { Resource } from './resource.js'

export class PollableResource extends Resource {
  override readonly kind = 'pollable'
  /** The time of the monotonic clock from which on it is ready, for a clock. */
  readonly due: bigint | undefined
  /** The file to wait for, which it holds open; undefined for a stream that is always ready. */
  readonly #file: OpenFile | undefined
  /** True to wait until the descriptor can be written. */
  readonly writes: boolean
  constructor(due: bigint | undefined, file?: OpenFile, writes = false) {
    super()
    this.due = due
    this.#file = file?.used()
    this.writes = writes
  }
  override drop(): void {
    this.#file?.release()
  }
  /** The descriptor to wait for. */
  get fd(): Descriptor | undefined {
    return this.#file?.fd
  }
}
