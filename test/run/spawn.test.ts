/** spawn(): a guest that is written to and read from while it runs. */
import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Pool, type RunResult, type SpawnedGuest, type SpawnOptions, spawn } from 'wasi-common'
import { withSandbox } from '../os-sandbox/fixture.js'
import { type Failure, failure } from '../rejection.js'
import {
  call,
  command,
  drop,
  type Expression,
  forever,
  load,
  store,
  trap,
  untilFails,
  write,
} from '../wasm.js'

const encoded = (...bytes: number[]): Expression => ({ encode: () => bytes, calls: [] })
/** Copies standard input to standard output, by 4096 bytes, and exits with 3. */
const copies = command([
  store(0x30, 0x1000),
  store(0x34, 0x1000),
  encoded(0x03, 0x40),
  drop(call('fd_read', 0, 0x30, 1, 0x38)),
  ...[store(0x20, 0x1000), store(0x24, load(0x38)), drop(call('fd_write', 1, 0x20, 1, 0x28))],
  ...[load(0x38), encoded(0x0d, 0, 0x0b)],
  call('proc_exit', 3),
])
/** Writes the same text until that fails, and exits with the errno. */
const writesForever = (fd: number, text: string): Uint8Array =>
  command(
    [
      store(0x20, 0x1000),
      store(0x24, text.length),
      call('proc_exit', untilFails(call('fd_write', fd, 0x20, 1, 0x28))),
    ],
    { data: { 4096: text }, pages: 4 },
  )
const says = (...then: Expression[]): Uint8Array =>
  command([...write(1, 0x40, 8), ...write(2, 0x48, 4), ...then], { data: { 64: 'one\ntwo\nfail' } })
const PIPE = 64

/** A guest of which all streams are pipes. */
type Guest = SpawnedGuest<Writable, Readable, Readable>
type Door = (source: Uint8Array, options?: SpawnOptions) => Guest
const pool = new Pool({ size: 4 })
test.after.always(() => pool.close())
const doors: readonly (readonly [string, Door])[] = [
  ['worker', (source, options) => spawn(source, options) as Guest],
  ['threads', (source, options) => spawn(source, { ...options, threads: 1 }) as Guest],
  ['Pool', (source, options) => pool.spawn(source, options) as Guest],
  ['process', (source, options) => spawn(source, { ...options, isolation: 'process' }) as Guest],
]

