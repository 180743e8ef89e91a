/**
 * Streams of `run` and Pool that are not ready: poll_oneoff waits for them beside a clock, NONBLOCK
 * refuses with AGAIN, isatty follows the stream.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import test from 'ava'
import { Errno, Pool, type RunOptions, type RunResult, run } from 'wasi-common'
import { missing } from '../os-sandbox/fixture.js'
import { scratch } from '../programs/cli.js'
import {
  add,
  call,
  command,
  drop,
  type Expression,
  load,
  store,
  untilFails,
  write,
} from '../wasm.js'

const doors: Readonly<
  Record<string, (program: Uint8Array, options: RunOptions) => Promise<RunResult>>
> = {
  run,
  'run with threads': (program, options) => run(program, { ...options, threads: 1 }),
  'run on typescript': (program, options) => run(program, { ...options, backend: 'typescript' }),
  async Pool(program, options) {
    const pool = new Pool({ size: 1 })
    try {
      return await pool.run(program, options)
    } finally {
      await pool.close()
    }
  },
  ...(missing === undefined && {
    'run in a process': (program: Uint8Array, options: RunOptions) =>
      run(program, { ...options, isolation: 'process' }),
  }),
}

// Subscriptions of 48 bytes at 0x100, events of 32 bytes at 0x400.
const [subscriptions, events, count] = [0x100, 0x400, 0x800]
const clock = (milliseconds: number) => (at: number) => [
  store(at + 8, 0),
  store(at + 16, 1),
  store(at + 24, milliseconds * 1e6),
]
const stream = (type: 1 | 2, fd: number) => (at: number) => [
  store(at + 8, type),
  store(at + 16, fd),
]
const [reads, writes] = [(fd: number) => stream(1, fd), (fd: number) => stream(2, fd)]
type Subscription = (at: number) => Expression[]
/**
 * Polls; the exit code is four times the number of events, and the type of the first: 0 clock, 1
 * read, 2 write.
 */
const polls = (...all: Subscription[]): Expression[] => [
  ...all.flatMap((subscribe, i) => subscribe(subscriptions + 48 * i)),
  drop(call('poll_oneoff', subscriptions, events, all.length, count)),
  call(
    'proc_exit',
    add(load(events + 10), add(add(load(count), load(count)), add(load(count), load(count)))),
  ),
]
const seen = (type: 0 | 1 | 2, number = 1): number => 4 * number + type
const nonblock = (fd: number): Expression => drop(call('fd_fdstat_set_flags', fd, 4))
const readsOnce = [
  store(0x10, 0x40),
  store(0x14, 8),
  call('proc_exit', call('fd_read', 0, 0x10, 1, 0x20)),
]

const never = new Promise<never>(() => {})
const silences: Readonly<Record<string, () => NonNullable<RunOptions['stdin']>>> = {
  'a stream of Node': () => new PassThrough(),
  'an async generator': async function* () {
    await never
    yield ''
  },
  'a function with a promise': () => () => never,
}
function later(milliseconds: number): PassThrough {
  const input = new PassThrough()
  void setTimeout(milliseconds).then(() => input.end('abc'))
  return input
}

for (const [door, go] of Object.entries(doors)) {
  for (const [name, silence] of Object.entries(silences)) {
    test(`${door}: the clock fires while ${name} has nothing`, async t => {
      t.is(
        (await go(command(polls(clock(100), reads(0))), { stdin: silence(), timeout: 60_000 }))
          .exitCode,
        seen(0),
      )
    })
    test(`${door}: a read with NONBLOCK is AGAIN while ${name} has nothing`, async t => {
      t.is(
        (await go(command([nonblock(0), ...readsOnce]), { stdin: silence(), timeout: 60_000 }))
          .exitCode,
        Errno.AGAIN,
      )
    })
  }
  test(`${door}: input that comes ends the wait, and is then read`, async t => {
    const program = command([
      ...[...clock(60_000)(subscriptions), ...reads(0)(subscriptions + 48)],
      drop(call('poll_oneoff', subscriptions, events, 2, count)),
      ...[nonblock(0), store(0x10, 0x40), store(0x14, 8), drop(call('fd_read', 0, 0x10, 1, 0x30))],
      ...write(1, 0x40, load(0x30)),
      call('proc_exit', load(events + 10)),
    ])
    const { exitCode, stdout } = await go(program, { stdin: later(200), timeout: 60_000 })
    t.deepEqual([exitCode, stdout.toString()], [1, 'abc'])
  })
  test(`${door}: the end of input is ready`, async t => {
    const input = new PassThrough()
    void setTimeout(100).then(() => input.end())
    t.is(
      (await go(command(polls(clock(60_000), reads(0))), { stdin: input, timeout: 60_000 }))
        .exitCode,
      seen(1),
    )
  })

  /** Fills standard output, whose first chunk is taken after a second. */
  const fills = [nonblock(1), store(0x10, 0x1000), store(0x14, 50_000)]
  const full = untilFails(call('fd_write', 1, 0x10, 1, 0x20))
  const slow = (): RunOptions['stdout'] => {
    let first = true
    return async () => {
      if (first) await setTimeout(1000)
      first = false
    }
  }
  test(`${door}: a write with NONBLOCK is AGAIN while the output is full`, async t => {
    t.is(
      (
        await go(command([...fills, call('proc_exit', full)]), {
          stdin: 'ignore',
          stdout: slow(),
          timeout: 60_000,
        })
      ).exitCode,
      Errno.AGAIN,
    )
  })
  test(`${door}: the clock fires while the output is full; room ends the wait`, async t => {
    const waits = (milliseconds: number): Uint8Array =>
      command([...fills, drop(full), ...polls(clock(milliseconds), writes(1))])
    t.is(
      (await go(waits(100), { stdin: 'ignore', stdout: slow(), timeout: 60_000 })).exitCode,
      seen(0),
    )
    t.is(
      (await go(waits(60_000), { stdin: 'ignore', stdout: slow(), timeout: 60_000 })).exitCode,
      seen(2),
    )
  })
}

