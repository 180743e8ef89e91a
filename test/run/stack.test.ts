/**
 * Recursion of guests: the stack that each door grants, and the error beyond it, which never ends
 * the host.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { createGuest, Pool, type RunOptions, run, WASI } from 'wasi-common'
import { defaultStack, leastStack, mostStack } from '#lib/run/worker/stack.js'
import { main, scratch } from '../programs/cli.js'
import { failure } from '../rejection.js'
import {
  add,
  and,
  assemble,
  call,
  drop,
  type Expression,
  isZero,
  param,
  store,
  when,
} from '../wasm.js'

const linux = process.platform === 'linux'
/** Each frame passes so many parameters on the stack, whichever compiler of V8's made its code. */
const wide = 64
/**
 * Calls itself as often as `depth` says. A frame takes more than 450 bytes, and less than 1,600.
 */
const descending = (depth: number): Uint8Array =>
  assemble({
    functions: {
      _start: { body: [call('down', depth, ...new Array<bigint>(wide).fill(0n))] },
      down: {
        params: ['i32', ...new Array<'i64'>(wide).fill('i64')],
        body: [
          when(
            param(0),
            call(
              'down',
              add(param(0), -1),
              ...Array.from({ length: wide }, (_, i) => param(i + 1)),
            ),
          ),
        ],
      },
    },
  })
/** Needs between 1.1 and 4 MB. */
const middling = descending(2500)

/** A name of 4,000 bytes with 2,000 parts, at 0x1000. */
const long = { 4096: './'.repeat(2000) }
const pathCall = (name: string, ...rest: Expression[]): Expression =>
  drop(call(name, 3, 0, 0x1000, 4000, ...rest))
/** Hostcalls of every kind, by the name that a test says. */
const leaves: Readonly<Record<string, readonly Expression[]>> = {
  'no hostcall': [],
  'a clock': [drop(call('clock_time_get', 0, 1n, 0x100))],
  'a write': [drop(call('fd_write', 2, 0x10, 1, 0x20))],
  'a poll': [drop(call('poll_oneoff', 0x2000, 0x3000, 0, 0x20))],
  'a listing': [drop(call('fd_readdir', 3, 0x4000, 512, 0n, 0x20))],
  'a long path': [
    pathCall('path_filestat_get', 0x100),
    pathCall('path_open', 0, 2n, 0n, 0, 0x20),
    drop(call('fd_close', 4)),
  ],
}
/** Recurses without end, and makes these hostcalls at each 32nd step, some 2 KiB apart. */
const endless = (leaf: readonly Expression[]): Uint8Array =>
  assemble({
    functions: {
      _start: { body: [call('down', 0)] },
      down: {
        params: ['i32'],
        body: [
          when(isZero(and(param(0), 31)), ...leaf),
          call('down', add(param(0), 1)),
          store(0, 1),
        ],
      },
    },
    data: long,
  })

// (module (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
//   (import "env" "memory" (memory 1 1 shared)) (export "memory" (memory 0))
//   (func $down (param i32)
//     (call $down (i32.add (local.get 0) (i32.const 1))) (i32.store (i32.const 0) (i32.const 1)))
//   (func (export "_start") (drop (call $spawn (i32.const 0)))
//     (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1))))
//   (func (export "wasi_thread_start") (param i32 i32) (call $down (i32.const 0))))
/** Its first thread waits for ever; its second one recurses without end. */
const threaded = Buffer.from(
  'AGFzbQEAAAABEgRgAX8Bf2ABfwBgAABgAn9/AAIkAgR3YXNpDHRocmVhZC1zcGF3bgAAA2VudgZtZW1vcnkCAwEBAwQDAQIDBycDBm1lbW9yeQ' +
    'IABl9zdGFydAACEXdhc2lfdGhyZWFkX3N0YXJ0AAMKLAMQACAAQQFqEAFBAEEBNgIACxIAQQAQABpBBEEAQn/+AQIAGgsGAEEAEAEL',
  'base64',
)

type Run = (program: Uint8Array, options: RunOptions) => Promise<unknown>
const runs: Readonly<Record<string, Run>> = {
  run,
  'run, with threads': (program, options) => run(program, { ...options, threads: 1 }),
  Pool: async (program, options) => {
    const pool = new Pool({ size: 1 })
    try {
      return await pool.run(program, options)
    } finally {
      await pool.close()
    }
  },
  ...(linux && {
    'run, in a process': ((program, options) =>
      run(program, { ...options, isolation: 'process' })) as Run,
  }),
}

for (const [door, start] of Object.entries(runs)) {
  test(`${door}: a guest that overflows its stack fails with an error that names maxStack`, async t => {
    for (const maxStack of [leastStack, undefined]) {
      const error = await failure(start(endless([]), { maxStack }))
      t.true(error.cause instanceof RangeError)
      t.is(error.code, 'ERR_WASI_STACK_LIMIT')
      t.is(
        error.message,
        `maxStack: the guest overflowed its stack of ${maxStack ?? defaultStack} bytes`,
      )
      t.regex(error.stack ?? '', /at down/)
    }
  })

  test(`${door}: maxStack sets how deep a guest recurses`, async t => {
    t.is((await failure(start(middling, { maxStack: 2 ** 20 }))).code, 'ERR_WASI_STACK_LIMIT')
    await t.notThrowsAsync(start(middling, { maxStack: 4 * 2 ** 20 }))
    await t.notThrowsAsync(start(middling, {}))
  })
}

