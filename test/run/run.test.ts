/**
 * run(): a guest in a worker, its ends, the reports to its embedder, and nothing that stays behind.
 */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { Errno, Rights, RunError, type RunOptions, run, UnexpectedError } from 'wasi-common'
import { memoryLimits, versionOf } from '#lib/run/module/inspect.js'
import { caught, throws } from '../exceptions.js'
import { openDescriptors } from '../hostcalls/fixture.js'
import { guest } from '../programs/cli.js'
import { type Failure, failure } from '../rejection.js'
import {
  assemble,
  call,
  command,
  drop,
  type Expression,
  store,
  times,
  trap,
  untilFails,
  write,
} from '../wasm.js'

const exits = (code: Expression): Uint8Array => command([call('proc_exit', code)])
const failing = (source: Parameters<typeof run>[0], options?: RunOptions): Promise<Failure> =>
  failure(run(source, options))

test('the exit code is the guest’s, whatever the module comes as', async t => {
  const bytes = exits(42)
  const copy = bytes.slice()
  for (const source of [
    bytes,
    copy.buffer,
    new DataView(copy.buffer),
    new WebAssembly.Module(copy),
  ]) {
    t.like(await run(source as Uint8Array), { exitCode: 42 })
  }
  t.like(await run(command([])), { exitCode: 0 })
  t.like(await run(command([], { pages: 0 })), { exitCode: 0 })
  t.like(await run(exits(-1)), { exitCode: -1 })
  t.like(await run(command([drop(call('proc_raise', 6))])), { exitCode: 134 })
})

test('both snapshots, both backends, with threads and without', async t => {
  for (const from of ['wasi_snapshot_preview1', 'wasi_unstable']) {
    const program = command([call('proc_exit', call('sched_yield'))], { from })
    t.like(await run(program, { backend: 'typescript' }), { exitCode: 0 })
    t.like(await run(program, { backend: 'native', threads: 2 }), { exitCode: 0 })
  }
})

test('a program that is given files and streams uses them', async t => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  const stdout = fs.openSync(join(folder, 'out'), 'w+')
  const program = command(
    [...write(1, 0x40, 5), call('proc_exit', call('path_create_directory', 3, 0x45, 3))],
    {
      data: { 64: 'hellonew' },
    },
  )
  for (const threads of [0, 1]) {
    t.like(await run(program, { stdout, preopens: { '/': folder }, threads }), {
      exitCode: threads === 0 ? 0 : 20,
    })
  }
  t.is(fs.readFileSync(join(folder, 'out'), 'utf8'), 'hellohello')
  t.true(fs.statSync(join(folder, 'new')).isDirectory())
  fs.closeSync(stdout)
  fs.rmSync(folder, { recursive: true })
})

test('a trap is an error of its own class, with the guest’s frames', async t => {
  const error = await failing(
    assemble({ functions: { _start: { body: [call('inner')] }, inner: { body: [trap] } } }),
  )
  t.true(error instanceof RunError)
  t.true(error.cause instanceof WebAssembly.RuntimeError)
  t.is(error.message, 'the guest trapped: unreachable')
  t.regex(error.stack ?? '', /inner/)
})

test.serial('a guest that catches its exit again and again tells it once', async t => {
  const again = { params: ['i32'] as const, body: [times(caught(call('proc_exit', 3)))] }
  const source = assemble({
    functions: { _start: { body: [...write(1, 0x40, 1), call('again', 20)] }, again },
  })
  let told = 0
  const { emit } = Worker.prototype
  Worker.prototype.emit = function (name: string, ...args: unknown[]): boolean {
    if (name === 'message' && (args[0] as { kind: string }).kind === 'exit') told++
    return emit.call(this, name, ...args)
  }
  try {
    // A second report would carry the files in memory again.
    const files = { f: new Uint8Array(100_000) }
    for (const threads of [0, 1]) {
      told = 0
      const preopens = threads === 0 ? { '/': { files } } : {}
      // The run waits until the output is taken, and receives every message meanwhile.
      const stdout = new Writable({
        write: (_chunk, _encoding, done) => void setTimeout(done, 300),
      })
      t.is((await run(source, { threads, preopens, stdout })).exitCode, 3)
      t.is(told, 1)
    }
  } finally {
    Worker.prototype.emit = emit
  }
})

test('an exception of the guest that nothing catches is an error that says so', async t => {
  for (const atStart of [false, true]) {
    const { code, message, cause } = await failing(throws(atStart))
    t.deepEqual(
      [code, message],
      ['ERR_WASI_TRAP', 'the guest threw an uncaught WebAssembly exception'],
    )
    t.notRegex((cause as Error).stack ?? '', /at .*\.js:\d+/, 'no stack of the host')
  }
})

