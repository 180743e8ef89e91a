/**
 * Finds the limits of memories and tables in the bytes of a module, which WebAssembly.Module does
 * not tell.
 */
import { Reader, Unreadable } from './reader.js'

/**
 * The limits of one memory, in pages, or of one table, in elements, and their position in the
 * bytes.
 */
export interface Limits {
  readonly of: 'memory' | 'table'
  readonly from: number
  readonly to: number
  readonly flags: number
  readonly initial: number
  readonly maximum: number | undefined
}
/** A section that has limits: the imports, the tables, or the memories. */
export interface Section {
  readonly id: number
  /** The positions where its header begins, its contents begin, and both end. */
  readonly from: number
  readonly body: number
  readonly to: number
  readonly limits: readonly Limits[]
}

export const SectionId = Object.freeze({
  IMPORT: 2,
  FUNCTION: 3,
  TABLE: 4,
  MEMORY: 5,
  GLOBAL: 6,
  EXPORT: 7,
  START: 8,
  ELEMENT: 9,
  CODE: 10,
  DATA: 11,
  DATA_COUNT: 12,
  TAG: 13,
})
export const Limit = Object.freeze({ MAXIMUM: 1, SHARED: 2, WIDE: 4 })
/** The kinds of imports and exports. */
export const Kind = Object.freeze({ FUNCTION: 0, TABLE: 1, MEMORY: 2, GLOBAL: 3, TAG: 4 })
/** `\0asm`, version 1. */
export const magic: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
/** A table that says what its elements begin as opens with this byte, and a zero. */
export const INITIALIZED = 0x40

/** Reads the limits of a memory or a table. */
export function limits(reader: Reader, of: Limits['of']): Limits {
  const from = reader.at
  const flags = reader.byte()
  if (flags > (Limit.MAXIMUM | Limit.SHARED | Limit.WIDE))
    throw new Unreadable(`the limits of a ${of} have flags that are not known here`)
  const initial = reader.number()
  const maximum = flags & Limit.MAXIMUM ? reader.number() : undefined
  return { of, from, to: reader.at, flags, initial, maximum }
}

/** The limits of an import that is a memory or a table. */
function imported(reader: Reader): Limits | undefined {
  for (let name = 0; name < 2; name++) reader.skip(reader.number())
  const kind = reader.byte()
  switch (kind) {
    case Kind.MEMORY:
      return limits(reader, 'memory')
    case Kind.TABLE:
      reader.valueType()
      return limits(reader, 'table')
    case Kind.FUNCTION:
      reader.number()
      return undefined
    case Kind.GLOBAL:
      reader.valueType()
      reader.byte()
      return undefined
    case Kind.TAG:
      reader.byte()
      reader.number()
      return undefined
  }
  throw new Unreadable(`the module has an import of kind ${kind}, which is not known here`)
}

function table(reader: Reader): Limits {
  const from = reader.at
  const initialized = reader.byte() === INITIALIZED && reader.byte() === 0
  if (!initialized) reader.at = from
  reader.valueType()
  const found = limits(reader, 'table')
  if (initialized) reader.constant()
  return found
}

const readers: ReadonlyMap<number, (reader: Reader) => Limits | undefined> = new Map([
  [SectionId.IMPORT, imported],
  [SectionId.TABLE, table],
  [SectionId.MEMORY, (reader: Reader) => limits(reader, 'memory')],
])

/**
 * The sections of a module that may have limits, in their order.
 * @throws Unreadable for bytes that are no module, and for forms that are not known here; the
 * compiler knows which of both it is.
 * @see https://webassembly.github.io/spec/core/binary/modules.html
 */
export function limitSections(bytes: Uint8Array): Section[] {
  if (magic.some((byte, i) => bytes[i] !== byte))
    throw new Unreadable('these are not the bytes of a module')
  const found: Section[] = []
  const reader = new Reader(bytes, magic.length)
  while (reader.more) {
    const from = reader.at
    const id = reader.byte()
    const size = reader.number()
    const body = reader.at
    const read = readers.get(id)
    if (read !== undefined) {
      const all: (Limits | undefined)[] = []
      for (let left = reader.number(); left > 0; left--) all.push(read(reader))
      // Else this reader and the compiler would not see the same module.
      if (reader.at !== body + size)
        throw new Unreadable(`section ${id} of the module has another length than it says`)
      found.push({
        id,
        from,
        body,
        to: body + size,
        limits: all.filter(limits => limits !== undefined),
      })
    }
    reader.at = body + size
  }
  return found
}
