/** Many runs: workers are kept from one to the next, and modules are compiled once. */
import { availableParallelism } from 'node:os'
import type { CompiledModule } from '../guest/compiled-module.js'
import type { GuestSource } from '../guest/instance.js'
import { checkWebAssembly } from '../guest/instantiate.js'
import { borrowedSource, sourceOf } from '../guest/source.js'
import { checkInteger, checkKeys } from '../validate.js'
import { checkOptions } from './failure.js'
import type { GuestInstance, InstantiateOptions } from './instance/types.js'
import type { CompileOptions } from './module/compile-options.js'
import type { AnyRunOptions, AnyRunResult, RunOptions, RunResult } from './options.js'
import { TurnQueue } from './queue.js'
import { RunError } from './run-error.js'
import type { compileInPool, PoolParts, runInPool } from './run-in-pool.js'
import { type GuestSnapshot, isSnapshot } from './snapshot/snapshot.js'
import type { Known, SpawnedBy, SpawnOptions } from './spawn/types.js'
import { spawnBy } from './spawn.js'
import { EndCounts, type PoolStats } from './stats.js'
import type { OutputEncoding } from './stdio/types.js'

/** The options of {@link Pool}. */
export interface PoolOptions {
  /**
   * Guests that run at once; further ones wait in the queue. From 1 to 1024. Default: the number of
   * processors.
   */
  readonly size?: number | undefined
  /** Compiled modules that are kept, the most recently used ones. Default 16. */
  readonly maxModules?: number | undefined
  /**
   * Runs that wait in the queue; further ones reject at once with `ERR_WASI_QUEUE_FULL`. With 0
   * none waits. Default Infinity.
   */
  readonly maxQueue?: number | undefined
  /**
   * Processes that are started ahead of runs with `isolation: 'process'`. Each runs one guest. They
   * are started after the first such run, for runs with the same preopens, and end when they have
   * been idle for 60 s. At most `size`. Default 1.
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
 * Runs guests as {@link run} does, in workers that are reused. No state carries over from one guest
 * to the next: each has an instance, a memory and file descriptors of its own, and a worker whose
 * guest was terminated is not used again. A process runs one guest, and ends with it.
 *
 * @example
 * await using pool = new Pool({ size: 4 })
 * const { stdout } = await pool.run('program.wasm', { encoding: 'utf8' })
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

  /** Starts no worker yet. @throws TypeError, RangeError for wrong options */
  constructor(options: PoolOptions = {}) {
    checkKeys('options', ['size', 'maxModules', 'maxQueue', 'spareProcesses'], options)
    const {
      size = availableParallelism(),
      maxModules = 16,
      maxQueue = Number.POSITIVE_INFINITY,
      spareProcesses = 1,
    } = options
    checkInteger('options.size', size, 1, most)
    checkInteger('options.maxModules', maxModules, 0, most)
    if (maxQueue !== Number.POSITIVE_INFINITY)
      checkInteger('options.maxQueue', maxQueue, 0, Number.MAX_SAFE_INTEGER)
    checkInteger('options.spareProcesses', spareProcesses, 0, size)
    this.#size = size
    this.#modules = maxModules
    this.#spares = spareProcesses
    this.#turns = new TurnQueue(size, maxQueue)
  }

  /** The current counts of the pool's runs. */
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
  run(source: GuestSource, options: RunOptions<OutputEncoding>): Promise<RunResult<string | Buffer>>
  async run(source: GuestSource, options: AnyRunOptions = {}): Promise<AnyRunResult> {
    checkOptions(checkWebAssembly)
    // The caller may use the bytes again at once. What is loaded compares them first, and copies
    // those of another module.
    const checked = this.#loaded === undefined ? sourceOf(source) : borrowedSource(source)
    if (this.#closed) throw closed()
    const { run, parts } = this.#loaded ?? (await this.#load())
    return run(parts, checked, options)
  }

  /** Starts a guest as {@link spawn} does, in workers of the pool, when it leaves the queue. */
  spawn<const Options extends SpawnOptions = Record<never, never>>(
    source: GuestSource,
    options?: Options & Known<Options>,
  ): SpawnedBy<Options> {
    return spawnBy<Options>(options, asked => this.run(source, asked))
  }

  /**
   * Instantiates a guest as {@link instantiate} does, in a worker of the pool. The instance counts
   * toward `size` until it has ended: close it.
   * @throws RunError with code `ERR_WASI_POOL_CLOSED` after `close`
   */
  instantiate(
    source: GuestSource | GuestSnapshot,
    options?: InstantiateOptions,
  ): Promise<GuestInstance>
  instantiate(
    source: GuestSource | GuestSnapshot,
    options: InstantiateOptions<'utf8'> & { readonly encoding: 'utf8' },
  ): Promise<GuestInstance<string>>
  instantiate(
    source: GuestSource | GuestSnapshot,
    options: InstantiateOptions<OutputEncoding>,
  ): Promise<GuestInstance<string | Buffer>>
  async instantiate(
    source: GuestSource | GuestSnapshot,
    options: InstantiateOptions<OutputEncoding> = {},
  ): Promise<GuestInstance<string | Buffer>> {
    checkOptions(checkWebAssembly)
    const snapshot = isSnapshot(source) ? source : undefined
    const checked = snapshot ?? sourceOf(source)
    if (this.#closed) throw closed()
    const { run, parts } = this.#loaded ?? (await this.#load())
    const { instanceBy } = await import('./instance/instance.js')
    const { restoreOf } = await import('./snapshot/restore.js')
    const { restore, own } = restoreOf(snapshot, options)
    return instanceBy(hooks => run(parts, checked, own, { ...hooks, restore }))
  }

  /**
   * Compiles a module for many runs, which then need not read its bytes: a source of `run`, `spawn`
   * and `instantiate`, in all pools. The limits that are written into a module are set here.
   * @throws RunError with code `ERR_WASI_COMPILE` for bytes that are no module,
   * `ERR_WASI_MEMORY_LIMIT` for a module that starts with more than its limits, and
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
   * Ends idle workers and processes. Guests that run go on to their end; queued ones fail with
   * `ERR_WASI_POOL_CLOSED`.
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
