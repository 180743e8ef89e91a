// Gives the tests of components a wasmtime to compare with: its package for Python.
import { join } from 'node:path'
import { root } from '../root.js'
import { pip } from './pip.js'

/**
 * The environment in which `python3` finds the package, which it installs; undefined where Python
 * has no pip.
 */
export function withWasmtime() {
  if (pip(join(root, 'scripts/wasmtime/requirements.txt'), 'wasmtime') === undefined)
    return undefined
  return { ...process.env, PYTHONPATH: join(root, 'build/wasmtime') }
}
