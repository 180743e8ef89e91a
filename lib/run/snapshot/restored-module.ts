/**
 * Writes the state of an instance into its module: the instances of the new module begin with that
 * state, and run no start function.
 */
import {
  Element,
  type ElementItem,
  isPassive,
  type ModuleItems,
  type SectionSpan,
  type Span,
} from '../module/items.js'
import { Limit, type Limits, magic, SectionId } from '../module/sections.js'
import { gapFor } from '../module/visible.js'
import { leb, section, signedLeb, vector } from '../module/writer.js'
import { refused } from './refused.js'
import { type Run, runsOf } from './runs.js'
import { type InstanceState, type Reference, ValueType } from './state.js'

const END = 0x0b
const I32_CONST = 0x41
const I64_CONST = 0x42
const F32_CONST = 0x43
const F64_CONST = 0x44
const REF_NULL = 0xd0
const REF_FUNC = 0xd2
/** `(ref null T)`: the heap type follows. */
const NULLABLE = 0x63

/** V8's limits. @see https://source.chromium.org/chromium/chromium/src/+/main:v8/src/wasm/wasm-limits.h */
const mostSegments = 100_000
const mostBytes = 2 ** 30

/** A module in pieces, and the position of the contents of its code section. */
export interface WrittenModule {
  readonly parts: readonly Uint8Array[]
  readonly code: number
}

/**
 * @param items the module whose state is visible
 * @throws Error with code ERR_WASI_SNAPSHOT for one that no host compiles
 */
export function restoredModule(items: ModuleItems, state: InstanceState): WrittenModule {
  const { bytes } = items
  const data = dataOf(items, state)
  const written = new Map<number, readonly Uint8Array[] | undefined>([
    [SectionId.IMPORT, resized(items, SectionId.IMPORT, state)],
    [SectionId.TABLE, resized(items, SectionId.TABLE, state)],
    [SectionId.MEMORY, resized(items, SectionId.MEMORY, state)],
    [SectionId.GLOBAL, globals(items, state)],
    [SectionId.START, undefined],
    [SectionId.ELEMENT, elements(items, state)],
    [SectionId.DATA, data.length === 0 ? undefined : [vector(data)]],
    [SectionId.DATA_COUNT, [Uint8Array.from(leb(data.length))]],
  ])
  const has = (id: number): boolean => items.section(id) !== undefined
  const lacking = [SectionId.ELEMENT, SectionId.DATA].filter(
    id => !has(id) && written.get(id) !== undefined,
  )
  const all: readonly (SectionSpan | { id: number; from: number })[] = [
    ...items.sections,
    ...lacking.map(id => ({ id, from: gapFor(items.sections, id, bytes.length).from })),
  ].sort((one, other) => one.from - other.from || Number('to' in one) - Number('to' in other))
  const parts = [bytes.subarray(0, magic.length)]
  let length = magic.length
  let code = 0
  for (const each of all) {
    const contents = written.has(each.id)
      ? written.get(each.id)
      : [bytes.subarray((each as SectionSpan).body, (each as SectionSpan).to)]
    if (contents === undefined) continue
    const [header, ...rest] = section(each.id, contents)
    length += header.length
    if (each.id === SectionId.CODE) code = length
    for (const part of rest) length += part.length
    parts.push(header, ...rest)
  }
  if (length > mostBytes)
    throw refused(`the module and its memory have more than ${mostBytes} bytes that are not zero`)
  return { parts, code }
}

/** A section whose spans are replaced. */
function replaced(
  bytes: Uint8Array,
  { body, to }: SectionSpan,
  changes: readonly (readonly [Span, Uint8Array])[],
): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  let at = body
  for (const [span, value] of changes) {
    parts.push(bytes.subarray(at, span.from), value)
    at = span.to
  }
  return [...parts, bytes.subarray(at, to)]
}

/** The imports, tables or memories, which begin as large as they are now. */
function resized(
  items: ModuleItems,
  id: number,
  { tables, memories }: InstanceState,
): readonly Uint8Array[] | undefined {
  const own = items.section(id)
  if (own === undefined) return undefined
  const sized = [
    ...items.memories.map(({ limits }, i) => ({
      limits,
      initial: (memories[i] as Uint8Array).length / 65536,
    })),
    ...items.tables.map(({ limits }, i) => ({
      limits,
      initial: (tables[i] as readonly Reference[]).length,
    })),
  ].filter(({ limits: { from } }) => from >= own.body && from < own.to)
  return replaced(
    items.bytes,
    own,
    sized.map(({ limits, initial }) => [limits, limitsFrom(limits, initial)]),
  )
}

