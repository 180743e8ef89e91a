/**
 * The types of WIT as data: their layout in linear memory and their core values, as the canonical
 * ABI of the component model defines them.
 * @see https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
 */

/** The kinds of types that WASI 0.2 uses. */
export const Kind = Object.freeze({
  Bool: 0,
  /** An unsigned integer of 8, 16 or 32 bits, or a signed one of 32: a number. */
  Int: 1,
  /** A u64 whose every bit counts, such as a time: a bigint. */
  Wide: 2,
  /** A u64 that counts bytes: a number; 2^53 for every value from there on. */
  Size: 3,
  String: 4,
  /** A `list<u8>`. */
  Bytes: 5,
  List: 6,
  Record: 7,
  Tuple: 8,
  Flags: 9,
  Enum: 10,
  Variant: 11,
  Option: 12,
  Result: 13,
  Own: 14,
  Borrow: 15,
} as const)
export type Kind = (typeof Kind)[keyof typeof Kind]

/** The resources of WASI 0.2 that this package implements, by their names in WIT. */
export type ResourceName =
  | 'error'
  | 'pollable'
  | 'input-stream'
  | 'output-stream'
  | 'descriptor'
  | 'directory-entry-stream'
  | 'terminal-input'
  | 'terminal-output'
  | 'network'
  | 'resolve-address-stream'
  | 'tcp-socket'
  | 'udp-socket'
  | 'incoming-datagram-stream'
  | 'outgoing-datagram-stream'
  | 'fields'
  | 'incoming-request'
  | 'outgoing-request'
  | 'request-options'
  | 'response-outparam'
  | 'incoming-response'
  | 'incoming-body'
  | 'future-trailers'
  | 'outgoing-response'
  | 'outgoing-body'
  | 'future-incoming-response'

/** A field of a record, an element of a tuple, or a case of a variant. */
export interface Part {
  readonly label: string
  /** Undefined for a case without a payload. */
  readonly type: Type | undefined
}

/** A type. `name` is its text in WIT. */
export interface Type<K extends Kind = Kind> {
  readonly kind: K
  readonly name: string
  readonly size: number
  readonly align: number
  /** The core types of its flattened form. */
  readonly flat: readonly ('i32' | 'i64' | 'f32' | 'f64')[]
  /** The names of flags and of the cases of an enumeration, in the order of WIT. */
  readonly labels: readonly string[]
  /** Fields, elements, cases; the element of a list or an option; ok and error of a result. */
  readonly parts: readonly Part[]
  /** Offsets of fields and elements; of the payload of a variant. */
  readonly offsets: readonly number[]
}

type Core = Type['flat'][number]
const upTo = (size: number, align: number): number => Math.ceil(size / align) * align

const made = <K extends Kind>(
  kind: K,
  name: string,
  size: number,
  align: number,
  flat: readonly Core[],
  more: Partial<Omit<Type, 'kind'>> = {},
): Type<K> => ({ kind, name, size, align, flat, labels: [], parts: [], offsets: [], ...more })

export const bool = made(Kind.Bool, 'bool', 1, 1, ['i32'])
export const u8 = made(Kind.Int, 'u8', 1, 1, ['i32'])
export const u16 = made(Kind.Int, 'u16', 2, 2, ['i32'])
export const u32 = made(Kind.Int, 'u32', 4, 4, ['i32'])
export const s32 = made(Kind.Int, 's32', 4, 4, ['i32'])
export const u64 = made(Kind.Wide, 'u64', 8, 8, ['i64'])
/** A u64 that counts bytes or links. */
export const size = made(Kind.Size, 'u64', 8, 8, ['i64'])
export const string = made(Kind.String, 'string', 8, 4, ['i32', 'i32'])
export const bytes = made(Kind.Bytes, 'list<u8>', 8, 4, ['i32', 'i32'])

export const list = (type: Type): Type<typeof Kind.List> =>
  made(Kind.List, `list<${type.name}>`, 8, 4, ['i32', 'i32'], { parts: [{ label: '', type }] })

function laidOut(types: readonly Type[]): Pick<Type, 'size' | 'align' | 'flat' | 'offsets'> {
  const align = Math.max(1, ...types.map(type => type.align))
  let at = 0
  const offsets = types.map(type => {
    const offset = upTo(at, type.align)
    at = offset + type.size
    return offset
  })
  return { size: upTo(at, align), align, flat: types.flatMap(({ flat }) => flat), offsets }
}

