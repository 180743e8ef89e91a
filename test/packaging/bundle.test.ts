/**
 * The published files, dist/bundle/: each entry point works and exports everything. The other tests
 * import the modules of which the bundle is made.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import test from 'ava'
import { rollup } from 'rollup'
import { type Param, table } from '#lib/abi/table.js'
import { Kind } from '#lib/abi/types.js'
import * as lib from '#lib/index.js'
import { withSandbox } from '../os-sandbox/fixture.js'
import { guest, scratch } from '../programs/cli.js'
import { call, command, drop } from '../wasm.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const { exports: ways, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const shipped = (name: '.' | './register', way: 'require' | 'default'): string =>
  join(root, ways[name][way].default)

const hello = command([drop(call('fd_write', 1, 0, 1, 8))], {
  data: { 0: Uint8Array.from([16, 0, 0, 0, 6, 0, 0, 0]), 16: 'hello\n' },
})

/** Run a script of these lines; what it printed, if it ended well. */
function node(
  t: Parameters<typeof scratch>[0],
  kind: 'cjs' | 'mjs',
  lines: readonly string[],
  flags: readonly string[] = [],
): string {
  const folder = scratch(t)
  writeFileSync(join(folder, 'hello.wasm'), hello)
  const script = join(folder, `main.${kind}`)
  writeFileSync(script, lines.join('\n'))
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, script], {
    encoding: 'utf8',
    cwd: folder,
  })
  t.is(status, 0, stderr)
  t.is(stderr, '')
  return stdout
}
const says = (backend: string): string[] => [
  "const program = new WebAssembly.Module(require('node:fs').readFileSync('hello.wasm'))",
  `const wasi = new WASI({ version: 'preview1'${backend} })`,
  'wasi.start(new WebAssembly.Instance(program, wasi.getImportObject()))',
]
const requireHere = [
  "import { createRequire } from 'node:module'",
  'const require = createRequire(import.meta.url)',
]
const index = {
  require: JSON.stringify(shipped('.', 'require')),
  import: JSON.stringify(shipped('.', 'default')),
}

test('the bundle exports the names of lib/index.ts', t => {
  const printed = node(t, 'cjs', [
    `console.log(JSON.stringify(Object.keys(require(${index.require}))))`,
  ])
  t.deepEqual(JSON.parse(printed).sort(), Object.keys(lib).sort())
})

test('import and require give the same classes', t => {
  const lines = [
    ...requireHere,
    `import * as ours from ${index.import}`,
    `const theirs = require(${index.require})`,
  ]
  const printed = node(t, 'mjs', [
    ...lines,
    'const { default: whole, ...named } = ours',
    'console.log(whole === theirs, Object.keys(named).every(name => named[name] === theirs[name]), Object.keys(named).length)',
  ])
  t.is(printed, `true true ${Object.keys(lib).length}\n`)
})

for (const backend of ['', ", backend: 'typescript'"]) {
  test(`a guest runs by require${backend}`, t => {
    t.is(
      node(t, 'cjs', [`const { WASI } = require(${index.require})`, ...says(backend)]),
      'hello\n',
    )
  })
  test(`a guest runs by import${backend}`, t => {
    t.is(
      node(t, 'mjs', [...requireHere, `import { WASI } from ${index.import}`, ...says(backend)]),
      'hello\n',
    )
  })
}

/** Prints the files of the bundle as they are loaded, `loaded()` those since it was last called. */
const watched = [
  "const { _extensions } = require('node:module')",
  "const { '.js': load } = _extensions",
  'let names = []',
  "_extensions['.js'] = (module, file) => { names.push(file.replace(/.*[\\\\/]/, '')); load(module, file) }",
  'const loaded = () => { const all = names; names = []; return all }',
]
/** Arguments of a hostcall: zeros, and paths and lists of one byte or element at 0. */
const zeros = (params: readonly Param[], results: readonly Param[]): string[] => [
  ...params.flatMap(({ type }) =>
    type.kind === Kind.List || type.kind === Kind.Path
      ? ['0', '1']
      : [type.size === 8 ? '0n' : '0'],
  ),
  ...results.map(() => '8'),
]

test('require loads two files, and a guest needs no other part', t => {
  const printed = node(t, 'cjs', [
    ...watched,
    `const { WASI } = require(${index.require})`,
    'console.log(...loaded())',
    ...says(''),
    'console.log(...loaded())',
  ])
  t.regex(printed, /^index\.js host\.js\nhello\n(?:abi-table\.js)?\n$/)
})

