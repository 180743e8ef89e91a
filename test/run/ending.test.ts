/**
 * Ends of a run from outside, its limits on the machine, and a thousand runs that leave nothing
 * behind.
 */
import { spawn as spawnProcess } from 'node:child_process'
import { getEventListeners } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { createGuest, MemoryFiles, Pool, type RunOptions, run } from 'wasi-common'
import { cap } from '#lib/run/module/cap.js'
import { PreparedModule } from '#lib/run/module/prepare.js'
import { prepareAndExecute } from '#lib/run/run-in-workers.js'
import { termsOf } from '#lib/run/settings.js'
import { Workers } from '#lib/run/worker/workers.js'
import { openDescriptors } from '../hostcalls/fixture.js'
import { guest, main, scratch } from '../programs/cli.js'
import { failure } from '../rejection.js'
import { large } from '../sections.js'
import {
  call,
  command,
  drop,
  type Expression,
  fillsForever,
  load,
  store,
  trap,
  untilFails,
  write,
} from '../wasm.js'

const bytesOf = (name: string): Buffer => fs.readFileSync(guest(name))
/** Calls sched_yield again and again. */
const endless = command([drop(untilFails(call('sched_yield')))])
/** A loop that asks its host for nothing. */
const spinning = command([drop(untilFails(0))])
/** Waits for a clock in an hour. */
const sleeping = command([drop(call('poll_oneoff', 0, 0x100, 1, 0x200))], {
  data: {
    16: Uint8Array.from([
      1,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...new Uint8Array(new BigUint64Array([3_600_000_000_000n]).buffer),
    ]),
  },
})
/** Reads from a standard input that never says anything. */
const reading = command([
  store(0x10, 0x40),
  store(0x14, 8),
  drop(call('fd_read', 0, 0x10, 1, 0x20)),
])

/** Inputs that never end: a pipe without a writer, and a stream that never has anything. */
const stuck: Readonly<
  Record<
    string,
    (use: (program: Uint8Array, options: RunOptions) => Promise<void>) => Promise<void>
  >
> = {
  'a loop of hostcalls': use => use(endless, {}),
  'a loop without hostcalls': use => use(spinning, {}),
  'a sleep': use => use(sleeping, {}),
  'a read of a pipe': async use => {
    const child = spawnProcess('sleep', ['100'], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      const { fd } = (child.stdout as unknown as { _handle: { fd: number } })._handle
      await use(reading, { stdin: fd })
    } finally {
      child.kill()
    }
  },
  'a read of a stream': use =>
    use(reading, {
      stdin: { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) },
    }),
  'a loop of threads': use => use(bytesOf('threads'), { args: ['threads', 'spin'], threads: 4 }),
}
for (const [name, make] of Object.entries(stuck)) {
  for (const where of ['a run', 'a pool'] as const) {
    test(`${name} in ${where} ends in time, and when it is aborted`, async t => {
      const pool = where === 'a pool' ? new Pool({ size: 1 }) : undefined
      const go = (program: Uint8Array, options: RunOptions) =>
        pool === undefined ? run(program, options) : pool.run(program, options)
      await make(async (program, options) => {
        const late = await failure(go(program, { ...options, timeout: 300 }))
        t.is(late.code, 'ERR_WASI_TIMEOUT', late.stack)
        const controller = new AbortController()
        const reason = new Error('enough')
        setTimeout(() => controller.abort(reason), 300)
        const stopped = await failure(go(program, { ...options, signal: controller.signal }))
        t.is(stopped.code, 'ERR_WASI_ABORTED')
        t.is(stopped.cause, reason)
      })
      if (pool !== undefined)
        t.is((await pool.run(command([call('proc_exit', 7)]))).exitCode, 7, 'the pool goes on')
      await pool?.close()
    })
  }
}

test('a signal that was aborted before: nothing begins', async t => {
  t.is(
    (await failure(run(endless, { signal: AbortSignal.abort(new Error('before')) }))).message,
    'the run was aborted: before',
  )
  const pool = new Pool({ size: 1 })
  t.is(
    (await failure(pool.run(endless, { signal: AbortSignal.abort(new Error('before')) }))).message,
    'the run was aborted: before',
  )
  await pool.close()
})

