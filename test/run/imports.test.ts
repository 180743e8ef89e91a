/** The option `imports`: functions of the embedder, in the guest's worker. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { Pool, type RunOptions, type RunResult, run } from 'wasi-common'
import { failure } from '../rejection.js'
import { add, assemble, call, catching, command, drop, load, type Source, store } from '../wasm.js'

/** Writes a module of imports into a folder of the test, and returns its path. */
function module(t: ExecutionContext, text: string, name = 'imports.mjs'): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  fs.writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const i32 = { params: ['i32'], results: ['i32'] } as const
/** Exits with what `env.f` makes of a number. */
const exitsWith = (argument: number, more: Omit<Source, 'functions'> = {}): Uint8Array =>
  command([call('proc_exit', call('f', argument))], { imports: { 'env.f': i32 }, ...more })

const doors: readonly (readonly [
  string,
  (bytes: Uint8Array, options: RunOptions) => Promise<RunResult>,
])[] = [
  ['run', run],
  ['run with threads', (bytes, options) => run(bytes, { ...options, threads: 1 })],
  [
    'Pool',
    async (bytes, options) => {
      const pool = new Pool({ size: 1 })
      try {
        return await pool.run(bytes, options)
      } finally {
        await pool.close()
      }
    },
  ],
]

for (const [name, door] of doors) {
  test(`a record or a function gives the guest its imports (${name})`, async t => {
    const record = module(t, 'export default { env: { f: n => n + 1 } }')
    t.is((await door(exitsWith(41), { imports: record })).exitCode, 42)
    const made = module(t, 'export default () => ({ __proto__: null, env: { f: n => n * 2 } })')
    t.is((await door(exitsWith(21), { imports: pathToFileURL(made) })).exitCode, 42)
    t.is((await door(exitsWith(21), { imports: pathToFileURL(made).href })).exitCode, 42)
    t.is((await door(exitsWith(21), { imports: relative('', made) })).exitCode, 42)
  })

  test(`what a function throws ends the guest, which may catch all (${name})`, async t => {
    const imports = module(t, "export default { env: { f() { throw new TypeError('no') } } }")
    for (const body of [
      [drop(call('f', 1))],
      [catching(drop(call('f', 1))), call('proc_exit', 0)],
    ]) {
      const source = command(body, { imports: { 'env.f': i32 } })
      const error = await failure(door(source, { imports }))
      t.is(error.code, 'ERR_WASI_HOOK')
      t.regex(error.message, /imports: env\.f threw: no/)
      t.is(error.cause?.message, 'no')
    }
  })
}

test('the function receives the memory and the exports of its instance', async t => {
  const imports = module(
    t,
    `export default ({ memory, exports }) => {
      let early
      try { memory.buffer } catch (error) { early = error.code }
      const before = Object.keys(exports).length
      return { env: { f(at) {
        if (early !== 'ERR_WASI_NO_MEMORY' || before !== 0) return 1
        if (Object.getPrototypeOf(exports) !== null) return 2
        new DataView(memory.buffer).setInt32(at, exports.answer(40), true)
        return memory.buffer === exports.memory.buffer ? 0 : 3
      } } }
    }`,
  )
  const functions = {
    answer: {
      params: ['i32'],
      results: ['i32'],
      body: [add(2, { encode: () => [0x20, 0], calls: [] })],
    },
    _start: {
      body: [store(0x10, call('f', 0x20)), call('proc_exit', add(load(0x10), load(0x20)))],
    },
  } as const
  const source = assemble({ functions, imports: { 'env.f': i32 } })
  t.is((await run(source, { imports })).exitCode, 42)
})

test('an imported memory is the host’s, which the function receives', async t => {
  const imports = module(
    t,
    'export default ({ memory }) => ({ env: { f: () => memory.buffer.byteLength / 65536 } })',
  )
  const source = exitsWith(0, { imports: { 'env.f': i32, 'env.memory': 'memory' } })
  t.is((await run(source, { imports })).exitCode, 1)
  const own = module(
    t,
    'export default () => ({ env: { f: n => n, memory: new WebAssembly.Memory({ initial: 1 }) } })',
  )
  const error = await failure(run(source, { imports: own }))
  t.is(error.code, 'ERR_WASI_IMPORTS')
  t.regex(error.message, /default\.env\.memory.*left out: the host creates the memory/)
})

