/** Which backend serves a guest. Nothing falls back in silence: `auto` is the addon, or an error that says what to do. */
import { openNative } from './native.js'
import type { Sys } from './sys.js'
import { TypescriptSys } from './typescript/sys.js'

/** @param shared what `share()` said of the Sys whose handles this one shall have too */
export function openSys(backend: 'auto' | 'native' | 'typescript', shared?: number): Sys {
  return backend === 'typescript' ? new TypescriptSys() : openNative(shared === undefined ? {} : { shared })
}
