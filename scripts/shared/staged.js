// Makes a copy of the package on another addon, so that build/Release stays the addon of every
// other script.
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { root } from '../root.js'

/**
 * Copies what the tests and the fuzzers need, with the addon in `build/<way>/Release/`, and returns
 * the folder.
 * @param {string} way a folder of build/ that scripts/build-native.js writes: `cmake`, `asan`
 */
export function staged(way) {
  const folder = join(root, 'build', way, 'package')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'build'), { recursive: true })
  const release = join(root, 'build', way, 'Release')
  cpSync(release, join(folder, 'build/Release'), {
    recursive: true,
    filter: path => path === release || isBuilt(path),
  })
  for (const name of ['package.json', 'dist', 'dist-test'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/**
 * The addon, and the launcher beside it.
 * @param {string} path
 */
const isBuilt = path =>
  basename(dirname(path)) === 'Release' &&
  /^(wasi_common\.node|wasi-common-\w+)$/.test(basename(path))
