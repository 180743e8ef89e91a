// Packs the package, and uses it as those do who install it: without scripts, network, compiler or python, in an empty folder.
//
//   npm run pack-check                     on the Node that runs this
//   npm run pack-check -- --node PATH ...  on these, too
//   npm run pack-check -- --all            and a prebuild that is missing is a fault
//   npm run pack-check -- --keep FILE      and leave the tarball there
//   npm run pack-check -- --tarball FILE   of what was packed elsewhere
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { build, sources } from '#guests/toolchain.js'
import { consumers, typed } from './pack/consumers.js'
import { targets } from './prebuild/targets.js'
import { install, root } from './prebuild/tools.js'

const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean', default: false },
    keep: { type: 'string' },
    tarball: { type: 'string' },
  },
})
const most = 2_000_000
const work = realpathSync(mkdtempSync(join(tmpdir(), 'wasi-common-')))
const npm = [process.env.npm_execpath, join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')].find(
  path => path !== undefined && existsSync(path),
)
if (npm === undefined) throw new Error('npm is not found: use npm run pack-check')

let faults = 0
function fault(what) {
  console.error(`FAULT: ${what}`)
  faults++
}
const expect = (good, what) => good || fault(what)

/** What a program prints; a fault where it ends otherwise than well. */
function run(what, program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options })
  if (status !== 0) fault(`${what}: ${error?.message ?? `exit code ${status}`}\n${`${stdout}${stderr}`.split('\n', 40).join('\n')}`)
  return stdout ?? ''
}
const seconds = since => `${((Date.now() - since) / 1000).toFixed(1)} s`

function pack() {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', work]
  const [{ filename }] = JSON.parse(run('npm pack', process.execPath, [npm, ...args], { cwd: root }))
  return join(work, filename)
}

const filesBelow = folder =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )

/** Folders of the repository that nobody wants who uses the package; what is made for others; whatever a tool left. */
const strange = /^(test|bench|fuzz|guests|examples|docs|build|coverage|node_modules)\/|\.(tgz|log|tsbuildinfo|o|obj|pdb|lib)$|(^|\/)\./
const filesOf = name => [`${name}/wasi_common.node`, ...(targets[name].platform === 'linux' ? [`${name}/wasi-common-wall`] : [])]
function checkNames(names) {
  for (const name of names.filter(name => strange.test(name))) fault(`${name} is no part of a package`)
  const wanted = [
    'LICENSE',
    'LICENSE.cloudabi-utils',
    'README.md',
    'SECURITY.md',
    'CHANGELOG.md',
    'dist/bundle/index.d.ts',
    'dist/bundle/cli.js',
  ]
  const native = ['native/addon.cc', 'native/sources.txt', 'binding.gyp', 'CMakeLists.txt', 'scripts/build-native.js', 'scripts/sources.js']
  const made = Object.keys(targets).filter(name => names.includes(`prebuilds/${name}/wasi_common.node`))
  for (const name of [...wanted, ...native, 'prebuilds/LICENSES', 'prebuilds/SHA256SUMS'])
    expect(names.includes(name), `${name} is missing`)
  for (const name of made.filter(name => targets[name].platform === 'linux'))
    expect(names.includes(`prebuilds/${name}/wasi-common-wall`), `prebuilds/${name} has no launcher`)
  const ours = new Set(['LICENSES', 'SHA256SUMS', ...Object.keys(targets).flatMap(filesOf)].map(name => `prebuilds/${name}`))
  for (const name of names.filter(name => name.startsWith('prebuilds/') && !ours.has(name))) fault(`${name} is for no platform`)
  const missing = Object.keys(targets).filter(name => !made.includes(name))
  if (values.all) for (const name of missing) fault(`there is no prebuild for ${name}`)
  console.log(`prebuilds: ${made.join(', ')}${missing.length > 0 ? `; none for ${missing.join(', ')}` : ''}`)
}

/** What can be run here is tried; that the others' launchers can be is known by their modes alone, which Windows does not keep. */
function checkModes(folder, names) {
  if (process.platform === 'win32') return
  for (const name of names.filter(name => name.endsWith('/wasi-common-wall')))
    expect((statSync(join(folder, name)).mode & 0o111) === 0o111, `${name} cannot be run`)
}

function checkRecord({ scripts = {}, gypfile, dependencies, bundleDependencies }) {
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'])
    expect(scripts[name] === undefined, `the package has a script ${name}`)
  expect(gypfile === false, 'gypfile is not false: npm would build it when it is installed')
  expect(dependencies === undefined && bundleDependencies === undefined, 'it depends on something')
}

function checkSums(folder) {
  const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => line.split('  '))
  const files = filesBelow(folder).filter(name => name !== 'SHA256SUMS')
  const listed = new Set(sums.map(([, name]) => name))
  for (const name of files.filter(name => !listed.has(name))) fault(`SHA256SUMS does not list ${name}`)
  for (const [hash, name] of sums) {
    const right =
      existsSync(join(folder, name)) &&
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex') === hash
    expect(right, `${name} is not what SHA256SUMS says`)
  }
  console.log(`SHA256SUMS: ${sums.length} files`)
}

