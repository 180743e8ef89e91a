/**
 * wasi-common/register: every way to come to node:wasi's class, in the main thread and in every
 * kind of worker.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const register = fileURLToPath(import.meta.resolve('#lib/register.js'))
const typescript = fileURLToPath(import.meta.resolve('#lib/register/typescript.js'))
const ours = (expression: string) => `('close' in (${expression}).prototype)`

/**
 * A program that says, for each way to the class, whether it is ours; then the same in a worker
 * made in each way.
 */
const program = `
import { WASI } from 'node:wasi'
import * as space from 'wasi'
import whole from 'node:wasi'
import { createRequire } from 'node:module'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
const require = createRequire(import.meta.url)
const ways = {
  named: ${ours('WASI')},
  namespace: ${ours('space.WASI')},
  default: ${ours('whole.WASI')},
  commonjs: ${ours("require('node:wasi').WASI")},
  'commonjs, old name': ${ours("require('wasi').WASI")},
  dynamic: ${ours("(await import('wasi')).WASI")},
  'data: module': ${ours('(await import(\'data:text/javascript,export { WASI } from "node:wasi"\')).WASI')},
  getBuiltinModule: process.getBuiltinModule ? ${ours("process.getBuiltinModule('node:wasi').WASI")} : true,
}
if (isMainThread) {
  const reported = {}
  const ask = (name, options, source = new URL(import.meta.url)) => new Promise((resolve, reject) => {
    new Worker(source, options).on('message', answer => { reported[name] = answer }).on('error', reject).on('exit', resolve)
  })
  const commonjs = ${JSON.stringify(`require('node:worker_threads').parentPort.postMessage({ commonjs: ${ours("require('node:wasi').WASI")} })`)}
  await ask('plain', {})
  await ask('no flags', { execArgv: [] })
  await ask('own flags', { execArgv: ['--no-warnings'] })
  await ask('own environment', { env: {} })
  await ask('source is a string', { eval: true }, commonjs)
  await ask('of a worker', { eval: true }, \`const { Worker, parentPort } = require('node:worker_threads')
    new Worker(\${JSON.stringify(commonjs)}, { eval: true, execArgv: [] }).on('message', answer => parentPort.postMessage(answer))\`)
  console.log(JSON.stringify({ main: ways, ...reported }))
} else {
  parentPort.postMessage(ways)
}`

function run(
  t: { teardown(done: () => void): void },
  flags: readonly string[],
): Record<string, Record<string, boolean>> {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-common-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'program.mjs'), program)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, join(folder, 'program.mjs')],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`ended with ${status}: ${stderr}`)
  return JSON.parse(stdout)
}

const flags = {
  'with --import': ['--import', register],
  'with a flag of V8, too': ['--expose-gc', '--import', register],
  'with --require': ['--require', register],
  'of the typescript backend with --import': ['--import', typescript],
  'of the typescript backend with --require': ['--require', typescript],
}
for (const [title, given] of Object.entries(flags)) {
  test(title, t => {
    const reported = run(t, given)
    t.deepEqual(Object.keys(reported), [
      'main',
      'plain',
      'no flags',
      'own flags',
      'own environment',
      'source is a string',
      'of a worker',
    ])
    for (const [where, ways] of Object.entries(reported))
      for (const [way, ours] of Object.entries(ways)) t.true(ours, `${where}: ${way}`)
  })
}

test('class WASI is node:wasi’s without register', t => {
  const reported = run(t, ['--no-warnings'])
  for (const ways of Object.values(reported))
    t.false(Object.entries(ways).some(([way, ours]) => ours && way !== 'getBuiltinModule'))
})

test('register prints no warning about WASI and keeps other warnings', t => {
  const source = "require('node:wasi'); process.emitWarning('another')"
  const { stderr } = spawnSync(process.execPath, ['--import', register, '-e', source], {
    encoding: 'utf8',
  })
  t.regex(stderr, /another/)
  t.notRegex(stderr, /WASI/)
})

/**
 * Makes an instance in the main thread, and in a worker that --import does not reach; prints each
 * outcome.
 */
const making = `
const { Worker, isMainThread, parentPort } = require('node:worker_threads')
const make = options => { try { new (require('node:wasi').WASI)(options).close(); return 'made' } catch ({ code }) { return code } }
const all = () => [make({ version: 'preview1' }), make({ version: 'preview1', backend: 'native' }), make(), make(null)]
const source = \`const make = \${make}; require('node:worker_threads').parentPort.postMessage((\${all})())\`
new Worker(source, { eval: true, execArgv: [] }).on('message', worker => console.log(JSON.stringify({ main: all(), worker })))`
const made = (...flags: string[]): unknown => {
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', making], {
    encoding: 'utf8',
  })
  return stdout === '' ? stderr : JSON.parse(stdout)
}

test('register/typescript serves node:wasi without an addon, unless its options name another backend', t => {
  const reported = [
    'made',
    'ERR_WASI_ADDON_UNAVAILABLE',
    'ERR_INVALID_ARG_TYPE',
    'ERR_INVALID_ARG_TYPE',
  ]
  t.deepEqual(made('--no-addons', '--import', typescript), { main: reported, worker: reported })
})

test('register without an addon is an error, and does not fall back to node:wasi', t => {
  const reported = [
    'ERR_WASI_ADDON_UNAVAILABLE',
    'ERR_WASI_ADDON_UNAVAILABLE',
    'ERR_INVALID_ARG_TYPE',
    'ERR_INVALID_ARG_TYPE',
  ]
  t.deepEqual(made('--no-addons', '--import', register), { main: reported, worker: reported })
})

for (const [first, second] of [
  [register, typescript],
  [typescript, register],
]) {
  test(`${second === typescript ? 'register/typescript after register' : 'register after register/typescript'} is an error`, t => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--require', first, '--require', second, '-e', '0'],
      { encoding: 'utf8' },
    )
    t.not(status, 0)
    t.regex(stderr, /ERR_WASI_ALREADY_REGISTERED/)
    t.regex(
      stderr,
      /wasi-common\/register(\/typescript)? cannot be loaded after wasi-common\/register/,
    )
  })
}

test('a backend is registered twice without an error, also by another copy of the package', t => {
  const copy = fileURLToPath(import.meta.resolve('#bundle/register.js'))
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--require', register, '--require', copy, '-e', '0'],
    { encoding: 'utf8' },
  )
  t.deepEqual({ status, stderr }, { status: 0, stderr: '' })
})