for (const [name, door] of doors) {
  const on: (title: string, body: (t: ExecutionContext) => Promise<void>) => void =
    name === 'process' ? withSandbox : test

  on(`a conversation: the guest answers what is written to it (${name})`, async t => {
    const guest = door(copies)
    const { stdin, stdout } = guest
    stdin.write('ping\n')
    t.is(String(await once(stdout, 'data').then(([chunk]) => chunk)), 'ping\n')
    stdin.write('pong\n')
    t.is(String(await once(stdout, 'data').then(([chunk]) => chunk)), 'pong\n')
    stdin.end()
    t.is(await text(stdout), '')
    const { exitCode, stdout: captured } = await guest.exited
    t.deepEqual([exitCode, captured.length], [3, 0])
    t.true(stdin.destroyed)
  })

  on(`a large input passes through, byte for byte (${name})`, async t => {
    const guest = door(copies)
    const input = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * i) & 0xff))
    const [, output] = await Promise.all([
      pipeline(Readable.from([input.subarray(0, 1), input.subarray(1)]), guest.stdin),
      guest.stdout.toArray(),
    ])
    t.deepEqual(Buffer.concat(output), input)
    t.is((await guest.exited).exitCode, 3)
  })

  on(`a guest waits while nobody reads, and its memory is bounded (${name})`, async t => {
    const guest = door(writesForever(1, 'x'.repeat(65536)))
    await wait(1000)
    t.true(guest.stdout.readableLength <= 2 ** 17, String(guest.stdout.readableLength))
    // It wrote what fits between, and no more: reading makes it go on.
    let read = 0
    for await (const chunk of guest.stdout) {
      read += chunk.length
      if (read > 3 * 2 ** 20) break
    }
    t.true(guest.stdout.destroyed)
    // The loop has destroyed the stream, as its iterator does: the guest sees PIPE.
    t.is((await guest.exited).exitCode, PIPE)
  })

  on(`a reader that goes away while the guest waits is PIPE (${name})`, async t => {
    const guest = door(writesForever(2, 'x'.repeat(65536)))
    await wait(500)
    guest.stderr.destroy()
    t.is((await guest.exited).exitCode, PIPE)
    t.is(await text(guest.stdout), '')
  })

  on(`kill ends a guest that spins, and its output ends with what it wrote (${name})`, async t => {
    const guest = door(says(forever))
    await once(guest.stdout, 'readable')
    const reason = new Error('enough')
    guest.kill(reason)
    const error = await failure(guest.exited)
    t.is(error.code, 'ERR_WASI_ABORTED')
    t.is(error.cause, reason)
    t.is(await text(guest.stdout), 'one\ntwo\n')
    t.true(guest.stdin.destroyed)
    guest.kill()
  })

  on(`kill ends a guest whose output nobody reads (${name})`, async t => {
    const guest = door(writesForever(1, 'x'.repeat(65536)))
    await once(guest.stdout, 'readable')
    await wait(100)
    const begun = Date.now()
    guest.kill()
    t.is((await failure(guest.exited)).code, 'ERR_WASI_ABORTED')
    t.true(Date.now() - begun < 5000)
    let size = 0
    for await (const chunk of guest.stdout) size += chunk.length
    t.true(size >= 65536 && size < 4 * 2 ** 20, String(size))
  })

  on(`lines of stdout, and a failure at their end (${name})`, async t => {
    const read: string[] = []
    const guest = door(says(trap))
    const error = await failure(
      (async () => {
        for await (const line of guest) read.push(line)
      })(),
    )
    t.deepEqual(read, ['one', 'two'])
    t.is(error.code, 'ERR_WASI_TRAP')
    t.is(error, await failure(guest.exited))
    t.is(await text(guest.stderr), 'fail')
  })

  on(`a stdin that is never ended keeps no guest from its end (${name})`, async t => {
    const guest = door(says())
    guest.stdin.write('never read')
    t.is((await guest.exited).exitCode, 0)
    t.true(guest.stdin.destroyed)
    const late = await new Promise<Failure>(resolve =>
      guest.stdin.write('late', error => resolve(error as Failure)),
    )
    t.is(late.code, 'ERR_STREAM_DESTROYED')
  })

  on(
    `a run that is ended from outside keeps what its slow reader has not read (${name})`,
    async t => {
      const chunk = 'x'.repeat(2 ** 16)
      const wrote = Array.from({ length: 4 }, () => write(1, 0x1000, chunk.length)).flat()
      const source = command([...wrote, ...write(2, 0x1000, 1), forever], {
        data: { 4096: chunk },
        pages: 4,
      })
      const stderr = (): never => {
        throw new Error('enough')
      }
      const guest = door(source, { stderr })
      const error: Failure & { truncated?: boolean } = await failure(guest.exited)
      t.is(error.code, 'ERR_WASI_HOOK')
      t.false(error.truncated)
      t.is((await text(guest.stdout)).length, 4 * chunk.length)
    },
  )
}

test('a timeout and a signal end the guest, and a signal that is aborted before', async t => {
  t.is((await failure(spawn(says(forever), { timeout: 500 }).exited)).code, 'ERR_WASI_TIMEOUT')
  const controller = new AbortController()
  const guest = spawn(says(forever), { signal: controller.signal })
  controller.abort('why')
  const error = await failure(guest.exited)
  t.like(error, { code: 'ERR_WASI_ABORTED', cause: 'why' })
  const before = spawn(says(), { signal: AbortSignal.abort('before') })
  t.like(await failure(before.exited), { code: 'ERR_WASI_ABORTED', cause: 'before' })
  t.is(await text(before.stdout), '')
})

test('streams that are no pipes are null, and are those of run', async t => {
  const chunks: Buffer[] = []
  const guest = spawn(says(), {
    stdin: 'ignore',
    stdout: 'capture',
    stderr: new Writable({
      write(chunk, _encoding, done) {
        chunks.push(chunk)
        done()
      },
    }),
  })
  const streams: null[] = [guest.stdin, guest.stdout, guest.stderr]
  t.deepEqual(streams, [null, null, null])
  t.is((await guest.exited).stdout.toString(), 'one\ntwo\n')
  t.is(Buffer.concat(chunks).toString(), 'fail')
  t.throws(() => guest[Symbol.asyncIterator](), { code: 'ERR_INVALID_STATE' })
  const fed = spawn(copies, { input: 'all there is' })
  t.is(fed.stdin as unknown, null)
  t.is(await text(fed.stdout), 'all there is')
})

