/** The error of a failed run: its code, its cause, what it prints, and the output that it has. */
import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import test from 'ava'
import { Pool, RunError, type RunOptions, type RunResult, run } from 'wasi-common'
import { patience, Stdio } from '#lib/run/stdio/stdio.js'
import type { ThreadSetup } from '#lib/run/worker/messages.js'
import { ThreadGroup } from '#lib/run/worker/thread-group.js'
import type { Workers } from '#lib/run/worker/workers.js'
import { missing } from '../os-sandbox/fixture.js'
import { runFailure as failure } from '../rejection.js'
import {
  assemble,
  call,
  drop,
  type Expression,
  fillsForever,
  forever,
  store,
  times,
  trap,
  write,
} from '../wasm.js'

type Run = (source: Uint8Array, options?: RunOptions) => Promise<RunResult>
/** The ways to run a guest, each of which keeps all that it wrote. */
const doors: Readonly<Record<string, Run>> = {
  run,
  Pool: async (source, options) => {
    const pool = new Pool({ size: 1 })
    try {
      return await pool.run(source, options)
    } finally {
      await pool.close()
    }
  },
  ...(missing === undefined && {
    'a process': ((source, options) => run(source, { ...options, isolation: 'process' })) as Run,
  }),
}

const count = 1000
/** Writes 1000 lines, one at a time, then one byte to standard error, and then does this. */
const writesThen = (...body: Expression[]): Uint8Array =>
  assemble({
    functions: {
      _start: { body: [call('write_lines', count), ...write(2, 0x40, 1), ...body] },
      write_lines: { params: ['i32'], body: [times(...write(1, 0x40, 8))] },
    },
    data: { 64: 'a line.\n' },
  })
const everything = 'a line.\n'.repeat(count)
const same = (bytes: unknown): string =>
  String(bytes) === everything ? 'all' : `${bytes}`.slice(-99)

/** Aborts when the guest has written its lines. */
function abortsThen(): RunOptions {
  const controller = new AbortController()
  return { signal: controller.signal, stderr: () => controller.abort(new Error('enough')) }
}

/** Sleeps for 1,100 seconds, and takes no processor time from the other tests. */
const sleeps = [
  store(0x110, 1),
  store(0x11c, 0x100),
  drop(call('poll_oneoff', 0x100, 0x200, 1, 0x300)),
]

/** The ends of a guest that has written its lines. */
const ends: Readonly<
  Record<string, readonly [code: string, body: readonly Expression[], options?: () => RunOptions]>
> = {
  'a trap': ['ERR_WASI_TRAP', [trap]],
  'the hostcall limit': [
    'ERR_WASI_HOSTCALL_LIMIT',
    [drop(call('sched_yield'))],
    () => ({ limits: { hostcalls: count + 1 } }),
  ],
  'an abort': ['ERR_WASI_ABORTED', [forever], abortsThen],
  'a hook that throws': [
    'ERR_WASI_HOOK',
    [forever],
    () => ({
      stderr() {
        throw new Error('mine')
      },
    }),
  ],
  'a timeout': ['ERR_WASI_TIMEOUT', sleeps, () => ({ timeout: 4000 })],
}

