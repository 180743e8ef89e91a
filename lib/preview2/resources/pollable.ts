/** A `pollable` of `wasi:io`: a clock that is due at a time, or a stream. */
import type { Descriptor } from '../../fds/descriptor.js'
import { Resource } from './resource.js'

export class PollableResource extends Resource {
  override readonly kind = 'pollable'
  /** The time of the monotonic clock from which on it is ready, for a clock. */
  readonly due: bigint | undefined
  /** The descriptor to wait for; undefined for a stream that is always ready. */
  readonly fd: Descriptor | undefined
  /** True to wait until the descriptor can be written. */
  readonly writes: boolean
  constructor(due: bigint | undefined, fd?: Descriptor, writes = false) {
    super()
    this.due = due
    this.fd = fd
    this.writes = writes
  }
}
