// Writes dist/bundle/: what the package ships, made of the modules in dist/. A program that starts
// would else wait for some forty small files. It is CommonJS, which starts sooner than ES modules
// do; doors (.mjs) let those import the same classes.
import { appendFileSync, chmodSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, posix, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rollup } from 'rollup'
import { doors, preview2 } from './shared/doors.js'

/** @param {string} path */
const dist = path => fileURLToPath(new URL(`../dist/${path}`, import.meta.url))
/** Files that are opened by name: by users of the package, and by its own files at run time. */
const entries = {
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

const bundle = await rollup({
  plugins: [ownPlace, ownPaths],
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
  esModule: false,
  externalLiveBindings: false,
  freeze: false,
  generatedCode: 'es2015',
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  intro: ({ name, modules }) =>
    (doors.includes(name) ? ownFile(name) : '') + ownProcess(Object.values(modules)),
  // All that an instance wants is one file: class WASI with what it imports.
  // The modules of preview2 are one file as well, which no other door loads.
  manualChunks: { host: [dist('wasi.js')], preview2: [dist('preview2/default-host.js')] },
})
await bundle.close()

// V8 reads what is ASCII as it is, a fifth sooner.
const chunks = output.filter(file => file.type === 'chunk')
for (const { fileName, code } of chunks) {
  if (fileName === 'host.js' && /[^\0-\x7f]/.test(code)) throw new Error(`${fileName} is not ASCII`)
}
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