for (const backend of ['native', 'typescript'] as const) {
  for (const [leaf, body] of Object.entries(leaves)) {
    test(`run: recursion with ${leaf} overflows stacks of every size without harm (${backend})`, async t => {
      for (const maxStack of [
        leastStack,
        2 ** 20,
        defaultStack,
        ...(body.length === 0 ? [2 ** 26, mostStack] : []),
      ]) {
        const options: RunOptions = {
          maxStack,
          backend,
          preopens: { '/': scratch(t) },
          timeout: 120_000,
        }
        t.is(
          (await failure(run(endless(body), options))).code,
          'ERR_WASI_STACK_LIMIT',
          `${maxStack}`,
        )
      }
    })
  }
}
test('run: a guest that overflows its stack inside a hostcall is reported, wherever that is', async t => {
  for (let maxStack = 2 ** 20; maxStack < 2 ** 20 + 4096; maxStack += 128) {
    const options: RunOptions = {
      maxStack,
      preopens: { '/': { files: { name: 'text' } } },
      timeout: 30_000,
    }
    t.is(
      (await failure(run(endless(leaves['a clock']), options))).code,
      'ERR_WASI_STACK_LIMIT',
      `${maxStack}`,
    )
  }
})

for (const kind of ['files', 'overlay'] as const) {
  test(`run: recursion with paths of ${kind === 'files' ? 'files in memory' : 'an overlay'} overflows the stack without harm`, async t => {
    const preopen = kind === 'files' ? { files: {} } : { path: scratch(t), overlay: true }
    for (const maxStack of [leastStack, 2 ** 20])
      for (const leaf of ['a listing', 'a long path'])
        t.is(
          (await failure(run(endless(leaves[leaf]), { maxStack, preopens: { '/': preopen } })))
            .code,
          'ERR_WASI_STACK_LIMIT',
        )
  })
}

test('run: a thread that overflows its stack ends the guest with an error that names maxStack', async t => {
  t.is(
    (await failure(run(threaded, { threads: 1, maxStack: 2 ** 20 }))).code,
    'ERR_WASI_STACK_LIMIT',
  )
})

test('run: sizes beyond the limits are refused', async t => {
  for (const maxStack of [0, leastStack - 1, mostStack + 1, 0.5, Number.NaN])
    t.is((await failure(run(middling, { maxStack }))).code, 'ERR_OUT_OF_RANGE', `${maxStack}`)
  t.is(
    (await failure(run(middling, { maxStack: '8m' as unknown as number }))).code,
    'ERR_INVALID_ARG_TYPE',
  )
})

test('Pool: each run has the stack that it asks for, whatever the worker before it had', async t => {
  const pool = new Pool({ size: 1 })
  t.teardown(() => pool.close())
  for (const maxStack of [2 ** 20, 4 * 2 ** 20, 2 ** 20, 8 * 2 ** 20]) {
    const running = pool.run(middling, { maxStack })
    if (maxStack === 2 ** 20) t.is((await failure(running)).code, 'ERR_WASI_STACK_LIMIT')
    else await t.notThrowsAsync(running)
  }
})

const here: Readonly<Record<string, (program: Uint8Array) => unknown>> = {
  'class WASI': program => {
    const wasi = new WASI({ version: 'preview1', preopens: { '/': os.tmpdir() } })
    return wasi.start(wasi.instantiate(program))
  },
  createGuest: program => {
    const guest = createGuest({ version: 'preview1', preopens: { '/': os.tmpdir() } })
    const { exports } = guest.instantiate(program)
    return guest.run(() => exports._start())
  },
}
for (const [door, start] of Object.entries(here)) {
  for (const [leaf, body] of Object.entries(leaves)) {
    test(`${door}: recursion with ${leaf} throws a plain RangeError`, t => {
      for (let i = 0; i < 2; i++) {
        const error = t.throws(() => start(endless(body)), {
          instanceOf: RangeError,
          message: 'Maximum call stack size exceeded',
        })
        t.false('code' in (error as Error))
      }
    })
  }
}

test("class WASI: recursion in a worker of the embedder's with a small stack throws a plain RangeError", async t => {
  const source = `const { parentPort, workerData: { index, programs, root } } = require('node:worker_threads')
    import(index).then(({ WASI }) => parentPort.postMessage(programs.map(program => {
      const wasi = new WASI({ version: 'preview1', preopens: { '/': root } })
      try { return wasi.start(wasi.instantiate(program)) } catch (error) { return String(error) }
    })))`
  const programs = Object.values(leaves).map(endless)
  const workerData = { index: import.meta.resolve('wasi-common'), programs, root: scratch(t) }
  const worker = new Worker(source, {
    eval: true,
    workerData,
    resourceLimits: { stackSizeMb: 0.5 },
  })
  const answer = await new Promise((resolve, reject) =>
    worker.on('message', resolve).on('error', reject),
  )
  t.deepEqual(
    answer,
    programs.map(() => 'RangeError: Maximum call stack size exceeded'),
  )
})

