/** Finds the exported function that a text calls, and reads its arguments. */
import { coded } from '../../../errors.js'
import { nearest } from '../../../nearest.js'
import { plainLine } from '../../../stdio/terminal-escapes.js'
import { Unreadable } from '../../module/reader.js'
import { unversioned } from '../imports.js'
import { argumentsOf } from './parse.js'
import { type ExportedFunction, exportedFunctions } from './read-component.js'
import { WaveError } from './scanner.js'
import { camelCase, signatureOf, type WitType } from './wit-type.js'

/** A call of an exported function. */
export interface ComponentCall {
  /** The export with the function; undefined for a function of the world. */
  readonly interface: string | undefined
  /** The function's name in JavaScript. */
  readonly name: string
  readonly args: readonly unknown[]
  readonly result: WitType | undefined
}

const refused = (message: string): Error =>
  coded(new Error(`invoke: ${plainLine(message)}`), 'ERR_WASI_INVOKE')

/** `ns:pkg/iface@1.0.0#name`. */
const fullName = ({ interface: from, name }: ExportedFunction): string =>
  from === undefined ? name : `${from}#${name}`

/**
 * Finds the function that `name(arguments)` calls.
 * @param text of the option `invoke`
 * @throws Error with code `ERR_WASI_INVOKE`
 */
export function callOf(text: string, bytes: Uint8Array): ComponentCall {
  const [, name, args = ''] = /^\s*([^\s(]+)\s*(?:\((.*)\)\s*)?$/s.exec(text) ?? []
  if (name === undefined)
    throw refused(`expected a call, as name(1, "two"), received ${text.slice(0, 80)}`)
  const target = targetOf(name, functionsOf(bytes))
  const { function: type } = target
  try {
    return {
      interface: target.interface,
      name: camelCase(target.name),
      args: argumentsOf(args, type),
      result: type.result,
    }
  } catch (error) {
    if (!(error instanceof WaveError)) throw error
    throw refused(`${target.name}${signatureOf(type)}: ${error.message}`)
  }
}

function functionsOf(bytes: Uint8Array): readonly ExportedFunction[] {
  try {
    return exportedFunctions(bytes)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    throw refused(`the types of the component cannot be read: ${error.message}`)
  }
}

/** The functions that are listed in a message. */
const mostListed = 20

function targetOf(name: string, all: readonly ExportedFunction[]): ExportedFunction {
  const names = (each: ExportedFunction): string[] => {
    const full = fullName(each)
    const [from, inner = from] = full.split('#')
    return [full, inner, `${unversioned(from)}#${inner}`]
  }
  // A full name is that of one function; a shorter one counts if it is.
  const exact = all.filter(each => fullName(each) === name)
  const found = exact.length > 0 ? exact : all.filter(each => names(each).includes(name))
  if (found.length === 1) return found[0]
  const listed = (functions: readonly ExportedFunction[]): string =>
    functions.slice(0, mostListed).map(fullName).join(', ')
  if (found.length > 1) throw refused(`${name} is in several interfaces: ${listed(found)}`)
  const meant = nearest(name, all.flatMap(names))
  throw refused(
    `the component exports no function ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}${
      all.length === 0 ? '; it exports none' : `; it exports ${listed(all)}`
    }`,
  )
}
