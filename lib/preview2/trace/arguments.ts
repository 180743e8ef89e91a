/** The arguments of a call as a trace shows them. */
import { maxPath } from '../../abi/layout.js'
import type { Component } from '../component.js'
import type { Resource } from '../resources/resource.js'
import { Kind, type Param, type Type } from '../wit/types.js'
import type { Known } from './known.js'
import {
  byteCount,
  converted,
  flagsOf,
  itemCount,
  listOf,
  quoted,
  type Shown,
  timeOf,
  wide,
  word,
} from './shown.js'

export interface Argument {
  readonly label: string
  /** The lifted value; the first one of a type that has several. */
  readonly value: unknown
  /** A copy of a text, at most one byte longer than any path. */
  readonly bytes: Uint8Array | undefined
  readonly shown: Shown
  /** The resource that it is. */
  readonly resource: Resource | undefined
}

/** The number of lifted values of a type. */
const slots = ({ kind }: Type): number =>
  kind === Kind.Variant ? 3 : kind === Kind.String || kind === Kind.Bytes ? 2 : 1

/** Looks at the lifted arguments of a call. */
export function argumentsOf(
  component: Component,
  known: Known,
  params: readonly Param[],
  args: readonly unknown[],
): Argument[] {
  let slot = 0
  return params.map(({ label, type }) => {
    const values = args.slice(slot, slot + slots(type))
    slot += slots(type)
    const [value] = values
    const resource = type.kind === Kind.Borrow ? (value as Resource) : undefined
    const bytes = type.kind === Kind.String ? textAt(component, values) : undefined
    const shown = bytes ? quoted(decoder.decode(bytes)) : shownOf(type, values, known)
    return { label, value, bytes, shown, resource }
  })
}

const decoder = new TextDecoder()
function textAt({ context: { memory } }: Component, [at, length]: readonly unknown[]): Uint8Array {
  return memory.bytes.slice(Number(at), Number(at) + Math.min(Number(length), maxPath + 1))
}

/** The cases of `new-timestamp` and of a result, and the rest of the types of lowered arguments. */
function shownOf(type: Type, values: readonly unknown[], known: Known): Shown {
  const [value, second, third] = values
  switch (type.kind) {
    case Kind.Bytes:
      return byteCount(Number(second))
    case Kind.Flags:
      return flagsOf(type, Number(value))
    case Kind.Enum:
      return word(type.labels[Number(value)])
    case Kind.Result:
      return word(type.parts[Number(value)].label)
    case Kind.Wide:
      return wide(value as bigint)
    case Kind.Variant: {
      const { label, type: payload } = type.parts[Number(value)]
      return payload === undefined ? word(label) : timeOf(second as bigint, Number(third))
    }
    case Kind.Borrow:
      return known.show(value as Resource)
    case Kind.List: {
      const resources = value as readonly Resource[]
      return resources.length > 16 ? itemCount(resources.length) : listOf(resources.map(known.show))
    }
    default:
      return word(value as number)
  }
}

/** Looks at the arguments of a call whose values jco has converted. */
export const convertedArgumentsOf = (
  known: Known,
  params: readonly Param[],
  args: readonly unknown[],
): Argument[] =>
  params.map(({ label, type }, i) => ({
    label,
    value: args[i],
    bytes: undefined,
    shown: converted(type, args[i], known.show),
    resource:
      type.kind === Kind.Borrow || type.kind === Kind.Own ? (args[i] as Resource) : undefined,
  }))