for (const [door, go] of Object.entries(doors)) {
  for (const [end, [code, body, options = () => ({})]] of Object.entries(ends)) {
    test.serial(
      `${door}: ${end} keeps all that the guest wrote, captured or passed to a function or stream`,
      async t => {
        const source = writesThen(...body)
        const taken: Buffer[] = []
        const streamed: Buffer[] = []
        const stdout = new Writable({
          write(chunk, _encoding, done) {
            streamed.push(chunk)
            done()
          },
        })
        // Side by side: a run with a timeout takes as long as that.
        const [captured, called, passed] = await Promise.all(
          [{}, { stdout: (chunk: Buffer) => void taken.push(chunk) }, { stdout }].map(own =>
            failure(go(source, { ...options(), ...own })),
          ),
        )
        for (const error of [captured, called, passed]) t.is(error?.code, code, error?.stack)
        t.is(same(captured?.stdout), 'all')
        t.false(captured?.truncated)
        t.is(same(Buffer.concat(taken)), 'all')
        t.is(same(Buffer.concat(streamed)), 'all')
      },
    )
  }

  test.serial(
    `${door}: a guest that floods its output and traps fails with the part that was captured`,
    async t => {
      const floods = assemble({
        functions: {
          _start: { body: [call('flood', 200), trap] },
          flood: { params: ['i32'], body: [times(...write(1, 0x40, 0x8000))] },
        },
      })
      const error = await failure(go(floods, { maxOutput: 100_000 }))
      t.is(error.code, 'ERR_WASI_TRAP')
      t.is(error.stdout.length, 100_000)
      t.true(error.truncated)
      let size = 0
      const all = await failure(
        go(floods, {
          stdout: async chunk => {
            await setTimeout(1)
            size += chunk.length
          },
        }),
      )
      t.is(all.code, 'ERR_WASI_TRAP')
      t.is(size, 200 * 0x8000, 'a slow function gets all of it before the rejection')
      t.false(all.truncated)
    },
  )

  test.serial(
    `${door}: an abort waits 500 ms for a slow function, and says that output is missing`,
    async t => {
      const options = abortsThen()
      let aborted = 0
      options.signal?.addEventListener('abort', () => {
        aborted = performance.now()
      })
      let calls = 0
      const stdout = (): Promise<void> => {
        calls++
        return new Promise(() => {})
      }
      const error = await failure(go(writesThen(forever), { ...options, stdout }))
      t.is(error.code, 'ERR_WASI_ABORTED')
      t.true(error.truncated)
      t.is(calls, 1, 'a function whose promise is pending is not called again')
      const took = performance.now() - aborted
      t.true(took > patience - 20 && took < patience + 5000, `${took} ms`)
    },
  )

  test.serial(`${door}: an abort passes the rest to a Node stream that is full`, async t => {
    const streamed: Buffer[] = []
    let open = (): void => {}
    const stdout = new Writable({
      highWaterMark: 1,
      write(chunk, _encoding, done) {
        streamed.push(chunk)
        if (streamed.length === 1) open = done
        else done()
      },
    })
    const error = await failure(go(writesThen(forever), { ...abortsThen(), stdout }))
    t.is(error.code, 'ERR_WASI_ABORTED')
    t.false(error.truncated)
    open()
    await setTimeout(50)
    t.is(same(Buffer.concat(streamed)), 'all')
  })

  test.serial(
    `${door}: an abort ends the wait for a function that takes nothing after a trap`,
    async t => {
      const controller = new AbortController()
      const stdout = (): Promise<void> => {
        void setTimeout(2000).then(() => controller.abort())
        return new Promise(() => {})
      }
      const error = await failure(go(writesThen(trap), { stdout, signal: controller.signal }))
      t.is(error.code, 'ERR_WASI_TRAP', 'the guest had trapped before')
      t.true(error.truncated)
    },
  )

  test.serial(
    `${door}: a function that throws anything fails the run with that as its cause`,
    async t => {
      const hostile: readonly unknown[] = [
        undefined,
        null,
        'text',
        Symbol('mine'),
        Object.freeze({ code: 'EPIPE?' }),
        new Proxy(
          {},
          {
            get() {
              throw new Error('trapped get')
            },
            has() {
              throw new Error('trapped has')
            },
            getPrototypeOf() {
              throw new Error('trapped getPrototypeOf')
            },
          },
        ),
        new RunError('ERR_WASI_TIMEOUT', 'of another run', { stdout: Buffer.from('not ours') }),
      ]
      for (const thrown of hostile) {
        const stdout = (): never => {
          throw thrown
        }
        const error = await failure(go(writesThen(forever), { stdout, timeout: 60_000 }))
        t.is(error.code, 'ERR_WASI_HOOK')
        t.regex(error.message, /^options\.stdout threw: /)
        t.true(Object.is(error.cause, thrown))
        t.is(error.stdout.length, 0)
      }
    },
  )

  test.serial(`${door}: a signal may have any reason, which becomes the cause`, async t => {
    for (const reason of [Symbol('why'), null, 'text', new Error('enough'), Object.freeze([])]) {
      const error = await failure(go(writesThen(forever), { signal: AbortSignal.abort(reason) }))
      t.is(error.code, 'ERR_WASI_ABORTED')
      t.true(Object.is(error.cause, reason))
      t.regex(error.message, /^the run was aborted: /)
    }
  })

  test.serial(`${door}: metrics are those until the failure`, async t => {
    const error = await failure(go(writesThen(trap), { metrics: true }))
    t.is(error.metrics?.fd_write?.calls, count + 1)
    t.is((await failure(go(writesThen(trap)))).metrics, undefined)
  })

  test.serial(
    `${door}: a trap has frames with names, and offsets in the module that was passed`,
    async t => {
      const source = assemble({
        functions: { _start: { body: [call('inner')] }, inner: { body: [trap] } },
      })
      const { frames } = await failure(go(source))
      t.deepEqual(
        frames.map(frame => frame.functionName),
        ['inner', '_start'],
      )
      const [{ moduleOffset, codeOffset = 0 }] = frames
      t.is(source[moduleOffset], 0, 'the opcode of unreachable')
      t.true(codeOffset > 0 && codeOffset < moduleOffset)
      // A limit is written into the module, whose code moves by that.
      t.deepEqual((await failure(go(source, { maxMemory: 2 ** 24 }))).frames, frames)
    },
  )
}

