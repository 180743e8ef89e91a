/** All that one guest has. The hostcalls know nothing else. */

import type { Strings } from './abi/strings.js'
import type { Polls } from './fds/polls.js'
import type { FdTable } from './fds/table.js'
import type { Limits } from './limits.js'
import type { GuestMemory } from './memory.js'
import type { Random } from './replay/random.js'
import type { Sys } from './sys/sys.js'
import type { Verdict } from './verdict.js'

export interface Context {
  readonly memory: GuestMemory
  readonly fds: FdTable
  readonly polls: Polls
  readonly sys: Sys
  readonly limits: Limits
  /** The arguments; the first is the program's name. */
  readonly args: Strings
  /** `NAME=value` each. */
  readonly env: Strings
  /** Fill a part of a memory with random bytes, fit for keys unless the embedder chose others. */
  readonly random: Random
  /** The first end of the guest, once there is one. */
  readonly verdict: Verdict
}
