/**
 * Chooses the backend of a guest. There is no silent fallback: `auto` is the addon, or an error
 * that says what to do.
 */
import { createRequire } from 'node:module'
import { addonFile, endProcess, openNative } from './native/sys.js'
import type { Sys } from './sys.js'

const require = createRequire(import.meta.url)

/** @param shared the number from `share()` of the Sys whose handles this one shares */
export function openSys(backend: 'auto' | 'native' | 'typescript', shared?: number): Sys {
  if (backend !== 'typescript') return openNative(shared === undefined ? {} : { shared })
  // Loaded on first use: a program on the addon starts without these many files.
  const { TypescriptSys } = require('./typescript/sys.js') as typeof import('./typescript/sys.js')
  return new TypescriptSys()
}

/**
 * Ends the process at once, by the addon; without an addon it returns. Unwritten output is lost.
 * @param load true to load the addon for that
 */
export function exitNow(code: number, load = false): void {
  try {
    if (load) addonFile()
  } catch {
    return
  }
  endProcess(code)
}
