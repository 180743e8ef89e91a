/** Watches which of its arguments, environment and preopens a guest reads: it may keep them. */
import type { HostcallName } from '../../abi/table.js'
import type { ImportFunction } from '../../gate.js'

/** The resources that a guest has read. */
export interface Seen {
  args: boolean
  env: boolean
  preopens: boolean
}

const calls: readonly (readonly [HostcallName, keyof Seen])[] = [
  ['args_get', 'args'],
  ['args_sizes_get', 'args'],
  ['environ_get', 'env'],
  ['environ_sizes_get', 'env'],
  ['fd_prestat_get', 'preopens'],
  ['fd_prestat_dir_name', 'preopens'],
]

/** Returns the imports of a guest, of which those above note that it has called them. */
export function watched(
  imports: Readonly<Record<string, ImportFunction>>,
  seen: Seen,
): Record<string, ImportFunction> {
  const all: Record<string, ImportFunction> = Object.assign(Object.create(null), imports)
  for (const [name, what] of calls) {
    const { [name]: call } = imports
    if (call === undefined) continue
    all[name] = (...args) => {
      seen[what] = true
      return call(...args)
    }
  }
  return all
}
