/** One guest from its start to its end, in workers, so that nothing it does keeps its embedder waiting. */
import { types } from 'node:util'
import type { GuestOptions } from '../options.js'
import { wrongType } from '../validate.js'
import { runModule } from './supervise.js'

export interface RunOptions extends Omit<GuestOptions, 'version'> {
  /** The snapshot of WASI; found out from the module if left out. */
  readonly version?: GuestOptions['version'] | undefined
  /**
   * How many threads the guest may have beside its first one, by `wasi.thread-spawn`; it is refused more with AGAIN. Each
   * costs its host a worker. Only with the native backend. Default 0, at most 1024.
   */
  readonly threads?: number | undefined
}
export interface RunResult {
  /** What proc_exit of any thread said, or 0 when `_start` returned. */
  readonly exitCode: number
}

/**
 * Run a command to its end: until `_start` returns, or any thread of it exits or traps, which ends them all.
 *
 * @param source the module's bytes, or a module, which must be one that makes its memory itself
 * @throws What createGuest throws for wrong options; WebAssembly's own CompileError, LinkError and RuntimeError (a trap);
 * Error with code `ERR_WASI_THREADS_UNAVAILABLE` for threads with the typescript backend.
 */
export async function run(source: ArrayBufferLike | ArrayBufferView | object, options: RunOptions = {}): Promise<RunResult> {
  if (source instanceof WebAssembly.Module) return runModule(source, undefined, options)
  if (!ArrayBuffer.isView(source) && !types.isAnyArrayBuffer(source)) {
    throw wrongType('source', 'an instance of ArrayBuffer, ArrayBufferView or WebAssembly.Module', source)
  }
  const bytes = ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source)
  return runModule(await WebAssembly.compile(bytes), bytes, options)
}
