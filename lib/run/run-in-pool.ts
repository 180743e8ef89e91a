/** Runs a guest in workers of a pool, when it has its turn. */
import { type CheckedSource, loaded } from '../guest/source.js'
import { SourceFile } from '../guest/source-file.js'
import { wrongValue } from '../validate.js'
import { checkOptions, runErrorOf } from './failure.js'
import { ModuleCache } from './module/cache.js'
import type { PreparedModule } from './module/prepare.js'
import type { AnyRunOptions, AnyRunResult } from './options.js'
import { TurnQueue } from './queue.js'
import { type Hooks, prepareAndExecute } from './run-in-workers.js'
import { termsOf } from './settings.js'
import { Workers } from './worker/workers.js'

/** The parts that the runs of one pool share. */
export interface PoolParts {
  readonly turns: TurnQueue
  readonly modules: ModuleCache
  readonly workers: Workers
}

/**
 * @param size the number of guests at once, and of idle workers; `modules`: the number of modules
 * that are kept
 */
export const poolParts = (size: number, modules: number): PoolParts => ({
  turns: new TurnQueue(size),
  modules: new ModuleCache(modules),
  workers: new Workers(size),
})

export async function runInPool(
  { turns, modules, workers }: PoolParts,
  source: CheckedSource,
  options: AnyRunOptions,
  hooks?: Hooks,
): Promise<AnyRunResult> {
  // Before its turn: a run with wrong options does not wait.
  const checked = checkOptions(() => termsOf(options))
  const [{ isolation, signal, stdio }] = checked
  if (isolation === 'process') {
    throw wrongValue(
      'options.isolation',
      'is not to be had of a pool, whose guests live in workers of this process',
      isolation,
    )
  }
  const prepare = async (): Promise<PreparedModule> =>
    modules.prepare(await loaded(source), checked[0])
  // Compiled while it waits; a file is read in its turn, so that few are open and in memory at once.
  const module = source instanceof SourceFile ? undefined : prepare()
  // Its error is for the turn below, if that ever comes.
  module?.catch(() => {})
  try {
    await turns.take(signal)
  } catch (error) {
    stdio.close()
    throw runErrorOf(error, { captured: stdio.captured })
  }
  try {
    return await prepareAndExecute(checked, () => module ?? prepare(), workers, hooks)
  } finally {
    turns.pass()
  }
}
