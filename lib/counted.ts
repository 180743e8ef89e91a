/** Hostcalls that are counted: beyond so many, the guest is ended. */
import { coded } from './errors.js'
import type { Import } from './gate.js'

/**
 * The imports, which together can be called so often. The next call throws an Error with code ERR_WASI_HOSTCALL_LIMIT out of
 * the guest, and so does every one after it, whatever the guest makes of it.
 */
export function counted(imports: Readonly<Record<string, Import>>, most: number): Record<string, Import> {
  let left = most
  const count =
    (call: Import): Import =>
    (...args) => {
      if (left === 0) throw coded(new Error(`the guest made more than ${most} hostcalls`), 'ERR_WASI_HOSTCALL_LIMIT')
      left--
      return call(...args)
    }
  return Object.fromEntries(Object.entries(imports).map(([name, call]) => [name, count(call)]))
}
