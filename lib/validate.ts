/**
 * Words wrong arguments as Node words its own, so that a match for Node's messages matches these.
 */
import { inspect } from 'node:util'
import { coded } from './errors.js'
import { nearest } from './nearest.js'

/** `Received ...`, as Node's ERR_INVALID_ARG_TYPE ends. */
function received(value: unknown): string {
  if (value === null || value === undefined) return `Received ${value}`
  if (typeof value === 'function') return `Received function ${value.name}`
  if (typeof value === 'object') {
    const name = value.constructor?.name
    return name ? `Received an instance of ${name}` : `Received ${inspect(value, { depth: -1 })}`
  }
  const shown = typeof value === 'string' && value.length > 28 ? `${value.slice(0, 25)}...` : value
  return `Received type ${typeof value} (${inspect(shown)})`
}

const kindOf = (name: string): string => (name.includes('.') ? 'property' : 'argument')

/** A TypeError of code ERR_INVALID_ARG_TYPE. `expected` completes "must be ...". */
export function wrongType(name: string, expected: string, value: unknown): Error {
  return coded(
    new TypeError(`The "${name}" ${kindOf(name)} must be ${expected}. ${received(value)}`),
    'ERR_INVALID_ARG_TYPE',
  )
}

/** A TypeError of code ERR_INVALID_ARG_VALUE. */
export function wrongValue(name: string, reason: string, value: unknown): Error {
  const shown = inspect(value)
  const cut = shown.length > 128 ? `${shown.slice(0, 128)}...` : shown
  return coded(
    new TypeError(`The ${kindOf(name)} '${name}' ${reason}. Received ${cut}`),
    'ERR_INVALID_ARG_VALUE',
  )
}

/**
 * A TypeError of code ERR_INVALID_RETURN_VALUE, for a function of the embedder's. `expected`
 * completes "must return ...".
 */
export function wrongReturn(name: string, expected: string, value: unknown): Error {
  return coded(
    new TypeError(`The "${name}" function must return ${expected}. ${received(value)}`),
    'ERR_INVALID_RETURN_VALUE',
  )
}

export function checkObject(
  name: string,
  value: unknown,
): asserts value is Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw wrongType(name, 'of type object', value)
}

/** Says if it is a record: an object of no class, of this realm or another. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Recognizes URLs of all realms, such as jsdom's, as Node's own functions do. */
export function isURL(value: object): value is URL {
  const { href, protocol, auth, path } = value as Partial<URL & { auth: unknown; path: unknown }>
  return (
    typeof href === 'string' &&
    typeof protocol === 'string' &&
    auth === undefined &&
    path === undefined
  )
}

/**
 * Options that only this package has must be spelled right: one that is passed over in silence may
 * have been a restriction.
 */
export function checkKeys(name: string, known: readonly string[], value: unknown): void {
  checkObject(name, value)
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    const meant = nearest(key, known)
    const reason =
      meant === undefined
        ? `is unknown; expected one of: ${known.join(', ')}`
        : `is unknown (did you mean '${meant}'?)`
    throw wrongValue(`${name}.${key}`, reason, value[key])
  }
}

/**
 * Refuses a property that is spelled almost as a known one. All others that are not known pass, as
 * node:wasi lets them.
 */
export function checkSpelling(name: string, known: readonly string[], value: object): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    const meant = nearest(key, known)
    if (meant !== undefined)
      throw wrongValue(
        `${name}.${key}`,
        `is unknown (did you mean '${meant}'?)`,
        (value as Readonly<Record<string, unknown>>)[key],
      )
  }
}

export function checkString(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw wrongType(name, 'of type string', value)
}

export function checkArray(name: string, value: unknown): asserts value is unknown[] {
  if (!Array.isArray(value)) throw wrongType(name, 'an instance of Array', value)
}

export function checkBoolean(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') throw wrongType(name, 'of type boolean', value)
}

// biome-ignore lint/complexity/noBannedTypes: any function will do
export function checkFunction(name: string, value: unknown): asserts value is Function {
  if (typeof value !== 'function') throw wrongType(name, 'of type function', value)
}

export function checkOneOf<T extends string>(
  name: string,
  allowed: readonly T[],
  value: unknown,
): asserts value is T {
  if (!allowed.includes(value as T))
    throw wrongValue(name, `must be one of: ${allowed.map(word => `'${word}'`).join(', ')}`, value)
}

/** A whole number in a range. */
export function checkInteger(
  name: string,
  value: unknown,
  least: number,
  most: number,
): asserts value is number {
  if (typeof value !== 'number') throw wrongType(name, `an integer from ${least} to ${most}`, value)
  const range = Number.isInteger(value) ? `>= ${least} && <= ${most}` : 'an integer'
  if (!Number.isInteger(value) || value < least || value > most) {
    const large = Number.isInteger(value) && Math.abs(value) > 2 ** 32
    const shown = large ? String(value).replace(/\B(?=(\d{3})+$)/g, '_') : inspect(value)
    throw coded(
      new RangeError(
        `The value of "${name}" is out of range. It must be ${range}. Received ${shown}`,
      ),
      'ERR_OUT_OF_RANGE',
    )
  }
}

/** A descriptor's number. */
export function checkFd(name: string, value: unknown): asserts value is number {
  checkInteger(name, value, 0, 0x7fffffff)
}
