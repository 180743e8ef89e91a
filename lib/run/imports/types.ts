/** The types of a module of `imports`. */
import type { MemoryLike } from '../../memory.js'

/** The argument of an `imports` module whose default export is a function. */
export interface ImportsContext {
  /**
   * The guest's memory: the one that it exports as `memory`, or imports. Read `buffer` in each
   * call, since it changes when the memory grows. Reading it throws an Error with code
   * `ERR_WASI_NO_MEMORY` while there is none, as before the instance exists.
   */
  readonly memory: MemoryLike
  /** The exports of the instance by name. The record is empty until the instance exists. */
  // biome-ignore lint/suspicious/noExplicitAny: what a module exports is known to its embedder alone
  readonly exports: Readonly<Record<string, any>>
}