test('what was written before the time was over is with the error', async t => {
  const program = command([...write(1, 0x40, 5), drop(untilFails(0))], { data: { 64: 'hello' } })
  // Its worker is there before its time begins.
  const pool = new Pool({ size: 1 })
  await pool.run(command([]))
  const error = await failure(pool.run(program, { timeout: 3000 }))
  await pool.close()
  t.is(error.code, 'ERR_WASI_TIMEOUT')
  t.is(String(error.stdout), 'hello')
})

// The compiler's time is the guest's.

/** It exits at once when it has been compiled, which takes longer than the time that it gets. */
const slow = large(30)
const waysToRun: Readonly<Record<string, (options: RunOptions) => Promise<unknown>>> = {
  'a run': options => run(slow, options),
  'a pool': async options => {
    const pool = new Pool({ size: 1 })
    await pool.run(slow, options).finally(() => pool.close())
  },
}
for (const [name, go] of Object.entries(waysToRun)) {
  test(`the time of ${name} begins before its module is compiled`, async t => {
    const late = await failure(go({ timeout: 20 }))
    t.is(late.code, 'ERR_WASI_TIMEOUT', late.stack)
    t.deepEqual(late.stdout, Buffer.alloc(0))
    const reason = new Error('enough')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 20)
    t.is((await failure(go({ signal: controller.signal }))).cause, reason)
    t.deepEqual(getEventListeners(controller.signal, 'abort'), [])
  })
}

/** Replaces the compiler for the time of a test. */
async function compiling(
  compile: (bytes: Uint8Array) => Promise<unknown>,
  use: () => Promise<void>,
): Promise<void> {
  const before = WebAssembly.compile
  WebAssembly.compile = compile as typeof WebAssembly.compile
  try {
    await use()
  } finally {
    WebAssembly.compile = before
  }
}

test.serial(
  'a run that ends while its module is compiled keeps nothing of its embedder’s',
  async t => {
    const files = new MemoryFiles({ f: 'x' })
    let returned = 0
    const stdin = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: async () => void returned++ as never,
      }),
    }
    let fail = (_error: Error): void => {}
    const never = new Promise((_, reject) => {
      fail = reject
    })
    const pool = new Pool({ size: 1 })
    await compiling(
      () => never,
      async () => {
        const options = { timeout: 50, stdin, preopens: { '/': { files } } }
        for (const go of [run, pool.run.bind(pool)])
          t.is((await failure(go(command([]), options))).code, 'ERR_WASI_TIMEOUT')
      },
    )
    t.is(returned, 2)
    files.writeFile('f', 'y')
    // A rejection that arrives after its last listener is no unhandled rejection.
    fail(new Error('it could not be compiled'))
    await new Promise(resolve => setImmediate(resolve))
    t.is((await pool.run(command([call('proc_exit', 7)]))).exitCode, 7, 'the turn was given back')
    await pool.close()
  },
)

test.serial(
  'a module that the compiler takes, and whose limits are in a form that is not known here, is refused',
  async t => {
    const module = new WebAssembly.Module(command([]))
    const odd = Uint8Array.from([...command([]).subarray(0, 8), 5, 3, 1, 8, 1])
    await compiling(
      async () => module,
      async () => {
        const error = await failure(run(odd))
        t.is(error.code, 'ERR_WASI_MEMORY_LIMIT')
        t.regex(error.message, /memory have flags that are not known/)
      },
    )
    t.true((await failure(run(odd))).cause instanceof WebAssembly.CompileError)
  },
)

test('a pool: the time of a run begins with its turn', async t => {
  const pool = new Pool({ size: 1 })
  const busy = new AbortController()
  const first = failure(pool.run(endless, { signal: busy.signal }))
  let ended = false
  const second = failure(pool.run(endless, { timeout: 300 })).finally(() => {
    ended = true
  })
  await new Promise(resolve => setTimeout(resolve, 1000))
  t.false(ended, 'it waits for its turn')
  busy.abort()
  t.is(((await first).cause as Error).name, 'AbortError')
  t.is((await second).code, 'ERR_WASI_TIMEOUT')
  await pool.close()
})

