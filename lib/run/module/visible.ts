/**
 * Exports the state of a module that it hides, under reserved names: its mutable globals, its tables
 * and its memories. A snapshot reads them by these names, which no embedder sees.
 */
import { type MemoryItem, ModuleItems, type TableItem } from './items.js'
import { Unreadable } from './reader.js'
import { reserved, reservedName } from './reserved.js'
import { Kind, SectionId } from './sections.js'
import { leb, section } from './writer.js'

/** The most reserved exports, each of which costs an object in each instance. */
const mostShown = 1000
/** Sections that hold nothing to export, which may be long. */
const skipped = [SectionId.FUNCTION, SectionId.ELEMENT, SectionId.DATA]

/** The order of sections, of which custom ones are no part. */
const order: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]

/** A module whose state can be read, or the reason that it cannot. */
export type Visible = { readonly bytes: Uint8Array } | { readonly refused: string }

/** The module with its reserved exports. */
export function visible(bytes: Uint8Array): Visible {
  try {
    const items = new ModuleItems(bytes, skipped)
    if (items.reserves) return { refused: `the module exports names that begin with '${reserved}'` }
    const { globals, tables, memories } = items
    const count = globals.filter(({ mutable }) => mutable).length + tables.length + memories.length
    if (count > mostShown)
      return {
        refused: `the module has ${count} mutable globals, tables and memories; the most is ${mostShown}`,
      }
    return { bytes: exporting(items) }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { refused: `the module cannot be read: ${error.message}` }
  }
}

function exporting(items: ModuleItems): Uint8Array {
  const { bytes, exports } = items
  const all = (of: readonly (TableItem | MemoryItem)[], name: 'table' | 'memory', kind: number) =>
    of.map((_, index) => entry(reservedName(name, index), kind, index))
  const added = [
    ...items.globals.flatMap(({ mutable }, index) =>
      mutable ? [entry(reservedName('global', index), Kind.GLOBAL, index)] : [],
    ),
    ...all(items.tables, 'table', Kind.TABLE),
    ...all(items.memories, 'memory', Kind.MEMORY),
  ]
  if (added.length === 0) return bytes
  const own = items.section(SectionId.EXPORT)
  const count = Uint8Array.from(leb(exports + added.length))
  const entries = own === undefined ? [] : [bytes.subarray(own.body + countBytes(items), own.to)]
  return withSection(items, SectionId.EXPORT, [count, ...entries, ...added])
}

/** The bytes that the number of exports takes, which may be padded. */
function countBytes({ bytes, sections }: ModuleItems): number {
  const { body } = sections.find(({ id }) => id === SectionId.EXPORT) as { body: number }
  let length = 1
  while (((bytes[body + length - 1] as number) & 128) !== 0) length++
  return length
}

const entry = (name: string, kind: number, index: number): Uint8Array =>
  Buffer.concat([
    Uint8Array.from(leb(name.length)),
    Buffer.from(name, 'latin1'),
    Uint8Array.from([kind, ...leb(index)]),
  ])

function withSection(
  { bytes, sections }: ModuleItems,
  id: number,
  contents: readonly Uint8Array[],
): Uint8Array {
  const own = sections.find(section => section.id === id)
  const { from, to } = own ?? gapFor(sections, id, bytes.length)
  return Buffer.concat([bytes.subarray(0, from), ...section(id, contents), bytes.subarray(to)])
}

/** The place of a section that the module lacks: before the first one that follows it. */
export function gapFor(
  sections: readonly { readonly id: number; readonly from: number }[],
  id: number,
  end: number,
): { readonly from: number; readonly to: number } {
  const later = order.slice(order.indexOf(id) + 1)
  const at = sections.find(section => later.includes(section.id))?.from ?? end
  return { from: at, to: at }
}