// (module (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
//   (import "wasi_snapshot_preview1" "fd_write"
//     (func $write (param i32 i32 i32 i32) (result i32)))
//   (import "env" "memory" (memory 1 1 shared)) (export "memory" (memory 0))
//   (func (export "_start")
//     (drop (call $spawn (i32.const 1))) (drop (call $spawn (i32.const 2))) (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1))))
//   (func (export "wasi_thread_start") (param $tid i32) (param $arg i32) (local $left i32)
//     (local.set $left (i32.const 100))
//     (loop $lines
//       (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1)
//         (i32.add (i32.const 32) (i32.mul (local.get $arg) (i32.const 4)))))
//       (br_if $lines (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
//     (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
//     (if (i32.eq (local.get $arg) (i32.const 1)) (then
//       (loop $both (br_if $both (i32.ne (i32.atomic.load (i32.const 8)) (i32.const 2))))
//       unreachable))
//     (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1))))
//   (data (i32.const 16) "\40\00\00\00\08\00\00\00") (data (i32.const 64) "a line.\n"))
/** Two threads write 100 lines each. When both have, the first of them traps. */
const threaded = Buffer.from(
  'AGFzbQEAAAABFgRgAX8Bf2AEf39/fwF/YAAAYAJ/fwACRgMEd2FzaQx0aHJlYWQtc3Bhd24AABZ3YXNpX3NuYX' +
    'BzaG90X3ByZXZpZXcxCGZkX3dyaXRlAAEDZW52Bm1lbW9yeQIDAQEDAwICAwcnAwZtZW1vcnkCAAZfc3RhcnQA' +
    'AhF3YXNpX3RocmVhZF9zdGFydAADCmsCFwBBARAAGkECEAAaQQRBAEJ//gECABoLUQEBf0HkACECA0BBAUEQQQ' +
    'FBICABQQRsahABGiACQQFrIgINAAtBCEEB/h4CABogAUEBRgRAA0BBCP4QAgBBAkcNAAsAC0EEQQBCf/4BAgAa' +
    'CwscAgBBEAsIQAAAAAgAAAAAQcAACwhhIGxpbmUuCg',
  'base64',
)
for (const [door, go] of Object.entries(doors))
  test.serial(`${door}: a trap of one thread keeps what the others wrote`, async t => {
    for (let i = 0; i < 5; i++) {
      const error = await failure(go(threaded, { threads: 2 }))
      t.is(error.code, 'ERR_WASI_TRAP', error.stack)
      t.is(String(error.stdout), 'a line.\n'.repeat(200))
    }
  })

/** A worker that a test plays. */
class PlayedWorker extends EventEmitter {
  postMessage(): void {}
}

test.serial('output that arrives while a worker is terminated is kept', async t => {
  const played = new PlayedWorker()
  const output = (text: string) => ({ kind: 'output', stream: 1, chunk: Buffer.from(text) })
  const workers = {
    heap: 1,
    start: () => ({ worker: played, ready: true }),
    async release() {
      await setTimeout(10)
      played.emit('message', output('last words'))
    },
  }
  const stdio = new Stdio({})
  const setup = { limit: 0, maxStack: 0 }
  const group = new ThreadGroup(
    setup as ThreadSetup,
    { trace: undefined, report() {} },
    stdio,
    workers as unknown as Workers,
    undefined,
  )
  played.emit('message', output('first words, '))
  group.fail(new Error('mine'))
  await t.throwsAsync(group.result, { message: 'mine' })
  t.is(String(stdio.captured.stdout), 'first words, last words')
})

test.serial('a timeout in a run that V8 cannot end soon has what was written', async t => {
  const error = await failure(run(writesThen(fillsForever(0x100)), { timeout: 2000 }))
  t.is(error.code, 'ERR_WASI_TIMEOUT')
  t.is(same(error.stdout), 'all')
})

test.serial('40 rejections keep nothing', async t => {
  const pool = new Pool({ size: 1 })
  t.teardown(() => pool.close())
  const megabyte = assemble({
    functions: {
      _start: { body: [call('flood', 32), trap] },
      flood: { params: ['i32'], body: [times(...write(1, 0x40, 0x8000))] },
    },
  })
  const grown = async (times: number): Promise<number> => {
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < times; i++) await failure(pool.run(megabyte))
    await collected()
    return process.memoryUsage().arrayBuffers - before
  }
  await grown(5)
  const bytes = await grown(40)
  t.true(bytes < 20 * 2 ** 20, `${bytes} bytes`)
})

async function collected(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let i = 0; i < 5; i++) {
    gc()
    await setTimeout(20)
  }
}
