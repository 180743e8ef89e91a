/** Many runs: workers that are kept from one to the next, and modules that are compiled once. */
import { availableParallelism } from 'node:os'
import { coded } from '../errors.js'
import { checkWebAssembly, isModule } from '../guest/instantiate.js'
import { checkInteger, checkKeys } from '../validate.js'
import type { RunOptions, RunResult } from './options.js'
import type { Runs } from './queue.js'
import { copyOf } from './run.js'

/** What a {@link Pool} keeps. */
export interface PoolOptions {
  /** How many guests run at once; the others wait for their turn. Default: as many as the machine has processors. */
  readonly size?: number | undefined
  /** How many compiled modules are kept, those that were wanted last. Default 16. */
  readonly modules?: number | undefined
}

const most = 1024

/**
 * Runs guests as `run` does, in workers that are kept. A guest finds nothing of the one before it: its instance, memory and
 * descriptors are its own, and a worker whose guest was ended from outside is not used again.
 */
export class Pool {
  readonly #size: number
  readonly #modules: number
  #runs: Promise<Runs> | undefined
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

  /** As `run`, but for `isolation: 'process'`, which is an error; and Error with code ERR_WASI_POOL_CLOSED after `close`. */
  async run(source: ArrayBufferLike | ArrayBufferView | object, options: RunOptions = {}): Promise<RunResult> {
    checkWebAssembly()
    const given = isModule(source) ? source : copyOf(source)
    if (this.#closed) throw coded(new Error('the pool has been closed'), 'ERR_WASI_POOL_CLOSED')
    this.#runs ??= this.#loaded()
    return (await this.#runs).run(given, options)
  }

  /** End the workers that wait. Runs under way end as they do; those that wait for their turn fail. */
  async close(): Promise<void> {
    this.#closed = true
    await (await this.#runs)?.close()
  }

  /** Loaded when it is wanted, as run() is. */
  async #loaded(): Promise<Runs> {
    const { Runs } = await import('./queue.js')
    return new Runs(this.#size, this.#modules)
  }
}
