// Builds the addon for this machine; says little unless it fails. In an installed package, it finds
// node-gyp and node-addon-api from the folder where it is run, too.
//
//   node scripts/build-native.js            by node-gyp, to build/Release/
//   node scripts/build-native.js --cmake    by cmake-js, to build/cmake/Release/
//   node scripts/build-native.js --asan     by cmake-js with sanitizers, to build/asan/Release/
//   node scripts/build-native.js --sources  prints the addon's sources on this platform
//   node scripts/build-native.js --sources-of-launcher
//                                           prints those of the sandbox launcher, on Linux
//
// native/addon.gypi takes its sources from the last two.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { root } from './root.js'
import { launcherSourcesOf, sourcesOf } from './sources.js'

const requires = [
  createRequire(import.meta.url),
  createRequire(join(process.cwd(), 'package.json')),
]
const asked = new Set(process.argv.slice(2))

const launcher = launcherSourcesOf(process.platform)

/**
 * @typedef {object} Way
 * @property {string} output a path in the package
 * @property {() => string[]} command the arguments of Node
 */
/** @satisfies {Record<string, Way>} */
const ways = {
  gyp: { output: 'build/Release/wasi_common.node', command: gyp },
  cmake: { output: 'build/cmake/Release/wasi_common.node', command: () => cmake('build/cmake') },
  asan: {
    output: 'build/asan/Release/wasi_common.node',
    command: () => cmake('build/asan', '--CDSANITIZE=ON'),
  },
}

/**
 * @param {string} name
 * @param {string} file a path in that package
 */
function resolve(name, file = '') {
  for (const require of requires) {
    try {
      return require.resolve(name + file)
    } catch {}
  }
  console.error(
    `${name} is not found from this package or from ${process.cwd()}: ` +
      'add node-gyp and node-addon-api to your project there',
  )
  process.exit(1)
}

function gyp() {
  // Headers beside the running node spare a download, and fit it exactly.
  const prefix = join(dirname(process.execPath), '..')
  const beside = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : []
  const step =
    existsSync(join(root, 'build/config.gypi')) &&
    newest(['binding.gyp', 'native/addon.gypi', 'native/sources.txt']) < time('build/config.gypi')
      ? ['build']
      : ['configure', 'build']
  return [resolve('node-gyp', '/bin/node-gyp.js'), ...step, '--release', ...beside]
}

/**
 * @param {string} out a folder in the package
 * @param {string[]} more flags of cmake-js
 */
function cmake(out, ...more) {
  return [
    resolve('cmake-js', '/bin/cmake-js'),
    'compile',
    '--out',
    out,
    '--config',
    'Release',
    ...more,
  ]
}

/** @param {string} path in the package */
function time(path) {
  return existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0
}

/** @param {string[]} paths in the package */
function newest(paths) {
  return Math.max(...paths.map(time))
}

/**
 * node-gyp takes binding.gyp of the folder that it builds, and no other. The package comes without
 * one, since package managers would build it when they install it; it is there only while node-gyp
 * runs.
 * @template Result
 * @param {() => Result} action
 */
function withBindings(action) {
  const file = join(root, 'binding.gyp')
  if (existsSync(file)) return action()
  writeFileSync(file, "{ 'includes': ['native/addon.gypi'] }\n")
  try {
    return action()
  } finally {
    rmSync(file)
  }
}

/** @param {Way} way */
function build({ output, command }) {
  const inputs = readdirSync(join(root, 'native'), { recursive: true }).map(path =>
    join('native', String(path)),
  )
  const whole =
    launcher.length === 0 || existsSync(join(root, dirname(output), 'wasi-common-sandbox'))
  if (
    whole &&
    time(output) >
      newest([
        ...inputs,
        'binding.gyp',
        'CMakeLists.txt',
        'package.json',
        'scripts/build-native.js',
      ])
  ) {
    console.log(`${output} is up to date`)
    return 0
  }
  const start = Date.now()
  const { status, error, stdout, stderr } = withBindings(() =>
    spawnSync(process.execPath, command(), {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      // The headers of node-addon-api are found by `require` in the root of the package.
      env: {
        ...process.env,
        MAKEFLAGS: process.env.MAKEFLAGS ?? '-j2',
        NODE_PATH: dirname(dirname(resolve('node-addon-api', '/package.json'))),
      },
    }),
  )
  const warnings = (stdout + stderr).split('\n').filter(line => /\bwarning:/.test(line))
  if (error !== undefined || status !== 0 || !existsSync(join(root, output))) {
    console.error(stdout, stderr, error ?? '')
    console.error(`${output} could not be built`)
    return 1
  }
  // make leaves what need not be made anew, and its age with it.
  utimesSync(join(root, output), new Date(), new Date())
  for (const warning of warnings) console.error(warning)
  console.log(`${output} built in ${((Date.now() - start) / 1000).toFixed(1)} s`)
  return 0
}

if (asked.has('--sources')) console.log(sourcesOf(process.platform).join('\n'))
else if (asked.has('--sources-of-launcher')) console.log(launcher.join('\n'))
else
  process.exitCode = build(
    ways[asked.has('--asan') ? 'asan' : asked.has('--cmake') ? 'cmake' : 'gyp'],
  )
