/** The types of values and functions in WIT, and how they are written. */

export const primitives = [
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
] as const
export type Primitive = (typeof primitives)[number]

/** A field, a case or a parameter: a name, and its type. */
export interface Named {
  readonly name: string
  readonly type: WitType
}
export interface Case {
  readonly name: string
  /** Undefined for a case without a payload. */
  readonly type: WitType | undefined
}

export type WitType =
  | { readonly kind: Primitive }
  | { readonly kind: 'list' | 'option'; readonly of: WitType }
  | { readonly kind: 'tuple'; readonly of: readonly WitType[] }
  | { readonly kind: 'record'; readonly fields: readonly Named[] }
  | { readonly kind: 'variant'; readonly cases: readonly Case[] }
  | { readonly kind: 'enum' | 'flags'; readonly names: readonly string[] }
  | {
      readonly kind: 'result'
      readonly ok: WitType | undefined
      readonly err: WitType | undefined
    }
  /** A handle of a resource, a stream or a future: no text is one. */
  | { readonly kind: 'handle' }

export interface WitFunction {
  readonly params: readonly Named[]
  readonly result: WitType | undefined
}

/** The most characters of a type, and the most levels of types in it, as they are written. */
const mostText = 400
const mostDepth = 16

/** `func(a: u32, b: list<string>) -> bool`, without `func`. */
export function signatureOf({ params, result }: WitFunction): string {
  const list = params.map(({ name, type }) => `${name}: ${textOf(type)}`).join(', ')
  return cut(`(${list})${result === undefined ? '' : ` -> ${textOf(result)}`}`)
}

const cut = (text: string): string =>
  text.length > mostText ? `${text.slice(0, mostText)}...` : text

/** A type as WIT writes it. One that has a name there is written out. */
export function textOf(type: WitType | undefined, depth = 0): string {
  if (type === undefined) return '_'
  if (depth > mostDepth) return '...'
  const inner = (of: WitType | undefined): string => textOf(of, depth + 1)
  switch (type.kind) {
    case 'list':
    case 'option':
      return cut(`${type.kind}<${inner(type.of)}>`)
    case 'tuple':
      return cut(`tuple<${listOf(type.of, inner)}>`)
    case 'record':
      return cut(`record { ${listOf(type.fields, ({ name, type }) => `${name}: ${inner(type)}`)} }`)
    case 'variant':
      return cut(
        `variant { ${listOf(type.cases, ({ name, type }) => (type === undefined ? name : `${name}(${inner(type)})`))} }`,
      )
    case 'enum':
    case 'flags':
      return cut(`${type.kind} { ${listOf(type.names, name => name)} }`)
    case 'result':
      if (type.err === undefined)
        return type.ok === undefined ? 'result' : `result<${inner(type.ok)}>`
      return cut(`result<${inner(type.ok)}, ${inner(type.err)}>`)
    default:
      return type.kind
  }
}

/** The first items: more of them would be cut. */
const listOf = <T>(items: readonly T[], text: (item: T) => string): string =>
  items.slice(0, 32).map(text).join(', ') + (items.length > 32 ? ', ...' : '')

/** A name of WIT as jco writes it in JavaScript: `get-http-url` is `getHttpUrl`. */
export const camelCase = (name: string): string =>
  name
    .split('-')
    .map((word, i) => {
      const lower = word.toLowerCase()
      return i === 0 ? lower : lower.charAt(0).toUpperCase() + lower.slice(1)
    })
    .join('')
