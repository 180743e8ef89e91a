/** Reads the imports and exports of a module that its host must know beforehand. */
import { namespace, namespace0 } from '../../abi/namespaces.js'
import { Limit, limitSections, SectionId } from './sections.js'

type Imports = readonly WebAssembly.ModuleImportDescriptor[]
type Exports = Readonly<ReturnType<typeof WebAssembly.Module.exports>>
const knownImports = new WeakMap<WebAssembly.Module, Imports>()
const knownExports = new WeakMap<WebAssembly.Module, Exports>()

/** The imports of a module, which V8 would list anew for each run of it. */
export function importsIn(module: WebAssembly.Module): Imports {
  const known = knownImports.get(module) ?? WebAssembly.Module.imports(module)
  knownImports.set(module, known)
  return known
}
/** The exports of a module. */
export function exportsIn(module: WebAssembly.Module): Exports {
  const known = knownExports.get(module) ?? WebAssembly.Module.exports(module)
  knownExports.set(module, known)
  return known
}

/** The snapshot that a module imports. */
export function versionOf(module: WebAssembly.Module): 'preview1' | 'unstable' {
  const modules = new Set(importsIn(module).map(({ module }) => module))
  return modules.has(namespace0) && !modules.has(namespace) ? 'unstable' : 'preview1'
}

/** Says if a module imports its memory. */
export const importsMemory = (module: WebAssembly.Module): boolean =>
  importsIn(module).some(({ kind }) => kind === 'memory')

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