test('a worker that does not end keeps nobody waiting for ever', async t => {
  const workers = new Workers()
  const ends: (() => Promise<number>)[] = []
  workers.start = stack => {
    const one = Workers.prototype.start.call(workers, stack)
    ends.push(one.worker.terminate.bind(one.worker))
    one.worker.terminate = () => new Promise(() => {})
    return one
  }
  const stop = new AbortController()
  const reason = new Error('enough')
  // It runs when it has written something.
  const program = command([...write(1, 0x40, 1), drop(untilFails(0))], { data: { 64: '!' } })
  const checked = termsOf({ signal: stop.signal, stdout: () => stop.abort(reason) })
  const stopped = await failure(
    prepareAndExecute(checked, () => PreparedModule.prepare(program, checked[0]), workers),
  )
  t.is(stopped.cause, reason)
  t.is(ends.length, 1)
  for (const end of ends) await end()
})

test('options that are wrong', async t => {
  const wrong: readonly [Record<string, unknown>, string][] = [
    [{ timeout: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ timeout: '2s' }, 'ERR_INVALID_ARG_TYPE'],
    [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ maxMemory: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ maxOutput: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [{ maxoutput: 1 }, 'ERR_INVALID_ARG_VALUE'],
    [{ limits: { hostcalls: -1 } }, 'ERR_OUT_OF_RANGE'],
  ]
  for (const [options, code] of wrong)
    t.is((await failure(run(endless, options as RunOptions))).code, code, JSON.stringify(options))
  t.throws(() => new Pool({ size: 0 }), { code: 'ERR_OUT_OF_RANGE' })
  t.throws(() => new Pool({ sise: 1 } as never), { code: 'ERR_INVALID_ARG_VALUE' })
})

// Memory.

test('a module that begins with more memory than it may have is refused', async t => {
  t.is((await failure(run(command([]), { maxMemory: 65535 }))).code, 'ERR_WASI_MEMORY_LIMIT')
  t.is((await run(command([]), { maxMemory: 65536 })).exitCode, 0)
})

test('a compiled module: refused where its limits are to be set, as it declares them elsewhere', async t => {
  const pool = new Pool({ size: 1 })
  const module = new WebAssembly.Module(command([]))
  for (const options of [
    { maxMemory: 65536 },
    { maxTableElements: 1 },
    { strict: true },
  ] as const) {
    for (const go of [run, pool.run.bind(pool)])
      t.is((await failure(go(module, options))).code, 'ERR_WASI_NO_MEMORY')
  }
  t.is((await pool.run(module)).exitCode, 0)
  await pool.close()
})

for (const name of ['hello', 'files', 'threads']) {
  test(`a real program is itself when its memory is capped: ${name}`, t => {
    const bytes = bytesOf(name)
    const describe = (of: Uint8Array) => {
      const module = new WebAssembly.Module(of as Uint8Array<ArrayBuffer>)
      return [WebAssembly.Module.imports(module), WebAssembly.Module.exports(module)]
    }
    t.deepEqual(
      describe(cap(bytes, { memory: 2 ** 28, elements: 1e6, instances: 1 })),
      describe(bytes),
    )
  })
}

test('a program that wants more memory than it may have is told so by its libc', async t => {
  const { exitCode, stdout } = await run(bytesOf('hungry'), {
    maxMemory: 8 * 2 ** 20,
    timeout: 20_000,
  })
  t.is(exitCode, 1)
  t.regex(stdout.toString(), /^[1-7] MiB\n$/)
})

// Hostcalls.

test('hostcalls are counted', async t => {
  const program = (calls: number): Uint8Array =>
    command(Array.from({ length: calls }, (): Expression => drop(call('sched_yield'))))
  t.is((await run(program(3), { limits: { hostcalls: 3 } })).exitCode, 0)
  t.is(
    (await failure(run(program(4), { limits: { hostcalls: 3 } }))).code,
    'ERR_WASI_HOSTCALL_LIMIT',
  )
  t.is(
    (await failure(run(endless, { limits: { hostcalls: 10_000 } }))).code,
    'ERR_WASI_HOSTCALL_LIMIT',
  )
  const { imports, bind } = createGuest({ version: 'preview1', limits: { hostcalls: 1 } })
  bind(new WebAssembly.Memory({ initial: 1 }))
  t.is(imports.sched_yield(), 0)
  for (let i = 0; i < 2; i++)
    t.throws(() => imports.sched_yield(), { code: 'ERR_WASI_HOSTCALL_LIMIT' })
})

// Pools.

test('a pool: its guests have nothing of each other', async t => {
  const pool = new Pool({ size: 1 })
  const folder = scratch(t)
  fs.writeFileSync(join(folder, 'f'), 'x')
  // It opens a file, and ends without closing it; the next one has the same first free number.
  const opens = command(
    [drop(call('path_open', 3, 0, 0x40, 1, 0, 2n, 0n, 0, 0x50)), call('proc_exit', load(0x50))],
    { data: { 64: 'f' } },
  )
  for (let i = 0; i < 3; i++)
    t.is((await pool.run(opens, { preopens: { '/': folder } })).exitCode, 4)
  t.is((await failure(pool.run(command([trap])))).code, 'ERR_WASI_TRAP')
  t.is((await pool.run(opens, { preopens: { '/': folder } })).exitCode, 4)
  await pool.close()
  t.is((await failure(pool.run(opens))).code, 'ERR_WASI_POOL_CLOSED')
})

test('a pool: no more at once than its size, each in its turn', async t => {
  const pool = new Pool({ size: 2, maxModules: 1 })
  let [now, most] = [0, 0]
  let met = (): void => {}
  const two = new Promise<void>(resolve => {
    met = resolve
  })
  const one = async (code: number): Promise<number> => {
    const { exitCode } = await pool.run(
      command([...write(1, 0x40, 1), call('proc_exit', code)], { data: { 64: 'x' } }),
      {
        stdout: async () => {
          most = Math.max(most, ++now)
          if (now === 2) met()
          await two
          await new Promise(resolve => setTimeout(resolve, 20))
          now--
        },
      },
    )
    return exitCode
  }
  t.deepEqual(await Promise.all([1, 2, 3, 4, 5].map(one)), [1, 2, 3, 4, 5])
  t.is(most, 2)
  await pool.close()
})

test('a pool that is closed while runs wait', async t => {
  const pool = new Pool({ size: 1 })
  const first = pool.run(endless, { timeout: 300 })
  const second = pool.run(endless)
  await new Promise(resolve => setTimeout(resolve, 50))
  await pool.close()
  t.is((await failure(first)).code, 'ERR_WASI_TIMEOUT')
  t.is((await failure(second)).code, 'ERR_WASI_POOL_CLOSED')
})

test('a pool: a mistake in the options is told at once, and costs nobody his turn', async t => {
  const pool = new Pool({ size: 1 })
  const busy = new AbortController()
  const first = failure(pool.run(endless, { signal: busy.signal }))
  const fails = async (options: unknown) => failure(pool.run(endless, options as RunOptions))
  t.like(await fails(null), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
  t.like(await fails({ signal: 'stop' }), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
  t.like(await fails({ maxMemory: '64m' }), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
  for (const maxMemory of [-1, 1.5, Number.NaN])
    t.like(await fails({ maxMemory }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
  const mine = new Error('mine')
  t.is((await failure(pool.run(endless, { signal: AbortSignal.abort(mine) }))).cause, mine)
  // The pool reported all of that while the first run was busy.
  busy.abort(mine)
  t.is((await first).cause, mine)
  t.is((await pool.run(command([call('proc_exit', 5)]))).exitCode, 5)
  await pool.close()
})

test('a pool: a signal for many runs is listened to by those that are not at their end', async t => {
  const pool = new Pool({ size: 1 })
  const { signal } = new AbortController()
  const program = command([call('proc_exit', 0)])
  await Promise.all(Array.from({ length: 5 }, () => pool.run(program, { signal })))
  t.deepEqual(getEventListeners(signal, 'abort'), [])
  await pool.close()
})

test('a thousand runs of a pool leave nothing', async t => {
  const pool = new Pool({ size: 4 })
  const folder = scratch(t)
  const program = command([...write(1, 0x40, 5), call('proc_exit', 3)], { data: { 64: 'hello' } })
  const all = async (count: number): Promise<void> => {
    const results = await Promise.all(
      Array.from({ length: count }, () => pool.run(program, { preopens: { '/': folder } })),
    )
    t.true(results.every(({ exitCode, stdout }) => exitCode === 3 && stdout.length === 5))
  }
  await all(20)
  const [descriptors, threads] = [openDescriptors(), fs.readdirSync('/proc/self/task').length]
  await all(1000)
  t.true(openDescriptors() <= descriptors)
  t.true(fs.readdirSync('/proc/self/task').length <= threads)
  await pool.close()
})

// The command.

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}
interface Started {
  /** Milliseconds after its first output until Ctrl-C; without it there is none. */
  readonly interrupt?: number | undefined
  readonly env?: NodeJS.ProcessEnv
  /** The program that starts the command. */
  readonly entry?: string
}
function wasiCommon(
  args: readonly string[],
  { interrupt, env, entry = main }: Started = {},
): Promise<Ended> {
  const options = {
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  }
  const child = spawnProcess(process.execPath, [entry, 'run', ...args], options)
  const heard = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', text => {
    heard.stdout += text
    if (interrupt !== undefined) setTimeout(() => child.kill('SIGINT'), interrupt)
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    heard.stderr += text
  })
  return new Promise(resolve =>
    child.on('close', (code, signal) => resolve({ code, signal, ...heard })),
  )
}
const file = (t: Parameters<typeof scratch>[0], bytes: Uint8Array): string => {
  const path = join(scratch(t), 'program.wasm')
  fs.writeFileSync(path, bytes)
  return path
}

test('-W timeout', async t => {
  const { code, stderr } = await wasiCommon(['-W', 'timeout=300ms', file(t, spinning)])
  t.is(code, 124)
  t.is(stderr, 'wasi-common: the guest timed out after 300 ms\n')
  t.is((await wasiCommon(['-W', 'timeout=60s', guest('hello'), '5'])).code, 5)
})

test('-W timeout: the time begins before the program is compiled', async t => {
  const { code, stderr } = await wasiCommon(['-W', 'timeout=20ms', file(t, slow)])
  t.is(code, 124)
  t.is(stderr, 'wasi-common: the guest timed out after 20 ms\n')
})

test('-W max-memory-size', async t => {
  t.is((await wasiCommon(['-W', 'max-memory-size=8m,timeout=1m', guest('hungry')])).code, 1)
  const { code, stderr } = await wasiCommon(['-W', 'max-memory-size=1k', guest('hello')])
  t.is(code, 1)
  t.regex(stderr, /needs \d+ pages of memory/)
})

test('--max-output', async t => {
  const flood = command([
    store(0x10, 0x1000),
    store(0x14, 0x8000),
    drop(untilFails(call('fd_write', 1, 0x10, 1, 0x20))),
    call('proc_exit', 9),
  ])
  const { code, stdout } = await wasiCommon(['--max-output', '100k', file(t, flood)])
  t.is(code, 9)
  t.is(stdout.length, 102_400)
})

/** The command with its streams in one pipe of a shell, where they are read late. */
/**
 * @param afterwards whether nothing is read before the command has ended; else it is from 3 s on
 */
function readLate(
  t: Parameters<typeof file>[0],
  args: readonly string[],
  of: Uint8Array,
  afterwards = false,
): Promise<string> {
  const reader = afterwards ? 'until [ -s "$code" ]; do sleep 0.1; done; cat' : 'sleep 3; cat'
  const script = `("$@" 2>&1; echo "code $?" > "$code") | (${reader}); until [ -s "$code" ]; do sleep 0.1; done; cat "$code"`
  return new Promise(resolve => {
    const env = { ...process.env, code: join(scratch(t), 'code') }
    const child = spawnProcess(
      'sh',
      ['-c', script, 'sh', process.execPath, main, 'run', ...args, file(t, of)],
      { env },
    )
    let text = ''
    child.stdout.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    child.on('close', () => resolve(text))
  })
}

test('a reader that is late loses nothing, and does not stop the clock', async t => {
  const program = (times: number) =>
    command([
      store(0x10, 0x1000),
      store(0x14, 0x8000),
      ...Array.from({ length: times }, () => drop(call('fd_write', 1, 0x10, 1, 0x20))),
    ])
  const text = await readLate(t, ['--max-output', '1m'], program(10))
  t.regex(text, /code 0\n$/)
  t.is(text.length, 10 * 0x8000 + 'code 0\n'.length)
  const calls = command(Array.from({ length: 6000 }, () => drop(call('sched_yield'))))
  const lines = (await readLate(t, ['-W', 'timeout=1m', '--trace'], calls)).split('\n')
  t.deepEqual(
    [lines.filter(line => line === 'sched_yield() = SUCCESS').length, lines.at(-2)],
    [6000, 'code 0'],
  )
  const late = await readLate(t, ['-W', 'timeout=1s', '--max-output', '1m'], program(10), true)
  t.regex(late, /code 124\n$/, 'it was ended before anybody read')
})

test('Ctrl-C ends the guest with 130', async t => {
  const program = file(
    t,
    command([...write(1, 0x40, 1), drop(untilFails(0))], { data: { 64: '!' } }),
  )
  t.is((await wasiCommon(['-W', 'timeout=5m', program], { interrupt: 0 })).code, 130)
  // Without a worker it is the signal itself, of which a shell makes 130.
  t.is((await wasiCommon([program], { interrupt: 0 })).signal, 'SIGINT')
})

// V8 looks only now and then whether such a loop shall end: with this budget, not before the test
// is over.
const baseline = `import { setFlagsFromString } from 'node:v8'
setFlagsFromString('--wasm-tiering-budget=2000000000')
await import(${JSON.stringify(pathToFileURL(main).href)})`
const observed = { NODE_OPTIONS: '--import=data:text/javascript,' }
for (const [how, flags, env] of [
  ['Ctrl-C', [], {}],
  ['Ctrl-C', ['--backend', 'typescript'], {}],
  ['Ctrl-C', [], observed],
  ['-W timeout', [], observed],
] as const)
  test(`${how} ends the command though V8 does not end the guest’s thread (${[...flags, ...Object.keys(env)]})`, async t => {
    const program = file(
      t,
      command([...write(1, 0x40, 1), fillsForever(2 ** 26)], { data: { 64: '!' }, pages: 1024 }),
    )
    const entry = join(scratch(t), 'main.mjs')
    fs.writeFileSync(entry, baseline)
    const [timeout, interrupt, code] = how === 'Ctrl-C' ? ['5m', 1000, 130] : ['3s', undefined, 124]
    t.is(
      (await wasiCommon(['-W', `timeout=${timeout}`, ...flags, program], { interrupt, env, entry }))
        .code,
      code,
    )
  })

test('words of the command that are wrong', async t => {
  for (const [args, message] of [
    [['-W', 'timeout=0s'], /-W timeout=0s: expected a duration above zero/],
    [['-W', 'timeout=0.0m'], /expected a duration above zero/],
    [['-W', 'timeout=soon'], /expected a number and one of ms, s, m, h/],
    [['-W', 'fuel=7'], /-W fuel=7: unknown name 'fuel'/],
    [['--max-output', '1x'], /expected a number and one of k, m, g/],
    [['-W', 'timeout=1s', '--invoke', 'f'], /cannot be combined/],
    [['-W', 'timeout=999999h'], /is too large/],
  ] as const) {
    const { code, stderr } = await wasiCommon([...args, guest('hello')])
    t.is(code, 2)
    t.regex(stderr, message)
  }
})
