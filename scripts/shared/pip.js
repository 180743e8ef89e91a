// Installs tools from PyPI into build/, for machines whose Python has pip.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.js'
import { run } from './run.js'

/**
 * Installs what a file of requirements names, by exact versions and hashes, unless it is there.
 * Returns the folder of its programs, or undefined where Python has no pip.
 * @param {string} requirements a path
 * @param {string} name of a folder in build/
 */
export function pip(requirements, name) {
  const folder = join(root, 'build', name)
  const programs = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin')
  const installed = join(folder, 'requirements.txt')
  if (existsSync(installed) && readFileSync(installed).equals(readFileSync(requirements)))
    return programs
  if (spawnSync('python3', ['-m', 'pip', '--version']).status !== 0) return undefined
  mkdirSync(folder, { recursive: true })
  const flags = ['--quiet', '--upgrade', '--no-deps', '--only-binary=:all:', '--require-hashes']
  const env = { ...process.env, PIP_ROOT_USER_ACTION: 'ignore', PIP_DISABLE_PIP_VERSION_CHECK: '1' }
  run('python3', ['-m', 'pip', 'install', ...flags, '--target', folder, '-r', requirements], {
    env,
  })
  copyFileSync(requirements, installed)
  return programs
}
