/** snapshot(): each kind of state that it restores. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type GuestInstance, Pool } from 'wasi-common'
import { failure } from '../../rejection.js'
import { imported, memory, table } from '../../sections.js'
import { add, assemble, load, store, trap } from '../../wasm.js'
import { restored, started } from './guests.js'
import {
  access,
  END,
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  I32,
  I64,
  type State,
  stateful,
  text,
  variable,
} from './module.js'

const i32 = (value: number): number[] => [0x41, value]
const values: readonly (readonly [string, number, readonly number[], unknown[]])[] = [
  ['i32', I32, i32(1), [0, -1, 2 ** 31 - 1, -(2 ** 31), 63, 64, -64, -65, 1_000_000]],
  ['i64', I64, [0x42, 1], [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 64n, -65n]],
  ['f32', F32, [0x43, 0, 0, 0, 0], [0.5, -0, Number.POSITIVE_INFINITY, 2 ** -149]],
  ['f64', F64, [0x44, 0, 0, 0, 0, 0, 0, 0, 0], [0.1, -0, Number.NEGATIVE_INFINITY, 5e-324]],
]
for (const [name, type, init, all] of values) {
  test(`a hidden mutable global of type ${name} is restored`, async t => {
    const globals = all.map(() => variable(type, ...init))
    const functions = Object.assign({}, ...all.map((_, i) => access(i, type)))
    const guests = await restored(t, { functions, globals }, guest =>
      Promise.all(all.map((value, i) => guest.call(`set${i}`, value as number))),
    )
    for (const guest of guests) {
      for (const [i, value] of all.entries()) t.is(await guest.call(`get${i}`), value as never)
      await guest.call('set0', all[1] as number)
      t.is(await guest.call('get0'), all[1] as never)
    }
  })
}

test('reserved exports are seen by no embedder, and by no import', async t => {
  const functions = access(0, I32)
  const guest = await started(t, stateful({ functions, globals: [variable(I32, ...i32(1))] }))
  const fresh = await started(t, await guest.snapshot())
  for (const each of [guest, fresh]) {
    t.deepEqual([...each.exportedFunctions], ['get0', 'set0'])
    for (const name of ['wasi-common:global:0', 'wasi-common:memory:0'])
      t.is((await failure(each.call(name))).code, 'ERR_INVALID_ARG_VALUE')
  }
  const folder = mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'imports.mjs')
  writeFileSync(
    file,
    'export default ({ exports }) => ({ env: { count: () => Object.keys(exports).length } })',
  )
  const state = {
    functions: { count: { results: [I32], body: [0x10, 0] } },
    types: [[0x60, 0, 1, I32]],
    imports: [imported('count', 0, 0)],
    importedFunctions: 1,
    globals: [variable(I32, ...i32(1))],
  }
  const seen = await restored(t, state, async guest => t.is(await guest.call('count'), 2), {
    imports: file,
  })
  for (const each of seen) t.is(await each.call('count'), 2)
})

test('memory is restored as far as it has grown, and zeros stay zeros', async t => {
  const grow = { params: [I32], results: [I32], body: [0x20, 0, 0x40, 0] }
  const guests = await restored(
    t,
    { functions: { grow }, memories: [[1, 1, 9]], data: [[0, 0x41, 4, END, 3, 1, 2, 3]] },
    async guest => {
      await guest.write(4, Uint8Array.of(7, 0))
      await guest.call('grow', 4)
      await guest.write(3 * 65536 + 5000, Buffer.from('text'))
    },
  )
  for (const guest of guests) {
    t.deepEqual([...(await guest.read(3, 5))], [0, 7, 0, 3, 0])
    t.is(Buffer.from(await guest.read(3 * 65536 + 5000, 5)).toString(), 'text\0')
    t.is(
      (await guest.read(0, 5 * 65536)).reduce((sum, byte) => sum + Number(byte !== 0), 0),
      6,
    )
    t.is((await failure(guest.read(5 * 65536, 1))).code, 'ERR_OUT_OF_RANGE')
    t.is(await guest.call('grow', 4), 5)
    t.is(await guest.call('grow', 1), -1)
  }
})

test('a memory that the module imports is restored', async t => {
  const functions = { grow: { params: [I32], results: [I32], body: [0x20, 0, 0x40, 0] } }
  const imports = [imported('memory', 2, ...memory(1, 3))]
  const guests = await restored(
    t,
    { functions, imports, memories: [], exports: [] },
    async guest => {
      await guest.call('grow', 1)
      await guest.write(65536, Uint8Array.of(5))
    },
  )
  for (const guest of guests) {
    t.deepEqual([...(await guest.read(65536, 1))], [5])
    t.is(await guest.call('grow', 1), 2)
    t.is(await guest.call('grow', 1), -1)
  }
})

/** Proposals that Node 20 has behind a flag. */
const hasMemories = WebAssembly.validate(
  stateful({
    functions: {},
    memories: [
      [0, 1],
      [0, 1],
    ],
  }),
)
const manyMemories = hasMemories ? test : test.skip
manyMemories('a second memory that is hidden is restored', async t => {
  const put = { params: [I32], body: [0x41, 0, 0x20, 0, 0x36, 0x40, 1, 0] }
  const get = { results: [I32], body: [0x41, 0, 0x28, 0x40, 1, 0] }
  const guests = await restored(
    t,
    { functions: { put, get }, imports: [imported('memory', 2, ...memory(1, 3))], exports: [] },
    async guest => {
      await guest.call('put', 77)
      await guest.write(8, Uint8Array.of(5))
    },
  )
  for (const guest of guests) {
    t.is(await guest.call('get'), 77)
    t.deepEqual([...(await guest.read(8, 1))], [5])
  }
})

