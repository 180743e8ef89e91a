/** Where the bytes of a module speak of its memories, which WebAssembly.Module does not tell. */

/** The limits of one memory, in pages, and where they stand. */
export interface Limits {
  readonly from: number
  readonly to: number
  readonly flags: number
  readonly initial: number
  readonly maximum: number | undefined
}
/** A section in which memories stand: their imports, or their definitions. */
export interface Section {
  readonly id: number
  /** Where its header begins, its contents begin, and both end. */
  readonly from: number
  readonly body: number
  readonly to: number
  readonly memories: readonly Limits[]
}

export const SectionId = Object.freeze({ IMPORT: 2, MEMORY: 5 })
export const Limit = Object.freeze({ MAXIMUM: 1, SHARED: 2 })
const Kind = Object.freeze({ FUNCTION: 0, TABLE: 1, MEMORY: 2, GLOBAL: 3, TAG: 4 })
const magic = 8

class Reader {
  readonly #bytes: Uint8Array
  at: number
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }
  get more(): boolean {
    return this.at < this.#bytes.length
  }
  byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new RangeError('these are not the bytes of that module')
    return byte
  }
  /** An unsigned LEB128. */
  number(): number {
    let value = 0
    for (let weight = 1; ; weight *= 128) {
      const byte = this.byte()
      value += (byte & 127) * weight
      if (byte < 128) return value
    }
  }
  skip(bytes: number): void {
    this.at += bytes
  }
  limits(): Limits {
    const from = this.at
    const flags = this.byte()
    const initial = this.number()
    const maximum = flags & Limit.MAXIMUM ? this.number() : undefined
    return { from, to: this.at, flags, initial, maximum }
  }
  /** A reference to a type (0x63, 0x64) has the type's number behind it. */
  valueType(): void {
    const type = this.byte()
    if (type === 0x63 || type === 0x64) this.number()
  }
  /** The limits of an import that is a memory. */
  import(): Limits | undefined {
    for (let name = 0; name < 2; name++) this.skip(this.number())
    switch (this.byte()) {
      case Kind.MEMORY:
        return this.limits()
      case Kind.TABLE:
        this.valueType()
        this.limits()
        break
      case Kind.GLOBAL:
        this.valueType()
        this.byte()
        break
      case Kind.TAG:
        this.byte()
        this.number()
        break
      default:
        this.number()
    }
    return undefined
  }
}

/**
 * The sections of a module that may have memories, in their order. The bytes are those of a module that compiles, so they
 * are well formed.
 * @see https://webassembly.github.io/spec/core/binary/modules.html
 */
export function memorySections(bytes: Uint8Array): Section[] {
  const found: Section[] = []
  const reader = new Reader(bytes, magic)
  while (reader.more) {
    const from = reader.at
    const id = reader.byte()
    const size = reader.number()
    const body = reader.at
    if (id === SectionId.IMPORT || id === SectionId.MEMORY) {
      const memories: (Limits | undefined)[] = []
      for (let left = reader.number(); left > 0; left--) memories.push(id === SectionId.MEMORY ? reader.limits() : reader.import())
      found.push({ id, from, body, to: body + size, memories: memories.filter(limits => limits !== undefined) })
    }
    reader.at = body + size
  }
  return found
}
