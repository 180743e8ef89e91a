/** Reads the state of an instance by its reserved exports, and refuses a state that it cannot read. */
import { isWasmMemory } from '../../memory.js'
import { type GlobalItem, isPassive, type ModuleItems } from '../module/items.js'
import { reservedName } from '../module/reserved.js'
import { Limit, SectionId } from '../module/sections.js'
import { refused } from './refused.js'

/** A reference that a snapshot can hold: null, or a function of the module, by its index. */
export type Reference = null | { readonly function: number }

/** The state of an instance. */
export interface InstanceState {
  /** The values of mutable globals by index; undefined for immutable ones. */
  readonly globals: readonly (number | bigint | Reference | undefined)[]
  readonly tables: readonly (readonly Reference[])[]
  readonly memories: readonly Uint8Array[]
}

/** Value types by their first byte. */
export const ValueType = Object.freeze({
  I32: 0x7f,
  I64: 0x7e,
  F32: 0x7d,
  F64: 0x7c,
  V128: 0x7b,
  FUNCREF: 0x70,
})

/**
 * @param exports all exports of the instance
 * @throws Error with code ERR_WASI_SNAPSHOT
 */
export function stateOf(
  items: ModuleItems,
  exports: Readonly<Record<string, unknown>>,
): InstanceState {
  checkModule(items)
  return {
    globals: items.globals.map((global, index) =>
      global.mutable
        ? globalValue(items, global, index, exports[reservedName('global', index)])
        : undefined,
    ),
    tables: items.tables.map((_, index) =>
      elementsOf(items, index, exports[reservedName('table', index)]),
    ),
    memories: items.memories.map((_, index) => {
      const memory = exports[reservedName('memory', index)]
      if (!isWasmMemory(memory)) throw lacking(`memory ${index}`)
      return new Uint8Array(memory.buffer)
    }),
  }
}

const lacking = (what: string): Error => refused(`the module does not show its ${what}`)

/** Refuses forms of state that no reserved export shows. */
function checkModule(items: ModuleItems): void {
  const { globals, tables, memories } = items
  if (memories.some(({ limits }) => limits.flags & Limit.SHARED))
    throw refused('the module has a shared memory, which other threads may change meanwhile')
  if ([...memories, ...tables].some(({ limits }) => limits.flags & Limit.WIDE))
    throw refused('the module has a memory or a table with 64-bit addresses')
  const mutable = globals.findIndex(({ imported, mutable }) => imported && mutable)
  if (mutable >= 0)
    throw refused(`the module imports the mutable global ${mutable}, whose state is the embedder's`)
  if (tables.some(({ imported }) => imported))
    throw refused("the module imports a table, whose state is the embedder's")
  if (items.allocates)
    throw refused('the module makes objects of the garbage-collected heap, which cannot be read')
  checkSegments(items)
}

/**
 * Refuses a passive segment that code may have dropped: nothing shows if it has, unless it is empty,
 * as one that was dropped. An instruction is
 * recognized by its bytes, which may also be a part of another one.
 */
function checkSegments(items: ModuleItems): void {
  const { bytes, elements, data } = items
  const passive = {
    [Drop.DATA]: data.map(({ passive, length }) => passive && length > 0),
    [Drop.ELEMENTS]: elements.map(each => isPassive(each) && each.count > 0),
  }
  if (!Object.values(passive).some(each => each.includes(true))) return
  const code = items.section(SectionId.CODE)
  if (code === undefined) return
  const body = Buffer.from(bytes.buffer, bytes.byteOffset + code.body, code.to - code.body)
  for (let at = body.indexOf(PREFIX); at >= 0; at = body.indexOf(PREFIX, at + 1)) {
    const [opcode, next] = numberAt(body, at + 1)
    if (opcode !== Drop.DATA && opcode !== Drop.ELEMENTS) continue
    const [index] = numberAt(body, next)
    if (passive[opcode][index])
      throw refused(
        `the module may have dropped its passive ${opcode === Drop.DATA ? 'data' : 'element'} segment ${index}`,
      )
  }
}

const PREFIX = 0xfc
/** Instructions behind the prefix: data.drop and elem.drop. */
const Drop = Object.freeze({ DATA: 9, ELEMENTS: 13 })

/** An unsigned LEB128, and the position behind it. Zeros follow the end of the bytes. */
function numberAt(bytes: Uint8Array, from: number): readonly [value: number, next: number] {
  let value = 0
  for (let i = 0; i < 5; i++) {
    const byte = bytes[from + i] ?? 0
    value += (byte & 127) * 128 ** i
    if (byte < 128) return [value, from + i + 1]
  }
  return [value, from + 5]
}

function globalValue(
  { bytes, functions }: ModuleItems,
  { type }: GlobalItem,
  index: number,
  shown: unknown,
): number | bigint | Reference {
  const what = `global ${index}`
  if (!(shown instanceof WebAssembly.Global)) throw lacking(what)
  let value: unknown
  try {
    ;({ value } = shown)
  } catch (cause) {
    throw refused(`the mutable ${what} has a type that JavaScript cannot read`, cause)
  }
  const numeric = (bytes[type.from] as number) >= ValueType.F64
  if (!numeric) return referenceOf(value, functions, what)
  if (typeof value !== 'bigint' && typeof value !== 'number') throw lacking(what)
  if (Number.isNaN(value))
    throw refused(`the mutable ${what} is NaN, whose bits JavaScript cannot read`)
  return value
}

function elementsOf(
  { bytes, tables, functions }: ModuleItems,
  index: number,
  shown: unknown,
): Reference[] {
  if (!(shown instanceof WebAssembly.Table)) throw lacking(`table ${index}`)
  const { type, initialized } = tables[index] as ModuleItems['tables'][number]
  if (initialized)
    throw refused(`table ${index} has an expression for its elements, which is not supported`)
  const elements: Reference[] = []
  for (let i = 0; i < shown.length; i++)
    elements.push(
      referenceOf(elementAt(shown, i, index), functions, `element ${i} of table ${index}`),
    )
  if (bytes[type.from] !== ValueType.FUNCREF && elements.some(each => each !== null))
    throw refused(`table ${index} has a type other than funcref, and elements that are not null`)
  return elements
}

function elementAt(table: WebAssembly.Table, i: number, index: number): unknown {
  try {
    return table.get(i)
  } catch (cause) {
    throw refused(`table ${index} has a type that JavaScript cannot read`, cause)
  }
}

/**
 * A function of the instance has its index as its name. No function of another instance gets here:
 * the functions that a module imports are wrapped in JavaScript.
 * @see https://webassembly.github.io/spec/js-api/#exported-function-exotic-objects
 */
function referenceOf(value: unknown, functions: number, what: string): Reference {
  if (value === null) return null
  const index = typeof value === 'function' ? Number(value.name || Number.NaN) : Number.NaN
  if (Number.isInteger(index) && index >= 0 && index < functions) return { function: index }
  throw refused(`${what} is a reference to something other than a function of the module`)
}
