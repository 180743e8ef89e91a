/**
 * Limits in the bytes of a module: all forms of them are read, and a module that was cut compiles
 * and grows to its maximum, not beyond.
 */
import test, { type ExecutionContext } from 'ava'
import { type Caps, cap, defaultElements } from '#lib/run/module/cap.js'
import { Unreadable } from '#lib/run/module/reader.js'
import { type Limits, limitSections } from '#lib/run/module/sections.js'
import {
  EXTERNREF,
  exporting,
  FUNCREF,
  growing,
  imported,
  memory,
  moduleOf,
  section,
  table,
  unsigned,
} from '../sections.js'
import { call, command, drop } from '../wasm.js'

type Bytes = Uint8Array<ArrayBuffer>
interface Table {
  get(index: number): unknown
}
/** Not among the types of Node. */
const { Table, validate } = WebAssembly as unknown as {
  readonly Table: new (type: {
    element: 'externref'
    initial: number
    maximum?: number | undefined
  }) => Table
  validate(bytes: Uint8Array): boolean
}
const page = 65536
const caps = (more: Partial<Caps> = {}): Caps => ({
  memory: undefined,
  elements: defaultElements,
  instances: 1,
  ...more,
})
const limitsIn = (bytes: Uint8Array): Limits[] =>
  limitSections(bytes).flatMap(({ limits }) => limits)
/** The initial and maximum of each memory and table. */
const found = (bytes: Uint8Array) =>
  limitsIn(bytes).map(({ of, flags, initial, maximum }) => [of, flags, initial, maximum])
const cutTo = (bytes: Uint8Array, most: Partial<Caps>) =>
  found(cap(bytes, caps(most))).map(([, , , maximum]) => maximum)
const refusal = { instanceOf: RangeError, code: 'ERR_WASI_MEMORY_LIMIT' } as const

const types = section(1, [0x60, 0, 0], [0x5e, 0x7f, 1], [0x5f, 1, 0x7f, 1])
const global = section(6, [0x7f, 0, 0x41, 5, 0x0b])
/** Sections, and what is to be found in them. */
const forms: Readonly<Record<string, readonly [sections: number[], limits: readonly unknown[]]>> = {
  'tables of functions and of references to the host': [
    section(4, table(1, undefined, FUNCREF), table(2, 3), table(300, 70000)),
    [
      ['table', 0, 1, undefined],
      ['table', 1, 2, 3],
      ['table', 1, 300, 70000],
    ],
  ],
  'the largest maximum': [section(4, table(0, 2 ** 32 - 1)), [['table', 1, 0, 2 ** 32 - 1]]],
  'numbers that are longer than they need be': [
    section(4, [FUNCREF, 1, 0x81, 0x80, 0, 0x82, 0x80, 0x80, 0x80, 0]),
    [['table', 1, 1, 2]],
  ],
  'tables of 64 bits': [
    section(4, [EXTERNREF, 4, 1], [EXTERNREF, 5, 1, ...unsigned(2 ** 40)]),
    [
      ['table', 4, 1, undefined],
      ['table', 5, 1, 2 ** 40],
    ],
  ],
  'memories of 64 bits': [
    section(5, [4, 1], [5, 1, 0x80, 2]),
    [
      ['memory', 4, 1, undefined],
      ['memory', 5, 1, 256],
    ],
  ],
  'a shared memory': [section(5, [3, 1, 0x80, 2]), [['memory', 3, 1, 256]]],
  'typed references, by a number and by a name': [
    [...types, ...section(4, [0x63, 0, 0, 1], [0x63, 0x6e, 0, 2], [0x6e, 1, 3, 4])],
    [
      ['table', 0, 1, undefined],
      ['table', 0, 2, undefined],
      ['table', 1, 3, 4],
    ],
  ],
  'tables that say what their elements begin as': [
    [
      ...types,
      ...section(3, [0]),
      ...section(
        4,
        [0x40, 0, FUNCREF, 0, 1, 0xd0, FUNCREF, 0x0b],
        [0x40, 0, 0x64, 0, 1, 2, 3, 0xd2, 0, 0x0b],
        // ref.i31 of 2 - 1; an array of 2 zeros; a struct of its defaults; an array of two numbers.
        [0x40, 0, 0x6c, 0, 4, 0x41, 2, 0x41, 1, 0x6b, 0xfb, 0x1c, 0x0b],
        [0x40, 0, 0x6e, 0, 5, 0x41, 0, 0x41, 2, 0xfb, 6, 1, 0x0b],
        [0x40, 0, 0x6e, 0, 6, 0xfb, 1, 2, 0x0b],
        [0x40, 0, 0x6e, 0, 7, 0x41, 1, 0x41, 0xe4, 0, 0xfb, 8, 1, 2, 0x0b],
        table(8, 9),
      ),
      ...exporting(0, 0),
      ...section(10, [2, 0, 0x0b]),
    ],
    [1, 2, 4, 5, 6, 7, 8].map(initial => [
      'table',
      initial === 2 || initial === 8 ? 1 : 0,
      initial,
      { 2: 3, 8: 9 }[initial],
    ]),
  ],
  'imports of all kinds, before tables and a memory of its own': [
    [
      ...section(1, [0x60, 0, 0]),
      ...section(
        2,
        imported('f', 0, 0),
        imported('t', 1, ...table(1, 5, FUNCREF)),
        imported('g', 3, 0x7b, 0),
        imported('m', 2, ...memory(1, 3)),
        imported('e', 4, 0, 0),
        imported('r', 3, EXTERNREF, 1),
        imported('u', 1, ...table(2)),
      ),
      ...section(4, table(3)),
    ],
    [
      ['table', 1, 1, 5],
      ['memory', 1, 1, 3],
      ['table', 0, 2, undefined],
      ['table', 0, 3, undefined],
    ],
  ],
  'custom sections between all others': [
    [...[0, 3, 1, 0x61, 4], ...global, ...[0, 2, 1, 0x62]].flatMap((byte, i) =>
      i === 0 ? [...section(4, table(1)), byte] : [byte],
    ),
    [['table', 0, 1, undefined]],
  ],
}
for (const [name, [sections, limits]] of Object.entries(forms)) {
  test(`limits are read: ${name}`, t => {
    const bytes = moduleOf(sections)
    t.deepEqual(found(bytes), limits)
    const capped = cap(bytes, caps({ elements: 400, memory: 4096 * page }))
    const known = validate(bytes)
    t.is(validate(capped), known, 'it compiles as before')
    t.log(known ? 'this V8 compiles it' : 'this V8 does not know it')
    t.deepEqual(
      limitsIn(capped).map(({ initial }) => initial),
      limitsIn(bytes).map(({ initial }) => initial),
    )
    t.true(limitsIn(capped).every(({ maximum }) => maximum !== undefined))
  })
}

