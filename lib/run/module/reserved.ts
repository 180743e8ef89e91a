/** The reserved names of exports, which show the state of an instance to snapshots alone. */
import { dictionary } from '../../dictionary.js'

/** The beginning of all reserved names. */
export const reserved = 'wasi-common:'

/** The reserved name of an item, by its index. */
export const reservedName = (kind: 'global' | 'table' | 'memory', index: number): string =>
  `${reserved}${kind}:${index}`

/** The exports without the reserved ones. */
export const withoutReserved = (
  exports: Readonly<Record<string, unknown>>,
): Record<string, unknown> =>
  dictionary(Object.entries(exports).filter(([name]) => !name.startsWith(reserved)))
