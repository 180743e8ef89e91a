/**
 * The canonical ABI as a component's glue implements it: values of JavaScript, as jco represents
 * them, to core values and linear memory and back. Written from the specification, apart from the
 * package's own lifting and lowering, so that a mistake in one of them shows.
 * @see https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
 */
import { camelCase } from '#lib/preview2/names.js'
import { Kind, type Type } from '#lib/preview2/wit/types.js'

/** A core value. */
export type Core = number | bigint

/** The memory and the handles of a component. */
export interface Guest {
  readonly memory: WebAssembly.Memory
  allocate(align: number, size: number): number
  /** Returns the handle of a resource that is passed as an argument. */
  handleOf(resource: unknown, type: Type): number
  /** Returns the resource of a handle that a call returned. */
  resourceOf(handle: number, type: Type): unknown
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

interface Tagged {
  readonly tag: string
  readonly val?: unknown
}
/** The case of a variant, an option or a result, and its payload. */
function caseOf({ kind, name, parts }: Type, value: unknown): [number, Type | undefined, unknown] {
  if (kind === Kind.Option)
    return value === undefined ? [0, undefined, undefined] : [1, parts[1].type, value]
  const { tag, val } = value as Tagged
  const wanted = kind === Kind.Result ? (tag === 'err' ? 'error' : tag) : tag
  const number = parts.findIndex(({ label }) => label === wanted)
  if (number < 0) throw new TypeError(`${name} has no case ${tag}`)
  return [number, parts[number].type, val]
}
/** The value of a case. */
function unlabelled({ kind, parts }: Type, number: number, payload: () => unknown): unknown {
  const { label, type } = parts[number]
  const val = type === undefined ? undefined : payload()
  if (kind === Kind.Option) return val
  return { tag: kind === Kind.Result && number === 1 ? 'err' : label, ...(type && { val }) }
}
const bitsOf = ({ labels }: Type, value: unknown): number =>
  labels.reduce(
    (bits, label, bit) =>
      (value as Readonly<Record<string, boolean>>)[camelCase(label)] ? bits | (1 << bit) : bits,
    0,
  )

/** The elements of a record or a tuple, in order. */
const fieldsOf = ({ kind, parts }: Type, value: unknown): unknown[] =>
  parts.map(({ label }, i) =>
    kind === Kind.Tuple
      ? (value as readonly unknown[])[i]
      : (value as Readonly<Record<string, unknown>>)[camelCase(label)],
  )

/** Places a list in memory; its address and its length in elements. */
function listOf(guest: Guest, type: Type, value: unknown): [at: number, length: number] {
  if (type.kind === Kind.List) {
    const items = Array.from(value as ArrayLike<unknown>)
    const item = type.parts[0].type as Type
    const at = guest.allocate(item.align, items.length * item.size)
    for (const [i, each] of items.entries()) store(guest, item, each, at + i * item.size)
    return [at, items.length]
  }
  const bytes =
    typeof value === 'string' ? encoder.encode(value) : Uint8Array.from(value as Uint8Array)
  const at = guest.allocate(1, bytes.length)
  new Uint8Array(guest.memory.buffer).set(bytes, at)
  return [at, bytes.length]
}

/** Flattens a value to core values, signed as WebAssembly passes them to JavaScript. */
export function flatten(guest: Guest, type: Type, value: unknown): Core[] {
  switch (type.kind) {
    case Kind.Bool:
      return [value ? 1 : 0]
    case Kind.Int:
      return [(value as number) | 0]
    case Kind.Wide:
    case Kind.Size:
      return [BigInt.asIntN(64, BigInt(value as bigint))]
    case Kind.Flags:
      return [bitsOf(type, value)]
    case Kind.Enum:
      return [type.labels.indexOf(value as string)]
    case Kind.Own:
    case Kind.Borrow:
      return [guest.handleOf(value, type)]
    case Kind.String:
    case Kind.Bytes:
    case Kind.List:
      return listOf(guest, type, value)
    case Kind.Record:
    case Kind.Tuple: {
      const fields = fieldsOf(type, value)
      return type.parts.flatMap(({ type: part }, i) => flatten(guest, part as Type, fields[i]))
    }
    default: {
      const [number, payload, val] = caseOf(type, value)
      const values = payload === undefined ? [] : flatten(guest, payload, val)
      return type.flat.map((core, i) => {
        const own = i === 0 ? number : (values[i - 1] ?? 0)
        return core === 'i64' ? BigInt(own) : own
      })
    }
  }
}

/** Stores a value in memory. */
export function store(guest: Guest, type: Type, value: unknown, at: number): void {
  const view = new DataView(guest.memory.buffer)
  switch (type.kind) {
    case Kind.Bool:
    case Kind.Int:
    case Kind.Flags:
    case Kind.Enum:
    case Kind.Own:
    case Kind.Borrow: {
      const [word] = flatten(guest, type, value) as [number]
      if (type.size === 1) view.setUint8(at, word)
      else if (type.size === 2) view.setUint16(at, word, true)
      else view.setUint32(at, word, true)
      return
    }
    case Kind.Wide:
    case Kind.Size:
      view.setBigUint64(at, BigInt(value as bigint), true)
      return
    case Kind.String:
    case Kind.Bytes:
    case Kind.List: {
      const [start, length] = listOf(guest, type, value)
      // Storing the elements may have grown the memory.
      const view = new DataView(guest.memory.buffer)
      view.setUint32(at, start, true)
      view.setUint32(at + 4, length, true)
      return
    }
    case Kind.Record:
    case Kind.Tuple: {
      const fields = fieldsOf(type, value)
      for (const [i, { type: part }] of type.parts.entries())
        store(guest, part as Type, fields[i], at + type.offsets[i])
      return
    }
    default: {
      const [number, payload, val] = caseOf(type, value)
      view.setUint8(at, number)
      if (payload !== undefined) store(guest, payload, val, at + type.offsets[0])
    }
  }
}

/** Lifts the one core value of a result. */
export function liftFlat(guest: Guest, type: Type, value: Core): unknown {
  switch (type.kind) {
    case Kind.Bool:
      return value !== 0
    case Kind.Int:
      return type.name === 's32' ? Number(value) | 0 : Number(value) >>> 0
    case Kind.Wide:
    case Kind.Size:
      return BigInt.asUintN(64, value as bigint)
    case Kind.Enum:
      return labelOf(type, value as number)
    case Kind.Own:
      return guest.resourceOf(value as number, type)
    default:
      throw new TypeError(`no result of type ${type.name} is one core value`)
  }
}
function labelOf({ name, labels }: Type, number: number): string {
  const label = labels[number]
  if (label === undefined) throw new RangeError(`${name} has no case ${number}`)
  return label
}

/** Loads a value from memory. */
export function load(guest: Guest, type: Type, at: number): unknown {
  const view = new DataView(guest.memory.buffer)
  const word = (): number =>
    type.size === 1
      ? view.getUint8(at)
      : type.size === 2
        ? view.getUint16(at, true)
        : view.getUint32(at, true)
  if (at % type.align !== 0) throw new RangeError(`${type.name} at ${at} is not aligned`)
  switch (type.kind) {
    case Kind.Bool: {
      if (word() > 1) throw new RangeError(`bool of ${word()}`)
      return word() === 1
    }
    case Kind.Int:
    case Kind.Enum:
    case Kind.Own:
      return liftFlat(guest, type, word())
    case Kind.Wide:
    case Kind.Size:
      return view.getBigUint64(at, true)
    case Kind.Flags: {
      const bits = word()
      if (bits >>> type.labels.length !== 0) throw new RangeError(`${type.name} of ${bits}`)
      return Object.fromEntries(
        type.labels.map((label, bit) => [camelCase(label), (bits & (1 << bit)) !== 0]),
      )
    }
    case Kind.String:
    case Kind.Bytes:
    case Kind.List: {
      const [start, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)]
      return loadList(guest, type, start, length)
    }
    case Kind.Record:
    case Kind.Tuple: {
      const values = type.parts.map(({ type: part }, i) =>
        load(guest, part as Type, at + type.offsets[i]),
      )
      if (type.kind === Kind.Tuple) return values
      return Object.fromEntries(type.parts.map(({ label }, i) => [camelCase(label), values[i]]))
    }
    default: {
      const number = view.getUint8(at)
      if (number >= type.parts.length) throw new RangeError(`${type.name} has no case ${number}`)
      const payload = type.parts[number].type
      return unlabelled(type, number, () => load(guest, payload as Type, at + type.offsets[0]))
    }
  }
}

function loadList(guest: Guest, type: Type, start: number, length: number): unknown {
  if (type.kind !== Kind.List) {
    const bytes = new Uint8Array(guest.memory.buffer, start, length).slice()
    return type.kind === Kind.String ? decoder.decode(bytes) : bytes
  }
  const item = type.parts[0].type as Type
  const items = Array.from({ length }, (_, i) => load(guest, item, start + i * item.size))
  return item === undefined || item.name !== 'u32' ? items : Uint32Array.from(items as number[])
}
