/**
 * Outputs of the embedder's that fail, or keep something back: `run` rejects with the cause, and
 * the last line is handed over.
 */
import fs from 'node:fs'
import { PassThrough, Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import test from 'ava'
import { createGuest, lines, Pool, type RunOptions, run, WASI } from 'wasi-common'
import { missing } from '../os-sandbox/fixture.js'
import { command, drop, trap, untilFails, write } from '../wasm.js'

const doors: Readonly<
  Record<string, (program: Uint8Array, options: RunOptions) => Promise<unknown>>
> = {
  run,
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
const text = { data: { 64: 'one\ntwo' } }
const once = command(write(1, 0x40, 7), text)
const often = command(
  [1, 2, 3, 4, 5].flatMap(() => write(1, 0x40, 7)),
  text,
)

const failing: Readonly<Record<string, () => Writable>> = {
  'by the callback of a write': () =>
    new Writable({ write: (_, __, done) => done(new Error('full')) }),
  'by the callback of a write, later': () =>
    new Writable({
      write: (_, __, done) => void setTimeout(50).then(() => done(new Error('full'))),
    }),
  'by being destroyed with an error': () => {
    const stream = new Writable({
      write: () => void setTimeout(20).then(() => stream.destroy(new Error('full'))),
    })
    return stream
  },
}
for (const [door, go] of Object.entries(doors)) {
  for (const [how, make] of Object.entries(failing))
    test(`${door}: a stream that fails ${how} fails the run, and nothing else`, async t => {
      for (const program of [once, often]) {
        const stream = make()
        const error = await t.throwsAsync(go(program, { stdout: stream, timeout: 60_000 }), {
          code: 'ERR_WASI_STREAM',
        })
        t.is(error?.message, 'options.stdout: the stream failed: full')
        t.is((error?.cause as Error | undefined)?.message, 'full')
        // An error event without a listener would end this process.
        await setTimeout(30)
      }
    })

  if (fs.existsSync('/dev/full'))
    test(`${door}: a file without room fails the run`, async t => {
      const error = await t.throwsAsync(
        go(once, { stdout: fs.createWriteStream('/dev/full'), timeout: 60_000 }),
        {
          code: 'ERR_WASI_STREAM',
        },
      )
      t.is((error?.cause as NodeJS.ErrnoException | undefined)?.code, 'ENOSPC')
    })

  test(`${door}: a reader that goes away is PIPE to the guest, and no failure`, async t => {
    const stream = new Writable({
      write: (_, __, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
    })
    stream.on('error', () => {})
    await t.notThrowsAsync(go(often, { stdout: stream, timeout: 60_000 }))
  })

  test(`${door}: what a Transform has taken is not waited for`, async t => {
    const stream = new PassThrough()
    await go(often, { stdout: stream, timeout: 60_000 })
    // Node 26 gives one chunk a read.
    const chunks: Buffer[] = []
    for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) chunks.push(chunk)
    t.is(Buffer.concat(chunks).toString(), 'one\ntwo'.repeat(5))
    t.is(stream.listenerCount('error'), 0)
  })

  test(`${door}: the last line needs no end, however the guest ends`, async t => {
    for (const [program, fails] of [
      [once, false],
      [command([...write(1, 0x40, 7), trap], text), true],
      [command([...write(1, 0x40, 7), drop(untilFails(0))], text), true],
    ] as const) {
      const heard: string[] = []
      const enough = new AbortController()
      const stdout = lines(line => {
        heard.push(line)
        // A guest that loops has written all by now.
        if (fails) enough.abort(new Error('enough'))
      })
      const going = go(program, { stdout, signal: enough.signal })
      await (fails ? t.throwsAsync(going) : going)
      t.deepEqual(heard, ['one', 'two'])
    }
  })
}

test('class WASI: the last line is handed over when start returns or throws', t => {
  for (const program of [once, command([...write(1, 0x40, 7), trap], text)]) {
    const heard: string[] = []
    const wasi = new WASI({ version: 'preview1', stdout: lines(line => void heard.push(line)) })
    const start = (): unknown => wasi.start(wasi.instantiate(program))
    if (program === once) start()
    else t.throws(start, { instanceOf: WebAssembly.RuntimeError })
    t.deepEqual(heard, ['one', 'two'])
  }
})

test('class WASI: a stream that has failed is an unexpected error', async t => {
  const stream = failing['by the callback of a write']()
  stream.on('error', () => {})
  const causes: unknown[] = []
  const guest = createGuest({
    version: 'preview1',
    stdout: stream,
    onUnexpected: ({ cause }) => void causes.push(cause),
  })
  const { exports } = guest.instantiate(once)
  guest.run(exports._start as () => void)
  t.deepEqual(causes, [], 'the stream has not said so yet')
  await setTimeout(10)
  guest.run(exports._start as () => void)
  t.deepEqual(
    causes.map(cause => (cause as Error).message),
    ['full'],
  )
})

test('many runs that share a slow stream add one listener of each event, and leave none', async t => {
  const warnings: Error[] = []
  const warned = (warning: Error) => warnings.push(warning)
  process.on('warning', warned)
  const counts: number[] = []
  const names = ['error', 'drain', 'close']
  const stream: Writable = new Writable({
    highWaterMark: 4,
    write(_chunk, _encoding, done) {
      counts.push(...names.map(name => stream.listenerCount(name)))
      void setTimeout(5).then(() => done())
    },
  })
  const before = names.map(name => stream.listenerCount(name))
  const pool = new Pool({ size: 12 })
  await Promise.all(Array.from({ length: 24 }, () => pool.run(often, { stdout: stream })))
  await pool.close()
  await setTimeout(0)
  process.off('warning', warned)
  t.true(counts.length > 0 && Math.max(...counts) <= 1, `${Math.max(...counts)} listeners`)
  t.deepEqual(
    names.map(name => stream.listenerCount(name)),
    before,
  )
  t.deepEqual(warnings, [])
})
