/** Runs a guest in workers of a pool, or in a process, when it has its turn. */
import { types } from 'node:util'
import { type CompiledModule, checkLimits, isCompiled } from '../guest/compiled-module.js'
import { type CheckedSource, loaded } from '../guest/source.js'
import { SourceFile } from '../guest/source-file.js'
import { wrongType } from '../validate.js'
import { checkOptions, runErrorOf } from './failure.js'
import { ModuleCache } from './module/cache.js'
import { checkCompileOptions, compileModule } from './module/compile.js'
import type { CompileOptions } from './module/compile-options.js'
import type { AnyRunOptions, AnyRunResult } from './options.js'
import type { SpareProcesses } from './process/spares.js'
import type { PreparedProgram } from './program.js'
import type { TurnQueue } from './queue.js'
import { type Hooks, prepareAndExecute } from './run-in-workers.js'
import { termsOf } from './settings.js'
import { preparedFor } from './snapshot/prepared.js'
import { type GuestSnapshot, isSnapshot } from './snapshot/snapshot.js'
import type { EndCounts } from './stats.js'
import { Workers } from './worker/workers.js'

/** Parts of a pool that are loaded with its first guest in a process. */
interface ProcessParts {
  readonly planRun: typeof import('./process/run-in-process.js').planRun
  readonly spares: SpareProcesses
}

/** The parts that the runs of one pool share. */
export class PoolParts {
  readonly turns: TurnQueue
  readonly ends: EndCounts
  readonly modules: ModuleCache
  readonly workers: Workers
  readonly #spares: number
  #loading: Promise<ProcessParts> | undefined
  processes: ProcessParts | undefined

  /**
   * @param size the number of idle workers, `modules` that are kept, and `spares`: processes that
   * are started ahead
   */
  constructor(
    turns: TurnQueue,
    ends: EndCounts,
    { size, modules, spares }: { size: number; modules: number; spares: number },
  ) {
    this.turns = turns
    this.ends = ends
    this.modules = new ModuleCache(modules)
    this.workers = new Workers(size)
    this.#spares = spares
  }

  async loadProcesses(): Promise<ProcessParts> {
    this.#loading ??= import('./process/run-in-process.js').then(({ planRun, sparesFor }) => ({
      planRun,
      spares: sparesFor(this.#spares),
    }))
    this.processes = await this.#loading
    return this.processes
  }

  /** Ends the workers and processes that have no guest. */
  async close(): Promise<void> {
    await Promise.all([this.workers.close(), this.#loading?.then(({ spares }) => spares.close())])
  }
}

/** A run whose options are checked. */
interface Checked {
  readonly signal: AbortSignal | undefined
  /** Runs it to its end, in its turn. */
  execute(): Promise<AnyRunResult>
  /** Gives up the streams of a run that has no turn. */
  close(): void
}

/**
 * @param source bytes may be changed when this has returned its promise
 * @param hooks those of an instance, which runs in a worker
 */
export async function runInPool(
  parts: PoolParts,
  source: CheckedSource | GuestSnapshot,
  options: AnyRunOptions,
  hooks?: Hooks,
): Promise<AnyRunResult> {
  // Before its turn: a run with wrong options does not wait.
  if (
    hooks !== undefined ||
    isSnapshot(source) ||
    (options as AnyRunOptions | null)?.isolation !== 'process'
  )
    return inTurn(parts, inWorkers(parts, source, options, hooks))
  if (parts.processes !== undefined)
    return inTurn(parts, inProcess(parts, parts.processes, source, options))
  const own = kept(parts, source)
  return inTurn(parts, inProcess(parts, await parts.loadProcesses(), own, options))
}

/**
 * Compiles a file, or bytes that no other code changes, outside of all turns.
 * @throws RunError
 */
export async function compileInPool(
  source: CheckedSource,
  options: CompileOptions,
): Promise<CompiledModule> {
  const checked = checkCompileOptions(options)
  const file = source instanceof SourceFile
  if (!file && !types.isUint8Array(source))
    throw wrongType('source', 'a path, a file: URL or the bytes of a module or component', source)
  try {
    return await compileModule(file ? await source.read(true) : source, checked)
  } catch (thrown) {
    throw runErrorOf(thrown)
  }
}

const kept = ({ modules }: PoolParts, source: CheckedSource): CheckedSource =>
  types.isUint8Array(source) ? modules.keep(source) : source

function inWorkers(
  { turns, modules, workers }: PoolParts,
  source: CheckedSource | GuestSnapshot,
  options: AnyRunOptions,
  hooks: Hooks | undefined,
): Checked {
  const checked = checkOptions(() => termsOf(options))
  const [terms] = checked
  const { signal, stdio } = terms
  hooks?.served?.check(terms)
  if (isCompiled(source)) checkLimits(source, terms)
  try {
    turns.check()
  } catch (error) {
    stdio.close()
    throw runErrorOf(error, { captured: stdio.captured })
  }
  const visibly = hooks?.served !== undefined
  // Compiled while it waits; a file is read in its turn, so that few are open and in memory at once.
  const module = isSnapshot(source)
    ? preparedFor(source, terms)
    : source instanceof SourceFile
      ? undefined
      : modules.prepare(source, terms, visibly)
  // Its error is for the turn, if that ever comes.
  module?.catch(() => {})
  const read = async (): Promise<PreparedProgram> =>
    modules.prepare(await loaded(source as SourceFile), terms, visibly)
  return {
    signal,
    execute: () => prepareAndExecute(checked, () => module ?? read(), workers, hooks),
    close: () => stdio.close(),
  }
}

function inProcess(
  parts: PoolParts,
  { planRun, spares }: ProcessParts,
  source: CheckedSource,
  options: AnyRunOptions,
): Checked {
  const plan = planRun(source, options)
  try {
    parts.turns.check()
  } catch (error) {
    plan.close()
    throw runErrorOf(error)
  }
  const own = kept(parts, source)
  return { ...plan, execute: () => plan.execute(own, { spares }) }
}

async function inTurn({ turns, ends }: PoolParts, run: Checked): Promise<AnyRunResult> {
  const { signal } = run
  try {
    await turns.take(signal).catch(error => {
      run.close()
      throw runErrorOf(error)
    })
    try {
      const result = await run.execute()
      ends.finish()
      return result
    } finally {
      turns.pass()
    }
  } catch (error) {
    ends.fail(error)
    throw error
  }
}