test('bytes that are no module, or of an unknown form, are refused as unreadable', t => {
  const unknown: Readonly<Record<string, Uint8Array>> = {
    nothing: new Uint8Array(0),
    text: Buffer.from('(module)'),
    'a component': Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]),
    'flags of memories': moduleOf(section(5, [8, 1, 0])),
    'flags of tables': moduleOf(section(4, [EXTERNREF, 0x81, 0, 1])),
    'a type of tables': moduleOf(section(4, [0x65, 0x6e, 0, 1])),
    'a heap type': moduleOf(section(4, [0x63, 0x65, 0x6e, 0, 1])),
    'an exact type': moduleOf(section(4, [0x63, 0x62, 0, 0, 1])),
    'a type of one byte': moduleOf(section(4, [0x67, 0, 1])),
    // Without its prefix, each would be read as a table of 0 elements that may grow to 100, and not
    // as one of 100.
    'an exact type of number 1': moduleOf(section(4, [0x63, 0x62, 1, 0, 100])),
    'a shared type of number 1': moduleOf(section(4, [0x63, 0x65, 1, 0, 100])),
    'a kind of imports': moduleOf(section(2, imported('x', 0x7f, 1, 0, 0))),
    'a constant instruction': moduleOf(section(4, [0x40, 0, EXTERNREF, 0, 1, 0x20, 0, 0x0b])),
    'a constant instruction with a prefix': moduleOf(
      section(4, [0x40, 0, EXTERNREF, 0, 1, 0xfb, 0x82, 1, 0, 0x0b]),
    ),
    'a section that is longer than it needs': moduleOf([4, 5, 1, EXTERNREF, 0, 1, 0]),
    'a section that is shorter': moduleOf([4, 3, 1, EXTERNREF, 0, 1]),
    'a kind of imports that has nothing more': moduleOf(section(2, imported('x', 0x7f))),
    'an import that is cut off': moduleOf(section(2, imported('x', 3, 0x7f, 0))).subarray(0, -1),
    'a number that is longer than any': moduleOf(
      section(4, [EXTERNREF, 0, ...new Array(10).fill(0x80), 0]),
    ),
    // It would be read as v128.const, which has 16 bytes.
    'a constant instruction with a large number': moduleOf(
      section(4, [0x40, 0, EXTERNREF, 0, 1, 0xfb, 0x8c, 4, ...new Array(16).fill(0x0b), 0x0b]),
    ),
    'a number that does not end': moduleOf([4, 13, 1, EXTERNREF, ...new Array(11).fill(0x80)]),
  }
  for (const [name, bytes] of Object.entries(unknown))
    t.throws(() => cap(bytes, caps()), { instanceOf: Unreadable }, name)
})

