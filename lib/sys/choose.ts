/**
 * Chooses the backend of a guest. There is no silent fallback: `auto` is the addon, or an error
 * that says what to do.
 */
import { createRequire } from 'node:module'
import { addonFile, endProcess, openNative } from './native/sys.js'
import type { Sys } from './sys.js'

const require = createRequire(import.meta.url)

/** @param shared what `share()` said of the Sys whose handles this one shall have too */
export function openSys(backend: 'auto' | 'native' | 'typescript', shared?: number): Sys {
  if (backend !== 'typescript') return openNative(shared === undefined ? {} : { shared })
  // Loaded when it is asked for: who uses the addon starts without these many files.
  const { TypescriptSys } = require('./typescript/sys.js') as typeof import('./typescript/sys.js')
  return new TypescriptSys()
}

/**
 * Ends the process without waiting for anything, by the addon; without an addon it returns. Output
 * that is not written by then is lost.
 * @param load whether to load the addon for that
 */
export function exitNow(code: number, load = false): void {
  try {
    if (load) addonFile()
  } catch {
    return
  }
  endProcess(code)
}
