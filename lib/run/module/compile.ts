/** Compiles a module for many runs, with the limits of these written into it. */
import { CompiledModule, type WrittenLimits } from '../../guest/compiled-module.js'
import { isComponent } from '../../guest/preamble.js'
import { checkRows } from '../../options/row.js'
import { checkKeys } from '../../validate.js'
import { checkForComponent } from '../component/options.js'
import { componentIn } from '../program.js'
import type { Terms } from '../settings.js'
import { runTable } from '../table.js'
import type { CompileOptions } from './compile-options.js'
import { compiledFor, PreparedModule, uncompiled } from './prepare.js'

const { maxMemory, maxTableElements, threads, isolation, cache } = runTable
const rows = { threads, isolation, maxMemory, maxTableElements, cache }

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
  { isolation, cache, ...limits }: ReturnType<typeof checkCompileOptions>,
): Promise<CompiledModule> {
  if (isComponent(bytes)) {
    checkForComponent({ threads: limits.threads, imports: undefined }, undefined)
    return compileComponent(bytes, cache, limits, isolation === 'worker')
  }
  if (isolation === 'process') return uncompiled(bytes, limits)
  const prepared = await PreparedModule.prepare(bytes, { ...limits, strict: false }, true)
  return compiledFor(prepared, limits)
}

/** Transpiles a component. In a process its core modules are compiled only there. */
async function compileComponent(
  bytes: Uint8Array,
  cache: Terms['cache'],
  limits: WrittenLimits,
  here: boolean,
): Promise<CompiledModule> {
  const compiled = new CompiledModule({ bytes, moved: 0, limits, original: undefined })
  if (here) await componentIn(compiled, cache)
  else await (await import('../component/transpile.js')).transpiled(bytes, cache)
  return compiled
}
