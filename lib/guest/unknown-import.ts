/**
 * Words the error for an import that is not offered, and names the environment that the module was
 * built for.
 */
import { namespace, namespace0 } from '../abi/namespaces.js'
import { type HostcallName, table } from '../abi/table.js'
import { table0 } from '../abi/unstable.js'
import { coded } from '../errors.js'
import { plainLine } from '../stdio/terminal-escapes.js'

type Import = WebAssembly.ModuleImportDescriptor

/** The longest name in a message, in UTF-16 units. */
const longestName = 200
const shown = (name: string): string =>
  plainLine(name.length > longestName ? `${name.slice(0, longestName - 3)}...` : name)

/** Recognizes an import of a module with threads. */
export const isThreads = ({ module, name, kind }: Import): boolean =>
  kind === 'memory' || (module === 'wasi' && name === 'thread-spawn')

const isSnapshot = (module: string): boolean => module === namespace || module === namespace0
const isCall = ({ module, name, kind }: Import): boolean =>
  kind === 'function' && Object.hasOwn(module === namespace0 ? table0 : table, name as HostcallName)

/**
 * The module names of imports that a module's own JavaScript provides, and the tools that generate
 * it.
 */
const builders: readonly (readonly [module: RegExp, advice: string])[] = [
  [/^(?:napi|emnapi)$/, 'it is a Node-API binding: load it with the JavaScript of its package'],
  [/^go(?:js)?$/, 'it was built with GOOS=js: build it with GOOS=wasip1'],
  [
    /^(?:wbg|__wbindgen_placeholder__|\.\/.*_bg\.js)$/,
    'it was built by wasm-bindgen: load it with the JavaScript of its package',
  ],
  [
    /^(?:wasi:|\[export\])/,
    'it is the core module of a component (WASI 0.2): build it for wasm32-wasip1',
  ],
]

/** Returns the reason for an import, as far as its name shows it. */
function reasonFor(wanted: Import, all: readonly Import[]): string | undefined {
  const { module, name } = wanted
  if (isThreads(wanted)) return 'it was built for threads: use --threads, or options.threads'
  if (isSnapshot(module)) {
    if (!isCall(wanted)) return `WASI has no such call in ${module}`
    const other = module === namespace ? namespace0 : namespace
    return all.some(({ module }) => module === other)
      ? `it mixes ${namespace} and ${namespace0}`
      : `options.version '${module === namespace ? 'preview1' : 'unstable'}' offers it`
  }
  const builder = builders.find(([pattern]) => pattern.test(module))
  if (builder !== undefined) return builder[1]
  return module === 'env'
    ? `it was built to receive ${shown(name)} from JavaScript of its own`
    : undefined
}

/**
 * Returns the error for an import that is not offered. `run`, the command and every other way to
 * run a module use the same words.
 * @param all the imports of the module
 */
export function unknownImport(wanted: Import, all: readonly Import[]): Error {
  const { module, name, kind } = wanted
  const reason = reasonFor(wanted, all)
  const message =
    `the module imports ${shown(module)}.${shown(name)} (a ${kind}), which this host does not ` +
    `offer${reason === undefined ? '' : `: ${reason}`}`
  return coded(new WebAssembly.LinkError(message), 'ERR_WASI_UNKNOWN_IMPORT', {
    importModule: module,
    importName: name,
    importKind: kind,
  })
}
