/**
 * The function of a row whose values jco converts: it replaces the objects among its arguments by
 * their resources, and those in its result by objects.
 */
import { dictionary } from '../dictionary.js'
import { wrongType } from '../validate.js'
import type { Shells } from './bindings.js'
import type { ConvertedCall } from './calls/types.js'
import type { Component } from './component.js'
import { camelCase } from './names.js'
import { Refused } from './refused.js'
import type { Resource } from './resources/resource.js'
import { Kind, type ResourceName, type Row, type Type } from './wit/types.js'

/** Returns the function of a row. `this` is the resource of a method. */
export function convertedTwinOf(
  component: Component,
  shells: Shells,
  name: string,
  { params, result }: Row,
  call: ConvertedCall,
): (this: unknown, ...args: readonly unknown[]) => unknown {
  const { verdict } = component.context
  const isMethod = params[0]?.label === 'self'
  const [ok, error] =
    result?.kind === Kind.Result ? result.parts.map(({ type }) => type) : [result, undefined]
  return function twin(this: unknown, ...args) {
    if (verdict.reached) throw verdict.leave()
    const given = isMethod ? [this, ...args] : args
    let outcome: unknown
    try {
      const lifted = params.map(({ label, type }, i) => lift(shells, label, type, given[i]))
      component.enterScratch()
      outcome = call(component, ...lifted)
      const type = outcome instanceof Refused ? error : ok
      const value = outcome instanceof Refused ? outcome.payload : outcome
      const lowered = type && lower(shells, type, value)
      if (!(outcome instanceof Refused)) return lowered
      outcome = lowered
    } catch (error) {
      if (error instanceof Misuse) throw error.cause
      throw component.fatal(error, name)
    }
    throw outcome
  }
}

/** A wrong argument, which only code of the embedder passes. Its cause is the TypeError. */
class Misuse extends Error {}
const misuse = (label: string, expected: string, value: unknown): Misuse =>
  new Misuse(undefined, { cause: wrongType(camelCase(label), expected, value) })

interface Tagged {
  readonly tag?: unknown
  readonly val?: unknown
}

function lift(shells: Shells, label: string, type: Type, value: unknown): unknown {
  const { kind, parts, labels } = type
  switch (kind) {
    case Kind.Bool:
      return Boolean(value)
    case Kind.Int:
      return Number(value) & (type.size === 4 ? -1 : 2 ** (8 * type.size) - 1)
    case Kind.Wide:
      if (typeof value !== 'bigint') throw misuse(label, 'a bigint', value)
      return BigInt.asUintN(64, value)
    case Kind.String:
      return String(value)
    case Kind.Bytes:
      if (!ArrayBuffer.isView(value)) throw misuse(label, 'a Uint8Array', value)
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    case Kind.Enum:
      if (!labels.includes(value as string))
        throw misuse(label, `one of ${labels.join(', ')}`, value)
      return value
    case Kind.Own:
      return shells.take(value, type.name as ResourceName)
    case Kind.Borrow:
      return shells.resourceOf(value, type.name as ResourceName)
    case Kind.Option:
      return value === undefined ? undefined : lift(shells, label, parts[1].type as Type, value)
    case Kind.List:
      if (!Array.isArray(value)) throw misuse(label, 'an array', value)
      return value.map(each => lift(shells, label, parts[0].type as Type, each))
    case Kind.Tuple:
      if (!Array.isArray(value)) throw misuse(label, 'an array', value)
      return parts.map(({ type: part }, i) => lift(shells, label, part as Type, value[i]))
    case Kind.Record: {
      if (value === null || typeof value !== 'object') throw misuse(label, 'an object', value)
      const fields = value as Readonly<Record<string, unknown>>
      return dictionary(
        parts.map(({ label: part, type }) => {
          const name = camelCase(part)
          return [name, lift(shells, `${label}.${name}`, type as Type, fields[name])] as const
        }),
      )
    }
    default: {
      const { tag, val } = (value ?? {}) as Tagged
      const found = parts.find(
        part => (kind === Kind.Result && part.label === 'error' ? 'err' : part.label) === tag,
      )
      if (found === undefined)
        throw misuse(label, `one of ${parts.map(part => part.label).join(', ')}`, value)
      return found.type === undefined ? { tag } : { tag, val: lift(shells, label, found.type, val) }
    }
  }
}

function lower(shells: Shells, type: Type, value: unknown): unknown {
  const { kind, parts } = type
  switch (kind) {
    case Kind.Own:
      return shells.shellOf(value as Resource)
    case Kind.Option:
      return value === undefined ? undefined : lower(shells, parts[1].type as Type, value)
    case Kind.List:
      return (value as readonly unknown[]).map(each => lower(shells, parts[0].type as Type, each))
    case Kind.Tuple:
      return parts.map(({ type: part }, i) =>
        lower(shells, part as Type, (value as readonly unknown[])[i]),
      )
    default:
      return value
  }
}
