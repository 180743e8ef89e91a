/** The options with which a pool compiles a module. */

/** The options of {@link Pool.compile}. A run of the module may leave them out. */
export interface CompileOptions {
  /** Bytes of linear memory and tables, as for `run`. Default: the limits of the module. */
  readonly maxMemory?: number | undefined
  /** Elements of all tables of an instance, as for `run`. Default 1,000,000. */
  readonly maxTableElements?: number | undefined
  /**
   * The most threads that a run of the module may have with `maxMemory`: each of them has tables of
   * its own, which count toward it. Default 0.
   */
  readonly threads?: number | undefined
  /**
   * `worker` compiles the module now. `process` compiles it only in the processes of its guests, so
   * that an invalid module fails in its first run. Default `worker`.
   */
  readonly isolation?: 'worker' | 'process' | undefined
  /** The folder in which transpiled components are kept, as for `run`. */
  readonly cache?: string | false | undefined
}