const one = { results: [I32], body: i32(1) }
const two = { results: [I32], body: i32(2) }
const through = { params: [I32], results: [I32], body: [0x20, 0, 0x11, 0, 0] }
const replace = { params: [I32], body: [0x20, 0, 0xd2, 1, 0x26, 0] }
const empty = { params: [I32], body: [0x20, 0, 0xd0, FUNCREF, 0x26, 0] }
const widen = {
  params: [I32],
  results: [I32],
  body: [0xd2, 1, 0x20, 0, 0xfc, 0x0f, 0],
}
const tabled: State = {
  functions: { one, two, through, replace, empty, widen },
  tables: [table(3, 9, FUNCREF)],
  elements: [[0, 0x41, 0, END, 3, 0, 0, 1]],
}
test('a table of functions that the guest has changed and grown is restored', async t => {
  const guests = await restored(t, tabled, async guest => {
    await guest.call('replace', 0)
    await guest.call('empty', 1)
    await guest.call('empty', 2)
    await guest.call('widen', 2)
  })
  for (const guest of guests) {
    t.is(await guest.call('through', 0), 2)
    t.is(await guest.call('through', 3), 2)
    t.is(await guest.call('widen', 5), -1, 'it has five elements of nine')
    t.is(await guest.call('widen', 4), 5)
    t.is((await failure(guest.call('through', 1))).code, 'ERR_WASI_TRAP')
  }
})

test('an imported function in a table is restored', async t => {
  const guests = await restored(
    t,
    {
      functions: { through: { params: [I32], results: [I32], body: [0x20, 0, 0x11, 0, 0] } },
      types: [[0x60, 0, 1, I32]],
      imports: [[...text('wasi_snapshot_preview1'), ...text('sched_yield'), 0, 0]],
      importedFunctions: 1,
      tables: [table(2, 2, FUNCREF)],
      elements: [[0, 0x41, 1, END, 1, 0]],
    },
    async guest => t.is(await guest.call('through', 1), 0),
  )
  for (const guest of guests) t.is(await guest.call('through', 1), 0)
})

test('elements of every form, and functions that only they declare, are restored', async t => {
  const forms: readonly (readonly [string, number[]])[] = [
    ['0', [0, 0x41, 0, END, 2, 0, 1]],
    ['2', [2, 0, 0x41, 0, END, 0, 2, 0, 1]],
    ['4', [4, 0x41, 0, END, 2, 0xd2, 0, END, 0xd2, 1, END]],
    ['6', [6, 0, 0x41, 0, END, FUNCREF, 2, 0xd2, 0, END, 0xd2, 1, END]],
  ]
  for (const [form, elements] of forms) {
    const exports = [[...text('memory'), 2, 0]]
    // The functions are exported under other names only, so that elements declare them.
    const guests = await restored(
      t,
      { ...tabled, elements: [elements, [3, 0, 1, 1]], exports },
      guest => guest.call('replace', 0),
    )
    for (const guest of guests) t.is(await guest.call('through', 0), 2, form)
  }
})

