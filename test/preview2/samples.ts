/** Arguments for every function of the table. */
import { camelCase } from '#lib/preview2/names.js'
import { Kind, type Type } from '#lib/preview2/wit/types.js'
import { functions } from './doors.js'
import { bytesOf, Fixture } from './fixture.js'

/** A value of a type, as jco represents it. Each resource in it is the given one. */
export function sample(type: Type, resource: unknown): unknown {
  const [first, second] = type.parts
  switch (type.kind) {
    case Kind.Bool:
      return false
    case Kind.Int:
      return 0
    case Kind.Wide:
    case Kind.Size:
      return 0n
    case Kind.String:
      return 'made'
    case Kind.Bytes:
      return bytesOf('made')
    case Kind.List:
      return []
    case Kind.Tuple:
      return type.parts.map(part => sample(part.type as Type, resource))
    case Kind.Record:
      return Object.fromEntries(
        type.parts.map(part => [camelCase(part.label), sample(part.type as Type, resource)]),
      )
    case Kind.Flags:
      return {}
    case Kind.Enum:
      return type.labels[0]
    case Kind.Result:
      return { tag: 'err', ...(second.type && { val: sample(second.type, resource) }) }
    case Kind.Variant:
      return { tag: first.label, ...(first.type && { val: sample(first.type, resource) }) }
    case Kind.Option:
      return undefined
    default:
      return resource
  }
}

/** Zeros as the core values of an argument. */
export const zeros = ({ flat }: Type): (0 | 0n)[] => flat.map(core => (core === 'i64' ? 0n : 0))

const w = new Fixture('native', 'hybrid')
/** The functions that have a lowered one. */
export const lowered = [...functions].filter(([short]) => w.lowered?.core(short) !== undefined)
w.close()
