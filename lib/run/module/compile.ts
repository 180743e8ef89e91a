/** Compiles a module for many runs, with the limits of these written into it. */
import type { CompiledModule } from '../../guest/compiled-module.js'
import { checkRows } from '../../options/row.js'
import { checkKeys } from '../../validate.js'
import { runTable } from '../table.js'
import { compiledFor, PreparedModule, uncompiled } from './prepare.js'

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

const { maxMemory, maxTableElements, threads, isolation } = runTable
const rows = { threads, isolation, maxMemory, maxTableElements }

/** The checked options. */
export function checkCompileOptions(options: CompileOptions) {
  checkKeys('options', Object.keys(rows), options)
  return checkRows(rows, options)
}

/**
 * Compiles bytes that nobody else changes.
 * @throws what a run of these bytes throws
 */
export async function compileModule(
  bytes: Uint8Array,
  { isolation, ...limits }: ReturnType<typeof checkCompileOptions>,
): Promise<CompiledModule> {
  if (isolation === 'process') return uncompiled(bytes, limits)
  const prepared = await PreparedModule.prepare(bytes, { ...limits, strict: false })
  return compiledFor(prepared, limits)
}
