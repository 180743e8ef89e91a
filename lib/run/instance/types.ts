/** A guest whose functions the embedder calls, and its options. */
import type { Metrics } from '../../observe/metrics.js'
import type { RunOptions } from '../options.js'
import type { CapturedOutput, Encoding } from '../stdio/types.js'

/**
 * The options of `instantiate`: those of {@link RunOptions} that go with an instance in one worker.
 * `timeout` counts for each call, and for the start.
 */
export interface InstanceOptions<E extends Encoding = 'buffer'>
  extends Omit<RunOptions<E>, 'threads' | 'isolation' | 'osSandbox' | 'execPath'> {}

/** The outcome of an instance that has ended. */
export interface InstanceResult<Content extends string | Buffer = Buffer>
  extends CapturedOutput<Content> {
  /** With `metrics`: the hostcalls of all calls. */
  readonly metrics?: Metrics
}

/** The result of a function: of several values an array. */
export type CallResult = number | bigint | (number | bigint)[] | undefined

/**
 * An instance in a worker. Its calls, reads and writes are served in the order in which you make
 * them, one at a time. A trap, an exit, a timeout and an abort end the instance: the call under way
 * rejects with that error, and all later ones with `ERR_WASI_INSTANCE_ENDED` and the error as
 * `cause`. The worker keeps your process alive until the instance ends.
 */
export interface GuestInstance<Content extends string | Buffer = Buffer> {
  /** The names of the functions that it exports. */
  readonly exports: readonly string[]
  /**
   * Calls an exported function, and resolves to its result: undefined without one, an array where
   * it has several. An i64 is a bigint, an i32, f32 or f64 a number. Numbers are converted as the
   * WebAssembly JavaScript API does: 2.5 is 2 as an i32. `Result` is what you know of the module: it is
   * not checked.
   * @throws TypeError for a name that is no exported function, and for arguments of another number
   * or type; for a result that is a reference; `RunError` with code `ERR_WASI_TRAP`,
   * `ERR_WASI_EXIT` with `exitCode`, `ERR_WASI_TIMEOUT`, `ERR_WASI_ABORTED`, `ERR_WASI_HOOK` and
   * the others of `run`, which end the instance
   */
  call<Result extends CallResult = CallResult>(
    name: string,
    ...args: (number | bigint)[]
  ): Promise<Result>
  /**
   * Copies bytes of its memory: that which it exports as `memory`, or imports.
   * @throws RangeError with code `ERR_OUT_OF_RANGE` for bytes outside of the memory
   */
  read(address: number, length: number): Promise<Uint8Array>
  /**
   * Copies bytes into its memory. You may use yours again at once.
   * @throws RangeError with code `ERR_OUT_OF_RANGE` for bytes outside of the memory
   */
  write(address: number, bytes: Uint8Array): Promise<void>
  /**
   * The hostcalls made until now.
   * @throws Error with code `ERR_WASI_NO_METRICS` unless `options.metrics` was set
   */
  metrics(): Metrics
  /**
   * Ends the instance after the calls that were made before, gives `MemoryFiles` back to you, and
   * resolves to what was captured. An instance that has ended resolves, too; an end that no call
   * reported (an abort while it was idle) rejects.
   */
  close(): Promise<InstanceResult<Content>>
  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}
