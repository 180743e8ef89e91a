// Programs that use the package each in another way, and what they print: they lie beside an
// installed one, and know nothing of this repository.

/**
 * (module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) (memory (export
 * "memory") 1) (func (export "_start") i32.const 42 call 0))
 */
export const guest =
  'AGFzbQEAAAABCAJgAX8AYAAAAiQBFndhc2lfc25hcHNob3RfcHJldmlldzEJcHJvY19leGl0AAADAgEBBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKCAEGAEEqEAAL'
/** Writes a line to standard output by fd_write, and returns from _start. */
export const hello =
  'AGFzbQEAAAABDAJgBH9/f38Bf2AAAAIjARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCGZkX3dyaXRlAAADAgEBBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKDwENAEEBQQBBAUEIEAAaCwspAQBBAAsjEAAAABMAAAAAAAAAAAAAAGhlbGxvIGZyb20gYSBndWVzdAo='
const use = `const program = new WebAssembly.Module(Buffer.from('${guest}', 'base64'))
const wasi = new WASI({ version: 'preview1', preopens: { '/': '.' } })
console.log(wasi.start(new WebAssembly.Instance(program, wasi.getImportObject())))
`

/**
 * @typedef {object} Consumer
 * @property {string} name
 * @property {Record<string, string>} files
 * @property {string[]} args of Node
 * @property {string} prints
 */
/** @type {Consumer[]} */
export const consumers = [
  {
    name: 'import',
    files: { 'use.mjs': `import { WASI } from 'wasi-common'\n${use}` },
    args: ['use.mjs'],
    prints: '42\n',
  },
  {
    name: 'require',
    files: { 'use.cjs': `const { WASI } = require('wasi-common')\n${use}` },
    args: ['use.cjs'],
    prints: '42\n',
  },
  {
    name: 'import of the default',
    files: {
      'default.mjs': `import wasiCommon, * as all from 'wasi-common'\nconst { WASI } = wasiCommon\nconsole.log(WASI === all.WASI)\n${use}`,
    },
    args: ['default.mjs'],
    prints: 'true\n42\n',
  },
  {
    name: 'run',
    files: {
      'run.mjs': `import { run } from 'wasi-common'
const { exitCode } = await run(Buffer.from('${guest}', 'base64'), { timeout: 20_000 })
console.log(exitCode)
`,
    },
    args: ['run.mjs'],
    prints: '42\n',
  },
  {
    name: 'one class',
    files: {
      'both.mjs': `import { createRequire } from 'node:module'
import { WASI } from 'wasi-common'
console.log(createRequire(import.meta.url)('wasi-common').WASI === WASI)
`,
    },
    args: ['both.mjs'],
    prints: 'true\n',
  },
  {
    name: 'register',
    files: {
      'drop-in.mjs': `import { WASI } from 'node:wasi'
import { WASI as Ours } from 'wasi-common'
console.log(WASI === Ours)
${use}`,
    },
    args: ['--import', 'wasi-common/register', 'drop-in.mjs'],
    prints: 'true\n42\n',
  },
  {
    name: 'preview2',
    files: {
      'component.mjs': `import { types } from '@bytecodealliance/preview2-shim/filesystem'
import { createRequire } from 'node:module'
import { createComponentHost } from 'wasi-common/preview2'
const required = createRequire(import.meta.url)('wasi-common/preview2/filesystem')
console.log(required.types.Descriptor === types.Descriptor)
const { imports } = createComponentHost({ args: ['a', 'b'] })
console.log(imports['wasi:cli/environment'].getArguments().join(' '))
`,
    },
    args: ['--import', 'wasi-common/register', 'component.mjs'],
    prints: 'true\na b\n',
  },
  {
    name: 'register/typescript',
    files: { 'typescript.mjs': `import { WASI } from 'node:wasi'\n${use}` },
    args: ['--no-addons', '--import', 'wasi-common/register/typescript', 'typescript.mjs'],
    prints: '42\n',
  },
  {
    name: '--require register',
    files: { 'drop-in.cjs': `const { WASI } = require('wasi')\n${use}` },
    args: ['--require', 'wasi-common/register', 'drop-in.cjs'],
    prints: '42\n',
  },
]

/** In TypeScript; of CommonJS, too. */
export const typed = `import wasiCommon, { run, type RunResult, WASI } from 'wasi-common'
import 'wasi-common/register'
import 'wasi-common/register/typescript'
import { type ComponentHost, createComponentHost } from 'wasi-common/preview2'
import { _setPreopens } from 'wasi-common/preview2/filesystem'
import { _setArgs } from 'wasi-common/cli'
import { WASIShim } from 'wasi-common/preview2/instantiation'
export const host: ComponentHost = createComponentHost({ preopens: { '/data': '.' } })
export const code: number = host.run(() => _setArgs(['a']))
export const shim: Record<string, unknown> = new WASIShim().getImportObject()
_setPreopens({ '/data': { path: '.', readOnly: true } })
// @ts-expect-error There is no such option.
createComponentHost({ rights: 'access' })
export const sameClass: typeof WASI = wasiCommon.WASI
export const wasi: WASI = new WASI({ version: 'preview1', preopens: { '/': { path: '.', readOnly: true } } })
export const result: Promise<RunResult> = run(new Uint8Array())
export const text: Promise<RunResult<string>> = run('program.wasm', { encoding: 'utf8' })
export const close: () => void = new WASI({ version: 'preview1' })[Symbol.dispose]
// @ts-expect-error There is no such option.
export const wrong = new WASI({ version: 'preview1', preopens: { '/': { path: '.', readonly: true } } })
`