test('a module cut off at any byte is read, or refused as unreadable', t => {
  const bytes = command(
    [drop(call('path_open', 3, 0, 0, 1, 0, 0n, 0n, 0, 0)), call('proc_exit', 1)],
    { data: { 64: 'hello' } },
  )
  let read = 0
  for (let length = 0; length < Math.min(bytes.length, 2000); length++) {
    try {
      limitSections(bytes.subarray(0, length))
      read++
    } catch (error) {
      t.true(error instanceof Unreadable, String(error))
    }
  }
  t.true(read > 0)
})

test('a module within its limits keeps its bytes', t => {
  for (const bytes of [
    moduleOf(),
    moduleOf(section(4, table(5, 5)), section(5, memory(1))),
    command([call('proc_exit', 0)]),
  ]) {
    t.is(cap(bytes, caps()), bytes)
  }
})

test('tables share their limit: the first may grow into the elements that none begins with', t => {
  const bytes = moduleOf(section(4, table(10, 20), table(5), table(0)))
  t.deepEqual(cutTo(bytes, { elements: 15 }), [10, 5, 0])
  t.deepEqual(cutTo(bytes, { elements: 20 }), [15, 5, 0])
  t.deepEqual(cutTo(bytes, { elements: 100 }), [20, 80, 0])
  t.throws(() => cap(bytes, caps({ elements: 14 })), {
    ...refusal,
    message: /^maxTableElements: .* 15 elements of tables at its start; the limit is 14/,
  })
  // Imported ones as well.
  const importing = moduleOf(section(2, imported('t', 1, ...table(4))), section(4, table(1)))
  t.deepEqual(cutTo(importing, { elements: 9 }), [8, 1])
  t.throws(() => cap(importing, caps({ elements: 4 })), refusal)
  // A table that no memory can hold.
  t.throws(() => cap(moduleOf(section(4, [EXTERNREF, 4, ...unsigned(2 ** 60)])), caps()), refusal)
})

test('several memories share the limit of their module', t => {
  // One of 2 to 3 pages, one of 64 bits of 1 to 256, and, imported, one of 1 that has no end.
  const own = section(5, memory(2, 3), [5, 1, 0x80, 2])
  const one = section(2, imported('m', 2, ...memory(1)))
  for (const most of [0, 2 * page, 3 * page - 1])
    t.throws(() => cap(moduleOf(own), caps({ memory: most })), refusal)
  const expected = { 3: [2, 1], 4: [3, 1], 10: [3, 7], 1000: [3, 256] }
  for (const [most, maxima] of Object.entries(expected))
    t.deepEqual(cutTo(moduleOf(own), { memory: Number(most) * page }), maxima)
  t.throws(() => cap(moduleOf(one, own), caps({ memory: 3 * page })), refusal)
  t.deepEqual(cutTo(moduleOf(one, own), { memory: 10 * page }), [7, 2, 1])
  // Each thread would have the second for itself.
  const shared = section(2, imported('m', 2, 3, 1, 20))
  t.deepEqual(cutTo(moduleOf(shared), { memory: 10 * page }), [10])
  t.throws(() => cap(moduleOf(shared, section(5, memory(0))), caps({ memory: 30 * page })), refusal)
})

