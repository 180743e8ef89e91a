// Writes dist/bundle/: what the package ships, made of the modules in dist/. A program that starts
// would else wait for some forty small files. It is CommonJS, which starts sooner than ES modules
// do; doors (.mjs) let those import the same classes.
import { appendFileSync, chmodSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, posix, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rollup } from 'rollup'
import { lateImports, withoutComments } from './bundle/late.js'
import { doors, preview2 } from './shared/doors.js'

/** @param {string} path */
const dist = path => fileURLToPath(new URL(`../dist/${path}`, import.meta.url))
/** Files that are opened by name: by users of the package, and by its own files at run time. */
const named = {
  index: 'index',
  register: 'register',
  'register/typescript': 'register/typescript',
  'register/hooks': 'register/hooks',
  ...Object.fromEntries(preview2.map(name => [`preview2/${name}`, `preview2/${name}`])),
  cli: 'cli/main',
  'cli-thread': 'cli/thread',
  worker: 'run/worker/thread',
  process: 'run/process/main',
  spawn: 'run/spawn/spawned',
  transpiler: 'run/component/transpiler',
  typescript: 'sys/typescript/sys',
  'memfs-store': 'sys/memfs/store',
  'memfs-mount': 'sys/memfs/mount',
  'memfs-snapshot': 'sys/memfs/snapshot',
  replay: 'replay/replay',
  trace: 'observe/trace',
  trap: 'trap/frames',
  snapshot: 'run/snapshot/take',
}
/**
 * Modules that few programs use: each is a file of its own, which `importers` load on first use. The
 * code in lib/ imports them as any other.
 */
const late = [
  'abi/table',
  'abi/unstable',
  'fds/memfs',
  'fds/readonly',
  'fds/stream',
  'fds/terminal',
  'function-names',
  'guest/source',
  'guest/source-file',
  'guest/unknown-import',
  'nearest',
  'observe/hostcall-limit',
  'observe/metrics',
  'observe/timeline',
  'observe/unterminated',
  'options/listen',
  'options/permission',
  'options/strict',
  'options/trace-filter',
  'replay/options',
  'run/failure',
  'run/queue',
  'stdio/colours',
  'stdio/streams',
  'sys/memfs/quota',
  'sys/native/unavailable',
  'sys/realpath',
]
/**
 * The modules that load others late: those that run before a guest begins. A hostcall loads nothing,
 * since its guest may have been given the package's folder to write to.
 */
const importers =
  /^(?:(?:cli|guest|options)\/.*|run\/[\w-]+|validate|wasi|stdio\/streams|sys\/native\/addon|sys\/memfs\/files)$/
/** Modules of Node that its own start does not load. Each would take up to 2 ms. */
const lateBuiltins = [
  'node:module',
  'node:os',
  'node:timers/promises',
  'node:tty',
  'node:worker_threads',
]
/**
 * @param {string} target a file, or the name of one of Node's modules
 * @param {string} importer
 */
const isLate = (target, importer) =>
  lateBuiltins.includes(target) ||
  (late.includes(pathOf(target)) && importers.test(pathOf(importer)))
/** @param {string} file */
const pathOf = file => relative(dist(''), file).replaceAll('\\', '/').replace(/\.js$/, '')
/** @param {string} path */
const fileOf = path => path.replaceAll('/', '-')
/** All files of the bundle that have a name of their own. @type {Record<string, string>} */
const entries = { ...named, ...Object.fromEntries(late.map(path => [fileOf(path), path])) }

/**
 * Thrown by a file that is part of another bundle: it has no addon, sandbox launcher or file of a
 * worker beside it.
 */
const message = [
  'wasi-common cannot be bundled: mark it external. It finds its addon, sandbox launcher and workers beside its own files.',
  '  esbuild: --external:wasi-common',
  "  webpack: externals: { 'wasi-common': 'commonjs wasi-common' }",
  "  rollup: external: ['wasi-common']",
  "  vite: ssr: { external: ['wasi-common'] }",
  '  ncc: --external wasi-common',
  '  others, and single executable applications: docs/bundlers.md of wasi-common',
]
const refuse = `throw Object.assign(new Error(${JSON.stringify(message.join('\n'))}), { code: 'ERR_WASI_BUNDLED' })`

