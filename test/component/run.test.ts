/** Components at the doors of `run`, Pool and the command: outcomes, limits and ends. */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { instantiate, Pool, type RunOptions, type RunResult, run, spawn } from 'wasi-common'
import { createComponentHost } from '#lib/preview2/index.js'
import { instantiateComponent } from '#lib/run/component/execute.js'
import { runFailure as failure } from '../rejection.js'
import { assemble, call, command, drop, forever, trap, write } from '../wasm.js'
import { adapt, assembled } from './adapt.js'

const cache = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
test.after.always(() => fs.rmSync(cache, { recursive: true, force: true }))

type Door = (bytes: Uint8Array, options: RunOptions) => Promise<RunResult>
const pooled =
  (more: RunOptions, compiles = false): Door =>
  async (bytes, options) => {
    const pool = new Pool({ size: 1 })
    try {
      const { isolation } = more
      const source = compiles ? await pool.compile(bytes, { isolation, cache }) : bytes
      return await pool.run(source, { ...options, ...more })
    } finally {
      await pool.close()
    }
  }
const linux = process.platform === 'linux'
const doors: Readonly<Record<string, Door>> = {
  run,
  'run, typescript': (bytes, options) => run(bytes, { ...options, backend: 'typescript' }),
  'run, strict': (bytes, options) => run(bytes, { ...options, strict: true }),
  'run, deterministic': (bytes, options) => run(bytes, { ...options, deterministic: true }),
  'run, without a cache': (bytes, options) => run(bytes, { ...options, cache: false }),
  spawn: (bytes, options) =>
    spawn(bytes, { ...options, stdout: 'capture' }).exited as Promise<RunResult>,
  Pool: pooled({}),
  'Pool, compiled': pooled({}, true),
  ...(linux && {
    'run, process': (bytes: Uint8Array, options: RunOptions) =>
      run(bytes, { ...options, isolation: 'process' }),
    'Pool, process': pooled({ isolation: 'process' }),
    'Pool, compiled, process': pooled({ isolation: 'process' }, true),
    'run, process, strict': (bytes: Uint8Array, options: RunOptions) =>
      run(bytes, { ...options, isolation: 'process', strict: true }),
  }),
}

const greeting = adapt(
  command([...write(1, 0x40, 6), call('proc_exit', call('path_create_directory', 3, 0x46, 3))], {
    data: { 64: 'hello\nnew' },
  }),
)

for (const [name, door] of Object.entries(doors)) {
  test.serial(
    `${name}: a component writes its output and its files, and returns its exit code`,
    async t => {
      const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
      t.teardown(() => fs.rmSync(folder, { recursive: true }))
      const options = { preopens: { '/': folder }, cache }
      const first = await door(await greeting, options)
      t.deepEqual([first.exitCode, `${first.stdout}`], [0, 'hello\n'])
      t.true(fs.statSync(join(folder, 'new')).isDirectory())
      // The adapter knows two codes: of success, and of failure.
      t.is((await door(await greeting, options)).exitCode, 1)
    },
  )

  test.serial(
    `${name}: a trap has the output until then, and the frames of the module`,
    async t => {
      const functions = {
        _start: { body: [...write(1, 0x40, 5), call('inner')] },
        inner: { body: [trap] },
      }
      const bytes = await adapt(assemble({ functions, data: { 64: 'until' } }))
      const error = await failure(door(bytes, { cache }))
      t.deepEqual([error.code, `${error.stdout}`], ['ERR_WASI_TRAP', 'until'])
      t.deepEqual(
        error.frames.slice(0, 2).map(({ functionName }) => functionName),
        ['inner', '_start'],
      )
      t.true(error.frames.every(({ codeOffset }) => codeOffset !== undefined))
    },
  )

  test.serial(
    `${name}: an endless component is ended by its timeout and by its signal`,
    async t => {
      const bytes = await adapt(command([forever]))
      t.like(await failure(door(bytes, { timeout: 600, cache })), { code: 'ERR_WASI_TIMEOUT' })
      const signal = AbortSignal.timeout(600)
      t.like(await failure(door(bytes, { signal, cache })), { code: 'ERR_WASI_ABORTED' })
    },
  )
}

/** A component whose `wasi:cli/run` is a core function that returns its result: 0 is ok. */
const returning = (body: string, more = ''): Promise<Uint8Array> =>
  assembled(`(component
    (core module $m (func (export "run") (result i32) ${body}) ${more})
    (core instance $i (instantiate $m))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.6" (instance $command)))`)

test.serial('a command that returns an error has exit code 1, one that returns none 0', async t => {
  t.is((await run(await returning('i32.const 0'), { cache })).exitCode, 0)
  t.is((await run(await returning('i32.const 1'), { cache })).exitCode, 1)
})

test.serial('a result that is none of the type is a trap', async t => {
  t.like(await failure(run(await returning('i32.const 7'), { cache })), { code: 'ERR_WASI_TRAP' })
})