/** The command, and the words that choose a thread or process of the guest. */
const ways: readonly (readonly string[])[] = [
  [],
  ['-W', 'timeout=60s'],
  ['--threads'],
  ...(linux ? [['--isolation', 'process']] : []),
]
for (const words of ways) {
  test(`the command${words.map(word => ` ${word}`).join('')}: -W max-wasm-stack sets the stack, by default to 8 MiB, and an overflow names it`, t => {
    const folder = scratch(t)
    const runs = (
      program: Uint8Array,
      ...more: string[]
    ): { readonly status: number | null; readonly stderr: string } => {
      fs.writeFileSync(join(folder, 'program.wasm'), program)
      return spawnSync(
        process.execPath,
        [main, 'run', ...words, ...more, join(folder, 'program.wasm')],
        { encoding: 'utf8' },
      )
    }
    t.like(runs(middling), { status: 0, stderr: '' })
    t.like(runs(middling, '-W', 'max-wasm-stack=4m'), { status: 0, stderr: '' })
    for (const size of ['256k', '984k', '1m']) {
      const { status, stderr } = runs(middling, '-W', `max-wasm-stack=${size}`)
      t.is(status, 134)
      t.regex(
        stderr,
        /^wasi-common: the guest trapped: stack overflow\n.*down.*\n {2}raise it with -W max-wasm-stack=SIZE\n$/s,
      )
    }
    t.is(runs(endless(leaves['a long path'])).status, 134)
    t.is(runs(endless([]), '-W', 'max-wasm-stack=256m').status, 134)
  })
}

test("the command runs its guest in the main thread where Node's permission model allows no worker", t => {
  const flag = ['--permission', '--experimental-permission'].find(name =>
    process.allowedNodeEnvironmentFlags.has(name),
  ) as string
  const file = join(scratch(t), 'program.wasm')
  fs.writeFileSync(file, assemble({ functions: { _start: { body: [call('proc_exit', 3)] } } }))
  const words = [
    flag,
    '--no-warnings',
    '--allow-fs-read=*',
    main,
    'run',
    '--backend',
    'typescript',
    file,
  ]
  t.like(spawnSync(process.execPath, words, { encoding: 'utf8' }), { status: 3, stderr: '' })
})

/** Prints a line for each worker that a program starts. */
const watcher = `const threads = require('node:worker_threads')
const { Worker } = threads
threads.Worker = class extends Worker {
  constructor(...words) {
    require('node:fs').writeSync(2, 'a worker\\n')
    super(...words)
  }
}
`
/** An empty command that defines a tag, whose exceptions are in the JavaScript heap. */
const throwing = Buffer.from(
  '0061736d010000000104016000000302010005030100010d03010000071302066d656d6f72790200065f737461727400000a040102000b',
  'hex',
)
;(linux ? test : test.skip)(
  'the command runs its guest in the main thread if that can have its stack, and in a worker otherwise',
  t => {
    const folder = scratch(t)
    const file = (name: string, content: string | Uint8Array): string => {
      fs.writeFileSync(join(folder, name), content)
      return join(folder, name)
    }
    const [watch, deep] = [file('watch.cjs', watcher), file('deep.wasm', middling)]
    const command = (...words: string[]): string[] => ['-r', watch, main, 'run', ...words]
    const ends = (program: string, words: readonly string[]): readonly [number | null, string] => {
      const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' })
      return [status, stderr]
    }
    const { execPath } = process
    t.deepEqual(ends(execPath, command(deep)), [0, ''])
    t.deepEqual(ends(execPath, command('-W', 'max-wasm-stack=64m', deep)), [0, ''])
    const apart = [0, 'a worker\n'] as const
    // Only a worker ends alone when the heap is full, and resets colours before a signal ends it.
    t.deepEqual(ends(execPath, command(file('throwing.wasm', throwing))), apart)
    t.deepEqual(ends(execPath, command('--strict', deep)), apart)
    t.deepEqual(ends(execPath, command('--backend', 'typescript', deep)), apart)
    const shell = ['-c', 'ulimit -s 4096 && exec "$@"', 'sh', execPath]
    t.deepEqual(ends('sh', [...shell, ...command(deep)]), apart)
  },
)

test('the command refuses stacks of sizes beyond the limits', t => {
  const said = (size: string): string =>
    spawnSync(process.execPath, [main, 'run', '-W', `max-wasm-stack=${size}`, 'x'], {
      encoding: 'utf8',
    }).stderr
  t.is(said('255k'), 'wasi-common: -W max-wasm-stack=255k: expected at least 256k\n')
  t.is(said('257m'), 'wasi-common: -W max-wasm-stack=257m is too large; expected at most 256m\n')
})