test('lines of a guest that is killed end without an error', async t => {
  const guest = spawn(writesForever(1, 'é\r\nb'))
  let count = 0
  for await (const line of guest) {
    t.true(['é', 'bé'].includes(line), line)
    if (++count === 1000) guest.kill()
    if (count > 2_000_000) break
  }
  t.true(count >= 1000 && count <= 2_000_000, String(count))
})

test('a line without an end comes in pieces', async t => {
  let longest = 0
  let total = 0
  for await (const line of spawn(writesForever(1, 'x'.repeat(100_000)))) {
    longest = Math.max(longest, line.length)
    total += line.length
    if (total > 5_000_000) break
  }
  t.is(longest, 65536)
})

test('text: the streams and the lines have whole characters', async t => {
  const guest = spawn(copies, { encoding: 'utf8' })
  guest.stdin.end('é'.repeat(5000))
  t.is(await text(guest.stdout), 'é'.repeat(5000))
  const lines = spawn(copies, { encoding: 'utf8' })
  lines.stdin.end('é'.repeat(5000))
  for await (const line of lines) t.is(line, 'é'.repeat(5000))
})

test('an input that fails fails the run', async t => {
  const guest = spawn(copies)
  guest.stdin.on('error', () => {})
  guest.stdin.write('some')
  guest.stdin.destroy(new Error('the source broke'))
  const error = await failure(guest.exited)
  t.regex(error.message, /the source broke/)
  const ended = spawn(copies)
  ended.stdin.write('some')
  await once(ended.stdout, 'readable')
  ended.stdin.destroy()
  t.is((await ended.exited).exitCode, 3)
})

test('await using ends the guest', async t => {
  const guest = spawn(says(forever))
  await guest[Symbol.asyncDispose]()
  t.is((await failure(guest.exited)).code, 'ERR_WASI_ABORTED')
})

test.serial('a failure that nobody awaits ends no process, a wrong option is told', async t => {
  const unhandled: unknown[] = []
  const hear = (error: unknown): void => void unhandled.push(error)
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', hear)
  try {
    const trapped = spawn(says(trap))
    const killed = spawn(says(forever))
    killed.kill()
    await Promise.all([once(trapped.stdout.resume(), 'end'), once(killed.stdout.resume(), 'end')])
    await wait(100)
    t.deepEqual(unhandled, [])
    spawn(says(), { timeot: 1 } as never)
    await wait(500)
    t.is(unhandled.length, 1)
    t.regex((unhandled[0] as Failure).message, /options\.timeot/)
  } finally {
    process.off('unhandledRejection', hear)
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
})

test('mistakes reject exited, or throw at once', async t => {
  for (const [options, message] of [
    [{ stdout: 'pipes' }, /options\.stdout/],
    [{ stdin: 'text' }, /options\.stdin/],
    [{ stdin: 'pipe', input: 'both' }, /options\.input/],
    [{ signal: {} }, /options\.signal/],
    [{ timeout: -1 }, /options\.timeout/],
  ] as const) {
    const error = await failure(spawn(says(), options as never).exited)
    t.regex(error.code ?? '', /^ERR_(INVALID_ARG|OUT_OF_RANGE)/)
    t.regex(error.message, message)
  }
  t.throws(() => spawn(says(), null as never), { code: 'ERR_INVALID_ARG_TYPE' })
  t.is((await failure(spawn(5 as never).exited)).code, 'ERR_INVALID_ARG_TYPE')
})

test('a guest that waits for its turn in a pool is killed, and takes none', async t => {
  const narrow = new Pool({ size: 1 })
  const first = narrow.spawn(copies)
  const second = narrow.spawn(copies)
  second.kill()
  t.is((await failure(second.exited)).code, 'ERR_WASI_ABORTED')
  first.stdin.end()
  t.is(((await first.exited) as RunResult).exitCode, 3)
  await narrow.close()
})