test('what is no module, or cannot be linked, or started, is told', async t => {
  t.true((await failing(Uint8Array.of(1, 2, 3))).cause instanceof WebAssembly.CompileError)
  t.like(await failing(5 as unknown as Uint8Array), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
  })
  const unlinked = await failing(command([], { imports: { 'env.callback': 'function' } }))
  t.is(unlinked.code, 'ERR_WASI_UNKNOWN_IMPORT')
  t.true(unlinked.cause instanceof WebAssembly.LinkError)
  t.like(unlinked.cause, {
    code: 'ERR_WASI_UNKNOWN_IMPORT',
    importModule: 'env',
    importName: 'callback',
    importKind: 'function',
  })
  t.like(await failing(assemble({ functions: { sum: { body: [] } } })), {
    code: 'ERR_WASI_NO_START',
  })
})

test('a mistake in the options is told before anything begins', async t => {
  const fails = async (options: object) => failing(exits(0), options)
  t.like(await fails({ thread: 1 }), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
  t.like(await fails({ threads: '4' }), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
  for (const threads of [-1, 1.5, 1025, Number.NaN])
    t.like(await fails({ threads }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
  t.like(await fails({ version: 'preview2' }), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
  t.like(await fails({ threads: 1, backend: 'typescript' }), {
    code: 'ERR_WASI_THREADS_UNAVAILABLE',
  })
  t.like(await run(exits(4), { version: undefined }), { exitCode: 4 })
  for (const threads of [0, 1])
    t.like(await fails({ preopens: { '/': '/missing' }, threads }), { code: 'UVWASI_ENOENT' })
})

test('a memory that the module imports is made as it wants it', async t => {
  const program = command([store(0x10, 1), call('proc_exit', 7)], {
    pages: 0,
    imports: { 'env.memory': 'memory' },
  })
  t.like(await run(program), { exitCode: 7 })
  const mine = program.slice()
  const running = run(mine)
  mine.fill(255)
  t.like(await running, { exitCode: 7 }, 'the bytes are the caller’s again at once')
  t.like(await failing(new WebAssembly.Module(program)), { code: 'ERR_WASI_NO_MEMORY' })
})

test('the memory is found among all kinds of imports', t => {
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)]
  const imports = (...rows: number[][]): Uint8Array => {
    const body = [rows.length, ...rows.flatMap(row => [...name('env'), ...name('x'), ...row])]
    return Uint8Array.from([
      0,
      0x61,
      0x73,
      0x6d,
      1,
      0,
      0,
      0,
      0,
      3,
      1,
      0x61,
      0,
      1,
      4,
      1,
      0x60,
      0,
      0,
      2,
      body.length,
      ...body,
    ])
  }
  const others = [
    [0, 0],
    [1, 0x70, 0, 1],
    [1, 0x6f, 1, 1, 0x80, 1],
    [3, 0x7f, 0],
    [3, 0x64, 0x70, 1],
    [4, 0, 0],
  ]
  t.deepEqual(memoryLimits(imports(...others, [2, 3, 0x80, 2, 0x80, 0x80, 4])), {
    initial: 256,
    maximum: 65536,
    shared: true,
  })
  t.deepEqual(memoryLimits(imports([2, 0, 2])), { initial: 2, shared: false })
  t.deepEqual(memoryLimits(imports([2, 1, 2, 5])), { initial: 2, maximum: 5, shared: false })
  t.is(memoryLimits(imports(...others)), undefined)
  t.is(memoryLimits(exits(1)), undefined)
  const versions = ['wasi_snapshot_preview1', 'wasi_unstable'].map(from =>
    versionOf(new WebAssembly.Module(command([call('proc_exit', 0)], { from }))),
  )
  t.deepEqual(versions, ['preview1', 'unstable'])
})

test('trace lines reach the hook before the end; what the hook throws ends the guest', async t => {
  const lines: string[] = []
  const program = command([drop(call('sched_yield')), call('proc_exit', 3)])
  await run(program, { trace: line => void lines.push(line) })
  t.deepEqual(lines, ['sched_yield() = SUCCESS', 'proc_exit(rval=3) = exit 3'])
  await run(program, { threads: 1, trace: line => void lines.push(line) })
  t.deepEqual(lines.slice(2), [
    '[tid 0] sched_yield() = SUCCESS',
    '[tid 0] proc_exit(rval=3) = exit 3',
  ])
  const forever = command([drop(untilFails(call('sched_yield')))])
  const mine = new Error('mine')
  const error = await failing(forever, {
    trace() {
      throw mine
    },
  })
  t.is(error.code, 'ERR_WASI_HOOK')
  t.is(error.cause, mine)
})

const withProc = fs.existsSync('/proc/self/mem') ? test : test.skip
withProc(
  'a host error that nobody expected is IO for the guest, and told in full [by /proc/self/mem]',
  async t => {
    const program = command(
      [
        drop(
          call('path_open', 3, 0, 0x40, 3, 0, BigInt(Rights.FD_READ | Rights.FD_SEEK), 0n, 0, 0x50),
        ),
        ...[store(0x20, 0x60), store(0x24, 1)],
        call('proc_exit', call('fd_pread', 4, 0x20, 1, 0n, 0x28)),
      ],
      { data: { 64: 'mem' } },
    )
    for (const threads of [0, 1]) {
      const told: UnexpectedError[] = []
      const options = {
        preopens: { '/': '/proc/self' },
        threads,
        onUnexpected: (error: UnexpectedError) => void told.push(error),
      }
      t.like(await run(program, options), { exitCode: Errno.IO })
      t.is(told.length, 1)
      t.true(told[0] instanceof UnexpectedError)
      t.is(told[0].call, 'fd_pread')
      t.like(told[0].cause, { code: 'EIO', errno: -5 })
    }
  },
)

test('a _start whose parameters no host can pass is ERR_WASI_NO_START', async t => {
  const source = assemble({ functions: { _start: { params: ['i64'], body: [] } } })
  t.like(await failing(source), { code: 'ERR_WASI_NO_START' })
})

test('a module that wants threads must have where they begin, and one memory for all', async t => {
  const wants = { imports: { 'wasi.thread-spawn': 'function' } } as const
  const nowhere = await failing(command([], wants), { threads: 1 })
  t.is(nowhere.code, 'ERR_WASI_NO_START')
  t.regex(nowhere.message, /wasi_thread_start/)
  const begins = {
    ...wants,
    functions: { _start: { body: [] }, wasi_thread_start: { params: ['i32', 'i32'], body: [] } },
  } as const
  t.like(await failing(assemble(begins), { threads: 1 }), { code: 'ERR_WASI_NO_MEMORY' })
})

test('guests run beside each other, and none waits for another', async t => {
  const codes = await Promise.all([1, 2, 3].map(code => run(exits(code), { threads: code - 1 })))
  t.deepEqual(
    codes.map(({ exitCode }) => exitCode),
    [1, 2, 3],
  )
})

const withTasks = fs.existsSync('/proc/self/task') ? test.serial : test.serial.skip
withTasks(
  'threads that come and go fast need no more workers than there may be threads [by /proc/self/task]',
  async t => {
    const tasks = () => fs.readdirSync('/proc/self/task').length
    const before = tasks()
    let most = 0
    const timer = setInterval(() => {
      most = Math.max(most, tasks() - before)
    }, 5)
    t.like(
      await run(fs.readFileSync(guest('threads')), {
        args: ['threads', 'flood', '300'],
        threads: 2,
      }),
      { exitCode: 0 },
    )
    clearInterval(timer)
    t.true(most >= 1 && most <= 3, `${most} workers`)
  },
)

test.serial('a guest that ends while its threads begin leaves nothing open', async t => {
  const stdout = fs.openSync(os.devNull, 'w')
  const before = openDescriptors()
  const source = fs.readFileSync(guest('threads'))
  for (let round = 0; round < 6; round++)
    t.like(await run(source, { args: ['threads', 'spawn'], threads: 8, stdout }), { exitCode: 0 })
  t.is(openDescriptors(), before)
  fs.closeSync(stdout)
})

test.serial('many runs leave no descriptor behind, however they end', async t => {
  const before = openDescriptors()
  const preopens = { '/': os.tmpdir() }
  for (let round = 0; round < 5; round++) {
    for (const threads of [0, 2]) {
      await run(exits(1), { preopens, threads })
      await failing(command([trap]), { preopens, threads })
      await failing(exits(1), { preopens: { ...preopens, '/missing': '/missing' }, threads })
    }
  }
  t.is(openDescriptors(), before)
})

/**
 * Makes a call many times, then a directory: where that is there, the guest did not wait for
 * anything.
 */
const ahead = (count: number, made: Expression): Uint8Array =>
  command(
    [
      store(0x10, 0x1000),
      store(0x14, 0x8000),
      ...Array.from({ length: count }, () => drop(made)),
      drop(call('path_create_directory', 3, 0x40, 4)),
    ],
    {
      data: { 64: 'done' },
    },
  )
for (const [what, program, hook] of [
  ['output', ahead(200, call('fd_write', 1, 0x10, 1, 0x20)), 'stdout'],
  ['trace', ahead(10_000, call('sched_yield')), 'trace'],
] as const) {
  test(`a guest waits with its ${what} for a host that is busy`, async t => {
    const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
    t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
    const done = (): boolean => fs.existsSync(join(folder, 'done'))
    let before: boolean | undefined
    const busy = (): void => {
      if (before !== undefined) return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
      before = done()
    }
    await run(program, { preopens: { '/': folder }, [hook]: busy })
    t.deepEqual([before, done()], [false, true])
  })
}

test('standard input is empty unless it is given', async t => {
  const { exitCode, stdout } = await run(fs.readFileSync(guest('hello')), { args: ['hello'] })
  t.deepEqual([exitCode, stdout.toString()], [0, 'arg 0 hello\n'])
})
