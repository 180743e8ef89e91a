// Knows native/sources.txt: which sources are the addon's on a platform, and which those of wasi-common-wall.
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'

const folders = { linux: ['posix', 'linux'], darwin: ['posix', 'darwin'], win32: ['windows'] }
const listed = readFileSync(new URL('../native/sources.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter(line => line !== '')
const inNative = names => names.map(name => `native/${name}`)

/** The addon's, as paths in the package. */
export const sourcesOf = platform =>
  inNative(listed.filter(name => !name.includes('/') || (folders[platform] ?? ['posix']).includes(posix.dirname(name))))

/** The sandbox launcher's, as paths in the package: none where there is no OS sandbox. */
export const launcherSourcesOf = platform => inNative(listed.filter(name => platform === 'linux' && name.startsWith('os-sandbox/')))

/** Whether anything in the list is this platform's own: without it there is no Host. */
export const isServed = platform => (folders[platform] ?? []).some(folder => listed.some(name => name.startsWith(`${folder}/`)))
