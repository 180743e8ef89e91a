// Finds the sources of native/windows/ that compile and link on every system: those that reach
// Windows only by the calls in nt.h, which test/native/ntfs.cc implements.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.js'
import { sourcesOf } from '../sources.js'

/** The header that includes those of Windows' SDK. */
const sdk = 'win.h'
/** Takes the calls in nt.h from ntdll.dll. */
const calls = 'native/windows/calls.cc'

/**
 * Includes that hold on every system.
 * @param {string} file a path in the package
 */
function included(file) {
  const text = readFileSync(join(root, file), 'utf8').replace(/^#ifdef _WIN32$.*?^#endif/gms, '')
  return Array.from(text.matchAll(/^#include "(.*)"/gm), ([, name = '']) => name)
}

/**
 * @param {string} file a path in the package
 * @param {Set<string>} seen the files on the way
 * @returns {boolean}
 */
function needsSdk(file, seen = new Set()) {
  if (seen.has(file)) return false
  seen.add(file)
  return included(file).some(name => {
    const paths = ['native/windows', 'native'].map(folder => `${folder}/${name}`)
    const found = paths.find(path => existsSync(join(root, path)))
    return name === sdk || (found !== undefined && needsSdk(found, seen))
  })
}

/** The sources, as paths in the package. */
export const portable = sourcesOf('win32').filter(
  file => file.startsWith('native/windows/') && file !== calls && !needsSdk(file),
)
