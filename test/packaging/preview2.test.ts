/**
 * wasi-common/preview2 in each of the ways that a transpiled component can reach it: the loader
 * hook, an override of npm, jco's map, and instantiation with the imports of a host.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { componentOf, transpileTo } from '#guests/components.js'
import { allBindings } from '../component/fixture.js'
import { guest, scratch } from '../programs/cli.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const shim = '@bytecodealliance/preview2-shim'
const names = ['cli', 'clocks', 'filesystem', 'http', 'io', 'random', 'sockets']

/** A folder whose programs find this package, with a preopen that contains an escaping symlink. */
function application(t: ExecutionContext): string {
  const folder = scratch(t)
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/wasi-common'), 'junction')
  mkdirSync(join(folder, 'data'))
  mkdirSync(join(folder, 'outside'))
  mkdirSync(join(folder, 'data/in'))
  writeFileSync(join(folder, 'data/in/file'), 'ten bytes\n')
  symlinkSync('../outside', join(folder, 'data/out'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return folder
}
interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}
function node(folder: string, args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}

/** Walks a directory inside, and the symlink that leads out. */
function sandboxed(t: ExecutionContext, walk: (path: string) => Ended): void {
  t.deepEqual(walk('/data/in'), {
    status: 0,
    stdout: '1 files, 1 folders, 10 bytes\n',
    stderr: '',
  })
  t.deepEqual(walk('/data/out'), {
    status: 1,
    stdout: '',
    stderr: '/data/out: Operation not permitted\n',
  })
}

interface Way {
  readonly flags: readonly string[]
  /** The package whose subpaths the program imports, as the transpiled component does. */
  readonly from: string
  readonly map?: Record<string, string>
  /** Installs more. */
  readonly install?: (folder: string) => void
}
const ways: Readonly<Record<string, Way>> = {
  'the loader hook': { flags: ['--import', 'wasi-common/register'], from: shim },
  'the loader hook by --require': { flags: ['--require', 'wasi-common/register'], from: shim },
  'the loader hook of the typescript backend': {
    flags: ['--no-addons', '--import', 'wasi-common/register/typescript'],
    from: shim,
  },
  'an override of npm': {
    flags: [],
    from: shim,
    install(folder) {
      mkdirSync(join(folder, 'node_modules/@bytecodealliance'))
      symlinkSync(root, join(folder, 'node_modules', shim), 'junction')
    },
  },
  'jco’s map': {
    flags: [],
    from: 'wasi-common/preview2',
    map: Object.fromEntries(
      names.map(name => [`wasi:${name}/*`, `wasi-common/preview2/${name}#*`]),
    ),
  },
}
const walk = componentOf(readFileSync(guest('walk')))

for (const [title, { flags, from, map, install }] of Object.entries(ways))
  for (const bindings of allBindings) {
    test.serial(`${title} runs a component in the sandbox (${bindings})`, async t => {
      t.timeout(60_000)
      const folder = application(t)
      install?.(folder)
      await transpileTo(folder, await walk, { bindings, ...(map === undefined ? {} : { map }) })
      writeFileSync(
        join(folder, 'app.js'),
        `import { _setPreopens, types } from '${from}/filesystem'
import { _setArgs } from '${from}/cli'
import { filesystem } from 'wasi-common/preview2'
if (types.Descriptor !== filesystem.types.Descriptor) throw new Error('another host')
_setPreopens({ '/data': ${JSON.stringify(join(folder, 'data'))} })
_setArgs(['walk', process.argv[2]])
const { run } = await import('./component.js')
run.run()
`,
      )
      sandboxed(t, path => node(folder, [...flags, 'app.js', path]))
    })
  }

for (const bindings of allBindings)
  test.serial(`instantiation with a host’s imports runs a component (${bindings})`, async t => {
    t.timeout(60_000)
    const folder = application(t)
    await transpileTo(folder, await walk, { bindings, instantiation: true })
    writeFileSync(
      join(folder, 'app.js'),
      `import { readFileSync } from 'node:fs'
import { createComponentHost } from 'wasi-common/preview2'
import { instantiate } from './component.js'
const host = createComponentHost({ preopens: { '/data': 'data' }, args: ['walk', process.argv[2]] })
const getCoreModule = name => new WebAssembly.Module(readFileSync(name))
process.exitCode = host.run(() => instantiate(getCoreModule, host.imports).run.run())
host.close()
`,
    )
    sandboxed(t, path => node(folder, ['app.js', path]))
  })

const identities = `
import { createRequire } from 'node:module'
import { createComponentHost } from 'wasi-common/preview2'
import * as imported from 'wasi-common/preview2'
const require = createRequire(import.meta.url)
const { Descriptor } = createComponentHost().imports['wasi:filesystem/types']
for (const name of ${JSON.stringify(names)}) {
  const all = [
    await import('wasi-common/preview2/' + name),
    require('wasi-common/preview2/' + name),
    await import('wasi-common/' + name),
    require('wasi-common/' + name),
    require('wasi-common/preview2')[name],
  ]
  for (const [key, value] of Object.entries(imported[name]))
    for (const one of all)
      if (one[key] !== value) throw new Error(name + ' ' + key + ' is another')
}
console.log('one')
`
test('import, require and the subpaths at the root give the same instances', t => {
  const folder = application(t)
  writeFileSync(join(folder, 'app.js'), identities)
  t.deepEqual(node(folder, ['app.js']), { status: 0, stdout: 'one\n', stderr: '' })
})

test('without an addon, preview2 loads, serves the typescript backend, and fails at first use', t => {
  const folder = application(t)
  const source = `const { cli, createComponentHost } = require('wasi-common/preview2')
    const { _setPreopens } = require('wasi-common/preview2/filesystem')
    createComponentHost({ backend: 'typescript' }).close()
    for (const use of [createComponentHost, cli.environment.getArguments, () => _setPreopens({})])
      try { use() } catch ({ code }) { console.log(code) }`
  t.deepEqual(node(folder, ['--no-addons', '--input-type=commonjs', '-e', source]), {
    status: 0,
    stdout: 'ERR_WASI_ADDON_UNAVAILABLE\n'.repeat(3),
    stderr: '',
  })
})

test('index loads nothing of preview2', t => {
  const folder = application(t)
  const source = `require('wasi-common')
    console.log(Object.keys(require.cache).filter(file => /preview2/.test(file)).length, Object.keys(require.cache).length)`
  const { stdout } = node(folder, ['--input-type=commonjs', '-e', source])
  t.regex(stdout, /^0 [1-9]/)
})

/** Names of preview2-shim, imported and required, in a thread of its own flags, too. */
const led = `
import { createRequire } from 'node:module'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import * as ours from 'wasi-common/preview2'
const require = createRequire(import.meta.url)
let count = 0
for (const name of ${JSON.stringify(names)}) {
  const imported = await import('${shim}/' + name)
  const required = require('${shim}/' + name)
  for (const [key, value] of Object.entries(ours[name])) {
    if (imported[key] !== value || required[key] !== value) throw new Error(name + ' ' + key)
    count++
  }
}
const { createComponentHost } = await import('${shim}/instantiation')
if (createComponentHost !== ours.createComponentHost) throw new Error('another instantiation')
if (require('${shim}').io !== ours.io) throw new Error('another io')
if ((await import('${shim}')).io !== ours.io) throw new Error('another io')
const other = await import('${shim}/io-worker').then(() => 'found', ({ code }) => code)
if (isMainThread) {
  console.log(count > 30, other)
  new Worker(new URL(import.meta.url), { execArgv: [] }).on('message', text => console.log(text))
} else parentPort.postMessage('worker ' + (count > 30))
`
for (const flag of ['--import', '--require'])
  for (const door of ['register', 'register/typescript'])
    test(`${door} by ${flag} leads every subpath of a shim that is not installed`, t => {
      const folder = application(t)
      writeFileSync(join(folder, 'app.js'), led)
      const { status, stdout, stderr } = node(folder, [flag, `wasi-common/${door}`, 'app.js'])
      t.deepEqual(
        { status, stdout, stderr },
        { status: 0, stdout: 'true ERR_MODULE_NOT_FOUND\nworker true\n', stderr: '' },
      )
    })

/** Transpiles a component by jco, whose own parts are components that import preview2-shim. */
const transpiling = `
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { transpile } from ${JSON.stringify(import.meta.resolve('@bytecodealliance/jco'))}
const { files } = await transpile(readFileSync('walk.wasm'), { name: 'walk', quiet: true })
console.log(createHash('sha256').update(files['walk.js']).digest('hex'))
`
test('jco itself runs by the loader hook, and writes the same bytes', async t => {
  t.timeout(60_000)
  const folder = application(t)
  writeFileSync(join(folder, 'app.js'), transpiling)
  writeFileSync(join(folder, 'walk.wasm'), await walk)
  const expected = node(folder, ['app.js'])
  t.regex(expected.stdout, /^[0-9a-f]{64}\n$/)
  t.deepEqual(node(folder, ['--import', 'wasi-common/register', 'app.js']), expected)
})
