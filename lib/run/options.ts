/** What an embedder says of a run, and what he is told of it. */
import type { GuestOptions } from '../options.js'

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
