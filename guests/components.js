/** Makes components of WASI 0.2 from commands of preview 1, and transpiles them, by jco. */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { componentNew, preview1AdapterCommandPath, transpile } from '@bytecodealliance/jco'
import { product, products } from './products.js'

/**
 * Two ways for a component to reach its imports: `hybrid` calls lowered functions where the host
 * has them, `js` converts all values to JavaScript.
 *
 * @typedef {'hybrid' | 'js'} Bindings
 */

/**
 * Adapts a command of preview 1, as `jco new --wasi-command` does.
 *
 * @param {Uint8Array} module
 * @returns {Promise<Uint8Array>}
 */
export const componentOf = async module =>
  componentNew(module, [['wasi_snapshot_preview1', readFileSync(preview1AdapterCommandPath())]])

/**
 * Transpiles a component into a folder, as `jco transpile` does, and returns the path of
 * `component.js` there.
 *
 * @param {string} folder
 * @param {Uint8Array} component
 * @param {{ bindings?: Bindings, map?: Record<string, string>, instantiation?: boolean }} [options]
 *   With `instantiation`, the embedder passes the imports to `instantiate`. Otherwise the component
 *   imports the modules of `map`, by default those of preview2-shim.
 */
export async function transpileTo(folder, component, options = {}) {
  const { bindings = 'hybrid', map = {}, instantiation = false } = options
  const { files } = await transpile(component, {
    name: 'component',
    importBindings: bindings,
    map,
    noTypescript: true,
    quiet: true,
    ...(instantiation ? { instantiation: 'sync' } : {}),
  })
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  return join(folder, 'component.js')
}

/** @param {string} name */
const versionOf = name =>
  String(
    JSON.parse(readFileSync(new URL('../package.json', import.meta.resolve(name)), 'utf8')).version,
  )

/** @param {readonly unknown[]} parts */
function hashOf(...parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part instanceof Uint8Array ? part : JSON.stringify(part))
  return hash.digest('hex').slice(0, 12)
}

/**
 * Keeps what `make` writes, as `product` does; `make` may take its time.
 *
 * @param {string} name
 * @param {(path: string) => Promise<unknown>} make
 */
async function kept(name, make) {
  if (existsSync(join(products, name))) return join(products, name)
  mkdirSync(products, { recursive: true })
  const unfinished = join(products, randomUUID())
  try {
    await make(unfinished)
    return product(name, path => renameSync(unfinished, path))
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}

/**
 * The folder of a component that was transpiled with instantiation, which is kept.
 *
 * @param {Uint8Array} component
 * @param {Bindings} bindings
 */
export const transpiled = (component, bindings) =>
  kept(
    `component-${versionOf('@bytecodealliance/jco')}-${bindings}-${hashOf(component)}`,
    unfinished => transpileTo(unfinished, component, { bindings, instantiation: true }),
  )

/**
 * Makes a component of a JavaScript module, on the StarlingMonkey engine.
 *
 * @param {string} source
 * @param {string} wit the text of a package with one world
 * @param {('stdio' | 'random' | 'clocks' | 'http' | 'fetch-event')[]} [without] features of the
 *   engine to leave out, with the interfaces that they import
 * @returns {Promise<Uint8Array>}
 */
export async function componentOfJavaScript(source, wit, without = []) {
  const version = versionOf('@bytecodealliance/componentize-js')
  const path = await kept(
    `starlingmonkey-${version}-${hashOf(source, wit, without)}.wasm`,
    async unfinished => {
      const { componentize } = await import('@bytecodealliance/componentize-js')
      // Its types allow options in the other way to call it only.
      const options = /** @type {any} */ ({ disableFeatures: without })
      const { component } = await componentize(source, wit, options)
      writeFileSync(unfinished, component)
    },
  )
  return readFileSync(path)
}

/**
 * The function `run` of `wasi:cli/run` among the exports of a command.
 *
 * @param {Record<string, any>} exports
 * @returns {() => void}
 */
export function commandOf(exports) {
  const found = Object.entries(exports).find(([name]) => /^(wasi:cli\/)?run(@|$)/.test(name))
  if (found === undefined) throw new Error(`no wasi:cli/run among ${Object.keys(exports)}`)
  return found[1].run
}