test('references in mutable globals are restored: null, and functions of the module', async t => {
  const callIt = { results: [I32], body: [0x41, 0, 0x23, 0, 0x26, 0, 0x41, 0, 0x11, 0, 0] }
  const point = { body: [0xd2, 0, 0x24, 0] }
  const isNull = { results: [I32], body: [0x23, 1, 0xd1] }
  const guests = await restored(
    t,
    {
      functions: { one, two, callIt, point, isNull },
      tables: [table(1, 1, FUNCREF)],
      globals: [variable(FUNCREF, 0xd2, 1), variable(EXTERNREF, 0xd0, EXTERNREF)],
    },
    guest => guest.call('point'),
  )
  for (const guest of guests) {
    t.is(await guest.call('callIt'), 1)
    t.is(await guest.call('isNull'), 1)
  }
})

test('passive segments that no instruction drops are restored', async t => {
  const copy = { body: [0x41, 8, 0x41, 0, 0x41, 2, 0xfc, 8, 1, 0] }
  const fill = { body: [0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 0x0c, 0, 0] }
  const guests = await restored(
    t,
    {
      functions: { one, two, through, copy, fill },
      tables: [table(1, 1, FUNCREF)],
      elements: [[1, 0, 1, 1]],
      data: [
        [0, 0x41, 0, END, 1, 9],
        [1, 2, 5, 6],
      ],
      counted: true,
    },
    async () => {},
  )
  for (const guest of guests) {
    await guest.call('copy')
    t.deepEqual([...(await guest.read(8, 2))], [5, 6])
    await guest.call('fill')
    t.is(await guest.call('through', 0), 2)
  }
})

test('active segments stay dropped', async t => {
  const copy = { body: [0x41, 8, 0x41, 0, 0x41, 1, 0xfc, 8, 0, 0] }
  const state = { functions: { copy }, data: [[0, 0x41, 0, END, 1, 9]], counted: true }
  for (const guest of await restored(t, state, async () => {}))
    t.regex((await failure(guest.call('copy'))).message, /out of bounds/)
})

test('the start function and _initialize are not called again', async t => {
  const count = { body: [0x23, 0, 0x41, 1, 0x6a, 0x24, 0] }
  const state = {
    functions: { begin: count, _initialize: count, ...access(0, I32) },
    globals: [variable(I32, ...i32(0))],
    start: 0,
  }
  for (const guest of await restored(t, state, async guest => t.is(await guest.call('get0'), 2)))
    t.is(await guest.call('get0'), 2)
})

test('a trap of a restored guest has the offsets of the module', async t => {
  const source = assemble({
    functions: { traps: { body: [trap] }, put: { body: [store(0x8000, 5)] } },
    data: { 64: 'x'.repeat(5000) },
  })
  const guest = await started(t, source)
  const [fresh, ...others] = await restored(t, source, each => each.call('put'))
  const offsets = async (each: GuestInstance): Promise<unknown> =>
    ((await failure(each.call('traps'))) as { frames?: readonly { offset: number }[] }).frames?.map(
      ({ offset }) => offset,
    )
  const expected = await offsets(guest)
  t.true(Array.isArray(expected) && expected.length > 0)
  for (const each of [fresh, ...others]) t.deepEqual(await offsets(each as GuestInstance), expected)
})

test('guests of one snapshot do not share their memory', async t => {
  const counter = { results: ['i32'] as const, body: [store(0, add(load(0), 1)), load(0)] }
  const source = assemble({ functions: { counter } })
  const [one, other] = await restored(t, source, guest => guest.call('counter'))
  t.is(await one?.call('counter'), 2)
  t.is(await one?.call('counter'), 3)
  t.is(await other?.call('counter'), 2)
})

test('a snapshot waits for the calls before it, and the instance goes on', async t => {
  const counter = { results: ['i32'] as const, body: [store(0, add(load(0), 1)), load(0)] }
  const guest = await started(t, assemble({ functions: { counter } }))
  const calls = [guest.call('counter'), guest.call('counter')]
  const taken = guest.snapshot()
  t.is(await guest.call('counter'), 3)
  t.deepEqual(await Promise.all(calls), [1, 2])
  const fresh = await started(t, await taken)
  t.is(await fresh.call('counter'), 3)
  await guest.close()
  t.is((await failure(guest.snapshot())).code, 'ERR_WASI_INSTANCE_ENDED')
})

test('a module that a pool has compiled has snapshots, too', async t => {
  const pool = new Pool({ size: 1 })
  t.teardown(() => pool.close())
  const counter = { results: ['i32'] as const, body: [store(0, add(load(0), 1)), load(0)] }
  const compiled = await pool.compile(assemble({ functions: { counter } }))
  const guest = await started(t, compiled)
  await guest.call('counter')
  const fresh = await started(t, await guest.snapshot())
  t.is(await fresh.call('counter'), 2)
})
