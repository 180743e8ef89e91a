/** snapshot(): each state that it refuses. The guest goes on. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { GuestInstance } from 'wasi-common'
import { failure } from '../../rejection.js'
import { imported, memory, table } from '../../sections.js'
import { assemble, call, type Expression, param } from '../../wasm.js'
import { restored, started } from './guests.js'
import { access, END, F64, FUNCREF, I32, type State, stateful, V128, variable } from './module.js'

const one = { results: [I32], body: [0x41, 1] }

const refusals: readonly (readonly [string, State, RegExp, string?])[] = [
  [
    'a mutable v128',
    {
      functions: { one },
      globals: [variable(V128, 0xfd, 0x0c, ...Array(16).fill(0))],
    },
    /the mutable global 0 has a type that JavaScript cannot read/,
  ],
  [
    'a NaN',
    {
      functions: { one, ...access(0, F64) },
      globals: [variable(F64, 0x44, 1, 0, 0, 0, 0, 0, 0xf8, 0x7f)],
    },
    /global 0 is NaN, whose bits/,
  ],
  [
    'a passive data segment that may be dropped',
    {
      functions: { gone: { body: [0xfc, 9, 0] } },
      data: [[1, 1, 5]],
      counted: true,
    },
    /may have dropped its passive data segment 0/,
  ],
  [
    'a data.drop whose opcode and index are padded',
    {
      functions: { gone: { body: [0xfc, 0x89, 0x80, 0, 0x80, 0] } },
      data: [[1, 1, 5]],
      counted: true,
    },
    /may have dropped its passive data segment 0/,
  ],
  [
    'a passive element segment that may be dropped',
    {
      functions: { one, gone: { body: [0xfc, 0x0d, 0] } },
      tables: [table(1, 1, FUNCREF)],
      elements: [[1, 0, 1, 0]],
    },
    /may have dropped its passive element segment 0/,
  ],
  [
    'a shared memory',
    { functions: { one }, memories: [[3, 1, 1]] },
    /the module has a shared memory/,
  ],
  [
    'names that are reserved',
    { functions: { 'wasi-common:x': one } },
    /exports names that begin with 'wasi-common:'/,
  ],
  [
    'objects of the garbage-collected heap',
    {
      functions: { one },
      types: [[0x5f, 1, I32, 1]],
      globals: [[0x64, 0, 0, 0x41, 0, 0xfb, 0, 0, END]],
    },
    /objects of the garbage-collected heap/,
  ],
  [
    'an i31 in a table',
    {
      functions: { fill: { body: [0x41, 0, 0x41, 5, 0xfb, 0x1c, 0x26, 0] } },
      tables: [table(1, 1, 0x6c)],
    },
    /element 0 of table 0 is a reference to something other/,
    'fill',
  ],
]
const typed: (typeof refusals)[number] = [
  'functions in a table of another type',
  {
    functions: { nothing: { body: [] }, fill: { body: [0x41, 0, 0xd2, 0, 0x26, 0] } },
    tables: [[0x63, 0, ...memory(1, 1)]],
    elements: [[3, 0, 1, 0]],
  },
  /table 0 has a type other than funcref, and elements that are not null/,
  'fill',
]
/** Proposals that Node 20 has behind a flag. */
const hasHeap = WebAssembly.validate(
  stateful({
    functions: { one },
    types: [[0x5f, 1, I32, 1]],
  }),
)
for (const [what, state, message, before] of [...refusals, typed]) {
  const register = /garbage|i31|another type/.test(what) && !hasHeap ? test.skip : test
  register(`a guest with ${what} cannot be made a snapshot of, and goes on`, async t => {
    const guest = await started(t, stateful(state))
    if (before !== undefined) await guest.call(before)
    const error = await failure(guest.snapshot())
    t.is(error.code, 'ERR_WASI_SNAPSHOT')
    t.regex(error.message, message)
    const name = guest.exportedFunctions[0] as string
    await t.notThrowsAsync(guest.call(name))
  })
}

test('a memory of 64-bit addresses is refused, where Node has them', async t => {
  const source = stateful({ functions: { one }, memories: [[4, 1]], exports: [] })
  if (!WebAssembly.validate(source)) return void t.pass('this Node has none')
  const guest = await started(t, source)
  t.regex((await failure(guest.snapshot())).message, /64-bit addresses/)
})

test('a table with an expression for its elements is refused, where Node has them', async t => {
  const source = stateful({
    functions: { one },
    tables: [[0x40, 0, FUNCREF, 0, 2, 0xd2, 0, END]],
    elements: [[3, 0, 1, 0]],
  })
  if (!WebAssembly.validate(source)) return void t.pass('this Node has none')
  const guest = await started(t, source)
  t.regex((await failure(guest.snapshot())).message, /has an expression for its elements/)
})