/**
 * Node gives a module the name of its file. The modules that bundlers make have no name, or the
 * bundle's.
 * @param {string} name
 */
const ownFile = name => {
  const path = String.raw`/[\\/]dist[\\/]bundle[\\/]${name.replaceAll('/', String.raw`[\\/]`)}\.js(\?|$)/`
  return `if (typeof module !== 'object' || !${path}.test(module.filename))\n    ${refuse}\n`
}

/**
 * The place of a file is Node's own `__filename`. Rollup's default asks `document` first, so a page
 * in the process (jsdom, an Electron renderer) would name the folder from which the addon is
 * loaded.
 */
const places = new Map([
  ['url', "require('node:url').pathToFileURL(__filename).href"],
  ['filename', '__filename'],
  ['dirname', '__dirname'],
])
/** @type {import('rollup').Plugin} */
const ownPlace = {
  name: 'own-place',
  resolveImportMeta: property => places.get(property ?? ''),
}

/**
 * Names parts that are loaded late by Node's own `require`, and workers, addons and launchers by
 * `__dirname`, each with a literal path: tools that trace the files of a program follow no other.
 * A literal in dist/ is relative to the module; here it is relative to dist/bundle/.
 * @type {import('rollup').Plugin}
 */
const ownPaths = {
  name: 'own-paths',
  transform(code, id) {
    const places = code.replace(
      /(\brequire\(|\bjoin\((?:import\.meta\.dirname|folder), )'(\.[^']*|[\w-]+\.js)'/g,
      (_, before, path) => {
        const target = resolve(dirname(id), path)
        const entry = Object.entries(entries).find(([, path]) => dist(`${path}.js`) === target)?.[0]
        if (entry === undefined && target.startsWith(dist('')))
          throw new Error(`${id} names ${path}, which is no entry of the bundle`)
        const place =
          entry === undefined
            ? relative(dist('bundle'), target).replaceAll('\\', '/')
            : `${entry}.js`
        return `${before}'${before === 'require(' ? './' : ''}${place}'`
      },
    )
    return {
      code: places.replace(/^const require = createRequire\(import\.meta\.url\);$/m, ''),
      map: null,
    }
  },
}

/**
 * Node's `process`, where a page in the process may have set another: it names the platform of the
 * addon, and the Node that is started.
 * @param {readonly import('rollup').RenderedModule[]} modules
 */
const ownProcess = modules =>
  modules.some(({ code }) => /\bprocess\b/.test(code ?? ''))
    ? "const process = require('node:process');\n"
    : ''

/**
 * The files with more than one module: all that an instance wants, all that the command wants of
 * `lib/cli/` and `lib/run/module/` to run a module, and the host of WASI 0.2. Each start would else
 * look for dozens of small files.
 */
const files = {
  host: {
    roots: [
      'index',
      'guest/compiled-module',
      'guest/preamble',
      'options/node-options',
      'options/start-folder',
      'run/aborts',
      'run/worker/abandoned',
    ],
    rooms: [''],
  },
  command: { roots: ['cli/main', 'cli/run-here'], rooms: ['cli/'] },
  module: { roots: ['cli/run-here', 'cli/main'], rooms: ['run/module/'] },
  preview2: { roots: ['preview2/host'], rooms: ['preview2/', 'generated/lowered'] },
}
/** The file of each of these modules. @type {Map<string, string> | undefined} */
let chunkNames
/** @type {import('rollup').GetManualChunk} */
function chunkOf(id, { getModuleInfo }) {
  if (chunkNames === undefined) {
    chunkNames = new Map()
    const own = new Set(Object.values(entries).map(path => dist(`${path}.js`)))
    for (const [name, { roots, rooms }] of Object.entries(files)) {
      const reached = new Set(roots.map(path => dist(`${path}.js`)))
      for (const each of reached)
        for (const next of getModuleInfo(each)?.importedIds ?? [])
          if (!next.startsWith('node:')) {
            if (name === 'host' && late.includes(pathOf(next)))
              throw new Error(`${pathOf(each)} imports ${pathOf(next)}, which shall be late`)
            reached.add(next)
          }
      for (const each of reached)
        if (
          !own.has(each) &&
          !chunkNames.has(each) &&
          rooms.some(room => each.startsWith(dist(room)))
        )
          chunkNames.set(each, name)
    }
  }
  return chunkNames.get(id)
}