test.serial('a timeout and an abort end the transpiler, which then caches nothing', async t => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true }))
  const source = await adapt(command([drop(call('sched_yield'))]))
  t.like(await failure(run(source, { timeout: 1, cache: folder })), { code: 'ERR_WASI_TIMEOUT' })
  const late = AbortSignal.abort(new Error('no'))
  t.like(await failure(run(source, { signal: late, cache: folder })), { code: 'ERR_WASI_ABORTED' })
  t.deepEqual(fs.readdirSync(folder), [])
})

test.serial('options for modules are refused by their names', async t => {
  const bytes = await greeting
  for (const [options, words] of [
    [{ threads: 1 }, /options\.threads' must be 0 for a component\. Received 1/],
    [{ imports: new URL('./none.js', import.meta.url) }, /options\.imports' must be left out/],
    [{ version: 'preview1' }, /options\.version' must be left out/],
  ] as const) {
    const error = await failure(run(bytes, { ...options, cache }))
    t.is(error.code, 'ERR_INVALID_ARG_VALUE')
    t.regex(error.message, words)
  }
})

/** A loop that grows the memory by a page until that fails, and fails unless it got so many. */
const growing = (pages: number): string => `(local $n i32)
  (loop $more (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1))
    (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $more))))
  (i32.ne (local.get $n) (i32.const ${pages}))`

for (const isolation of linux ? (['worker', 'process'] as const) : (['worker'] as const)) {
  test.serial(`${isolation}: maxMemory is written into the core modules`, async t => {
    const grows = await returning(growing(3), '(memory 1)')
    t.is((await run(grows, { maxMemory: 4 * 65536, cache, isolation })).exitCode, 0)
    const error = await failure(run(grows, { maxMemory: 65535, cache, isolation }))
    t.is(error.code, 'ERR_WASI_MEMORY_LIMIT')
    t.regex(error.message, /^maxMemory: the component needs 1 pages of memory/)
  })
}

test.serial('maxMemory is for all core modules and instances together', async t => {
  const component = (calls: string): Promise<Uint8Array> =>
    assembled(`(component
      (core module $m (memory 1) (func (export "grow") (result i32) ${growing(1)}))
      (core module $n (memory 1) (func (export "grow") (result i32) ${growing(0)}))
      (core instance $a (instantiate $m))
      (core instance $b (instantiate $m))
      (core instance $c (instantiate $n))
      (core module $all
        (import "a" "grow" (func $a (result i32)))
        (import "b" "grow" (func $b (result i32)))
        (import "c" "grow" (func $c (result i32)))
        (func (export "run") (result i32) ${calls}))
      (core instance $i (instantiate $all (with "a" (instance $a)) (with "b" (instance $b)) (with "c" (instance $c))))
      (func $run (result (result)) (canon lift (core func $i "run")))
      (instance $command (export "run" (func $run)))
      (export "wasi:cli/run@0.2.6" (instance $command)))`)
  const bytes = await component('(i32.or (call $a) (i32.or (call $b) (call $c)))')
  t.is((await run(bytes, { maxMemory: 5 * 65536, cache })).exitCode, 0)
  t.is((await failure(run(bytes, { maxMemory: 2 * 65536, cache }))).code, 'ERR_WASI_MEMORY_LIMIT')
})

test.serial('maxTableElements is written into the core modules', async t => {
  const grows = await returning(
    `(i32.or (i32.ne (table.grow (ref.null func) (i32.const 9)) (i32.const 1))
      (i32.ne (table.grow (ref.null func) (i32.const 1)) (i32.const -1)))`,
    '(table 1 funcref)',
  )
  t.is((await run(grows, { maxTableElements: 10, cache })).exitCode, 0)
  const error = await failure(run(grows, { maxTableElements: 0, cache }))
  t.regex(error.message, /^maxTableElements: the component needs 1 elements/)
})

test.serial('more output than maxOutput is cut', async t => {
  const result = await run(await greeting, { maxOutput: 3, encoding: 'utf8', cache })
  t.like(result, { stdout: 'hel', truncated: true })
})

test.serial('a component that is no command, and one for instantiate(), are refused', async t => {
  const library = await assembled('(component)')
  t.like(await failure(run(library, { cache })), { code: 'ERR_WASI_NO_START' })
  const error = await failure(instantiate(await greeting))
  t.is(error.code, 'ERR_WASI_COMPONENT')
  t.regex(error.message, /^instantiate\(\) is for modules: run\(\) runs a component/)
})

test.serial('more instances of a core module than its limits are for are refused', t => {
  const module = new WebAssembly.Module(command([]))
  using host = createComponentHost()
  const program = {
    code: `(core, imports, instantiate) => {
      const instances = [0, 1, 2].map(() => instantiate(core('a'), {}))
      return { instances }
    }`,
    modules: [{ name: 'a', module, moved: 0, instances: 3 }],
    imports: [],
    call: { interface: undefined, name: '', args: [], result: undefined },
    invoked: false,
  }
  t.is((instantiateComponent(program, host).instances as unknown[]).length, 3)
  const [core] = program.modules
  t.throws(() => instantiateComponent({ ...program, modules: [{ ...core, instances: 2 }] }, host), {
    code: 'ERR_WASI_MEMORY_LIMIT',
    message: /^the component makes more instances of a core module than its limits are for$/,
  })
})