test('a stream without a clock is waited for', async t => {
  t.is(
    (await run(command(polls(reads(0))), { stdin: later(100), timeout: 60_000 })).exitCode,
    seen(1),
  )
})

test('two streams, and a stream beside a descriptor of the host, are waited for together', async t => {
  const fifo = join(scratch(t), 'fifo')
  execFileSync('mkfifo', [fifo])
  const fd = fs.openSync(fifo, 'r+')
  t.teardown(() => fs.closeSync(fd))
  const silent = (): PassThrough => new PassThrough()
  const both = command(polls(reads(0), writes(1), clock(60_000)))
  t.is((await run(both, { stdin: silent(), stdout: () => {}, timeout: 60_000 })).exitCode, seen(2))
  t.is(
    (await run(both, { stdin: silent(), stdout: fd, timeout: 60_000 })).exitCode,
    seen(2),
    'the FIFO has room',
  )
  const host = command(polls(reads(0), clock(100)))
  t.is((await run(host, { stdin: fd, timeout: 60_000 })).exitCode, seen(0))
  fs.writeSync(fd, 'x')
  t.is((await run(host, { stdin: fd, timeout: 60_000 })).exitCode, seen(1))
})

test('a deterministic run waits for its streams, whatever the clock says', async t => {
  const program = command([nonblock(0), ...polls(clock(1), reads(0))])
  t.is(
    (await run(program, { stdin: later(200), deterministic: true, timeout: 60_000 })).exitCode,
    seen(1),
  )
})

test('NONBLOCK taken away: a read waits again', async t => {
  const program = command([
    nonblock(0),
    drop(call('fd_read', 0, 0x10, 1, 0x20)),
    drop(call('fd_fdstat_set_flags', 0, 0)),
    ...readsOnce,
  ])
  t.is((await run(program, { stdin: later(200), timeout: 60_000 })).exitCode, 0)
})

/** The file type of standard input: 2 is a character device. */
const fileType = command([
  drop(call('fd_fdstat_get', 0, 0x40)),
  store(0x60, load(0x40)),
  ...write(1, 0x60, 1),
])
for (const door of Object.keys(doors))
  test(`${door}: standard input is a terminal if its stream is one`, async t => {
    for (const isTTY of [true, false]) {
      const input = Object.assign(later(0), { isTTY })
      const { stdout } = await doors[door](fileType, { stdin: input })
      t.is(stdout[0], isTTY ? 2 : 6)
    }
  })

/** Writes the file type of standard output, and a control character. */
const outputType = command(
  [
    drop(call('fd_fdstat_get', 1, 0x40)),
    store(0x60, load(0x40)),
    ...write(1, 0x60, 1),
    ...write(1, 0x80, 1),
  ],
  {
    data: { 128: '\x07' },
  },
)
for (const door of Object.keys(doors))
  test(`${door}: standard output is a terminal if its stream is one; without escapes what would steer it is shown`, async t => {
    for (const [isTTY, allowTerminalEscapes, shown] of [
      [true, true, '\x02\x07'],
      [true, false, '␂␇'],
      [false, false, '\x06\x07'],
    ] as const) {
      const chunks: Buffer[] = []
      const stdout = { isTTY, write: (chunk: Buffer) => void chunks.push(chunk) }
      await doors[door](outputType, { stdin: 'ignore', stdout, allowTerminalEscapes })
      t.is(Buffer.concat(chunks).toString(), shown)
    }
  })
