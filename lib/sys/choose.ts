/**
 * Chooses the backend of a guest. There is no silent fallback: `auto` is the addon, or an error
 * that says what to do.
 */
import { createRequire } from 'node:module'
import { addonFile, endProcess, enlargeStack, openNative } from './native/sys.js'
import type { Sys } from './sys.js'

const require = createRequire(import.meta.url)

type Backend = 'auto' | 'native' | 'typescript'

// Loaded on first use: a program on the addon starts without these many files.
const typescript = () => require('./typescript/sys.js') as typeof import('./typescript/sys.js')

/** Opens a host for exclusive use, with a block of its own: a guest's hostcall may be under way. */
export const openSys = (backend: Backend): Sys =>
  backend === 'typescript' ? new (typescript().TypescriptSys)() : openNative()

/**
 * Opens the host of a guest, with the block that all guests of this thread share.
 * @param handles the number from `share()` of the Sys whose handles this one shares
 */
export function openGuestSys(backend: Backend, handles = 0): Sys {
  if (backend !== 'typescript') return openNative({ shared: handles, together: true })
  const { commonBlock, TypescriptSys } = typescript()
  return new TypescriptSys({ block: commonBlock() })
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

/**
 * Gives the functions that the caller calls so many bytes of stack, by the addon. Returns false
 * where that cannot be, or no addon loads.
 */
export function hasEnlargedStack(bytes: number): boolean {
  try {
    return enlargeStack(bytes)
  } catch {
    return false
  }
}
