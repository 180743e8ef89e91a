/** Compiles a module for a run, with the limits of its memories and tables in it. */
import { coded } from '../../errors.js'
import { isModule } from '../../guest/instantiate.js'
import type { Terms } from '../settings.js'
import { type Caps, cap, defaultElements } from './cap.js'
import { Unreadable } from './reader.js'

/** A module as it is given: its bytes, or compiled. */
export type Source = Uint8Array | WebAssembly.Module

/** A module, with the bytes that it was compiled from, if these are known. */
export interface Program {
  readonly module: WebAssembly.Module
  readonly bytes: Uint8Array | undefined
}

export const capsOf = ({
  maxMemory,
  maxTableElements = defaultElements,
  threads,
}: Pick<Terms, 'maxMemory' | 'maxTableElements' | 'threads'>): Caps => ({
  memory: maxMemory,
  elements: maxTableElements,
  instances: threads + 1,
})

/** Compiles in the background. A module that is compiled is as it is, which not all terms allow. */
export async function compiled(source: Source, terms: Terms): Promise<Program> {
  if (isModule(source)) {
    checkCompiled(terms)
    return { module: source, bytes: undefined }
  }
  const capped = tryCap(source, capsOf(terms))
  const module = await WebAssembly.compile((capped.bytes ?? source) as Uint8Array<ArrayBuffer>)
  if (capped.bytes === undefined) throw capped.unknown
  return { module, bytes: capped.bytes }
}

/** Compiles in this thread, at once. */
export function compiledHere(source: Uint8Array, caps: Caps): WebAssembly.Module {
  const capped = tryCap(source, caps)
  const module = new WebAssembly.Module((capped.bytes ?? source) as Uint8Array<ArrayBuffer>)
  if (capped.bytes === undefined) throw capped.unknown
  return module
}

/** Bytes that cannot be read are most likely those of no module, of which the compiler has more to say. */
function tryCap(source: Uint8Array, caps: Caps): { readonly bytes: Uint8Array } | { readonly bytes: undefined; readonly unknown: Error } {
  try {
    return { bytes: cap(source, caps) }
  } catch (cause) {
    if (!(cause instanceof Unreadable)) throw cause
    const message = `the limits of the module's memories and tables cannot be set: ${cause.message}`
    return { bytes: undefined, unknown: coded(new RangeError(message, { cause }), 'ERR_WASI_MEMORY_LIMIT') }
  }
}

function checkCompiled({ maxMemory, maxTableElements, strict }: Terms): void {
  const asked = Object.entries({ maxMemory, maxTableElements }).find(([, value]) => value !== undefined)?.[0]
  const message =
    asked !== undefined
      ? `options.${asked} is written into the bytes of a module: pass these in place of the module`
      : "options.sandbox 'strict' limits the tables of a module, which is written into its bytes: pass these in place of the module"
  if (asked !== undefined || strict) throw coded(new Error(message), 'ERR_WASI_NO_MEMORY')
}