test('no hostcall loads a file of the package that its guest may have changed', t => {
  const calls = Object.entries(table).map(
    ([name, { params, results }]) => `${name}: [${zeros(params, results)}]`,
  )
  const printed = node(t, 'cjs', [
    ...watched,
    `const { WASI } = require(${index.require})`,
    `const calls = { ${calls.join(', ')} }`,
    "const readOnly = { path: '.', readOnly: true }",
    "const preopens = { '/': '.', '/fixed': readOnly, '/memory': { files: {} } }",
    'const write = () => {}',
    "const wasi = new WASI({ version: 'preview1', stdin: new Uint8Array(9), stdout: write, preopens })",
    'const memory = new WebAssembly.Memory({ initial: 1 })',
    "new Uint8Array(memory.buffer).set(Buffer.from('.'))",
    'wasi.finalizeBindings({ exports: { memory } })',
    'console.log(loaded().length > 4)',
    'for (const [name, args] of Object.entries(calls))',
    '  for (let fd = 0; fd < 7; fd++)',
    '    try { wasi.wasiImport[name](...(typeof args[0] === "number" ? [fd, ...args.slice(1)] : args)) } catch {}',
    'console.log(...loaded())',
  ])
  t.is(printed, 'true\n\n')
})

// Globals of a page, as jsdom or an Electron renderer makes them. Each look at one fails.
const page = [
  "for (const name of ['document', 'window', 'self', 'location', 'importScripts', 'WorkerGlobalScope'])",
  "  Object.defineProperty(globalThis, name, { configurable: true, get() { throw new Error('looked at ' + name) } })",
]
const inPage = [
  ...requireHere,
  'const fs = require("node:fs")',
  "const use = async ({ WASI, run }) => { for (const backend of ['native', 'typescript']) {",
  "  const program = new WebAssembly.Module(fs.readFileSync('hello.wasm'))",
  "  const wasi = new WASI({ version: 'preview1', backend, preopens: { '/': '.', '/m': { files: {} } }, deterministic: true, trace() {} })",
  '  wasi.start(wasi.instantiate(fs.readFileSync("hello.wasm")))',
  "  process.stdout.write((await run(fs.readFileSync('hello.wasm'), { backend })).stdout) } }",
]
for (const when of ['before', 'after'])
  test(`globals of a page set ${when} the import do not change the loaded files`, t => {
    const load = `const ours = await import(${index.import})`
    const lines = [
      ...inPage,
      ...(when === 'before' ? [...page, load] : [load, ...page]),
      'await use(ours)',
    ]
    t.is(node(t, 'mjs', lines), 'hello\n'.repeat(4))
    const registered = [
      ...page,
      `await import(${JSON.stringify(shipped('./register', 'default'))})`,
      "await import('node:wasi')",
    ]
    if (when === 'before') t.is(node(t, 'mjs', registered), '')
  })
test('no file of the bundle names the globals of a page', t => {
  const folder = join(root, 'dist/bundle')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
    /\.m?js$/.test(name),
  )
  t.true(files.length > 10)
  // Addresses in comments aside.
  for (const file of files)
    t.notRegex(
      readFileSync(join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, ''),
      /\b(document|baseURI|importScripts)\b/,
      file,
    )
})

test('run starts its worker from the bundle', t => {
  const lines = [
    `const { run } = require(${index.require})`,
    `const bytes = require('node:fs').readFileSync(${JSON.stringify(guest('threads'))})`,
  ]
  const start =
    "run(bytes, { args: ['threads', 'spawn'], threads: 8 }).then(result => console.log(result.exitCode, String(result.stdout)))"
  t.regex(node(t, 'cjs', [...lines, start]), /^0 8, then -6\n/)
})

withSandbox('run starts its process from the bundle', t => {
  const lines = [
    `const { run } = require(${index.require})`,
    "const bytes = require('node:fs').readFileSync('hello.wasm')",
    "run(bytes, { isolation: 'process', osSandbox: 'require' }).then(({ exitCode, stdout, osSandbox }) => console.log(String(stdout) + exitCode, osSandbox.seccomp))",
  ]
  t.is(node(t, 'cjs', lines), 'hello\n0 true\n')
})

for (const [flag, way] of [
  ['--import', 'default'],
  ['--require', 'require'],
] as const) {
  test(`register works by ${flag}, in workers as well`, t => {
    const lines = [
      `const { WASI } = require(${index.require})`,
      "console.log(require('node:wasi').WASI === WASI)",
      `const text = "require('node:worker_threads').parentPort.postMessage(require('node:wasi').WASI === require(" + JSON.stringify(${index.require}) + ").WASI)"`,
      "new (require('node:worker_threads').Worker)(text, { eval: true }).on('message', same => console.log(same))",
    ]
    t.is(node(t, 'cjs', lines, [flag, shipped('./register', way)]), 'true\ntrue\n')
  })
}

