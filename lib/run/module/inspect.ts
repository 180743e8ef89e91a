/** Reads the imports of a module that its host must know beforehand. */
import { namespace, namespace0 } from '../../abi/namespaces.js'
import { Limit, limitSections, SectionId } from './sections.js'

/** The snapshot that a module imports. */
export function versionOf(module: WebAssembly.Module): 'preview1' | 'unstable' {
  const modules = new Set(WebAssembly.Module.imports(module).map(({ module }) => module))
  return modules.has(namespace0) && !modules.has(namespace) ? 'unstable' : 'preview1'
}

/** Says if a module imports its memory. */
export const importsMemory = (module: WebAssembly.Module): boolean =>
  WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory')

/** In pages of 64 KiB. */
export interface MemoryLimits {
  readonly initial: number
  readonly maximum?: number
  readonly shared: boolean
}

/**
 * The memory that a module imports, undefined where it imports none. The bytes are those of a
 * module that compiles.
 */
export function memoryLimits(bytes: Uint8Array): MemoryLimits | undefined {
  const imports = limitSections(bytes).find(({ id }) => id === SectionId.IMPORT)
  const limits = imports?.limits.find(({ of }) => of === 'memory')
  if (limits === undefined) return undefined
  const { flags, initial, maximum } = limits
  return {
    initial,
    ...(maximum !== undefined && { maximum }),
    shared: (flags & Limit.SHARED) !== 0,
  }
}
