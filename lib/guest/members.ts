/** The members that the hosts of modules and of components have alike. */
import { coded } from '../errors.js'
import { type Counts, type Metrics, metricsOf } from '../observe/metrics.js'
import type { Terminals } from '../stdio/terminals.js'
import type { Sys } from '../sys/sys.js'
import type { Verdict } from '../verdict.js'

export interface Members {
  run(code: () => unknown): number
  metrics(): Metrics
  close(): void
  [Symbol.dispose](): void
}

/** @param hosts those that `close` disposes of */
export function membersOf(
  verdict: Verdict,
  terminals: Terminals,
  counts: Counts | undefined,
  hosts: readonly Sys[],
): Members {
  const close = (): void => {
    terminals.reset()
    for (const each of hosts) each.dispose()
  }
  return {
    run(code) {
      try {
        code()
      } catch (thrown) {
        // The first end counts, whatever the guest's own code did with it.
        if (!verdict.reached) throw thrown
      } finally {
        terminals.reset()
      }
      return verdict.exitCode()
    },
    metrics() {
      if (counts === undefined)
        throw coded(new Error('metrics() needs options.metrics: true'), 'ERR_WASI_NO_METRICS')
      return metricsOf(counts)
    },
    close,
    [Symbol.dispose]: close,
  }
}