const limitsFrom = ({ flags, maximum = 0 }: Limits, initial: number): Uint8Array =>
  Uint8Array.from([flags, ...leb(initial), ...(flags & Limit.MAXIMUM ? leb(maximum) : [])])

function globals(
  items: ModuleItems,
  { globals: values }: InstanceState,
): readonly Uint8Array[] | undefined {
  const { bytes } = items
  const own = items.section(SectionId.GLOBAL)
  if (own === undefined) return undefined
  const changes = items.globals.flatMap(({ init, type }, i) => {
    const value = values[i]
    return init === undefined || value === undefined
      ? []
      : [[init, constant(bytes.subarray(type.from, type.to), value)] as const]
  })
  return replaced(bytes, own, changes)
}

/** The constant expression of a value. */
function constant(type: Uint8Array, value: number | bigint | Reference): Uint8Array {
  const number = Buffer.alloc(8)
  switch (type[0]) {
    case ValueType.I32:
      return Uint8Array.from([I32_CONST, ...signedLeb(BigInt(value as number)), END])
    case ValueType.I64:
      return Uint8Array.from([I64_CONST, ...signedLeb(value as bigint), END])
    case ValueType.F32:
      number.writeFloatLE(value as number)
      return Uint8Array.from([F32_CONST, ...number.subarray(0, 4), END])
    case ValueType.F64:
      number.writeDoubleLE(value as number)
      return Uint8Array.from([F64_CONST, ...number, END])
  }
  const reference = value as Reference
  if (reference !== null) return Uint8Array.from([REF_FUNC, ...leb(reference.function), END])
  const heap = type[0] === NULLABLE ? type.subarray(1) : type
  return Uint8Array.from([REF_NULL, ...heap, END])
}

/**
 * The segments of elements. Those that the instance has copied into its tables stay as declarations,
 * since code may refer to their functions; the tables get what they have now.
 */
function elements(
  { bytes, elements }: ModuleItems,
  { tables }: InstanceState,
): readonly Uint8Array[] | undefined {
  const kept = elements.map(each =>
    isActive(each) ? declared(bytes, each) : bytes.subarray(each.from, each.to),
  )
  const added = tables.flatMap((table, index) => filled(table, index))
  const all = [...kept, ...added]
  return all.length === 0 ? undefined : [vector(all)]
}

const isActive = (element: ElementItem): boolean =>
  !isPassive(element) && (element.flags & Element.UNTIED) === 0

function declared(bytes: Uint8Array, { flags, type, elements }: ElementItem): Uint8Array {
  const expressions = (flags & Element.EXPRESSIONS) !== 0
  const written =
    type === undefined ? [expressions ? ValueType.FUNCREF : 0] : bytes.subarray(type.from, type.to)
  return Buffer.concat([
    Uint8Array.from([flags | Element.UNTIED | Element.EXPLICIT, ...written]),
    bytes.subarray(elements.from, elements.to),
  ])
}

/** Active segments for the functions in a table. */
function filled(table: readonly Reference[], index: number): Uint8Array[] {
  const segments: Uint8Array[] = []
  for (let from = 0; from < table.length; from++) {
    const functions: number[] = []
    for (let each = table[from]; each; each = table[from + functions.length])
      functions.push(each.function)
    if (functions.length === 0) continue
    segments.push(
      Buffer.concat([
        Uint8Array.from([Element.EXPLICIT, ...leb(index), I32_CONST]),
        Uint8Array.from([...signedLeb(BigInt(from)), END, 0]),
        vector(functions.map(each => Uint8Array.from(leb(each)))),
      ]),
    )
    from += functions.length
  }
  return segments
}

/** The segments of data. Those that the instance has copied are empty; then come its memories. */
function dataOf(items: ModuleItems, { memories }: InstanceState): readonly Uint8Array[] {
  const { bytes, data } = items
  // Without their number, no instruction refers to a segment.
  const kept =
    items.section(SectionId.DATA_COUNT) === undefined
      ? []
      : data.map(({ passive, from, to }) =>
          passive ? bytes.subarray(from, to) : Uint8Array.of(1, 0),
        )
  const added = memories.flatMap((memory, index) =>
    runsOf(memory, (mostSegments - kept.length) / memories.length).map(run =>
      Buffer.concat([Uint8Array.from(head(index, run)), memory.subarray(run.from, run.to)]),
    ),
  )
  return [...kept, ...added]
}

const head = (index: number, { from, to }: Run): number[] => [
  ...(index === 0 ? [0] : [2, ...leb(index)]),
  I32_CONST,
  ...signedLeb(BigInt(from | 0)),
  END,
  ...leb(to - from),
]