test('an import wins over a hostcall of its name, as in guest.instantiate', async t => {
  const imports = module(t, 'export default { wasi_snapshot_preview1: { sched_yield: () => 7 } }')
  const source = command([call('proc_exit', call('sched_yield'))])
  t.is((await run(source, { imports })).exitCode, 7)
})

test('only own properties reach the guest', async t => {
  const inherited = 'Object.create({ f: () => 1 })'
  const records = [
    '{}',
    '{ env: {} }',
    `{ env: ${inherited} }`,
    `Object.create({ env: { f: () => 1 } })`,
  ]
  for (const record of records) {
    for (const [path, from] of [
      ['env.f', 'f'],
      ['env.constructor', 'constructor'],
      ['constructor.assign', 'assign'],
      ['__proto__.toString', 'toString'],
    ]) {
      const source = command([drop(call(from, 1))], { imports: { [path]: i32 } })
      const error = await failure(run(source, { imports: module(t, `export default ${record}`) }))
      t.is(error.code, 'ERR_WASI_UNKNOWN_IMPORT', `${path} of ${record}`)
      t.true(error.message.includes(path), error.message)
    }
  }
})

test('an import of another kind is refused, and named', async t => {
  const kinds = [
    ['function', '{}', 'of type function'],
    ['function', '1', 'of type function'],
    ['global', "'1'", 'an instance of WebAssembly.Global, a number or a bigint'],
    ['externref', 'Object', 'an instance of WebAssembly.Global, a number or a bigint'],
    ['table', '{}', 'an instance of WebAssembly.Table'],
    ['tag', '{}', 'an instance of WebAssembly.Tag'],
  ] as const
  for (const [kind, value, expected] of kinds) {
    const imports = module(t, `export default () => ({ env: { f: ${value} } })`)
    const source = command([call('proc_exit', 0)], { imports: { 'env.f': kind } })
    const error = await failure(run(source, { imports }))
    t.is(error.code, 'ERR_WASI_IMPORTS')
    t.true(error.message.includes(`"default.env.f" property must be ${expected}`), error.message)
    t.true(error.message.includes(pathToFileURL(imports).href), error.message)
  }
  const imports = module(t, 'export default { env: 1 }')
  t.regex(
    (await failure(run(exitsWith(1), { imports }))).message,
    /"default.env"|env.*of type object/,
  )
})

test('globals, tables and tags come from a function, so that no two guests share them', async t => {
  const global = "new WebAssembly.Global({ value: 'i32' }, 1)"
  const table = "new WebAssembly.Table({ element: 'anyfunc', initial: 1, maximum: 10 })"
  const tag = "new WebAssembly.Tag({ parameters: ['i32'] })"
  for (const [kind, value, shared] of [
    ['global', global, true],
    ['table', table, true],
    ['global', '1', false],
  ] as const) {
    const source = command([call('proc_exit', 0)], { imports: { 'env.f': kind } })
    const made = module(t, `export default () => ({ env: { f: ${value} } })`)
    t.is((await run(source, { imports: made })).exitCode, 0, value)
    const record = module(t, `export default { env: { f: ${value} } }`)
    if (shared) {
      const error = await failure(run(source, { imports: record }))
      t.is(error.code, 'ERR_WASI_IMPORTS', value)
      t.regex(error.message, /guests of one worker would share it/)
    } else t.is((await run(source, { imports: record })).exitCode, 0, value)
  }
  // The type of the tag is that of the first hostcall.
  const source = command([call('proc_exit', 0)], { imports: { 'env.f': 'tag' } })
  const imports = module(t, `export default { env: { f: ${tag} } }`)
  t.is((await run(source, { imports })).exitCode, 0)
})

test('an object with a method `then` is no result', async t => {
  const imports = module(t, 'export default { env: { f: () => ({ then() {} }) } }')
  const error = await failure(run(exitsWith(1), { imports }))
  t.is(error.code, 'ERR_WASI_HOOK')
  t.regex(error.message, /the guest cannot wait for a promise/)
})

