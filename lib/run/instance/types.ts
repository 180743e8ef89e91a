/** The types of `instantiate`. */
import type { Metrics } from '../../observe/metrics.js'
import type { RunOptions } from '../options.js'
import type { GuestSnapshot } from '../snapshot/snapshot.js'
import type { CapturedOutput, OutputEncoding } from '../stdio/types.js'

/**
 * The options of {@link instantiate}: those of {@link RunOptions}, for one worker. `timeout`
 * applies to each call, read and write, and to the start as a whole; `limits.hostcalls` to all
 * calls together. `signal` terminates the instance.
 */
export interface InstantiateOptions<E extends OutputEncoding = 'buffer'>
  extends Omit<
    RunOptions<E>,
    'threads' | 'isolation' | 'osSandbox' | 'execPath' | 'cache' | 'invoke'
  > {
  /**
   * For a guest of a {@link GuestSnapshot}: the name of an exported function, which is called before
   * any other with 16 fresh random bytes as two i64. Without it all guests of a snapshot go on with
   * the random state that the guest had. Default none.
   */
  readonly reseed?: string | undefined
}

/** The result of an instance that has ended. */
export interface InstanceResult<Content extends string | Buffer = Buffer>
  extends CapturedOutput<Content> {
  /** The hostcalls of all calls, with the option `metrics`. */
  readonly metrics?: Metrics
}

/** A number (i32, f32, f64) or a bigint (i64) of WebAssembly. */
export type WasmValue = number | bigint

/** The result of a WebAssembly function: undefined without one, an array of several. */
export type CallResult = WasmValue | WasmValue[] | undefined

/**
 * An instance in a worker. It executes your calls, reads and writes in order, one at a time. A
 * trap, an exit, a timeout or an abort ends it: the current call rejects with that error, and all
 * later ones with `ERR_WASI_INSTANCE_ENDED`, whose `cause` is the error. The worker keeps your
 * process alive until the instance has ended.
 */
export interface GuestInstance<Content extends string | Buffer = Buffer> {
  /** The names of the exported functions. */
  readonly exportedFunctions: readonly string[]
  /**
   * Calls an exported function, and resolves to its result. Arguments are converted as the
   * WebAssembly JavaScript API does: 2.5 is 2 as an i32.
   *
   * @example
   * const address = await guest.call<number>('malloc', 16)
   * @typeParam Result the type of the result, which is not checked
   * @throws TypeError for a name that is no exported function, for a wrong number or type of
   * arguments, and for a result that is a reference. The instance goes on
   * @throws RunError as {@link run} does, and with `ERR_WASI_EXIT` and `exitCode`. The instance ends
   */
  call<Result extends CallResult = CallResult>(name: string, ...args: WasmValue[]): Promise<Result>
  /**
   * Resolves to a copy of bytes of its memory: the one that it exports as `memory`, or imports.
   * @throws RangeError with code `ERR_OUT_OF_RANGE` for bytes outside of the memory
   */
  read(address: number, length: number): Promise<Uint8Array>
  /**
   * Copies bytes into its memory. `bytes` may be changed as soon as `write` returns.
   * @throws RangeError with code `ERR_OUT_OF_RANGE` for bytes outside of the memory
   */
  write(address: number, bytes: Uint8Array): Promise<void>
  /**
   * Takes a snapshot of its state after the calls that were made before. The instance goes on.
   * `timeout` applies.
   * @throws Error with code `ERR_WASI_SNAPSHOT` for a guest with a state that a snapshot cannot
   * hold, such as a descriptor that it has opened. The message says which
   */
  snapshot(): Promise<GuestSnapshot>
  /**
   * Returns the hostcalls until now.
   * @throws Error with code `ERR_WASI_NO_METRICS` unless `options.metrics` was set
   */
  metrics(): Metrics
  /**
   * Ends the instance after the calls that were made before, returns its {@link MemoryFiles} to
   * your thread, and resolves to the captured output. An instance that has ended resolves, too.
   * @throws RunError for an end that no call reported, such as an abort while the instance was idle
   */
  close(): Promise<InstanceResult<Content>>
  /** Calls {@link GuestInstance.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}