export function record(
  name: string,
  fields: Readonly<Record<string, Type>>,
): Type<typeof Kind.Record> {
  const { size, align, flat, offsets } = laidOut(Object.values(fields))
  const parts = Object.entries(fields).map(([label, type]) => ({ label, type }))
  return made(Kind.Record, name, size, align, flat, { parts, offsets })
}

export function tuple(...types: readonly Type[]): Type<typeof Kind.Tuple> {
  const { size, align, flat, offsets } = laidOut(types)
  const parts = types.map((type, i) => ({ label: String(i), type }))
  const name = `tuple<${types.map(({ name }) => name).join(', ')}>`
  return made(Kind.Tuple, name, size, align, flat, { parts, offsets })
}

/** Flags, at most 32 of them. */
export function flags(name: string, labels: readonly string[]): Type<typeof Kind.Flags> {
  const size = labels.length <= 8 ? 1 : labels.length <= 16 ? 2 : 4
  return made(Kind.Flags, name, size, size, ['i32'], { labels })
}

/** An enumeration with at most 256 cases. */
export const enumeration = (name: string, labels: readonly string[]): Type<typeof Kind.Enum> =>
  made(Kind.Enum, name, 1, 1, ['i32'], { labels })

const join = (a: Core | undefined, b: Core | undefined): Core =>
  a === undefined || a === b
    ? (b as Core)
    : b === undefined
      ? a
      : a === 'i64' || b === 'i64'
        ? 'i64'
        : 'i32'

/** Anything with a tag of one byte before a payload. */
function tagged<K extends Kind>(kind: K, name: string, parts: readonly Part[]): Type<K> {
  const payloads = parts.flatMap(({ type }) => type ?? [])
  const align = Math.max(1, ...payloads.map(type => type.align))
  const offset = upTo(1, align)
  const size = upTo(offset + Math.max(0, ...payloads.map(type => type.size)), align)
  const longest = Math.max(0, ...payloads.map(({ flat }) => flat.length))
  const flat = Array.from(
    { length: longest },
    (_, i) => payloads.map(({ flat }) => flat[i] as Core | undefined).reduce(join) as Core,
  )
  return made(kind, name, size, align, ['i32', ...flat], { parts, offsets: [offset] })
}

export const variant = (
  name: string,
  cases: Readonly<Record<string, Type | undefined>>,
): Type<typeof Kind.Variant> =>
  tagged(
    Kind.Variant,
    name,
    Object.entries(cases).map(([label, type]) => ({ label, type })),
  )

export const option = (type: Type): Type<typeof Kind.Option> =>
  tagged(Kind.Option, `option<${type.name}>`, [
    { label: 'none', type: undefined },
    { label: 'some', type },
  ])

export const result = (ok?: Type, error?: Type): Type<typeof Kind.Result> =>
  tagged(Kind.Result, `result<${ok?.name ?? '_'}, ${error?.name ?? '_'}>`, [
    { label: 'ok', type: ok },
    { label: 'error', type: error },
  ])

/** A resource; its name is the resource's. */
export interface Handle<Name extends string = string, K extends Kind = Kind> extends Type<K> {
  readonly name: Name
}
export const own = <Name extends string>(name: Name): Handle<Name, typeof Kind.Own> =>
  made(Kind.Own, name, 4, 4, ['i32']) as Handle<Name, typeof Kind.Own>
export const borrow = <Name extends string>(name: Name): Handle<Name, typeof Kind.Borrow> =>
  made(Kind.Borrow, name, 4, 4, ['i32']) as Handle<Name, typeof Kind.Borrow>

/** One parameter of a function, under its name in WIT. */
export interface Param<T extends Type = Type> {
  readonly label: string
  readonly type: T
}

/** A function of an interface. The first parameter of a method is the resource. */
export interface Row<
  P extends readonly Param[] = readonly Param[],
  R extends Type | undefined = Type | undefined,
> {
  /** The function's effect in one sentence, with the POSIX call it resembles. */
  readonly doc: string
  readonly params: P
  readonly result: R
  /** The version of WASI that added it: 0.2.0 unless it says otherwise. */
  readonly since: string
}

/** The functions of an interface, by their names in the component's imports. */
export type Interface = Readonly<Record<string, Row>>

export const param = <T extends Type>(label: string, type: T): Param<T> => ({ label, type })
export const func = <const P extends readonly Param[], R extends Type | undefined = undefined>(
  doc: string,
  params: P,
  result?: R,
  since = '0.2.0',
): Row<P, R> => ({ doc, params, result: result as R, since })
