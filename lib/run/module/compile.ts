/** Compiles a module for many runs, with the limits of these written into it. */
import type { CompiledModule } from '../../guest/compiled-module.js'
import { checkRows } from '../../options/row.js'
import { checkKeys } from '../../validate.js'
import { runTable } from '../table.js'
import type { CompileOptions } from './compile-options.js'
import { compiledFor, PreparedModule, uncompiled } from './prepare.js'

const { maxMemory, maxTableElements, threads, isolation } = runTable
const rows = { threads, isolation, maxMemory, maxTableElements }

/** The checked options. */
export function checkCompileOptions(options: CompileOptions) {
  checkKeys('options', Object.keys(rows), options)
  return checkRows(rows, options)
}

/**
 * Compiles bytes that no other code changes.
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
