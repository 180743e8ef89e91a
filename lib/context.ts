/** All that one guest has. The hostcalls know nothing else. */
import type { FdTable } from './fds/table.js'
import type { Limits } from './limits.js'
import type { GuestMemory } from './memory.js'
import type { Views } from './random.js'
import type { Sys } from './sys/sys.js'

export interface Context {
  readonly memory: GuestMemory
  readonly fds: FdTable
  readonly sys: Sys
  readonly limits: Limits
  /** The arguments as bytes, each with its NUL; the first is the program's name. */
  readonly args: readonly Uint8Array[]
  /** `NAME=value` as bytes, each with its NUL. */
  readonly env: readonly Uint8Array[]
  /** Fill a part of a memory with random bytes fit for keys. */
  readonly random: (memory: Views, at: number, length: number) => void
}
