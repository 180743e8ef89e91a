/** Reads the names of a component's imports and exports from its bytes. */
import { preambleBytes } from '../../guest/preamble.js'
import { Reader, Unreadable } from '../module/reader.js'

/** An import or an export of a component. */
export interface Extern {
  /** With its version: `wasi:cli/environment@0.2.6`. */
  readonly name: string
  readonly kind: 'module' | 'function' | 'value' | 'type' | 'component' | 'instance'
}

const SectionId = Object.freeze({ IMPORT: 10, EXPORT: 11 })
/** Sorts by their number. That of a core sort has another byte behind it. */
const sorts = ['module', 'function', 'value', 'type', 'component', 'instance'] as const
const CORE = 0
const VALUE = 2
const TYPE = 3
/** The longest name, and the most names: a name is compared, and goes into messages. */
const longestName = 1024
const mostNames = 4096

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The imports and exports of a component.
 * @see https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#import-and-export-definitions
 * @throws Unreadable for bytes that are no component, and for forms that are not known here
 */
export function externsOf(bytes: Uint8Array): {
  readonly imports: readonly Extern[]
  readonly exports: readonly Extern[]
} {
  const imports: Extern[] = []
  const exports: Extern[] = []
  const reader = new Reader(bytes, preambleBytes)
  while (reader.more) {
    const id = reader.byte()
    const size = reader.number()
    const end = reader.at + size
    const found = id === SectionId.IMPORT ? imports : id === SectionId.EXPORT ? exports : undefined
    if (found !== undefined) {
      for (let left = reader.number(); left > 0; left--) {
        if (found.length === mostNames) throw new Unreadable(`more than ${mostNames} names`)
        found.push(found === imports ? imported(bytes, reader) : exported(bytes, reader))
      }
      // Else this reader and jco would not see the same component.
      if (reader.at !== end) throw new Unreadable(`section ${id} has another length than it says`)
    }
    reader.at = end
  }
  return { imports, exports }
}

function nameAt(bytes: Uint8Array, reader: Reader): string {
  const form = reader.byte()
  if (form > 1) throw new Unreadable(`a name of form ${form}, which is not known here`)
  const text = (): string => {
    const length = reader.number()
    const from = reader.at
    if (length > longestName || from + length > bytes.length)
      throw new Unreadable('a name is too long')
    reader.skip(length)
    try {
      return decoder.decode(bytes.subarray(from, from + length))
    } catch {
      throw new Unreadable('a name is not UTF-8')
    }
  }
  const name = text()
  // The suffix of a version that the name has in its canonical form.
  if (form === 1) text()
  return name
}

function imported(bytes: Uint8Array, reader: Reader): Extern {
  const name = nameAt(bytes, reader)
  return { name, kind: described(reader) }
}

function exported(bytes: Uint8Array, reader: Reader): Extern {
  const name = nameAt(bytes, reader)
  const sort = sortAt(reader)
  reader.number()
  if (reader.byte() === 1) described(reader)
  return { name, kind: sort }
}

function sortAt(reader: Reader): Extern['kind'] {
  const sort = reader.byte()
  if (sort === CORE) reader.byte()
  return kindOf(sort)
}

/** The kind of an external description, which is skipped. */
function described(reader: Reader): Extern['kind'] {
  const sort = sortAt(reader)
  // A bound, and then the index that it is equal to; a resource has none.
  const bound = sort === sorts[TYPE] || sort === sorts[VALUE] ? reader.byte() : 0
  if (!(sort === sorts[TYPE] && bound === 1)) reader.number()
  return sort
}

function kindOf(sort: number): Extern['kind'] {
  const kind = sorts[sort]
  if (kind === undefined) throw new Unreadable(`a definition of sort ${sort} is not known here`)
  return kind
}