test('a trap and an overflow that a function makes end the guest, which may catch all', async t => {
  for (const [thrown, code] of [
    ["WebAssembly.RuntimeError('made')", 'ERR_WASI_TRAP'],
    ["RangeError('Maximum call stack size exceeded')", 'ERR_WASI_STACK_LIMIT'],
  ]) {
    const imports = module(t, `export default { env: { f() { throw new ${thrown} } } }`)
    const source = command([catching(drop(call('f', 1))), call('proc_exit', 0)], {
      imports: { 'env.f': i32 },
    })
    t.is((await failure(run(source, { imports }))).code, code)
  }
})

test('a thrown value whose properties throw ends the guest all the same, with ERR_WASI_HOOK', async t => {
  const over = (name: string, value: string): string =>
    `Object.defineProperty(new Error('thrown'), '${name}', ${value})`
  const throwing = "{ get() { throw new Error('read') }, enumerable: true }"
  const values = [
    "(({ proxy, revoke }) => (revoke(), proxy))(Proxy.revocable(new Error(''), {}))",
    'new Proxy({}, { getPrototypeOf() { throw 1 }, get() { throw 1 }, has() { throw 1 } })',
    "new Error('thrown', { cause: new Proxy({}, { getPrototypeOf() { throw 1 } }) })",
    ...['name', 'message', 'stack', 'cause', 'code'].map(name => over(name, throwing)),
    ...['name', 'message', 'stack', 'cause'].map(name => over(name, '{ value: Symbol() }')),
    ...['1', 'null', '{}'].map(value => over('stack', `{ value: ${value} }`)),
  ]
  const source = command([catching(drop(call('f', 1))), call('proc_exit', 0)], {
    imports: { 'env.f': i32 },
  })
  for (const value of values) {
    const imports = module(t, `export default { env: { f() { throw ${value} } } }`)
    const error = await failure(run(source, { imports }))
    t.is(error.code, 'ERR_WASI_HOOK', `${value}: ${error}`)
    t.regex(error.message, /^imports: env\.f threw: /)
  }
})

test('a promise is no result', async t => {
  const imports = module(t, 'export default { env: { f: async () => { throw new Error() } } }')
  const error = await failure(run(exitsWith(1), { imports }))
  t.is(error.code, 'ERR_WASI_HOOK')
  t.regex(error.message, /must return a value, since the guest cannot wait for a promise/)
})

test('a WebAssembly.Exception goes on to the guest, which may catch it', async t => {
  const imports = module(
    t,
    `const tag = new WebAssembly.Tag({ parameters: [] })
    export default { env: { f() { throw new WebAssembly.Exception(tag, []) } } }`,
  )
  const source = command([catching(drop(call('f', 1))), call('proc_exit', 5)], {
    imports: { 'env.f': i32 },
  })
  t.is((await run(source, { imports })).exitCode, 5)
})

test('a trap and an exit of the guest pass a function that called it', async t => {
  const imports = module(
    t,
    'export default ({ exports }) => ({ env: { f: n => exports.again(n) ?? 0 } })',
  )
  const again = (body: Source['functions'][string]['body']): Uint8Array =>
    assemble({
      functions: {
        _start: { body: [drop(call('f', 1))] },
        again: { params: ['i32'], body },
      },
      imports: { 'env.f': i32 },
    })
  t.is((await run(again([call('proc_exit', 9)]), { imports })).exitCode, 9)
  const error = await failure(run(again([{ encode: () => [0], calls: [] }]), { imports }))
  t.not(error.code, 'ERR_WASI_HOOK')
  t.regex(error.message, /unreachable/)
})

test('a module that cannot be loaded is ERR_WASI_IMPORTS, with the cause', async t => {
  const texts: readonly (readonly [string, RegExp])[] = [
    ['export default {', /cannot be loaded: /],
    ["throw new Error('broken')", /cannot be loaded: broken/],
    ["import 'node:nothing'", /cannot be loaded: /],
    ['export const env = {}', /default.*Received undefined/],
    ['export default 1', /default.*Received type number/],
    ["export default () => { throw new Error('unmade') }", /unmade/],
    ['export default async () => ({})', /returned no imports: .*Promise/],
    ['export default () => null', /returned no imports: .*null/],
    ['export default Promise.resolve({})', /default.*Received an instance of Promise/],
    ["export default { get env() { throw new Error('dear') } }", /default\.env was read: dear/],
    [
      "export default { env: { get f() { throw new Error('dear') } } }",
      /default\.env\.f was read: dear/,
    ],
  ]
  for (const [text, message] of texts) {
    const imports = module(t, text)
    const error = await failure(run(exitsWith(1), { imports }))
    t.is(error.code, 'ERR_WASI_IMPORTS', text)
    t.regex(error.message, message)
    t.true(error.message.includes(pathToFileURL(imports).href), error.message)
  }
  const error = await failure(run(exitsWith(1), { imports: join(os.tmpdir(), 'no-such.mjs') }))
  t.is(error.code, 'ERR_WASI_IMPORTS')
  t.is(error.cause?.code, 'ERR_MODULE_NOT_FOUND')
})

