// Knows native/sources.txt: which sources are the addon's on a platform, and which those of
// wasi-common-sandbox.
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { root } from './root.js'

/** @type {Readonly<Partial<Record<string, readonly string[]>>>} */
const folders = { linux: ['posix', 'linux'], darwin: ['posix', 'darwin'], win32: ['windows'] }
const listed = readFileSync(join(root, 'native/sources.txt'), 'utf8')
  .split('\n')
  .filter(line => line !== '')
/** @param {readonly string[]} names */
const inNative = names => names.map(name => `native/${name}`)

/**
 * The addon's, as paths in the package.
 * @param {string} platform
 */
export const sourcesOf = platform =>
  inNative(
    listed.filter(
      name => !name.includes('/') || (folders[platform] ?? ['posix']).includes(posix.dirname(name)),
    ),
  )

/**
 * The sandbox launcher's, as paths in the package: none where there is no OS sandbox.
 * @param {string} platform
 */
export const launcherSourcesOf = platform =>
  inNative(listed.filter(name => platform === 'linux' && name.startsWith('os-sandbox/')))

/**
 * Says if anything in the list is this platform's own: without it there is no Host.
 * @param {string} platform
 */
export const isServed = platform =>
  (folders[platform] ?? []).some(folder => listed.some(name => name.startsWith(`${folder}/`)))
