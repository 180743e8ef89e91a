/** Reads the types of the functions that a component exports. */
import { preambleBytes } from '../../../guest/preamble.js'
import { Unreadable } from '../../module/reader.js'
import { aliased, described, found, sortAt, typeDefinition } from './read-types.js'
import { type Budget, ComponentReader, newBudget } from './reader.js'
import { type Body, type Definition, type Exports, Scope } from './scope.js'
import type { WitFunction } from './wit-type.js'

const SectionId = Object.freeze({
  COMPONENT: 4,
  INSTANCE: 5,
  ALIAS: 6,
  TYPE: 7,
  CANON: 8,
  IMPORT: 10,
  EXPORT: 11,
})
/** The most components in each other. */
const mostNested = 32

/** An exported function. */
export interface ExportedFunction {
  /** The name of its interface, with the version; undefined for a function of the world. */
  readonly interface: string | undefined
  readonly name: string
  readonly function: WitFunction
}

/**
 * The functions that a component exports, by itself and in interfaces. Methods of resources are
 * left out.
 * @throws Unreadable for forms that are not known here
 */
export function exportedFunctions(bytes: Uint8Array): ExportedFunction[] {
  const body = { from: preambleBytes, to: bytes.length, outer: new Scope() }
  const exports = exportsOf(bytes, body, new Map(), newBudget(), 0)
  const functions: ExportedFunction[] = []
  const add = (from: string | undefined, name: string, definition: Definition): void => {
    if (definition.sort === 'function' && !name.startsWith('['))
      functions.push({ interface: from, name, function: definition.function })
  }
  for (const [name, definition] of exports) {
    add(undefined, name, definition)
    if (definition.sort === 'instance')
      for (const [inner, each] of definition.exports) add(name, inner, each)
  }
  return functions
}

/** The exports of an instance of a component with these imports. */
function exportsOf(
  bytes: Uint8Array,
  { from, to, outer }: Body,
  given: Exports,
  budget: Budget,
  depth: number,
): Exports {
  if (depth > mostNested) throw new Unreadable('components are nested too deep')
  const scope = new Scope(outer)
  const exports = new Map<string, Definition>()
  const reader = new ComponentReader(bytes, from, budget)
  const item = (id: number): (() => void) | undefined => {
    switch (id) {
      case SectionId.INSTANCE:
        return () =>
          scope.add(
            instanceAt(reader, scope, (body, given) =>
              exportsOf(bytes, body, given, budget, depth + 1),
            ),
          )
      case SectionId.ALIAS:
        return () => scope.add(aliased(reader, scope))
      case SectionId.TYPE:
        return () => scope.add({ sort: 'type', type: typeDefinition(reader, scope) })
      case SectionId.CANON:
        return () => canon(reader, scope)
      case SectionId.IMPORT:
        return () => {
          const name = reader.externName()
          const definition = described(reader, scope)
          scope.add(given.get(name) ?? definition)
        }
      case SectionId.EXPORT:
        return () => {
          const name = reader.externName()
          const sort = sortAt(reader)
          const exported = found(sort, scope, reader.number())
          const definition = reader.optional(() => described(reader, scope)) ?? exported
          scope.add(definition)
          exports.set(name, definition)
        }
    }
    return undefined
  }
  while (reader.at < to) {
    const id = reader.byte()
    const size = reader.number()
    const end = reader.at + size
    if (end > to) throw new Unreadable(`section ${id} is longer than its component`)
    reader.spend()
    const read = item(id)
    if (id === SectionId.COMPONENT) {
      const body = { from: reader.at + preambleBytes, to: end, outer: scope }
      scope.add({ sort: 'component', body })
    } else if (read !== undefined) {
      reader.vector(read)
      if (reader.at !== end) throw new Unreadable(`section ${id} has another length than it says`)
    }
    reader.at = end
  }
  return exports
}

function instanceAt(
  reader: ComponentReader,
  scope: Scope,
  instantiate: (body: Body, given: Exports) => Exports,
): Definition {
  const made = reader.oneOf('an instance', 0, 1) === 0
  const component = made ? scope.at('component', reader.number()) : undefined
  const named = new Map(
    reader.vector(() => {
      const name = made ? reader.text() : reader.externName()
      return [name, found(sortAt(reader), scope, reader.number())] as const
    }),
  )
  if (component === undefined) return { sort: 'instance', exports: named }
  // The exports of a component that was imported are not known.
  const exports = component.body === undefined ? new Map() : instantiate(component.body, named)
  return { sort: 'instance', exports }
}

const Canon = Object.freeze({ LIFT: 0, LOWER: 1, NEW: 2, DROP: 3, REP: 4 })
/** Options of lifted and lowered functions that have an index: memory, realloc, post-return. */
const indexed: readonly number[] = [3, 4, 5, 7]

/** A definition of the canonical ABI. Only a lifted function has an index in a space that is kept. */
function canon(reader: ComponentReader, scope: Scope): void {
  const { LIFT, LOWER, NEW, DROP, REP } = Canon
  const kind = reader.oneOf('a definition of the canonical ABI', LIFT, LOWER, NEW, DROP, REP)
  if (kind !== LIFT && kind !== LOWER) return void reader.number()
  reader.byte()
  reader.number()
  reader.vector(() => {
    if (indexed.includes(reader.oneOf('an option', 0, 1, 2, 3, 4, 5, 6, 7))) reader.number()
  })
  if (kind === LOWER) return
  const type = scope.typeAt(reader.number())
  if (type.of !== 'function') throw new Unreadable('a lifted function has no type of functions')
  scope.add({ sort: 'function', function: type.function })
}
