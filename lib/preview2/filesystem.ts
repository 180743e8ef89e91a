/** `wasi:filesystem`, with the exports of a transpiled component's import. Nothing is preopened. */
import { dictionary } from '../dictionary.js'
import type { Preopen } from '../options/preopens.js'
import { change, given, imports } from './default-host.js'

export const preopens = imports['wasi:filesystem/preopens']
export const types = imports['wasi:filesystem/types']

/** Replaces the preopens. @param directories as `options.preopens` of createComponentHost */
export function _setPreopens(directories: Readonly<Record<string, Preopen>>): void {
  change({ preopens: directories })
}
/** Adds a preopen. @param name the guest's name for it */
export function _addPreopen(name: string, directory: Preopen): void {
  const own = Object.entries(given().preopens ?? {}) as [string, Preopen][]
  change({ preopens: dictionary([...own, [name, directory]]) })
}
/** Removes all preopens. */
export function _clearPreopens(): void {
  change({ preopens: {} })
}
/** Returns descriptors of the preopens, with their names. */
export function _getPreopens(): [descriptor: object, name: string][] {
  return (preopens.getDirectories as () => [object, string][])()
}
