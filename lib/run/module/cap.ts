/**
 * Writes other maxima of memories and tables into the bytes of a module, so that it cannot grow
 * beyond what its host grants.
 */
import { coded } from '../../errors.js'
import { Limit, type Limits, limitSections, type Section } from './sections.js'
import { leb } from './writer.js'

export interface Caps {
  /** Bytes of all memories and tables together. Undefined: memories are as the module says. */
  readonly memory: number | undefined
  /** Elements of all tables of an instance together. */
  readonly elements: number
  /** The number of instances: each thread of a guest has its own tables. */
  readonly instances: number
}

export const pageBytes = 65536
/** A reference. V8 keeps up to 32 bytes for one in a table of functions. */
export const elementBytes = 8
/**
 * Elements that all tables of an instance may have, unless an embedder says otherwise. clang, the
 * largest program of the tests, has 37,270. In V8 this many cost up to 70 MB while they grow, far
 * less than the heap of a worker.
 */
export const defaultElements = 1_000_000
/**
 * V8's own maximum for one table. So many fit into the heap of a worker: they cost up to 500 MB.
 */
export const mostElements = 10_000_000
/**
 * Tables that can grow get at least this part of what is left, so that a memory without a maximum
 * does not take all.
 */
export const share = 1 / 64

export const refused = (message: string): Error =>
  coded(new RangeError(message), 'ERR_WASI_MEMORY_LIMIT')

export const wish = ({ initial, maximum = Number.POSITIVE_INFINITY }: Limits): number =>
  maximum - initial
const sum = (all: readonly Limits[], of: (limits: Limits) => number): number =>
  all.reduce((total, limits) => total + of(limits), 0)
const beginning = (all: readonly Limits[]): number => sum(all, ({ initial }) => initial)

/**
 * The module with all memories and tables that it has, or imports, cut to what the caps allow;
 * RangeError with code ERR_WASI_MEMORY_LIMIT where it begins with more. What they do not begin with
 * is for the first that can have it. These are the bytes themselves where nothing has to be cut.
 * @throws Unreadable
 */
export function cap(bytes: Uint8Array, caps: Caps): Uint8Array {
  const sections = limitSections(bytes)
  const all = sections.flatMap(({ limits }) => limits)
  const tables = all.filter(({ of }) => of === 'table')
  const memories = all.filter(({ of }) => of === 'memory')
  const left = leftBy(caps, memories, tables)
  const each = elementBytes * caps.instances
  const forTables =
    left === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(left - sum(memories, wish) * pageBytes, left * share)
  const elements = Math.min(
    sum(tables, wish),
    caps.elements - beginning(tables),
    Math.floor(forTables / each),
  )
  const growth = deal(tables, elements)
  if (left !== undefined)
    for (const dealt of deal(memories, Math.floor((left - elements * each) / pageBytes)))
      growth.set(...dealt)
  return written(bytes, sections, growth)
}

/** The bytes that are left to grow by. Undefined: as many as the module says. */
function leftBy(
  { memory, elements, instances }: Caps,
  memories: readonly Limits[],
  tables: readonly Limits[],
): number | undefined {
  const [pages, count] = [beginning(memories), beginning(tables)]
  if (count > elements)
    throw refused(
      `maxTableElements: the module needs ${count} elements of tables at its start; the limit is ${elements}`,
    )
  if (memory === undefined) return undefined
  const bytes = pages * pageBytes + count * elementBytes * instances
  if (bytes > memory) {
    const inTables =
      count === 0
        ? ''
        : ` and ${count} elements of tables${instances === 1 ? '' : ` in each of ${instances} threads`}`
    throw refused(
      `maxMemory: the module needs ${pages} pages of memory${inTables} (${bytes} bytes) at its start; the limit is ${memory} bytes`,
    )
  }
  // The threads have the shared one together, and of any other each would have its own.
  if (memories.length > 1 && memories.some(({ flags }) => flags & Limit.SHARED)) {
    throw refused(
      'maxMemory: the module has a shared memory and another, which cannot be limited together; leave maxMemory out',
    )
  }
  return memory - bytes
}

/** By how much each may grow, of so much. */
function deal(all: readonly Limits[], most: number): Map<Limits, number> {
  let left = most
  return new Map(
    all.map(limits => {
      const by = Math.min(wish(limits), left)
      left -= by
      return [limits, by]
    }),
  )
}

/** The bytes with these maxima in them. */
export function written(
  bytes: Uint8Array,
  sections: readonly Section[],
  growth: ReadonlyMap<Limits, number>,
): Uint8Array {
  const changes = (limits: Limits): boolean =>
    growth.has(limits) && growth.get(limits) !== wish(limits)
  const parts: Uint8Array[] = []
  let done = 0
  for (const { id, from, body, to, limits } of sections) {
    if (!limits.some(changes)) continue
    const inner: Uint8Array[] = []
    let at = body
    for (const each of limits.filter(changes)) {
      inner.push(bytes.subarray(at, each.from), cut(each, growth.get(each) as number))
      at = each.to
    }
    const contents = Buffer.concat([...inner, bytes.subarray(at, to)])
    parts.push(bytes.subarray(done, from), Uint8Array.from([id, ...leb(contents.length)]), contents)
    done = to
  }
  return done === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(done)])
}

/** The same limits, but for how far it may grow. */
const cut = ({ flags, initial }: Limits, by: number): Uint8Array =>
  Uint8Array.from([flags | Limit.MAXIMUM, ...leb(initial), ...leb(initial + by)])
