/** Reads the definitions of types. */
import { Unreadable } from '../../module/reader.js'
import type { ComponentReader } from './reader.js'
import { type Definition, type Exports, Scope, sorts, type TypeDefinition } from './scope.js'
import type { Primitive, WitFunction, WitType } from './wit-type.js'

const primitiveOf: ReadonlyMap<number, Primitive> = new Map([
  [0x7f, 'bool'],
  [0x7e, 's8'],
  [0x7d, 'u8'],
  [0x7c, 's16'],
  [0x7b, 'u16'],
  [0x7a, 's32'],
  [0x79, 'u32'],
  [0x78, 's64'],
  [0x77, 'u64'],
  [0x76, 'f32'],
  [0x75, 'f64'],
  [0x74, 'char'],
  [0x73, 'string'],
])
/** The codes of types. */
const Code = Object.freeze({
  RECORD: 0x72,
  VARIANT: 0x71,
  LIST: 0x70,
  TUPLE: 0x6f,
  FLAGS: 0x6e,
  ENUM: 0x6d,
  OPTION: 0x6b,
  RESULT: 0x6a,
  OWN: 0x69,
  BORROW: 0x68,
  FUNCTION: 0x40,
  COMPONENT: 0x41,
  INSTANCE: 0x42,
  RESOURCE: 0x3f,
})

const value = (type: WitType): TypeDefinition => ({ of: 'value', type })

/**
 * A definition of a type.
 * @see https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#type-definitions
 */
export function typeDefinition(reader: ComponentReader, scope: Scope): TypeDefinition {
  const code = reader.byte()
  const type = (): WitType => valueType(reader, scope)
  const primitive = primitiveOf.get(code)
  if (primitive !== undefined) return value({ kind: primitive })
  switch (code) {
    case Code.RECORD:
      return value({
        kind: 'record',
        fields: reader.vector(() => ({ name: reader.text(), type: type() })),
      })
    case Code.VARIANT: {
      const cases = reader.vector(() => {
        const found = { name: reader.text(), type: reader.optional(type) }
        reader.oneOf('a refinement', 0)
        return found
      })
      return value({ kind: 'variant', cases })
    }
    case Code.LIST:
      return value({ kind: 'list', of: type() })
    case Code.TUPLE:
      return value({ kind: 'tuple', of: reader.vector(type) })
    case Code.FLAGS:
      return value({ kind: 'flags', names: reader.vector(() => reader.text()) })
    case Code.ENUM:
      return value({ kind: 'enum', names: reader.vector(() => reader.text()) })
    case Code.OPTION:
      return value({ kind: 'option', of: type() })
    case Code.RESULT:
      return value({ kind: 'result', ok: reader.optional(type), err: reader.optional(type) })
    case Code.OWN:
    case Code.BORROW:
      reader.number()
      return value({ kind: 'handle' })
    case Code.FUNCTION:
      return { of: 'function', function: functionType(reader, scope) }
    case Code.INSTANCE:
      return { of: 'instance', exports: declared(reader, scope) }
    case Code.COMPONENT:
      declared(reader, scope)
      return { of: 'other' }
    case Code.RESOURCE:
      reader.byte()
      reader.optional(() => reader.number())
      return { of: 'other' }
  }
  throw new Unreadable(`a type 0x${code.toString(16)} is not known here`)
}

/** A primitive type, or the index of a type: a negative and a positive LEB128. */
function valueType(reader: ComponentReader, scope: Scope): WitType {
  const from = reader.at
  const primitive = primitiveOf.get(reader.byte())
  if (primitive !== undefined) return { kind: primitive }
  reader.at = from
  return scope.valueType(reader.number())
}

function functionType(reader: ComponentReader, scope: Scope): WitFunction {
  const type = (): WitType => valueType(reader, scope)
  const params = reader.vector(() => ({ name: reader.text(), type: type() }))
  if (reader.oneOf('a list of results', 0, 1) === 0) return { params, result: type() }
  reader.oneOf('a result', 0)
  return { params, result: undefined }
}

const Declaration = Object.freeze({ TYPE: 1, ALIAS: 2, IMPORT: 3, EXPORT: 4 })
/** The declarations of an instance's or a component's type. Returns its exports. */
function declared(reader: ComponentReader, outer: Scope): Exports {
  const scope = new Scope(outer)
  const exports = new Map<string, Definition>()
  const { TYPE, ALIAS, IMPORT, EXPORT } = Declaration
  reader.vector(() => {
    switch (reader.oneOf('a declaration', TYPE, ALIAS, IMPORT, EXPORT)) {
      case TYPE:
        scope.add({ sort: 'type', type: typeDefinition(reader, scope) })
        break
      case ALIAS:
        scope.add(aliased(reader, scope))
        break
      case IMPORT:
        reader.externName()
        scope.add(described(reader, scope))
        break
      case EXPORT: {
        const name = reader.externName()
        const definition = described(reader, scope)
        scope.add(definition)
        exports.set(name, definition)
      }
    }
  })
  return exports
}

const CORE = 0
const EXPORTED = 0
const CORE_EXPORTED = 1
/** The sort of a definition. */
export function sortAt(reader: ComponentReader): Definition['sort'] {
  const sort = reader.oneOf('a sort', 0, 1, 2, 3, 4, 5)
  if (sort === CORE) reader.byte()
  return sorts[sort]
}

/** An alias: of an export of an instance, or of an outer component's definition. */
export function aliased(reader: ComponentReader, scope: Scope): Definition {
  const sort = sortAt(reader)
  const target = reader.oneOf('an alias', 0, 1, 2)
  const index = reader.number()
  if (target === CORE_EXPORTED) {
    reader.text()
    return { sort: 'other' }
  }
  if (target !== EXPORTED) return found(sort, scope.up(index), reader.number())
  const name = reader.text()
  const definition = scope.at('instance', index).exports.get(name)
  if (definition?.sort !== sort) throw new Unreadable(`instance ${index} has no such ${sort}`)
  return definition
}

/** A definition by its index. Core definitions and values have none here. */
export const found = (sort: Definition['sort'], scope: Scope, index: number): Definition =>
  sort === 'other' ? { sort } : scope.at(sort, index)

/** The definition that an external description has. */
export function described(reader: ComponentReader, scope: Scope): Definition {
  const sort = sortAt(reader)
  switch (sort) {
    case 'function': {
      const type = scope.typeAt(reader.number())
      if (type.of !== 'function') throw new Unreadable('a function has no type of functions')
      return { sort, function: type.function }
    }
    case 'type':
      // A type that equals another one, or a resource.
      return reader.oneOf('a bound', 0, 1) === 0
        ? { sort, type: scope.typeAt(reader.number()) }
        : { sort, type: { of: 'other' } }
    case 'instance': {
      const type = scope.typeAt(reader.number())
      if (type.of !== 'instance') throw new Unreadable('an instance has no type of instances')
      return { sort, exports: type.exports }
    }
    case 'component':
      reader.number()
      return { sort, body: undefined }
    case 'other':
      // A core module: the byte of its sort has been read.
      reader.number()
      return { sort }
  }
}
