/** The state of one guest, and the only state that the hostcalls use. */

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
  /**
   * Fills a range of a memory with random bytes, fit for keys unless the embedder overrides them.
   */
  readonly random: Random
  /** The first end of the guest, once it has ended. */
  readonly verdict: Verdict
}
