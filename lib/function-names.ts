/** The names of the functions of WASI 0.2. */
import { functionErrors, functions } from './generated/functions.js'

/**
 * The name of a function of WASI 0.2, as a component imports it, without the version:
 * `wasi:io/streams#[method]input-stream.read`.
 */
export type FunctionName = `wasi:${string}#${string}`

export const functionNames = Object.keys(functions) as readonly FunctionName[]
export const isFunctionName = (name: string): name is FunctionName => Object.hasOwn(functions, name)
/** Returns the names of the errors of a function. A failed stream has the code of its failure. */
export const errorsOf = (name: FunctionName): readonly string[] => functionErrors[functions[name]]

/**
 * Returns the name that traces show: `descriptor.open-at` for a function of a resource,
 * `fields.constructor` for its constructor, `wall-clock.now` for every other.
 */
export function shortName(name: FunctionName): string {
  const [, from, kind, own] = /^wasi:[a-z]+\/([a-z-]+)#(?:\[([a-z]+)\])?(.*)$/.exec(
    name,
  ) as string[]
  if (kind === undefined) return `${from}.${own}`
  return kind === 'constructor' ? `${own}.${kind}` : own
}
