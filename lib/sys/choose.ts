/** Which backend serves a guest. Nothing falls back in silence: `auto` is the addon, or an error that says what to do. */
import { openNative } from './native.js'
import type { Sys } from './sys.js'
import { TypescriptSys } from './typescript/sys.js'

export function openSys(backend: 'auto' | 'native' | 'typescript'): Sys {
  return backend === 'typescript' ? new TypescriptSys() : openNative()
}
