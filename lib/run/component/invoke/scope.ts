/** The index spaces of a component, as far as the types of its functions need them. */
import { Unreadable } from '../../module/reader.js'
import type { WitFunction, WitType } from './wit-type.js'

/** A part of a component that has not been read: its types are known when it is instantiated. */
export interface Body {
  readonly from: number
  readonly to: number
  readonly outer: Scope
}

/** A definition that an index names. Values and core definitions have no types here. */
export type Definition =
  | { readonly sort: 'function'; readonly function: WitFunction }
  | { readonly sort: 'type'; readonly type: TypeDefinition }
  | { readonly sort: 'component'; readonly body: Body | undefined }
  | { readonly sort: 'instance'; readonly exports: Exports }
  | { readonly sort: 'other' }
export type Exports = ReadonlyMap<string, Definition>

/** A definition in the space of types. */
export type TypeDefinition =
  | { readonly of: 'value'; readonly type: WitType }
  | { readonly of: 'function'; readonly function: WitFunction }
  | { readonly of: 'instance'; readonly exports: Exports }
  | { readonly of: 'other' }

export type Sort = Definition['sort']
/** The sorts of the index spaces by their number; that of core definitions and of values is one. */
export const sorts: readonly Sort[] = [
  'other',
  'function',
  'other',
  'type',
  'component',
  'instance',
]

export class Scope {
  readonly outer: Scope | undefined
  readonly #spaces: Readonly<Record<Sort, Definition[]>> = {
    function: [],
    type: [],
    component: [],
    instance: [],
    other: [],
  }
  constructor(outer?: Scope) {
    this.outer = outer
  }

  /** Gives a definition the next index of its space. */
  add(definition: Definition): void {
    this.#spaces[definition.sort].push(definition)
  }

  at<S extends Sort>(sort: S, index: number): Extract<Definition, { readonly sort: S }> {
    const definition = this.#spaces[sort][index]
    if (definition === undefined) throw new Unreadable(`there is no ${sort} ${index}`)
    return definition as Extract<Definition, { readonly sort: S }>
  }

  typeAt(index: number): TypeDefinition {
    return this.at('type', index).type
  }

  valueType(index: number): WitType {
    const type = this.typeAt(index)
    // A resource has no values, and a handle of it is none that a text can be.
    return type.of === 'value' ? type.type : { kind: 'handle' }
  }

  /** A scope so many levels up. */
  up(levels: number): Scope {
    let scope: Scope | undefined = this
    for (let i = 0; i < levels; i++) scope = scope?.outer
    if (scope === undefined) throw new Unreadable(`there are no ${levels} outer components`)
    return scope
  }
}
