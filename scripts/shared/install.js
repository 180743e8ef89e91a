// Installs a package of tools: a folder with a package.json and a lock of exact versions.
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.js'

/**
 * Runs `npm ci` in a folder unless what its lock names is installed there. No script of a package
 * runs.
 * @param {string} folder
 * @returns {boolean} whether anything was installed
 */
export function install(folder) {
  const lock = join(folder, 'package-lock.json')
  // npm removes node_modules/ before it installs, and this copy with it.
  const installed = join(folder, 'node_modules/.installed-lock.json')
  if (existsSync(installed) && readFileSync(installed).equals(readFileSync(lock))) return false
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  run('npm', ['ci', ...flags], { cwd: folder, shell: process.platform === 'win32' })
  copyFileSync(lock, installed)
  return true
}
