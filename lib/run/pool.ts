/** Many runs: workers are kept from one to the next, and modules are compiled once. */
import { availableParallelism } from 'node:os'
import type { CompiledModule } from '../guest/compiled-module.js'
import type { GuestSource } from '../guest/instance.js'
import { checkWebAssembly } from '../guest/instantiate.js'
import { borrowedSource, sourceOf } from '../guest/source.js'
import { checkInteger, checkKeys } from '../validate.js'
import { checkOptions } from './failure.js'
import type { GuestInstance, InstanceOptions } from './instance/types.js'
import type { CompileOptions } from './module/compile-options.js'
import type { AnyRunOptions, AnyRunResult, RunOptions, RunResult } from './options.js'
import { TurnQueue } from './queue.js'
import { RunError } from './run-error.js'
import type { compileInPool, PoolParts, runInPool } from './run-in-pool.js'
import type { Known, SpawnedBy, SpawnOptions } from './spawn/types.js'
import { spawnBy } from './spawn.js'
import { EndCounts, type PoolStats } from './stats.js'
import type { Encoding } from './stdio/types.js'

/** What a {@link Pool} keeps. */
export interface PoolOptions {
  /**
   * How many guests run at once; the others wait for their turn. Default: as many as the machine
   * has processors. From 1 to 1024.
   */
  readonly size?: number | undefined
  /** How many compiled modules are kept, those that were wanted last. Default 16. */
  readonly modules?: number | undefined
  /**
   * How many runs may wait for their turn. A run beyond them rejects at once with code
   * `ERR_WASI_QUEUE_FULL`. With 0 none waits. Default `Infinity`.
   */
  readonly maxQueue?: number | undefined
  /**
   * How many processes are started ahead of the runs with `isolation: 'process'` that will take
   * them. Each runs one guest, like any other. They are started once such a run has been made, for
   * runs with the same preopens, and end when none takes them for 60 s. At most `size`. Default 1.
   */
  readonly spareProcesses?: number | undefined
}

const most = 1024

const closed = (): RunError => new RunError('ERR_WASI_POOL_CLOSED', 'the pool has been closed')

/** Loaded with the first run. */
interface Loaded {
  readonly run: typeof runInPool
  readonly compile: typeof compileInPool
  readonly parts: PoolParts
}

/**
 * Runs guests as `run` does, in workers that are kept. A guest finds nothing of the one before it:
 * its instance, memory and descriptors are its own, and a worker whose guest was ended from outside
 * is not used again. A process runs one guest, and ends with it.
 */
export class Pool {
  readonly #size: number
  readonly #modules: number
  readonly #spares: number
  readonly #turns: TurnQueue
  readonly #ends = new EndCounts()
  #loading: Promise<Loaded> | undefined
  #loaded: Loaded | undefined
  #closed = false

  /** @throws TypeError, RangeError for wrong options. Nothing is started yet. */
  constructor(options: PoolOptions = {}) {
    checkKeys('options', ['size', 'modules', 'maxQueue', 'spareProcesses'], options)
    const {
      size = availableParallelism(),
      modules = 16,
      maxQueue = Number.POSITIVE_INFINITY,
      spareProcesses = 1,
    } = options
    checkInteger('options.size', size, 1, most)
    checkInteger('options.modules', modules, 0, most)
    if (maxQueue !== Number.POSITIVE_INFINITY)
      checkInteger('options.maxQueue', maxQueue, 0, Number.MAX_SAFE_INTEGER)
    checkInteger('options.spareProcesses', spareProcesses, 0, size)
    this.#size = size
    this.#modules = modules
    this.#spares = spareProcesses
    this.#turns = new TurnQueue(size, maxQueue)
  }

