/** Modules of any state: globals, tables, memories and segments, with functions from bytes. */
import { moduleOf, section, unsigned } from '../../sections.js'

export const I32 = 0x7f
export const I64 = 0x7e
export const F32 = 0x7d
export const F64 = 0x7c
export const V128 = 0x7b
export const FUNCREF = 0x70
export const EXTERNREF = 0x6f
export const END = 0x0b

export interface Func {
  readonly params?: readonly number[]
  readonly results?: readonly number[]
  readonly body: readonly number[]
}

export interface State {
  /** Exported by their names, in the order of their indices. */
  readonly functions: Readonly<Record<string, Func>>
  /** Imports, as `imported` of sections.ts has them. */
  readonly imports?: readonly (readonly number[])[]
  /** Imported functions have these types, which come first. */
  readonly types?: readonly number[][]
  /** The number of imported functions. */
  readonly importedFunctions?: number
  readonly tables?: readonly number[][]
  readonly memories?: readonly number[][]
  readonly globals?: readonly number[][]
  readonly exports?: readonly number[][]
  readonly start?: number
  readonly elements?: readonly number[][]
  readonly data?: readonly number[][]
  readonly counted?: boolean
}

export const text = (string: string): number[] => [
  ...unsigned(string.length),
  ...Buffer.from(string),
]
const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes]
const types = (all: readonly number[] = []): number[] => [...unsigned(all.length), ...all]

/** A mutable global. */
export const variable = (type: number, ...init: readonly number[]): number[] => [
  type,
  1,
  ...init,
  END,
]

export function stateful({
  functions,
  imports = [],
  types: first = [],
  importedFunctions = 0,
  tables = [],
  memories = [[0, 1]],
  globals = [],
  exports = [[...text('memory'), 2, 0]],
  start,
  elements = [],
  data = [],
  counted = false,
}: State): Uint8Array<ArrayBuffer> {
  const own = Object.entries(functions)
  return moduleOf(
    section(
      1,
      ...first,
      ...own.map(([, { params, results }]) => [0x60, ...types(params), ...types(results)]),
    ),
    section(2, ...imports.map(each => [...each])),
    section(3, ...own.map((_, i) => unsigned(first.length + i))),
    section(4, ...tables),
    section(5, ...memories),
    section(6, ...globals),
    section(7, ...own.map(([name], i) => [...text(name), 0, importedFunctions + i]), ...exports),
    start === undefined ? [] : [8, 1, start],
    section(9, ...elements),
    counted ? [12, 1, ...unsigned(data.length)] : [],
    section(10, ...own.map(([, { body }]) => sized([0, ...body, END]))),
    section(11, ...data),
  )
}

/** Functions that read and write a global: `get0` and `set0`. */
export const access = (index: number, type: number): Record<string, Func> => ({
  [`get${index}`]: { results: [type], body: [0x23, index] },
  [`set${index}`]: { params: [type], body: [0x20, 0, 0x24, index] },
})