const bundle = await rollup({
  plugins: [lateImports(isLate), ownPlace, ownPaths],
  input: Object.fromEntries(
    Object.entries(entries).map(([name, path]) => [name, dist(`${path}.js`)]),
  ),
  external: /^node:/,
  treeshake: 'smallest',
  onwarn: ({ message }) => {
    throw new Error(message)
  },
})
rmSync(dist('bundle'), { recursive: true, force: true })
const { output } = await bundle.write({
  dir: dist('bundle'),
  format: 'cjs',
  exports: 'named',
  interop: 'default',
  hoistTransitiveImports: false,
  esModule: false,
  externalLiveBindings: false,
  freeze: false,
  generatedCode: 'es2015',
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  intro: ({ name, modules }) =>
    (doors.includes(name) ? ownFile(name) : '') + ownProcess(Object.values(modules)),
  manualChunks: chunkOf,
  onlyExplicitManualChunks: true,
})
await bundle.close()

const chunks = output.filter(file => file.type === 'chunk')
finishHost()
// The mark by which a door knows that this is its own folder.
writeFileSync(dist('bundle/package.json'), '{ "type": "commonjs", "wasi-common": true }\n')
chmodSync(dist('bundle/cli.js'), 0o755)
for (const name of doors) {
  const names = chunks.find(({ fileName }) => fileName === `${name}.js`)?.exports ?? []
  // By require: to find the names of a CommonJS module that is imported, Node would read all its
  // files first.
  const load = `require('./${posix.basename(name)}.js')`
  const mark = `${name.includes('/') ? '../' : './'}package.json`
  const text = `import { createRequire } from 'node:module'

/** False in a bundle, where \`import.meta.url\` is the bundle's, or nothing. */
function isOwnFolder() {
    try {
        return createRequire(import.meta.url)('${mark}')['wasi-common'] === true
    } catch (error) {
        if (error.code === 'ERR_ACCESS_DENIED') throw error
        return false
    }
}
if (!isOwnFolder())
    ${refuse}

const require = createRequire(import.meta.url)
${names.length === 0 ? load : `export const { ${names.join(', ')} } = ${load}`}
`
  writeFileSync(dist(`bundle/${name}.mjs`), text)
}
// The default is all that `require` gives, as that of node:wasi is.
appendFileSync(dist('bundle/index.mjs'), "export default require('./index.js')\n")

/**
 * V8 reads `host.js` at each start: what is ASCII a fifth sooner, and comments as long as code. For
 * a `\p{...}` in a regular expression it loads the tables of Unicode.
 */
function finishHost() {
  const host = chunks.find(({ fileName }) => fileName === 'host.js')
  if (host === undefined) throw new Error('the bundle has no host.js')
  if (/[^\0-\x7f]/.test(host.code)) throw new Error('host.js is not ASCII')
  const mark = "'use strict';\n"
  if (!host.code.startsWith(mark)) throw new Error('host.js begins with another line')
  const note = '// The comments of this file are in lib/, of which it is made.\n'
  const code = withoutComments(host.code)
  if (/\\p\{/i.test(code)) throw new Error('host.js has a \\p{...}: write its characters out')
  writeFileSync(dist('bundle/host.js'), `${mark}\n${note}${code.slice(mark.length)}`)
}