test('memories and tables share the limit of their module', t => {
  const bytes = moduleOf(section(4, table(100, 1000)), section(5, memory(1)))
  const initial = page + 800
  t.throws(() => cap(bytes, caps({ memory: initial - 1 })), {
    ...refusal,
    message: /1 pages of memory and 100 elements of tables \(66336 bytes\)/,
  })
  t.deepEqual(cutTo(bytes, { memory: initial }), [100, 1])
  // A 64th of what is left is for tables, and what memories cannot have.
  t.deepEqual(cutTo(bytes, { memory: initial + 64 * 80 }), [110, 1])
  t.deepEqual(cutTo(bytes, { memory: initial + page }), [228, 1])
  t.deepEqual(cutTo(bytes, { memory: initial + page + 7200 }), [242, 2])
  t.deepEqual(cutTo(bytes, { memory: initial + 100 * page }), [1000, 100])
  t.deepEqual(
    cutTo(moduleOf(section(4, table(100)), section(5, memory(1, 1))), { memory: initial + 8000 }),
    [1100, 1],
  )
  t.deepEqual(cutTo(moduleOf(section(4, table(100))), { memory: 8000 }), [1000])
  // The elements are never more than they may be, whatever the bytes are.
  t.deepEqual(cutTo(moduleOf(section(4, table(100))), { memory: 2 ** 32 }), [defaultElements])
  // Each thread has tables of its own.
  t.deepEqual(cutTo(moduleOf(section(4, table(100))), { memory: 8000, instances: 4 }), [250])
  t.throws(() => cap(moduleOf(section(4, table(100))), caps({ memory: 8000, instances: 11 })), {
    ...refusal,
    message: /each of 11 threads/,
  })
})

type Growing = { grow(by: number | bigint): number | bigint }
/** Grows to its maximum, and by one more. */
function growsBy(t: ExecutionContext, growing: unknown, by: number, wide = false): void {
  const grow = (by: number): unknown => (growing as Growing).grow(wide ? BigInt(by) : by)
  t.notThrows(() => grow(by))
  t.throws(() => grow(1), { any: true })
}
const instance = (bytes: Uint8Array, imports: Record<string, Record<string, unknown>> = {}) =>
  new WebAssembly.Instance(new WebAssembly.Module(bytes as Bytes), imports as never).exports

test('a capped module grows to its new maximum, and not beyond', t => {
  const bytes = moduleOf(
    section(4, table(1), table(2, 50, FUNCREF)),
    section(5, memory(1)),
    exporting(2, 1),
  )
  const { t0, t1, m0 } = instance(cap(bytes, caps({ elements: 100 })))
  growsBy(t, t0, 97)
  growsBy(t, t1, 0)
  t.notThrows(() => (m0 as WebAssembly.Memory).grow(1000))
  const together = instance(cap(bytes, caps({ memory: 4 * page })))
  growsBy(t, together.m0, 2)
  // 3 pages less 24 bytes are left, of which a 64th is for tables.
  growsBy(t, together.t0, 383)
  const element = { element: 'externref' as const, initial: 1 }
  const importing = cap(moduleOf(section(2, imported('t', 1, ...table(1)))), caps({ elements: 10 }))
  t.notThrows(() => instance(importing, { env: { t: new Table({ ...element, maximum: 10 }) } }))
  for (const maximum of [11, undefined])
    t.throws(() => instance(importing, { env: { t: new Table({ ...element, maximum }) } }), {
      instanceOf: WebAssembly.LinkError,
    })
})

const wide = moduleOf(section(4, [EXTERNREF, 4, 1]), section(5, [4, 1]), exporting(1, 1))
const withWide = validate(wide) ? test : test.skip
withWide(
  'tables and memories of 64 bits grow to their maximum, and not beyond [Node 24 and later]',
  t => {
    const { t0, m0 } = instance(cap(wide, caps({ elements: 100, memory: 5 * page })))
    growsBy(t, t0, 99, true)
    growsBy(t, m0, 3, true)
  },
)

const initialized = moduleOf(
  section(3),
  section(
    4,
    [0x40, 0, EXTERNREF, 0, 2, 0xd0, EXTERNREF, 0x0b],
    [0x40, 0, 0x6c, 0, 3, 0x41, 5, 0xfb, 0x1c, 0x0b],
  ),
  exporting(2, 0),
)
const withInitialized = validate(initialized) ? test : test.skip
withInitialized(
  'tables with an initial value keep it, and grow to their maximum [Node 22 and later]',
  t => {
    const { t0, t1 } = instance(cap(initialized, caps({ elements: 10 })))
    t.is((t1 as Table).get(2), 5)
    growsBy(t, t0, 5)
    growsBy(t, t1, 0)
  },
)

test('many tables are capped as one', t => {
  const many = moduleOf(section(4, ...Array.from({ length: 1000 }, () => table(1))))
  const capped = cap(many, caps({ elements: 1500 }))
  t.is(
    limitsIn(capped).reduce((sum, { maximum = Number.NaN }) => sum + maximum, 0),
    1500,
  )
  t.true(validate(capped))
  t.true(validate(cap(growing(80, 1000), caps())))
})
