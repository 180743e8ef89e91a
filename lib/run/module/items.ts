/** Reads the items of a module that make up the state of an instance. */
import { Reader, Unreadable } from './reader.js'
import { reserved } from './reserved.js'
import { INITIALIZED, Kind, type Limits, limits, magic, SectionId } from './sections.js'

const prefix = Buffer.from(reserved)

/** A range of the module's bytes. */
export interface Span {
  readonly from: number
  readonly to: number
}
/** A section: `from` is its header, `body` its contents. */
export interface SectionSpan extends Span {
  readonly id: number
  readonly body: number
}
export interface TableItem {
  readonly imported: boolean
  /** Its elements begin as an expression says. */
  readonly initialized: boolean
  readonly type: Span
  readonly limits: Limits
}
export interface MemoryItem {
  readonly imported: boolean
  readonly limits: Limits
}
export interface GlobalItem {
  readonly imported: boolean
  readonly mutable: boolean
  readonly type: Span
  /** The expression that it begins as. */
  readonly init: Span | undefined
}
/** A segment of elements. */
export interface ElementItem extends Span {
  readonly count: number
  readonly flags: number
  /** The kind or the type of its elements, if it is written. */
  readonly type: Span | undefined
  /** The elements, with their number. */
  readonly elements: Span
}
/** A segment of data. */
export interface DataItem extends Span {
  readonly length: number
  readonly passive: boolean
}

export class ModuleItems {
  readonly bytes: Uint8Array
  readonly sections: SectionSpan[] = []
  /** The number of functions, imported ones included. */
  functions = 0
  readonly tables: TableItem[] = []
  readonly memories: MemoryItem[] = []
  readonly globals: GlobalItem[] = []
  /** The number of exports. */
  exports = 0
  /** An export has a reserved name. */
  reserves = false
  readonly elements: ElementItem[] = []
  readonly data: DataItem[] = []
  /** A constant expression makes an object of the garbage-collected heap. */
  readonly allocates: boolean

  /**
   * @param skipped the sections that are not read
   * @throws Unreadable for bytes that are no module, and for forms that are not known here
   */
  constructor(bytes: Uint8Array, skipped: readonly number[] = []) {
    this.bytes = bytes
    if (magic.some((byte, i) => bytes[i] !== byte))
      throw new Unreadable('these are not the bytes of a module')
    const reader = new Reader(bytes, magic.length)
    while (reader.more) {
      const from = reader.at
      const id = reader.byte()
      const size = reader.number()
      const body = reader.at
      const to = body + size
      if (to > bytes.length) throw new Unreadable('the module ends too early')
      this.sections.push({ id, from, body, to })
      if (!skipped.includes(id)) this.#read(id, reader, to)
      reader.at = to
    }
    this.allocates = reader.allocates
  }

  /** The section of this id. */
  section(id: number): SectionSpan | undefined {
    return this.sections.find(section => section.id === id)
  }

  #read(id: number, reader: Reader, to: number): void {
    const item = this.#readers.get(id)
    if (item === undefined) return
    for (let left = reader.number(); left > 0; left--) item(reader)
    if (reader.at !== to)
      throw new Unreadable(`section ${id} of the module has another length than it says`)
  }

  readonly #readers: ReadonlyMap<number, (reader: Reader) => void> = new Map([
    [SectionId.IMPORT, (reader: Reader) => this.#import(reader)],
    [
      SectionId.FUNCTION,
      (reader: Reader) => {
        reader.number()
        this.functions++
      },
    ],
    [SectionId.TABLE, (reader: Reader) => this.#table(reader, false)],
    [
      SectionId.MEMORY,
      (reader: Reader) =>
        void this.memories.push({ imported: false, limits: limits(reader, 'memory') }),
    ],
    [SectionId.GLOBAL, (reader: Reader) => this.#global(reader, false)],
    [SectionId.EXPORT, (reader: Reader) => this.#export(reader)],
    [SectionId.ELEMENT, (reader: Reader) => this.#element(reader)],
    [SectionId.DATA, (reader: Reader) => this.#segment(reader)],
  ])

  #import(reader: Reader): void {
    for (let name = 0; name < 2; name++) reader.skip(reader.number())
    const kind = reader.byte()
    switch (kind) {
      case Kind.FUNCTION:
        reader.number()
        this.functions++
        return
      case Kind.TABLE:
        this.#table(reader, true)
        return
      case Kind.MEMORY:
        this.memories.push({ imported: true, limits: limits(reader, 'memory') })
        return
      case Kind.GLOBAL:
        this.#global(reader, true)
        return
      case Kind.TAG:
        reader.byte()
        reader.number()
        return
    }
    throw new Unreadable(`the module has an import of kind ${kind}, which is not known here`)
  }

  #table(reader: Reader, imported: boolean): void {
    const { at } = reader
    const initialized = !imported && reader.byte() === INITIALIZED && reader.byte() === 0
    if (!initialized) reader.at = at
    const type = typeOf(reader)
    this.tables.push({ imported, initialized, type, limits: limits(reader, 'table') })
    if (initialized) reader.constant()
  }

  #global(reader: Reader, imported: boolean): void {
    const type = typeOf(reader)
    const mutable = (reader.byte() & 1) !== 0
    const from = reader.at
    if (!imported) reader.constant()
    const init = imported ? undefined : { from, to: reader.at }
    this.globals.push({ imported, mutable, type, init })
  }

  #export(reader: Reader): void {
    const length = reader.number()
    const { at } = reader
    this.exports++
    this.reserves ||= prefix.every((byte, i) => i < length && this.bytes[at + i] === byte)
    reader.skip(length)
    reader.byte()
    reader.number()
  }

  /** @see https://webassembly.github.io/spec/core/binary/modules.html#element-section */
  #element(reader: Reader): void {
    const from = reader.at
    const flags = reader.number()
    if (flags > 7) throw new Unreadable(`the module has elements of kind ${flags}`)
    const active = (flags & Element.UNTIED) === 0
    if (active && (flags & Element.EXPLICIT) !== 0) reader.number()
    if (active) reader.constant()
    const expressions = (flags & Element.EXPRESSIONS) !== 0
    const at = reader.at
    const typed = (flags & (Element.UNTIED | Element.EXPLICIT)) !== 0
    if (typed) expressions ? reader.valueType() : reader.byte()
    const start = reader.at
    const count = reader.number()
    for (let left = count; left > 0; left--) expressions ? reader.constant() : reader.number()
    this.elements.push({
      from,
      to: reader.at,
      flags,
      count,
      type: typed ? { from: at, to: start } : undefined,
      elements: { from: start, to: reader.at },
    })
  }

  #segment(reader: Reader): void {
    const from = reader.at
    const flags = reader.number()
    if (flags > 2) throw new Unreadable(`the module has data of kind ${flags}`)
    if (flags === 2) reader.number()
    if (flags !== 1) reader.constant()
    const length = reader.number()
    reader.skip(length)
    this.data.push({ from, to: reader.at, length, passive: flags === 1 })
  }
}

/** The flags of a segment of elements. */
export const Element = Object.freeze({
  /** Passive or declarative. */
  UNTIED: 1,
  /** Active: has the index of its table; else: declarative. */
  EXPLICIT: 2,
  EXPRESSIONS: 4,
})

/** The segment waits for `table.init`. */
export const isPassive = ({ flags }: ElementItem): boolean =>
  (flags & (Element.UNTIED | Element.EXPLICIT)) === Element.UNTIED

function typeOf(reader: Reader): Span {
  const from = reader.at
  reader.valueType()
  return { from, to: reader.at }
}
