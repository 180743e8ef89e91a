// Runtimes for other machines than this one, and what they run in.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { root } from '../root.js'

/**
 * Returns the folder of a runtime's package, which it installs where it is missing. npm installs
 * packages for other processors only by force.
 * @param {string} wanted the package and its exact version
 * @param {string} [folder] the folder for runtimes
 */
export function fromNpm(wanted, folder = join(root, 'build/runtimes')) {
  const [, name = '', version] = /^(.+)@([^@]+)$/.exec(wanted) ?? []
  const prefix = join(folder, `${basename(name)}-${version}`)
  if (!existsSync(join(prefix, 'node_modules', name))) {
    // Another stage of CI may install the same at once: it gets its name when it is complete.
    const own = `${prefix}-${process.pid}`
    mkdirSync(own, { recursive: true })
    const args = [
      'install',
      '--silent',
      '--no-save',
      '--force',
      '--ignore-scripts',
      '--prefix',
      own,
      wanted,
    ]
    const { status } = spawnSync('npm', args, {
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
    if (status !== 0) throw new Error(`npm cannot install ${wanted}`)
    try {
      renameSync(own, prefix)
    } catch (error) {
      if (!existsSync(join(prefix, 'node_modules', name))) throw error
      rmSync(own, { recursive: true })
    }
  }
  return join(prefix, 'node_modules', name)
}

/**
 * Wine with a Windows of its own in that folder, of which Node starts; undefined where there is no
 * wine.
 * @param {string} folder
 */
export function wine(folder) {
  const program = ['/usr/lib/wine/wine64', '/usr/bin/wine64'].find(path => existsSync(path))
  if (program === undefined) return undefined
  const env = { WINEPREFIX: folder, WINEDEBUG: '-all' }
  /** @param {string[]} args */
  const run = args =>
    spawnSync(program, args, { stdio: 'ignore', env: { ...process.env, ...env }, timeout: 120_000 })
  // Node does not start on the Windows that wine would be by itself.
  run(['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'])
  const server = join(dirname(program), 'wineserver')
  // Killed, and waited for: it writes to its folder until it has ended.
  const end = () => {
    for (const flag of ['-k', '-w'])
      spawnSync(server, [flag], { env: { ...process.env, ...env }, timeout: 60_000 })
  }
  return { program, env, end }
}
