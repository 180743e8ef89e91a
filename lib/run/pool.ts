/** Many runs: workers are kept from one to the next, and modules are compiled once. */
import { availableParallelism } from 'node:os'
import type { GuestSource } from '../guest/instance.js'
import { checkWebAssembly } from '../guest/instantiate.js'
import { sourceOf } from '../guest/source.js'
import { checkInteger, checkKeys } from '../validate.js'
import { checkOptions } from './failure.js'
import type { GuestInstance, InstanceOptions } from './instance/types.js'
import type { AnyRunOptions, AnyRunResult, RunOptions, RunResult } from './options.js'
import { RunError } from './run-error.js'
import type { PoolParts, runInPool } from './run-in-pool.js'
import type { Known, SpawnedBy, SpawnOptions } from './spawn/types.js'
import { spawnBy } from './spawn.js'
import type { Encoding } from './stdio/types.js'

/** What a {@link Pool} keeps. */
export interface PoolOptions {
  /**
   * How many guests run at once; the others wait for their turn. Default: as many as the machine
   * has processors.
   */
  readonly size?: number | undefined
  /** How many compiled modules are kept, those that were wanted last. Default 16. */
  readonly modules?: number | undefined
}

const most = 1024

const closed = (): RunError => new RunError('ERR_WASI_POOL_CLOSED', 'the pool has been closed')

/** Loaded with the first run. */
interface Loaded {
  readonly run: typeof runInPool
  readonly parts: PoolParts
}

/**
 * Runs guests as `run` does, in workers that are kept. A guest finds nothing of the one before it:
 * its instance, memory and descriptors are its own, and a worker whose guest was ended from outside
 * is not used again.
 */
export class Pool {
  readonly #size: number
  readonly #modules: number
  #loaded: Promise<Loaded> | undefined
  #closed = false

  /** @throws TypeError, RangeError for wrong options. Nothing is started yet. */
  constructor(options: PoolOptions = {}) {
    checkKeys('options', ['size', 'modules'], options)
    const { size = availableParallelism(), modules = 16 } = options
    checkInteger('options.size', size, 1, most)
    checkInteger('options.modules', modules, 0, most)
    this.#size = size
    this.#modules = modules
  }

  /**
   * As `run`, but for `isolation: 'process'`, which is a TypeError. After `close` it rejects with
   * code `ERR_WASI_POOL_CLOSED`.
   */
  run(source: GuestSource, options?: RunOptions): Promise<RunResult>
  run(
    source: GuestSource,
    options: RunOptions<'utf8'> & { readonly encoding: 'utf8' },
  ): Promise<RunResult<string>>
  run(source: GuestSource, options: AnyRunOptions): Promise<AnyRunResult>
  async run(source: GuestSource, options: AnyRunOptions = {}): Promise<AnyRunResult> {
    checkOptions(checkWebAssembly)
    const module = sourceOf(source)
    if (this.#closed) throw closed()
    this.#loaded ??= this.#load()
    const { run, parts } = await this.#loaded
    return run(parts, module, options)
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
    this.#loaded ??= this.#load()
    const { run, parts } = await this.#loaded
    const { instanceBy } = await import('./instance/instance.js')
    return instanceBy(hooks => run(parts, module, options, hooks))
  }

  /**
   * End the workers that wait. Runs under way end as they do; those that wait for their turn fail.
   */
  async close(): Promise<void> {
    this.#closed = true
    const loaded = await this.#loaded
    loaded?.parts.turns.close(closed)
    await loaded?.parts.workers.close()
  }

  /** Calls {@link Pool.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #load(): Promise<Loaded> {
    const { runInPool, poolParts } = await import('./run-in-pool.js')
    return { run: runInPool, parts: poolParts(this.#size, this.#modules) }
  }
}
