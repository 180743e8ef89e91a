/**
 * Values of WIT in linear memory, as the canonical ABI lays them out. Little-endian, as linear
 * memory is.
 * @see https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing
 */
import { Filestat, setSize64 } from '../abi/layout.js'
import type { Space } from '../memory.js'
import type { Component, Realloc } from './component.js'
import type { Resource } from './resources/resource.js'
import { Kind, type Type } from './wit/types.js'

/** Numbers of `descriptor-type` by filetype; a pipe has a filetype of sockets. */
export const descriptorTypes: readonly number[] = [0, 1, 2, 3, 6, 7, 7, 5]

const second = 1_000_000_000n
export const seconds = (nanoseconds: bigint): bigint => nanoseconds / second
export const rest = (nanoseconds: bigint): number => Number(nanoseconds % second)

const billion = 1e9
const upper = 2 ** 32

/**
 * Stores a `descriptor-stat` of a filestat. Each of the three times is an option.
 *
 *     0      8            16     24     32         48     56         72     80         96
 *     | type | link-count | size | some | accessed | some | modified | some | changed  |
 */
export function storeStat(view: DataView, at: number, record: DataView): void {
  view.setUint8(at, descriptorTypes[record.getUint8(Filestat.FILETYPE)])
  view.setUint32(at + 8, record.getUint32(Filestat.NLINK, true), true)
  view.setUint32(at + 12, record.getUint32(Filestat.NLINK + 4, true), true)
  view.setUint32(at + 16, record.getUint32(Filestat.SIZE, true), true)
  view.setUint32(at + 20, record.getUint32(Filestat.SIZE + 4, true), true)
  storeStamp(view, at + 24, record, Filestat.ATIM)
  storeStamp(view, at + 48, record, Filestat.MTIM)
  storeStamp(view, at + 72, record, Filestat.CTIM)
}

function storeStamp(view: DataView, at: number, record: DataView, from: number): void {
  view.setUint8(at, 1)
  storeDatetime(view, at + 8, record, from)
}

/**
 * Stores a `datetime` of the nanoseconds since 1970 at a place of a record. Divides 64 bits by a
 * billion in two steps of at most 53 bits, since a BigInt would be an object.
 *
 *     0         8             12        16
 *     | seconds | nanoseconds | 4 zeros |
 */
export function storeDatetime(view: DataView, at: number, record: DataView, from: number): void {
  const high = record.getUint32(from + 4, true)
  const low = record.getUint32(from, true)
  const whole = Math.floor(high / billion)
  const middle = (high - whole * billion) * 2 ** 16 + Math.floor(low / 2 ** 16)
  const first = Math.floor(middle / billion)
  const last = (middle - first * billion) * 2 ** 16 + (low & 0xffff)
  const second = Math.floor(last / billion)
  setSize64(view, at, whole * upper + first * 2 ** 16 + second)
  view.setUint32(at + 8, last - second * billion, true)
}

/** Stores a u64 below 2^53. */
export const storeSize = setSize64
export function storeU32(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true)
}
export function storeU64(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at, value, true)
}
export const loadU64 = (bytes: Uint8Array): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
export const loadU32 = (view: DataView, at: number): number => view.getUint32(at, true)

/** Stores the place of a list. */
export function storeList(view: DataView, at: number, start: number, length: number): void {
  view.setUint32(at, start, true)
  view.setUint32(at + 4, length, true)
}

const encoder = new TextEncoder()

/** The means of storing a value: the memory, its allocator, and the table for its handles. */
export interface Store {
  readonly component: Component
  readonly space: Space
  readonly realloc: Realloc
  /** Returns a new own handle for a resource. */
  own(resource: Resource): number
}

/**
 * Stores a value of JavaScript, as jco represents it: a bigint for a u64, a tuple as an array,
 * undefined for an empty option. For results that are not worth code of their own.
 */
export function storeValue(store: Store, type: Type, value: unknown, at: number): void {
  const { space, component, realloc } = store
  const { memory } = component.context
  switch (type.kind) {
    case Kind.Int:
    case Kind.Enum:
      if (type.size === 4) memory.view.setUint32(at, value as number, true)
      else memory.view.setUint8(at, value as number)
      break
    case Kind.Wide:
      memory.view.setBigUint64(at, value as bigint, true)
      break
    case Kind.String: {
      const bytes = encoder.encode(value as string)
      const start = component.allocate(space, realloc, 1, bytes.length)
      memory.bytes.set(bytes, start)
      storeList(memory.view, at, start, bytes.length)
      break
    }
    case Kind.Own:
      memory.view.setUint32(at, store.own(value as Resource), true)
      break
    case Kind.Option: {
      const [, { type: inner }] = type.parts
      memory.view.setUint8(at, value === undefined ? 0 : 1)
      if (value !== undefined) storeValue(store, inner as Type, value, at + type.offsets[0])
      break
    }
    case Kind.Tuple:
      type.parts.forEach(({ type: part }, i) => {
        storeValue(store, part as Type, (value as readonly unknown[])[i], at + type.offsets[i])
      })
      break
    case Kind.List: {
      const items = value as ArrayLike<unknown>
      const item = type.parts[0].type as Type
      const start = component.allocate(space, realloc, item.align, items.length * item.size)
      for (let i = 0; i < items.length; i++)
        storeValue(store, item, items[i], start + i * item.size)
      storeList(memory.view, at, start, items.length)
      break
    }
    default:
      throw new TypeError(`no value of type ${type.name} can be stored`)
  }
}
