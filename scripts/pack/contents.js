// Checks the files of the package, which there are and that nothing else is, their sizes, modes and
// sums, and fields of package.json that publint leaves alone.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { targets } from '../prebuild/targets.js'

const most = 2_000_000
/** Folders of the repository that no user of the package needs; made for others; left by a tool. */
const strange =
  /^(test|bench(?!\/results\/node-20\.svg$)|fuzz|guests|docs\/reference|build|coverage|node_modules)\/|\.(tgz|log|tsbuildinfo|o|obj|pdb|lib)$|(^|\/)\./
/** Files that package.json does not name: publint looks for those. */
const wanted = [
  'LICENSE',
  'LICENSE.cloudabi-utils',
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs/command.md',
  'man/wasi-common.1',
  'native/addon.cc',
  'native/sources.txt',
  'native/addon.gypi',
  'CMakeLists.txt',
  'scripts/build-native.js',
  'scripts/root.js',
  'scripts/sources.js',
  'prebuilds/LICENSES',
  'prebuilds/SHA256SUMS',
]
/** @param {string} name */
const filesOf = name => [
  `${name}/wasi_common.node`,
  ...(targets[name].platform === 'linux' ? [`${name}/wasi-common-sandbox`] : []),
]

/** @type {import('../pack-check.js').Part} */
export function contents({ tarball, unpacked, names, record, all, expect, fault }) {
  const packed = statSync(tarball).size
  const whole = names.reduce((sum, name) => sum + statSync(join(unpacked, name)).size, 0)
  console.log(`${packed} bytes packed, ${whole} unpacked, ${names.length} files`)
  expect(packed < most, `it has ${packed} bytes, and shall have less than ${most}`)
  checkNames()
  checkModes()
  checkRecord()
  checkSums(join(unpacked, 'prebuilds'))
  checkReadable()

  function checkNames() {
    for (const name of names.filter(name => strange.test(name)))
      fault(`${name} is no part of a package`)
    // pnpm and yarn would run node-gyp when they install it: `gypfile` in package.json is npm's
    // alone.
    expect(!names.includes('binding.gyp'), 'binding.gyp lies at the root of the package')
    for (const name of wanted) expect(names.includes(name), `${name} is missing`)
    const made = Object.keys(targets).filter(name =>
      names.includes(`prebuilds/${name}/wasi_common.node`),
    )
    for (const name of made.filter(name => targets[name].platform === 'linux'))
      expect(
        names.includes(`prebuilds/${name}/wasi-common-sandbox`),
        `prebuilds/${name} has no launcher`,
      )
    const ours = new Set(
      ['LICENSES', 'SHA256SUMS', ...Object.keys(targets).flatMap(filesOf)].map(
        name => `prebuilds/${name}`,
      ),
    )
    for (const name of names.filter(name => name.startsWith('prebuilds/') && !ours.has(name)))
      fault(`${name} is for no platform`)
    const missing = Object.keys(targets).filter(name => !made.includes(name))
    if (all) for (const name of missing) fault(`there is no prebuild for ${name}`)
    const none = missing.length > 0 ? `; none for ${missing.join(', ')}` : ''
    console.log(`prebuilds: ${made.join(', ')}${none}`)
  }

  /**
   * This machine's own launcher is run by other parts; the others' are known by their modes alone,
   * which Windows does not keep.
   */
  function checkModes() {
    if (process.platform === 'win32') return
    for (const name of names.filter(name => name.endsWith('/wasi-common-sandbox')))
      expect((statSync(join(unpacked, name)).mode & 0o111) === 0o111, `${name} cannot be run`)
  }

  function checkRecord() {
    const { scripts = {}, gypfile, repository, homepage, bugs, author } = record
    const { dependencies, bundleDependencies } = record
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'])
      expect(scripts[name] === undefined, `the package has a script ${name}`)
    expect(
      gypfile === false,
      'gypfile is not false: npm would build a checkout when it installs what that depends on',
    )
    const [, address] = /^git\+(https:.*)\.git$/.exec(repository?.url ?? '') ?? []
    expect(homepage === `${address}#readme`, `the homepage is ${homepage}`)
    expect(bugs?.url === `${address}/issues`, `bugs are reported at ${bugs?.url}`)
    expect(typeof author === 'string', 'the author is missing')
    expect(
      dependencies === undefined && bundleDependencies === undefined,
      'it depends on something',
    )
  }

  /** @param {string} folder */
  function checkSums(folder) {
    const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => line.split('  ', 2))
    const files = names
      .filter(name => name.startsWith('prebuilds/'))
      .map(name => name.slice('prebuilds/'.length))
    const listed = new Set(['SHA256SUMS', ...sums.map(([, name]) => name)])
    for (const name of files.filter(name => !listed.has(name)))
      fault(`SHA256SUMS does not list ${name}`)
    /** @param {string} file */
    const hash = file => createHash('sha256').update(readFileSync(file)).digest('hex')
    for (const [sum, name] of sums)
      expect(
        existsSync(join(folder, name)) && hash(join(folder, name)) === sum,
        `${name} is not what SHA256SUMS says`,
      )
    console.log(`SHA256SUMS: ${sums.length} files`)
  }

  /** The code has no source maps, and is to be read as it is. */
  function checkReadable() {
    for (const name of names.filter(name => /^dist\/.*\.m?js$/.test(name)))
      expect(
        !/.{1000}/.test(readFileSync(join(unpacked, name), 'utf8')),
        `${name} has a line that nobody reads`,
      )
  }
}
