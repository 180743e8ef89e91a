// Finds Go, and builds the tests of its packages for wasip1. Nothing is written to GOROOT: binaries
// and a copy of the sources go to a scratch folder.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'

/**
 * os.Root, whose tests are the most telling ones, is of this version.
 * @type {readonly [major: number, minor: number]}
 */
export const oldest = [1, 24]

/** Go runs as it is installed: another version, which it might fetch, is not asked for. */
const env = { ...process.env, GOTOOLCHAIN: 'local' }

/** Go's version and folder; undefined where there is none, or an older one. */
export function findGo() {
  const { status, stdout } = spawnSync('go', ['env', 'GOVERSION', 'GOROOT'], {
    encoding: 'utf8',
    env,
  })
  if (status !== 0) return undefined
  const [version = '', root = ''] = stdout.trim().split('\n')
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(version) ?? []
  const enough =
    Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1])
  return enough ? { version, root } : undefined
}

/**
 * The binary of a package's tests in the scratch folder.
 * @param {string} name
 * @param {string} folder
 */
export const binary = (name, folder) => join(folder, `${name.replaceAll('/', '_')}.wasm`)
/**
 * The copy of a package's sources there.
 * @param {string} name
 * @param {string} folder
 */
export const sources = (name, folder) => join(folder, 'src', name)

/**
 * Builds the tests of all packages at once. Packages whose last names are the same are built by
 * turns: Go names binaries by these.
 * @param {{ root: string }} go
 * @param {readonly string[]} names
 * @param {string} folder
 */
export function build({ root }, names, folder) {
  for (let left = names; left.length > 0; ) {
    const now = left.filter(
      (name, i) => left.findIndex(other => basename(other) === basename(name)) === i,
    )
    left = left.filter(name => !now.includes(name))
    const out = join(folder, 'built/')
    mkdirSync(out, { recursive: true })
    const target = { ...env, GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '' }
    // The vet tool would be built first.
    const { status } = spawnSync('go', ['test', '-vet=off', '-c', '-o', out, ...now], {
      cwd: join(root, 'src'),
      env: target,
      stdio: 'inherit',
    })
    if (status !== 0) throw new Error(`go test -c failed for ${now.join(', ')}`)
    for (const name of now) renameSync(join(out, `${basename(name)}.test`), binary(name, folder))
  }
}

/**
 * Copies their sources, with testdata, also that of the standard library: tests read these, and may
 * write beside them.
 * @param {{ root: string }} go
 * @param {readonly string[]} names
 * @param {string} folder
 */
export function copySources({ root }, names, folder) {
  for (const name of [...names, 'testdata'])
    cpSync(join(root, 'src', name), sources(name, folder), { recursive: true })
}
