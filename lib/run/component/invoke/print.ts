/** Writes the JavaScript values that jco's bindings return in WAVE. */
import { camelCase, type WitType } from './wit-type.js'

/** The value of a variant, a result, and an option of an option. */
interface Tagged {
  readonly tag: string
  readonly val?: unknown
}

/**
 * A value in WAVE. Its strings are the guest's: characters that a terminal would obey, and those
 * that change the direction of text, are escaped.
 */
export function printed(value: unknown, type: WitType): string {
  switch (type.kind) {
    case 'f32':
    case 'f64':
      return float(value as number)
    case 'char':
      return quoted("'", value as string)
    case 'string':
      return quoted('"', value as string)
    case 'list':
      return `[${Array.from(value as Iterable<unknown>, each => printed(each, type.of)).join(', ')}]`
    case 'tuple':
      return `(${type.of.map((of, i) => printed((value as unknown[])[i], of)).join(', ')})`
    case 'record': {
      const fields = type.fields.map(
        ({ name, type }) => `${name}: ${printed(property(value, name), type)}`,
      )
      return fields.length === 0 ? '{:}' : `{${fields.join(', ')}}`
    }
    case 'flags':
      return `{${type.names.filter(name => property(value, name)).join(', ')}}`
    case 'variant': {
      const { tag, val } = value as Tagged
      return tagged(tag, val, type.cases.find(({ name }) => name === tag)?.type)
    }
    case 'option': {
      if (type.of.kind !== 'option')
        return value === undefined ? 'none' : tagged('some', value, type.of)
      const { tag, val } = value as Tagged
      return tag === 'none' ? 'none' : tagged('some', val, type.of)
    }
    case 'result': {
      const { tag, val } = value as Tagged
      return tagged(tag, val, tag === 'ok' ? type.ok : type.err)
    }
    case 'handle':
      return '<resource>'
    default:
      return `${value}`
  }
}

const property = (value: unknown, name: string): unknown =>
  (value as Readonly<Record<string, unknown>>)[camelCase(name)]
const tagged = (tag: string, value: unknown, type: WitType | undefined): string =>
  type === undefined ? tag : `${tag}(${printed(value, type)})`

const float = (value: number): string =>
  Number.isNaN(value) ? 'nan' : `${value}`.replace('Infinity', 'inf')

const escapes: ReadonlyMap<string, string> = new Map([
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
])
/** Control characters, those that have no width or a direction, and halves of characters. */
const special = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

function quoted(quote: "'" | '"', text: string): string {
  const inner = text
    .replace(quote === '"' ? /[\\"]/g : /[\\']/g, '\\$&')
    .replace(
      special,
      character =>
        escapes.get(character) ?? `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
    )
  return quote + inner + quote
}
