/**
 * Writes maxima into the memories and tables of all core modules of a component, which together
 * have what a module alone would have.
 */
import { elementBytes, pageBytes, refused, share, wish, written } from '../module/cap.js'
import { type Limits, limitSections, SectionId } from '../module/sections.js'

/** A core module, and the instances that the component makes of it. */
export interface Counted {
  readonly bytes: Uint8Array
  readonly instances: number
}

/** A memory or table, which each instance of its module has. */
interface Weighed {
  readonly limits: Limits
  readonly instances: number
}

const sum = (all: readonly Weighed[], of: (limits: Limits) => number): number =>
  all.reduce((total, { limits, instances }) => total + instances * of(limits), 0)
const start = ({ initial }: Limits): number => initial

/**
 * The modules with their own memories and tables cut to what the limits allow. An import is as it
 * was: it is a memory or table of another module of the component, and must accept it. What they do
 * not begin with is for the first that can have it.
 * @throws Unreadable; RangeError with code `ERR_WASI_MEMORY_LIMIT` for modules that begin with more
 */
export function capAll(
  modules: readonly Counted[],
  maxMemory: number | undefined,
  maxElements: number,
): Uint8Array[] {
  const read = modules.map(({ bytes, instances }) => ({
    bytes,
    instances,
    sections: limitSections(bytes).filter(({ id }) => id !== SectionId.IMPORT),
  }))
  const all = read.flatMap(({ sections, instances }) =>
    sections.flatMap(({ limits }) => limits.map(limits => ({ limits, instances }))),
  )
  const tables = all.filter(({ limits }) => limits.of === 'table')
  const memories = all.filter(({ limits }) => limits.of === 'memory')
  const left = leftBy(maxMemory, maxElements, memories, tables)
  const growth = new Map<Limits, number>()
  let elements = maxElements - sum(tables, start)
  if (left !== undefined) {
    const wanted = sum(memories, wish) * pageBytes
    elements = Math.min(elements, Math.floor(Math.max(left - wanted, left * share) / elementBytes))
  }
  const dealt = deal(tables, elements, growth)
  if (left !== undefined)
    deal(memories, Math.floor((left - dealt * elementBytes) / pageBytes), growth)
  return read.map(({ bytes, sections }) => written(bytes, sections, growth))
}

/** The bytes that are left to grow by. Undefined: as many as the modules say. */
function leftBy(
  maxMemory: number | undefined,
  maxElements: number,
  memories: readonly Weighed[],
  tables: readonly Weighed[],
): number | undefined {
  const [pages, elements] = [sum(memories, start), sum(tables, start)]
  if (elements > maxElements)
    throw refused(
      `maxTableElements: the component needs ${elements} elements of tables at its start; the limit is ${maxElements}`,
    )
  if (maxMemory === undefined) return undefined
  const bytes = pages * pageBytes + elements * elementBytes
  if (bytes <= maxMemory) return maxMemory - bytes
  throw refused(
    `maxMemory: the component needs ${pages} pages of memory and ${elements} elements of tables (${bytes} bytes) at its start; the limit is ${maxMemory} bytes`,
  )
}

/** By how much each may grow, of so much. Returns how much that is in all instances. */
function deal(all: readonly Weighed[], most: number, growth: Map<Limits, number>): number {
  let left = most
  for (const { limits, instances } of all) {
    const by = Math.max(Math.min(wish(limits), Math.floor(left / instances)), 0)
    left -= by * instances
    growth.set(limits, by)
  }
  return most - left
}