test('strict refuses a preopen of the package’s folder', t => {
  const lines = [`const { WASI } = require(${index.require})`]
  const tried = `try { new WASI({ version: 'preview1', strict: true, preopens: { '/': ${JSON.stringify(join(root, 'native'))} } }) } catch (error) { console.log(error.code) }`
  t.is(node(t, 'cjs', [...lines, tried]), 'ERR_WASI_UNSAFE_PREOPEN\n')
})

test('every file named in the bundle is published', t => {
  const files = readdirSync(join(root, 'dist/bundle'), {
    recursive: true,
    encoding: 'utf8',
  }).filter(name => /\.m?js$/.test(name))
  const named = files.flatMap(file =>
    [
      ...readFileSync(join(root, 'dist/bundle', file), 'utf8').matchAll(
        /(?:require|import|new URL)\('(\.[^']+\.m?js)'/g,
      ),
    ].map(([, name]) => join(file, '..', name)),
  )
  t.deepEqual(
    named.filter(name => !files.includes(name)),
    [],
  )
  t.true(named.length > 5)
})

/** The error of a file that is run somewhere else, by another's `module`. */
const refusal =
  /^ERR_WASI_BUNDLED wasi-common cannot be bundled: mark it external\..*\n {2}esbuild: --external:wasi-common\n/
const tries = (load: string): string =>
  `${load}.then(() => console.log('loaded'), error => console.log(error.code, error.message))`

for (const name of ['.', './register'] as const) {
  test(`${name} in an ES module that rollup made of it refuses at its first use`, async t => {
    const folder = scratch(t)
    const bundled = await rollup({ input: shipped(name, 'default'), external: /^node:/ })
    await bundled.write({ file: join(folder, 'out.mjs'), format: 'es' })
    await bundled.close()
    t.regex(node(t, 'mjs', [tries(`import(${JSON.stringify(join(folder, 'out.mjs'))})`)]), refusal)
  })

  test(`${name} in CommonJS whose module a bundler made refuses before it loads anything`, t => {
    const file = shipped(name, 'require')
    const modules = ['{ exports: {} }', '{ exports: {}, filename: __filename }', 'undefined']
    for (const module of modules) {
      const load = `Promise.resolve().then(() => Function('module', 'exports', 'require', source)(${module}, {}, () => console.log('asked')))`
      const lines = [
        `const source = require('node:fs').readFileSync(${JSON.stringify(file)}, 'utf8')`,
        tries(load),
      ]
      t.regex(node(t, 'cjs', lines), refusal, module)
    }
  })

  test(`${name} in a bundle whose folder is named as the package's runs nothing that lies there`, t => {
    const folder = join(scratch(t), 'dist/bundle')
    mkdirSync(folder, { recursive: true })
    const [door, main] = [shipped(name, 'default'), shipped(name, 'require')].map(file => [
      file,
      join(folder, basename(file)),
    ])
    copyFileSync(door[0], door[1])
    writeFileSync(main[1], "console.log('loaded the neighbour')")
    const load = tries(`import(${JSON.stringify(door[1])})`)
    t.regex(node(t, 'mjs', [load]), refusal)
    writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }')
    t.regex(node(t, 'mjs', [load]), refusal)
  })
}

/**
 * The files that a file names by a literal: all that a tool sees which traces the files of a
 * program.
 */
function literals(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const named = text.matchAll(
    /(?:\brequire\(|join\(__dirname, |join\(folder, )'([^']+\.(?:js|node|json)|[^']+-sandbox)'\)/g,
  )
  return Array.from(named, ([, name]) => join(dirname(file), name))
}

test('every loaded file is named by a literal: parts, addon and launcher of each platform', async t => {
  const folder = join(root, 'dist/bundle')
  const started = (Object.values(ways) as { require?: { default: string } }[]).flatMap(
    way => way.require?.default ?? [],
  )
  const reached = new Set([...started, bin['wasi-common']].map(name => join(root, name)))
  for (const file of reached)
    if (file.endsWith('.js')) for (const name of literals(file)) reached.add(name)
  const below = (path: string): string[] =>
    [...reached].filter(name => name.startsWith(join(root, path))).sort()
  const parts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.js'),
  )
  t.deepEqual(below('dist'), parts.map(name => join(folder, name)).sort())
  const { targets } = (await import(
    pathToFileURL(join(root, 'scripts/prebuild/targets.js')).href
  )) as {
    targets: Record<string, { platform: string }>
  }
  const wanted = Object.entries(targets).flatMap(([name, { platform }]) =>
    ['wasi_common.node', ...(platform === 'linux' ? ['wasi-common-sandbox'] : [])].map(file =>
      join(root, 'prebuilds', name, file),
    ),
  )
  t.deepEqual(below('prebuilds'), wanted.sort())
  // A require by another name is followed by no tool.
  for (const file of parts)
    t.notRegex(
      readFileSync(join(folder, file), 'utf8'),
      /require\$\d|createRequire\(__filename\)\(/,
      file,
    )
})
