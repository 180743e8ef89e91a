/**
 * Executes a prepared run in worker threads: opens what the guest gets, starts its first thread,
 * and closes all at its end.
 */
import { layOverlays, shareOf } from '../guest/threads.js'
import { newSharedPaths } from '../observe/descriptor-paths.js'
import { metricsOf } from '../observe/metrics.js'
import type { Deadline } from './deadline.js'
import type { RequestQueue } from './instance/queue.js'
import type { AnyRunResult } from './options.js'
import type { PreparedRun } from './prepare.js'
import { isComponentProgram } from './program.js'
import { resetTerminals } from './stdio/reset-terminals.js'
import { avoidLiftoff } from './worker/liftoff.js'
import { Count, type ThreadSetup } from './worker/messages.js'
import { lend } from './worker/mounts.js'
import { ThreadGroup } from './worker/thread-group.js'
import { Workers } from './worker/workers.js'

export async function executeRun(
  { program, settings, options, origin, restored }: PreparedRun,
  deadline: Deadline,
  workers = new Workers(),
  served?: RequestQueue,
): Promise<AnyRunResult> {
  const { threads, stdio } = options
  // A guest with a shared memory may wait, be it alone.
  const sharesMemory = !isComponentProgram(program) && program.memory instanceof WebAssembly.Memory
  if (threads > 0 || sharesMemory) avoidLiftoff()
  deadline.check()
  layOverlays(settings)
  const { mounts, back } = lend(settings.preopens)
  let shared: ReturnType<typeof shareOf> | undefined
  let group: ThreadGroup | undefined
  const counts = new Int32Array(new SharedArrayBuffer(4 * Object.keys(Count).length))
  try {
    shared = threads > 0 ? shareOf({ ...settings, stdio: stdio.shared }) : undefined
    const { trace, report, stdio: _, preopens, ...portable } = settings
    const setup: ThreadSetup = {
      program,
      settings:
        threads > 0 && trace !== undefined
          ? { ...portable, sharedPaths: newSharedPaths() }
          : portable,
      mounts,
      stdio: stdio.conveyed,
      traced: trace !== undefined,
      sharing: shared?.sharing,
      counts,
      limit: threads,
      maxStack: options.maxStack,
      imports: options.imports,
      restored,
    }
    group = new ThreadGroup(setup, settings, stdio, workers, options.onListening, served)
    served?.attach(group, deadline, settings.counts, origin)
    const exitCode = await deadline.until(group)
    return {
      exitCode,
      ...stdio.captured,
      ...(settings.counts && { metrics: metricsOf(settings.counts) }),
    }
  } finally {
    back(group?.trees)
    shared?.close()
    if (Atomics.load(counts, Count.COLOURED) !== 0)
      await resetTerminals(stdio.outputs, settings.backend)
  }
}