test('imported tables and mutable globals are refused: they are the embedder’s', async t => {
  const folder = mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'imports.mjs')
  writeFileSync(
    file,
    `export default () => ({ env: {
      table: new WebAssembly.Table({ initial: 1, maximum: 1, element: 'anyfunc' }),
      global: new WebAssembly.Global({ value: 'i32', mutable: true }, 1),
    } })`,
  )
  for (const [what, kind, ...type] of [
    ['table', 1, ...table(1, 1, FUNCREF)],
    ['global', 3, I32, 1],
  ] as [string, number, ...number[]][]) {
    const source = stateful({ functions: { one }, imports: [imported(what, kind, ...type)] })
    const guest = await started(t, source, { imports: file })
    const error = await failure(guest.snapshot())
    t.is(error.code, 'ERR_WASI_SNAPSHOT')
    t.regex(
      error.message,
      new RegExp(`the module imports .*${what}.*, whose state is the embedder`),
    )
  }
})

test('a module with more than 1,000 parts of state has no snapshots', async t => {
  for (const [count, code] of [
    [999, undefined],
    [1000, 'ERR_WASI_SNAPSHOT'],
  ] as const) {
    const globals = Array.from({ length: count }, () => variable(I32, 0x41, 1))
    const guest = await started(t, stateful({ functions: { one }, globals }))
    const error = await guest.snapshot().then(
      () => undefined,
      (error: { code?: string; message: string }) => error,
    )
    t.is(error?.code, code)
    t.regex(error?.message ?? 'the most is 1000', /the most is 1000/)
    t.is(await guest.call('one'), 1)
  }
})

test('a module that was passed compiled has no snapshots', async t => {
  const guest = await started(t, new WebAssembly.Module(stateful({ functions: { one } })) as never)
  t.regex((await failure(guest.snapshot())).message, /the module was passed compiled: pass its byt/)
})

const opens = (path: Expression, flags = 0): Expression =>
  call('path_open', 3, 0, path, 1, flags, 2n, 0n, 0, 0x60)
const files = {
  opens: { results: ['i32'], body: [opens(0x40)] },
  closes: { params: ['i32'], results: ['i32'], body: [call('fd_close', param(0))] },
  moves: {
    params: ['i32', 'i32'],
    results: ['i32'],
    body: [call('fd_renumber', param(0), param(1))],
  },
  narrows: {
    params: ['i32', 'i64'],
    results: ['i32'],
    body: [call('fd_fdstat_set_rights', param(0), param(1), 0n)],
  },
  flags: {
    params: ['i32', 'i32'],
    results: ['i32'],
    body: [call('fd_fdstat_set_flags', param(0), param(1))],
  },
} as const
for (const [what, calls, message] of [
  ['opened a file', [['opens']], /the guest has descriptor 4 open, which it was not given/],
  ['closed a preopen', [['closes', 3]], /closed, replaced or changed descriptor 3/],
  ['closed a stream', [['closes', 0]], /closed, replaced or changed descriptor 0/],
  [
    'put a file in place of a preopen',
    [['opens'], ['moves', 4, 3]],
    /closed, replaced or changed descriptor 3/,
  ],
  ['set flags', [['flags', 3, 4]], /closed, replaced or changed descriptor 3/],
  ['given up rights', [['narrows', 1, 0n]], /closed, replaced or changed descriptor 1/],
] as [string, [keyof typeof files, ...(number | bigint)[]][], RegExp][]) {
  test(`a guest that has ${what} cannot be made a snapshot of`, async t => {
    const folder = mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    mkdirSync(join(folder, 'd'))
    writeFileSync(join(folder, 'f'), 'x')
    const source = assemble({ functions: files, data: { 64: 'f' } })
    const guest = await started(t, source, { preopens: { '/': folder } })
    for (const [name, ...args] of calls) t.is(await guest.call(name, ...args), 0)
    const error = await failure(guest.snapshot())
    t.is(error.code, 'ERR_WASI_SNAPSHOT')
    t.regex(error.message, message)
  })
}

test('a file that the guest has closed is no obstacle', async t => {
  const folder = mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'f'), 'x')
  const source = assemble({ functions: files, data: { 64: 'f' } })
  const before = async (guest: GuestInstance): Promise<void> => {
    t.is(await guest.call('opens'), 0)
    t.is(await guest.call('closes', 4), 0)
  }
  for (const guest of await restored(t, source, before, { preopens: { '/': folder } }))
    t.is(await guest.call('opens'), 0)
})
