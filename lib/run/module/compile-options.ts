/** The options with which a pool compiles a module. */

/** The options of {@link Pool.compile}. A run of the module may leave them out. */
export interface CompileOptions {
  /**
   * Bytes of linear memory and tables of a guest, as of `run`. Default: memory as the module says.
   */
  readonly maxMemory?: number | undefined
  /** Elements of all tables of an instance, as of `run`. Default 1,000,000. */
  readonly maxTableElements?: number | undefined
  /**
   * The most threads that a run of the module may have with `maxMemory`: each of them has tables of
   * its own, which count toward it. Default 0.
   */
  readonly threads?: number | undefined
  /**
   * With `process` the module is not compiled in this process, only in those of its guests. Whether
   * it compiles, the first run shows. Default `worker`.
   */
  readonly isolation?: 'worker' | 'process' | undefined
}
