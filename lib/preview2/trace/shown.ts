/** A value as a trace shows it: in a line of text, and in a record. */
import { dictionary } from '../../dictionary.js'
import type { ComponentValue } from '../../observe/event.js'
import { printable, printableCut } from '../../observe/printable.js'
import { addressText, type SocketAddress } from '../addresses.js'
import { camelCase } from '../names.js'
import { Resource } from '../resources/resource.js'
import { Kind, type Type } from '../wit/types.js'

export interface Shown {
  readonly text: string
  readonly json: ComponentValue
}

/** Shows a word of this package, or a number. */
export const word = (value: string | number | boolean): Shown => ({
  text: String(value),
  json: value,
})
/** Shows a text of the component. */
export const quoted = (text: string): Shown => ({ text: printableCut(text), json: text })
export const byteCount = (bytes: number): Shown => ({
  text: `${bytes} byte${bytes === 1 ? '' : 's'}`,
  json: { bytes },
})
export const itemCount = (items: number): Shown => ({
  text: `${items} item${items === 1 ? '' : 's'}`,
  json: { items },
})
export const none: Shown = { text: 'none', json: null }

/** Shows a u64: beyond 2^53 it is text, since JSON has no such numbers. */
export function wide(value: bigint): Shown {
  const number = Number(value)
  return { text: String(value), json: Number.isSafeInteger(number) ? number : String(value) }
}
export function flagsOf({ labels }: Type, bits: number): Shown {
  const names = labels.filter((_, bit) => bits & (1 << bit))
  return { text: names.join('|') || '0x0', json: names }
}
/** Shows a time since 1970. */
export const timeOf = (seconds: bigint, nanoseconds: number): Shown =>
  word(`${seconds}.${String(nanoseconds).padStart(9, '0')}`)

export const listOf = (items: readonly Shown[]): Shown => ({
  text: `[${items.map(({ text }) => text).join(', ')}]`,
  json: items.map(({ json }) => json),
})
export const recordOf = (fields: readonly (readonly [name: string, value: Shown])[]): Shown => ({
  text: `{${fields.map(([name, { text }]) => `${name}=${text}`).join(', ')}}`,
  json: dictionary(fields.map(([name, { json }]) => [name, json] as const)),
})

/** Shows a resource. */
export type ShowResource = (resource: Resource) => Shown

/** The most items of a list that are shown. */
const most = 16

/** Shows a value that jco has converted, or that it will convert, with resources in it. */
export function converted(type: Type, value: unknown, resource: ShowResource): Shown {
  const { kind, parts } = type
  const part = (type: Type | undefined, value: unknown): Shown =>
    converted(type as Type, value, resource)
  if (value instanceof Resource) return resource(value)
  if (type.name === 'ip-socket-address') return word(addressText(value as SocketAddress))
  switch (kind) {
    case Kind.Bool:
    case Kind.Int:
    case Kind.Enum:
      return word(value as number)
    case Kind.Wide:
      return wide(value as bigint)
    case Kind.String:
      return quoted(value as string)
    case Kind.Bytes:
      return byteCount((value as Uint8Array).length)
    case Kind.Option:
      return value === undefined ? none : part(parts[1].type, value)
    case Kind.List:
      return itemsOf(type, value as readonly unknown[], resource)
    case Kind.Tuple:
      return listOf(parts.map(({ type }, i) => part(type, (value as readonly unknown[])[i])))
    case Kind.Record:
      return recordOf(
        parts.map(({ label, type }) => [
          label,
          part(type, (value as Readonly<Record<string, unknown>>)[camelCase(label)]),
        ]),
      )
    default: {
      const { tag, val } = value as { tag: string; val?: unknown }
      const found = parts.find(({ label }) => label === tag || (tag === 'err' && label === 'error'))
      if (found?.type === undefined) return word(tag)
      const { text, json } = part(found.type, val)
      return { text: `${printable(tag).slice(1, -1)} ${text}`, json: { [tag]: json } }
    }
  }
}

/** Shows the items of a list that has neither texts nor data, and the number of all others. */
function itemsOf({ parts }: Type, items: readonly unknown[], resource: ShowResource): Shown {
  const item = parts[0].type as Type
  if (items.length > most || (item.kind !== Kind.Int && !hasResource(item)))
    return itemCount(items.length)
  return listOf(items.map(each => converted(item, each, resource)))
}
const hasResource = ({ kind, parts }: Type): boolean =>
  kind === Kind.Own || kind === Kind.Borrow || parts.some(({ type }) => type && hasResource(type))