test('a module that never loads is ended by the timeout', async t => {
  const imports = module(t, 'await new Promise(go => setTimeout(go, 1e8)); export default {}')
  const error = await failure(run(exitsWith(1), { imports, timeout: 300 }))
  t.is(error.code, 'ERR_WASI_TIMEOUT')
})

test('the option is checked before anything starts', async t => {
  const wrong: readonly (readonly [unknown, string, RegExp])[] = [
    [1, 'ERR_INVALID_ARG_TYPE', /"options\.imports".*a path, or a file: URL/],
    [{}, 'ERR_INVALID_ARG_TYPE', /"options\.imports"/],
    ['', 'ERR_INVALID_ARG_VALUE', /options\.imports' must be a path/],
    ['a\0b', 'ERR_INVALID_ARG_VALUE', /options\.imports' must be a path/],
    ['https://example.com/x.mjs', 'ERR_INVALID_ARG_VALUE', /options\.imports' must name a file/],
    ['data:text/javascript,1', 'ERR_INVALID_ARG_VALUE', /options\.imports' must name a file/],
    ['node:fs', 'ERR_INVALID_ARG_VALUE', /options\.imports' must name a file/],
    [new URL('file:///a%2Fb'), 'ERR_INVALID_ARG_VALUE', /options\.imports' must name a file/],
  ]
  for (const [imports, code, message] of wrong) {
    const error = await failure(run(exitsWith(1), { imports: imports as string }))
    t.is(error.code, code, String(imports))
    t.regex(error.message, message)
  }
  const error = await failure(run(exitsWith(1), { imports: 'x.mjs', isolation: 'process' }))
  t.is(error.code, 'ERR_INVALID_ARG_VALUE')
  t.regex(error.message, /options\.imports' must be left out when options\.isolation is 'process'/)
})

test('a strict sandbox refuses a preopen that holds the module', async t => {
  const imports = module(t, 'export default { env: { f: n => n } }')
  const preopens = { '/': join(imports, '..') }
  const source = exitsWith(3)
  const error = await failure(run(source, { imports, preopens, strict: true }))
  t.is(error.code, 'ERR_WASI_UNSAFE_PREOPEN')
  t.regex(error.message, /contains options\.imports/)
  t.is((await run(source, { imports, preopens })).exitCode, 3)
  const options = { imports, preopens, strict: true, allowUnsafePreopen: true } as const
  t.is((await run(source, options)).exitCode, 3)
})

test('a worker of a pool loads the module once, and calls its function for each guest', async t => {
  const imports = module(
    t,
    'let all = 0; export default () => { all++; let own = 0; return { env: { f: () => 10 * all + ++own } } }',
  )
  const pool = new Pool({ size: 1 })
  const codes: number[] = []
  for (let i = 0; i < 3; i++) codes.push((await pool.run(exitsWith(1), { imports })).exitCode)
  await pool.close()
  t.deepEqual(codes, [11, 21, 31])
})

test('console.log in a function prints to the standard output of the process', t => {
  const imports = module(t, "export default { env: { f: n => (console.log('called', n), n) } }")
  const guest = join(imports, '../guest.wasm')
  fs.writeFileSync(guest, exitsWith(5))
  const lib = new URL('../../../dist/index.js', import.meta.url).href
  // The worker of a pool stays for a while, and its output with it.
  const program = `
    import { Pool } from ${JSON.stringify(lib)}
    const pool = new Pool({ size: 1 })
    await pool.run(${JSON.stringify(guest)}, { imports: ${JSON.stringify(imports)} })
    setTimeout(() => pool.close(), 300)`
  const args = ['--input-type=module', '-e', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  t.is(stdout, 'called 5\n', stderr)
})