  /** The runs of this pool, counted at this moment. */
  get stats(): PoolStats {
    const { waiting, running } = this.#turns
    return { size: this.#size, waiting, running, ...this.#ends.counts }
  }

  /**
   * As `run`, when the guest has its turn: `timeout` begins then. Wrong options are refused at
   * once.
   * @throws as `run` does; RunError with code `ERR_WASI_QUEUE_FULL` where `maxQueue` runs wait, and
   * `ERR_WASI_POOL_CLOSED` after `close`
   */
  run(source: GuestSource, options?: RunOptions): Promise<RunResult>
  run(
    source: GuestSource,
    options: RunOptions<'utf8'> & { readonly encoding: 'utf8' },
  ): Promise<RunResult<string>>
  run(source: GuestSource, options: AnyRunOptions): Promise<AnyRunResult>
  async run(source: GuestSource, options: AnyRunOptions = {}): Promise<AnyRunResult> {
    checkOptions(checkWebAssembly)
    // The caller may use the bytes again at once. What is loaded compares them first, and copies
    // those of another module.
    const checked = this.#loaded === undefined ? sourceOf(source) : borrowedSource(source)
    if (this.#closed) throw closed()
    const { run, parts } = this.#loaded ?? (await this.#load())
    return run(parts, checked, options)
  }

  /** As `spawn`, in workers of the pool, when the guest has its turn. */
  spawn<const Options extends SpawnOptions = Record<never, never>>(
    source: GuestSource,
    options?: Options & Known<Options>,
  ): SpawnedBy<Options> {
    return spawnBy<Options>(options, asked => this.run(source, asked))
  }

  /**
   * As `instantiate`, in a worker of the pool. The instance has a turn until it ends: close it.
   * @throws Error with code ERR_WASI_POOL_CLOSED after `close`
   */
  instantiate(source: GuestSource, options?: InstanceOptions): Promise<GuestInstance>
  instantiate(
    source: GuestSource,
    options: InstanceOptions<'utf8'> & { readonly encoding: 'utf8' },
  ): Promise<GuestInstance<string>>
  async instantiate(
    source: GuestSource,
    options: InstanceOptions<Encoding> = {},
  ): Promise<GuestInstance<string | Buffer>> {
    checkOptions(checkWebAssembly)
    const module = sourceOf(source)
    if (this.#closed) throw closed()
    const { run, parts } = this.#loaded ?? (await this.#load())
    const { instanceBy } = await import('./instance/instance.js')
    return instanceBy(hooks => run(parts, module, options, hooks))
  }

  /**
   * Compiles a module for many runs, so that none of them reads its bytes: `run` takes the result
   * in place of these. The limits that are written into a module belong here.
   * @throws RunError with code `ERR_WASI_COMPILE` for bytes that are no module,
   * `ERR_WASI_MEMORY_LIMIT` for one that begins with more than its limits, and
   * `ERR_WASI_POOL_CLOSED` after `close`
   * @throws TypeError, RangeError for a wrong argument or option
   */
  async compile(source: GuestSource, options: CompileOptions = {}): Promise<CompiledModule> {
    checkOptions(checkWebAssembly)
    const checked = sourceOf(source)
    if (this.#closed) throw closed()
    const { compile } = this.#loaded ?? (await this.#load())
    return compile(checked, options)
  }

  /**
   * End the workers and processes that wait. Runs under way end as they do; those that wait for
   * their turn fail.
   */
  async close(): Promise<void> {
    this.#closed = true
    this.#turns.close(closed)
    await (await this.#loading)?.parts.close()
  }

  /** Calls {@link Pool.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #load(): Promise<Loaded> {
    this.#loading ??= import('./run-in-pool.js').then(
      ({ runInPool, compileInPool, PoolParts }) => ({
        run: runInPool,
        compile: compileInPool,
        parts: new PoolParts(this.#turns, this.#ends, {
          size: this.#size,
          modules: this.#modules,
          spares: this.#spares,
        }),
      }),
    )
    this.#loaded = await this.#loading
    return this.#loaded
  }
}