/** Nothing but node is there to be found. */
function bare(node, folder) {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  if (process.platform !== 'win32') symlinkSync(node, join(bin, 'node'))
  const { SystemRoot, TEMP, TMP } = process.env
  const windows = process.platform === 'win32' ? { SystemRoot, TEMP, TMP } : {}
  return { ...windows, HOME: folder, PATH: process.platform === 'win32' ? [dirname(node), `${SystemRoot}\\System32`].join(delimiter) : bin }
}

const steps = readFileSync(join(sources, 'files.c'), 'utf8').split('STEP("').length - 1
function use(node, tarball) {
  const start = Date.now()
  const version = run('node', node, ['--version']).trim()
  const folder = join(work, `on ${version}`)
  mkdirSync(folder)
  const env = bare(node, folder)
  const app = join(folder, 'app')
  mkdirSync(app)
  writeFileSync(join(app, 'package.json'), '{ "private": true }\n')
  const flags = ['--ignore-scripts', '--offline', '--no-audit', '--no-fund', '--silent', `--cache=${join(folder, 'cache')}`]
  run(`${version}: npm install`, node, [npm, 'install', ...flags, tarball], { cwd: app, env })
  const installed = readdirSync(join(app, 'node_modules')).filter(name => !name.startsWith('.'))
  expect(installed.join() === 'wasi-common', `${version}: installed were ${installed}`)

  const command = join(app, 'node_modules/wasi-common/dist/bundle/cli.js')
  const shim = join(app, 'node_modules/.bin/wasi-common')
  // It is compiled in the sandbox that was just installed, where it has not been yet.
  const program = build('files', args => spawnSync(node, [command, 'run', ...args], { encoding: 'utf8' }))
  const ways = [[], ...(process.platform === 'linux' ? [['--isolation', 'process']] : [])]
  for (const more of ways) {
    const box = mkdtempSync(join(folder, 'box-'))
    const args = ['run', ...more, '--dir', `${box}::/box`, program, '/box']
    const asTyped = process.platform === 'win32' ? [node, [command, ...args]] : [shim, args]
    const right = run(`${version}: wasi-common run ${more.join(' ')}`, ...asTyped, { cwd: app, env }).match(/^ok /gm)?.length
    expect(right === steps, `${version}: ${right} of ${steps} steps`)
  }
  for (const { name, files, args, prints } of consumers) {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(app, file), text)
    const said = run(`${version}: ${name}`, node, args, { cwd: app, env })
    expect(said === prints, `${version}: ${name} prints ${JSON.stringify(said)}`)
  }
  console.log(
    `${version}: ${steps} steps${ways.length > 1 ? ', also behind the wall' : ''}; ${consumers.map(({ name }) => name).join(', ')}: ${seconds(start)}`,
  )
  return app
}

/** A consumer in TypeScript, as programs for Node and as those for bundlers look for types. */
function types(app) {
  const start = Date.now()
  for (const name of ['use.mts', 'use.cts', 'use.ts']) writeFileSync(join(app, name), typed)
  symlinkSync(join(root, 'node_modules/@types'), join(app, 'node_modules/@types'), 'junction')
  for (const [module, moduleResolution, files] of [
    ['node16', 'node16', ['use.mts', 'use.cts']],
    ['nodenext', 'nodenext', ['use.mts', 'use.cts']],
    ['esnext', 'bundler', ['use.ts']],
  ]) {
    const options = [
      '--strict',
      '--noEmit',
      '--target',
      'es2022',
      '--types',
      'node',
      '--module',
      module,
      '--moduleResolution',
      moduleResolution,
    ]
    run(
      `types by ${moduleResolution}`,
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '--pretty', 'false', ...options, ...files],
      {
        cwd: app,
      },
    )
  }
  rmSync(join(app, 'node_modules/@types'))
  console.log(`types: node16, nodenext and bundler: ${seconds(start)}`)
}

function judge(tarball) {
  const start = Date.now()
  const folder = join(root, 'scripts/linters')
  install(folder)
  const linters = join(folder, 'node_modules')
  run('publint', process.execPath, [join(linters, 'publint/src/cli.js'), 'run', tarball, '--strict'])
  run('are the types wrong', process.execPath, [
    join(linters, '@arethetypeswrong/cli/dist/index.js'),
    tarball,
    '--profile',
    'node16',
    '--no-emoji',
    '--no-color',
  ])
  console.log(`publint and are-the-types-wrong: ${seconds(start)}`)
}

try {
  const tarball = values.tarball === undefined ? pack() : realpathSync(values.tarball)
  const apps = [process.execPath, ...values.node].map(node => use(realpathSync(node), tarball))
  const unpacked = join(apps[0], 'node_modules/wasi-common')
  const names = filesBelow(unpacked)
  const packed = statSync(tarball).size
  const whole = names.reduce((sum, name) => sum + statSync(join(unpacked, name)).size, 0)
  console.log(`${packed} bytes packed, ${whole} unpacked, ${names.length} files`)
  expect(packed < most, `it has ${packed} bytes, and shall have less than ${most}`)
  checkNames(names)
  checkModes(unpacked, names)
  checkRecord(JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')))
  checkSums(join(unpacked, 'prebuilds'))
  types(apps[0])
  judge(tarball)
  if (values.keep !== undefined && faults === 0) copyFileSync(tarball, values.keep)
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(faults === 0 ? 'the package is good' : `${faults} faults`)
process.exitCode = faults === 0 ? 0 : 1
