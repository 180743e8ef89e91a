/** The parts of a guest's module that say where a frame is: names, the code, custom sections. */
import { types } from 'node:util'
import { isModule } from '../guest/instantiate.js'
import { Reader, Unreadable } from '../run/module/reader.js'
import type { FrameModule } from './frame-module.js'

const CUSTOM = 0
const CODE = 10
/** `\0asm`, and the version. */
const header = 8
/** Subsections of the name section. */
const MODULE_NAME = 0
const FUNCTION_NAMES = 1
/** The longest name that is read, in bytes. */
const longestName = 16_384
/**
 * The most sections that are read, and the most names: V8 takes 1,000,000 functions. Reading holds
 * up the embedder's thread.
 */
const mostSections = 2 ** 16
const mostNames = 2 ** 20

interface Span {
  readonly from: number
  readonly to: number
}

/** The names of a module's name section. */
export interface Names {
  readonly module: string | undefined
  readonly functions: ReadonlyMap<number, string>
}

export class GuestModule {
  readonly #module: WebAssembly.Module | undefined
  /** The contents of the code section. */
  readonly code: Span | undefined
  readonly #custom = new Map<string, Uint8Array>()

  constructor(source: FrameModule | undefined) {
    if (source === undefined) return
    const bytes = bytesOf(source)
    if (bytes !== undefined) this.code = this.#sections(bytes)
    else if (isModule(source)) this.#module = source
  }

  /** Finds the code, and custom sections by their names: of two of a name the first one counts. */
  #sections(bytes: Uint8Array): Span | undefined {
    let code: Span | undefined
    readable(() => {
      const reader = new Reader(bytes, header)
      for (let left = mostSections; reader.more && left > 0; left--) {
        const id = reader.byte()
        const size = reader.number()
        const from = reader.at
        const to = from + size
        if (to > bytes.length) return
        if (id === CODE) code = { from, to }
        if (id === CUSTOM) {
          const length = reader.number()
          const name = utf8(bytes.subarray(reader.at, Math.min(reader.at + length, to)))
          if (!this.#custom.has(name))
            this.#custom.set(name, bytes.subarray(Math.min(reader.at + length, to), to))
        }
        reader.at = to
      }
    })
    return code
  }

  /** The contents of a custom section, undefined where the module has none of that name. */
  custom(name: string): Uint8Array | undefined {
    if (this.#module === undefined) return this.#custom.get(name)
    const [section] = WebAssembly.Module.customSections(this.#module, name)
    return section && new Uint8Array(section)
  }

  /** The module's name, and those of these functions. */
  names(wanted: ReadonlySet<number>): Names {
    const functions = new Map<number, string>()
    let module: string | undefined
    const section = this.custom('name') ?? new Uint8Array()
    readable(() => {
      let left = mostNames
      for (const reader = new Reader(section, 0); reader.more && left-- > 0; ) {
        const id = reader.byte()
        const end = reader.number() + reader.at
        // Bounded: what is read of one beyond its end would be read again, for each of them.
        const part = section.subarray(reader.at, end)
        if (id === MODULE_NAME) module = nameAt(part, new Reader(part, 0))
        if (id === FUNCTION_NAMES) left -= readFunctions(part, wanted, functions, left)
        reader.at = end
      }
    })
    return { module, functions }
  }
}

function bytesOf(source: FrameModule): Uint8Array | undefined {
  if (ArrayBuffer.isView(source))
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
  return types.isAnyArrayBuffer(source) ? new Uint8Array(source) : undefined
}

/**
 * Returns how many names were read.
 * @see https://webassembly.github.io/spec/core/appendix/custom.html#function-names
 */
function readFunctions(
  part: Uint8Array,
  wanted: ReadonlySet<number>,
  found: Map<number, string>,
  most: number,
): number {
  const reader = new Reader(part, 0)
  const count = Math.min(reader.number(), most)
  for (let i = 0; i < count; i++) {
    const index = reader.number()
    if (wanted.has(index)) found.set(index, nameAt(part, reader))
    else reader.skip(reader.number())
  }
  return count
}
function nameAt(section: Uint8Array, reader: Reader): string {
  const length = reader.number()
  const from = reader.at
  reader.skip(length)
  return utf8(section.subarray(from, from + Math.min(length, longestName)))
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const utf8 = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Reads as far as it can: a part that is not well-formed ends the reading, and nothing else. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    throw error
  }
}
