/** Instantiates modules of guests: the only caller of `new WebAssembly.Instance`. */
import { coded } from '../errors.js'
import { checkObject, wrongType } from '../validate.js'
import { unknownImport } from './unknown-import.js'

/**
 * Returns the value for an import, as a list of one element; undefined for an import that is not
 * offered.
 */
export type Offer = (
  wanted: WebAssembly.ModuleImportDescriptor,
) => readonly [value: unknown] | undefined

/**
 * Offers functions under one module name. It does not offer other kinds of import by their names.
 */
export const functions =
  (from: string, named: Readonly<Record<string, unknown>>): Offer =>
  ({ module, name, kind }) =>
    module === from && kind === 'function' && Object.hasOwn(named, name) ? [named[name]] : undefined

/** Offers the imports of an embedder. */
export function record(name: string, imports: unknown): Offer {
  checkObject(name, imports)
  return wanted => {
    if (!Object.hasOwn(imports, wanted.module)) return undefined
    const named = imports[wanted.module]
    if (named === null || (typeof named !== 'object' && typeof named !== 'function')) {
      throw wrongType(`${name}.${wanted.module}`, 'of type object', named)
    }
    return Object.hasOwn(named, wanted.name)
      ? [(named as Readonly<Record<string, unknown>>)[wanted.name]]
      : undefined
  }
}

/**
 * Instantiates a module with the offered imports only; the first offer of an import wins.
 * WebAssembly looks imports up as ordinary properties. An object with a prototype would therefore
 * offer `constructor`, which is `Object`, and everything reachable from it. The records here have
 * no prototype, and each value comes from an offer as an own property.
 * @see https://webassembly.github.io/spec/js-api/#read-the-imports
 * @throws WebAssembly.LinkError with code `ERR_WASI_UNKNOWN_IMPORT`, `importModule`, `importName`
 * and `importKind` for an import that is not offered
 */
export function instantiate(
  module: WebAssembly.Module,
  ...offers: readonly Offer[]
): WebAssembly.Instance {
  const imports: Record<string, Record<string, unknown>> = Object.create(null)
  const all = WebAssembly.Module.imports(module)
  for (const wanted of all) {
    const [value] = offered(wanted, offers, all)
    imports[wanted.module] ??= Object.create(null)
    imports[wanted.module][wanted.name] = value
  }
  return new WebAssembly.Instance(module, imports)
}

function offered(
  wanted: WebAssembly.ModuleImportDescriptor,
  offers: readonly Offer[],
  all: readonly WebAssembly.ModuleImportDescriptor[],
): readonly [value: unknown] {
  for (const offer of offers) {
    const found = offer(wanted)
    if (found !== undefined) return found
  }
  throw unknownImport(wanted, all)
}

/**
 * Refuses to run modules in a process without WebAssembly, before anything is opened for them.
 * @throws Error with code `ERR_WASI_NO_WEBASSEMBLY`
 */
export function checkWebAssembly(): void {
  if (typeof WebAssembly !== 'undefined') return
  const message =
    'this process has no WebAssembly: start node without --jitless, ' +
    'or pass the imports of createGuest() to an interpreter'
  throw coded(new Error(message), 'ERR_WASI_NO_WEBASSEMBLY')
}

/**
 * Recognizes modules of all realms, including those of node:vm, for which `instanceof` is false.
 */
export function isModule(value: unknown): value is WebAssembly.Module {
  try {
    WebAssembly.Module.imports(value as WebAssembly.Module)
    return true
  } catch {
    return false
  }
}
