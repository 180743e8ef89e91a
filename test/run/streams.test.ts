/** Standard streams served by the embedder: in its own thread, and in that of run(). */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { PassThrough, Readable, Writable } from 'node:stream'
import test from 'ava'
import {
  createGuest,
  type GuestOptions,
  lines,
  Pool,
  type RunStdinOption,
  run,
  type StdinOption,
  type StdoutOption,
  WASI,
  WASIError,
} from 'wasi-common'
import { Drain, pipedSink } from '#lib/run/stdio/pipes.js'
import { guest } from '../programs/cli.js'
import { call, command, drop, load, store, untilFails, write } from '../wasm.js'

const hello = () => readFileSync(guest('hello'))
const text = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString()
/** guests/c/hello.c in this thread: it copies its standard input to its standard output. */
function copied(options: {
  stdin?: StdinOption
  stdout?: StdoutOption
  stderr?: StdoutOption
  input?: string | Uint8Array
}): {
  code: number
  out: string
  err: string
} {
  const [out, err]: [Uint8Array[], Uint8Array[]] = [[], []]
  const wasi = new WASI({
    version: 'preview1',
    ...(options.input === undefined && { stdin: 'ignore' }),
    stdout: chunk => void out.push(chunk),
    stderr: chunk => void err.push(chunk),
    ...options,
  })
  const code = wasi.start(
    new WebAssembly.Instance(new WebAssembly.Module(hello()), wasi.getImportObject()),
  )
  return { code, out: text(out), err: text(err) }
}

function* chunks() {
  yield 'one '
  yield new Uint8Array(0)
  yield Buffer.from('two ')
  yield ''
  yield 'three'
}
const queue = ['é', Buffer.from('!')]
const texts: readonly (readonly [string, string | Uint8Array, string])[] = [
  ['text', 'text, é', 'text, é'],
  ['the words of streams', 'inherit', 'inherit'],
  ['no text', '', ''],
  ['bytes', Uint8Array.from([0x61, 0x62, 0xff]), 'ab\ufffd'],
  ['a part of a buffer', Buffer.from('xabcx').subarray(1, 4), 'abc'],
  ['more than one read', 'x'.repeat(100_000), 'x'.repeat(100_000)],
]
const inputs: readonly (readonly [string, () => StdinOption, string])[] = [
  ['bytes', () => Uint8Array.from([0x61, 0x62, 0xff]), 'ab\ufffd'],
  ['a part of a buffer', () => Buffer.from('xabcx').subarray(1, 4), 'abc'],
  [
    'a function',
    () => {
      const left = [...queue]
      return () => left.shift()
    },
    'é!',
  ],
  [
    'a function that ends with null',
    () => {
      const left = ['a', null, 'never']
      return () => left.shift()
    },
    'a',
  ],
  ['a generator', chunks, 'one two three'],
  ['a list', () => ['a', Buffer.from('b')], 'ab'],
]
for (const [name, input, expected] of texts) {
  const size = typeof input === 'string' ? Buffer.byteLength(input) : input.length
  test(`options.input is all that a guest in this thread reads: ${name}`, t => {
    const { code, out, err } = copied({ input })
    t.is(code, 0)
    t.is(out, expected)
    t.is(err, `stdin ${size} bytes\n`)
  })
  test(`options.input is all that a guest of run reads: ${name}`, async t => {
    const { exitCode, stdout, stderr } = await run(hello(), { input, encoding: 'utf8' })
    t.is(exitCode, 0)
    t.is(stdout, expected)
    t.is(stderr, `stdin ${size} bytes\n`)
  })
}
for (const [name, make, expected] of inputs) {
  test(`input: ${name}`, t => {
    const { code, out, err } = copied({ stdin: make() })
    t.is(code, 0)
    t.is(out, expected)
    t.is(err, `stdin ${name === 'bytes' ? 3 : Buffer.byteLength(expected)} bytes\n`)
  })
  test(`input of run: ${name}`, async t => {
    const { exitCode, stdout, stderr } = await run(hello(), { stdin: make() })
    t.is(exitCode, 0)
    t.is(stdout.toString(), expected)
    t.is(stderr.toString(), `stdin ${name === 'bytes' ? 3 : Buffer.byteLength(expected)} bytes\n`)
  })
}

async function* later(): AsyncGenerator<string> {
  for (const word of ['one ', '', 'two']) {
    await new Promise(resolve => setTimeout(resolve, 5))
    yield word
  }
}
const waited: readonly (readonly [string, () => RunStdinOption, string])[] = [
  ['an async generator', later, 'one two'],
  ['a stream of Node', () => Readable.from(['a', 'b']), 'ab'],
  [
    'a stream of the web',
    () => new Response('from the web').body as unknown as RunStdinOption,
    'from the web',
  ],
  ['a large chunk', () => Readable.from([Buffer.alloc(300_000, 'z')]), 'z'.repeat(300_000)],
]
for (const [name, make, expected] of waited) {
  test(`input of run: ${name}`, async t => {
    const { stdout } = await run(hello(), { stdin: make() })
    t.is(stdout.toString(), expected)
  })
}

test('what is asynchronous is refused where nobody can wait', t => {
  t.throws(() => copied({ stdin: later() as unknown as StdinOption }), {
    code: 'ERR_INVALID_ARG_VALUE',
    message: /only run\(\)/,
  })
})

test('what is no stream is refused', t => {
  for (const stdin of [null, true, {}, -1, 1.5])
    t.regex(
      (t.throws(() => copied({ stdin: stdin as never })) as NodeJS.ErrnoException).code ?? '',
      /^ERR_/,
    )
  for (const stdout of [null, true, {}, 'capture', -1])
    t.regex(
      (t.throws(() => copied({ stdout: stdout as never })) as NodeJS.ErrnoException).code ?? '',
      /^ERR_/,
    )
})

test('a source that gives what is no chunk, or throws, is told; the guest sees IO', t => {
  for (const stdin of [
    () => 7 as never,
    () => {
      throw new Error('mine')
    },
  ]) {
    const told: string[] = []
    const errno = reading({ stdin, onUnexpected: ({ message }) => void told.push(message) })
    t.is(errno, 29)
    t.is(told.length, 1)
    t.regex(told[0], /fd_read: .*(mine|what options.stdin returns)/)
  }
})

/** The answer of fd_read. */
function reading(options: Omit<GuestOptions, 'version'>): number {
  const { imports, bind } = createGuest({ version: 'preview1', ...options })
  const memory = new WebAssembly.Memory({ initial: 1 })
  bind(memory)
  new Uint32Array(memory.buffer).set([64, 10], 4)
  return imports.fd_read(0, 16, 1, 0)
}

test('a source says with a WASIError what the guest is told', t => {
  const refused = () => {
    throw new WASIError(6)
  }
  t.is(reading({ stdin: refused }), 6)
})

test('output: each write is a chunk of its own, which may be kept', t => {
  const kept: Uint8Array[] = []
  const program = command([...write(1, 0x40, 5), ...write(1, 0x45, 3)], {
    data: { 64: 'hellonew' },
  })
  const wasi = new WASI({ version: 'preview1', stdout: chunk => void kept.push(chunk) })
  wasi.start(new WebAssembly.Instance(new WebAssembly.Module(program), wasi.getImportObject()))
  t.deepEqual(kept.map(String), ['hello', 'new'])
})

test('output: a stream of Node, and one that has ended', async t => {
  const stream = new PassThrough()
  t.is(copied({ input: 'abc', stdout: stream }).code, 0)
  stream.end()
  t.is(text(await stream.toArray()), 'abc')
  // write_all of the guest fails then.
  t.is(copied({ input: 'abc', stdout: stream }).code, 70)
  const gone = new PassThrough()
  gone.destroy()
  t.is(copied({ input: 'abc', stdout: gone }).code, 70)
  t.is((await run(hello(), { input: 'abc', stdout: gone })).exitCode, 70)
})

test('output: what throws EPIPE is a reader that went away', async t => {
  const gone = () => {
    throw Object.assign(new Error('gone'), { code: 'EPIPE' })
  }
  t.is(copied({ input: 'abc', stdout: gone }).code, 70)
  for (const stdout of [gone, async () => gone(), { write: gone }, { write: async () => gone() }]) {
    t.is((await run(flood, { stdout })).exitCode, 64)
  }
})

test('output by lines', t => {
  const heard: string[] = []
  const stdout = lines(line => void heard.push(line))
  copied({ input: 'one\ntwo\r\né', stdout })
  t.deepEqual(heard, ['one', 'two', 'é'], 'the last line, too: start has returned')
  stdout.end()
  t.is(heard.length, 3)
  stdout(Buffer.from([0xc3]))
  stdout(Buffer.from([0xa9, 0x0a]))
  t.is(heard.at(-1), 'é')
  stdout(Buffer.alloc(200_000, 'x'))
  t.deepEqual(
    heard.slice(4).map(({ length }) => length),
    [65536, 65536, 65536],
  )
})

test('output by lines: none is longer than it may be, and no character is cut', t => {
  const heard: string[] = []
  const stdout = lines(line => void heard.push(line))
  stdout(Buffer.from(`${'x'.repeat(70_000)}\r\n${'y'.repeat(65_535)}🙂\n`))
  t.deepEqual(
    heard.map(({ length }) => length),
    [65_536, 70_000 - 65_536, 65_535, 2],
  )
  t.is(heard.at(-1), '🙂')
  // Byte by byte: in a moment, and not by looking at all of a line for each.
  const start = performance.now()
  for (let i = 0; i < 400_000; i++) stdout(Buffer.from('z'))
  t.true(performance.now() - start < 10_000)
  t.throws(() => lines(undefined as never), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
})

test('isTTY is told truthfully', t => {
  const filetype = (stdout: StdoutOption): number => {
    const { imports, bind } = createGuest({ version: 'preview1', stdout })
    const memory = new WebAssembly.Memory({ initial: 1 })
    bind(memory)
    t.is(imports.fd_fdstat_get(1, 0), 0)
    t.is(imports.fd_filestat_get(1, 64), 0)
    const view = new DataView(memory.buffer)
    t.is(view.getUint8(64 + 16), view.getUint8(0))
    // A terminal has no right to seek: by that, and by its filetype, libc knows it.
    t.is(view.getUint32(8, true) & 0x24, 0)
    return view.getUint8(0)
  }
  t.is(filetype({ write() {}, isTTY: true }), 2)
  t.is(filetype({ write() {}, isTTY: false }), 6)
  t.is(
    filetype(() => {}),
    6,
  )
})

test('a terminal of the embedder does not obey a strict guest', t => {
  const shown: Uint8Array[] = []
  const stdout = { isTTY: true, write: (chunk: Uint8Array) => void shown.push(chunk) }
  const { imports, bind } = createGuest({ version: 'preview1', strict: true, stdout })
  const memory = new WebAssembly.Memory({ initial: 1 })
  bind(memory)
  new Uint32Array(memory.buffer).set([64, 4], 4)
  new Uint8Array(memory.buffer).set(Buffer.from('\x1b[2J'), 64)
  t.is(imports.fd_write(1, 16, 1, 0), 0)
  t.is(text(shown), '␛[2J')
})

test('a stream cannot seek, is always ready, and takes no call of a file', t => {
  const { imports, bind } = createGuest({ version: 'preview1', input: 'abc', stdout: () => {} })
  const memory = new WebAssembly.Memory({ initial: 1 })
  bind(memory)
  t.is(imports.fd_seek(1, 0n, 0, 0), 70)
  t.is(imports.fd_tell(0, 0), 70)
  t.is(imports.fd_pread(0, 16, 0, 0n, 0), 70)
  t.is(imports.fd_read(1, 16, 0, 0), 8)
  t.is(imports.fd_filestat_set_size(1, 0n), 28)
  t.is(imports.sock_recv(0, 16, 0, 0, 0, 4), 57)
  t.is(imports.fd_fdstat_set_flags(1, 4), 0)
  for (const sync of [2, 8, 16]) t.is(imports.fd_fdstat_set_flags(1, 4 | sync), 58)
  const view = new DataView(memory.buffer)
  view.setUint8(512 + 8, 2)
  view.setUint32(512 + 16, 1, true)
  t.is(imports.poll_oneoff(512, 1024, 1, 2048), 0)
  t.is(view.getUint32(2048, true), 1)
  t.is(imports.fd_renumber(1, 0), 0)
  t.is(imports.fd_read(0, 16, 0, 0), 8)
})

test('output: a write of more than a MiB is cut, and the guest goes on with the rest', t => {
  const sizes: number[] = []
  const { imports, bind } = createGuest({
    version: 'preview1',
    stdout: chunk => void sizes.push(chunk.length),
  })
  const memory = new WebAssembly.Memory({ initial: 33 })
  bind(memory)
  const view = new DataView(memory.buffer)
  const most = 2 ** 20
  for (const lengths of [[most + 1], [most - 1, 5], [7, most + 7]]) {
    new Uint32Array(memory.buffer).set(
      lengths.flatMap(length => [64, length]),
      4,
    )
    t.is(imports.fd_write(1, 16, lengths.length, 48), 0)
    t.is(view.getUint32(48, true), most)
  }
  t.deepEqual(sizes, [most, most, most])
})

test('an embedder who runs the guest while he serves it does no harm', t => {
  let inner = 0
  const memory = new WebAssembly.Memory({ initial: 1 })
  const { imports, bind } = createGuest({
    version: 'preview1',
    stdin: () => {
      // Another call, with other pieces; and the memory grows.
      new Uint32Array(memory.buffer).set([4096, 1], 100)
      inner = imports.fd_write(1, 400, 1, 0)
      memory.grow(1)
      return 'abc'
    },
    stdout: () => {},
  })
  bind(memory)
  new Uint32Array(memory.buffer).set([64, 2, 80, 5], 4)
  t.is(imports.fd_read(0, 16, 2, 0), 0)
  t.is(inner, 0)
  t.is(Buffer.from(memory.buffer).toString('latin1', 64, 66), 'ab')
  t.is(Buffer.from(memory.buffer).toString('latin1', 80, 81), 'c')
})

// Streams of run(), whose guest can be made to wait.

/** Writes 64 KiB again and again until it is refused, and exits with why. */
const flood = command([
  store(0x10, 0x1000),
  store(0x14, 0x8000),
  drop(untilFails(call('fd_write', 1, 0x10, 1, 0x20))),
  call('proc_exit', call('fd_write', 1, 0x10, 1, 0x20)),
])

test('what is captured has an end', async t => {
  const { exitCode, stdout, stderr, truncated } = await run(flood, { maxOutput: 100_000 })
  t.is(exitCode, 64)
  t.is(stdout.length, 100_000)
  t.is(stderr.length, 0)
  t.true(truncated)
  const cut = await run(hello(), { input: 'abcd', maxOutput: 3 })
  t.is(cut.stdout.toString(), 'abc')
  t.true(cut.truncated)
  t.false((await run(hello(), { input: 'abc', maxOutput: 100 })).truncated)
})

test('a guest that writes nothing, or bytes one by one, fills no memory of its host', async t => {
  const again = (length: number, times: number): Uint8Array =>
    command([
      ...[store(0x10, 0x40), store(0x14, length)],
      ...Array.from({ length: times }, () => drop(call('fd_write', 1, 0x10, 1, 0x20))),
    ])
  let chunks = 0
  await run(again(0, 1000), { stdout: () => void chunks++ })
  t.is(chunks, 0)
  // Bytes one by one are held up long before as many are on their way as larger pieces may be.
  let [heard, most] = [0, 0]
  const words = new Drain(async chunk => {
    await new Promise(resolve => setImmediate(resolve))
    heard += chunk.length
  })
  const sink = pipedSink(words.memory, false, chunk => {
    most++
    words.wrote(Buffer.from(chunk))
  })
  for (let i = 0; i < 2 ** 20 / 257 - 1; i++) sink.write(Buffer.alloc(1))
  t.true(most < 5000)
  t.true(new Int32Array(words.memory)[0] > 2 ** 20 - 1000, 'the next one but one would wait')
  await words.end()
  t.is(heard, most)
  const { stdout } = await run(again(1, 3000), {})
  t.is(stdout.length, 3000)
})

test('a slow reader holds the guest up, and nothing is lost', async t => {
  let [heard, most, under] = [0, 0, 0]
  const program = command([
    store(0x10, 0x1000),
    store(0x14, 0x8000),
    ...Array.from({ length: 200 }, () => drop(call('fd_write', 1, 0x10, 1, 0x20))),
  ])
  await run(program, {
    stdout: async chunk => {
      under += chunk.length
      most = Math.max(most, under)
      await new Promise(resolve => setImmediate(resolve))
      under -= chunk.length
      heard += chunk.length
    },
  })
  t.is(heard, 200 * 0x8000)
  t.is(most, 0x8000, 'one at a time')
})

test('what answers a write with a promise holds the guest up, and may fail', async t => {
  const program = command(Array.from({ length: 3 }, () => write(1, 0x40, 1)).flat())
  let [heard, under] = [0, 0]
  const slow = {
    write: async () => {
      t.is(++under, 1, 'one at a time')
      await new Promise(resolve => setTimeout(resolve, 20))
      under--
      heard++
    },
  }
  await run(program, { stdout: slow })
  t.is(heard, 3, 'all of them before the end')
  await t.throwsAsync(
    run(program, { stdout: { write: () => Promise.reject(new Error('mine')) } }),
    { code: 'ERR_WASI_HOOK', message: 'options.stdout threw: mine' },
  )
})

test('a stream that is full holds the guest up', async t => {
  let heard = 0
  const slow = new Writable({
    highWaterMark: 1000,
    write(chunk, _, done) {
      heard += chunk.length
      setImmediate(done)
    },
  })
  t.is(
    (await run(hello(), { input: 'x'.repeat(500_000), stdout: slow, stderr: () => {} })).exitCode,
    0,
  )
  slow.end()
  await once(slow, 'finish')
  t.is(heard, 500_000)
})

test('a stream that goes away while the guest waits for it', async t => {
  const stuck = new Writable({ highWaterMark: 1, write() {} })
  stuck.on('error', () => {})
  setTimeout(() => stuck.destroy(), 100)
  t.is((await run(flood, { stdout: stuck })).exitCode, 64)
})

test('a function for output that fails ends the run', async t => {
  await t.throwsAsync(run(flood, { stdout: () => Promise.reject(new Error('mine')) }), {
    code: 'ERR_WASI_HOOK',
    message: 'options.stdout threw: mine',
  })
  await t.throwsAsync(
    run(hello(), {
      stdin: (async function* () {
        yield 'a'
        throw new Error('broken')
      })(),
    }),
    {
      message: 'options.stdin threw: broken',
    },
  )
})

test('an input that is left is left, whatever it makes of that', async t => {
  const ends = command([call('proc_exit', 3)])
  for (const leave of [
    () => ({ done: true }),
    () => undefined,
    () => Promise.reject(new Error('mine')),
    throwing,
  ]) {
    const stdin = {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true }), return: leave }),
    }
    t.is((await run(ends, { stdin: stdin as unknown as RunStdinOption })).exitCode, 3)
    const endless = command([drop(untilFails(call('sched_yield')))])
    await t.throwsAsync(run(endless, { stdin: stdin as unknown as RunStdinOption, timeout: 50 }), {
      code: 'ERR_WASI_TIMEOUT',
    })
  }
  // A pending stream is destroyed as well: it would keep the embedder's process alive.
  const asked = new AbortController()
  const stdin = new Readable({
    read: () => void setImmediate(() => asked.abort(new Error('enough'))),
  })
  await t.throwsAsync(run(hello(), { stdin, signal: asked.signal }), {
    message: 'the run was aborted: enough',
  })
  t.true(stdin.destroyed)
})
test('a generator that gives input is left, too', async t => {
  let left = 0
  function* chunks(): Generator<string> {
    try {
      for (;;) yield 'x'
    } finally {
      left++
      throwing()
    }
  }
  t.is(
    (
      await run(
        command([store(0x10, 0x40), store(0x14, 1), drop(call('fd_read', 0, 0x10, 1, 0x20))]),
        { stdin: chunks() },
      )
    ).exitCode,
    0,
  )
  t.is(left, 1)
})
test('a stream of the web is not taken where another option is wrong', async t => {
  const stdin = new ReadableStream({ start: controller => controller.close() })
  for (const [name, value] of Object.entries({
    stdout: 'no',
    maxOutput: -1,
    timeout: 'soon',
    isolation: 'none',
  }))
    await t.throwsAsync(run(hello(), { stdin, [name]: value } as object), {
      message: new RegExp(`options\\.${name}`),
    })
  t.false(stdin.locked)
  t.is((await run(hello(), { stdin })).exitCode, 0)
  await t.throwsAsync(run(hello(), { stdin: { [Symbol.asyncIterator]: 5 } } as object), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
})
function throwing(): never {
  throw new Error('mine')
}

/** Iterators that are asked for input, and none that a language would make. */
const wrong: Readonly<Record<string, readonly [iterator: unknown, code: string]>> = {
  'gives nothing for ever': [
    { next: async () => ({ done: false, value: '' }) },
    'ERR_WASI_TIMEOUT',
  ],
  'fails when it is ended': [
    {
      next: () => new Promise(() => {}),
      return() {
        throw new Error('not now')
      },
    },
    'ERR_WASI_TIMEOUT',
  ],
  'gives what is no object': [{ next: async () => 5 }, 'ERR_WASI_HOOK'],
  'is none': [null, 'ERR_WASI_HOOK'],
}
for (const [name, [iterator, code]] of Object.entries(wrong)) {
  for (const isolation of process.platform === 'linux'
    ? (['worker', 'process'] as const)
    : (['worker'] as const)) {
    test(`an iterator for input that ${name} keeps no guest from its end (${isolation})`, async t => {
      const stdin = { [Symbol.asyncIterator]: () => iterator } as RunStdinOption
      await t.throwsAsync(
        run(hello(), { stdin, isolation, timeout: code === 'ERR_WASI_TIMEOUT' ? 500 : undefined }),
        { code },
      )
    })
  }
}

test('threads share the streams', async t => {
  const heard: string[] = []
  const stdout = lines(line => void heard.push(line))
  const { exitCode } = await run(readFileSync(guest('threads')), {
    args: ['threads', 'spawn'],
    threads: 8,
    stdout,
  })
  stdout.end()
  t.is(exitCode, 0)
  const captured = await run(readFileSync(guest('threads')), {
    args: ['threads', 'spawn'],
    threads: 8,
  })
  t.deepEqual(captured.stdout.toString().trim().split('\n').sort(), heard.sort())
  t.true(heard.length > 0)
})

test('a pool: the same streams', async t => {
  const pool = new Pool({ size: 2 })
  const results = await Promise.all(['a', 'b', 'c', 'd'].map(input => pool.run(hello(), { input })))
  t.deepEqual(
    results.map(({ stdout }) => stdout.toString()),
    ['a', 'b', 'c', 'd'],
  )
  await pool.close()
})

test('what is read of four bytes is what was given', t => {
  // A guest that reads by single bytes: nothing is asked for twice.
  let asked = 0
  const program = command([
    store(0x10, 0x40),
    store(0x14, 1),
    ...Array.from({ length: 4 }, () => drop(call('fd_read', 0, 0x10, 1, 0x20))),
    call('proc_exit', load(0x20)),
  ])
  const wasi = new WASI({ version: 'preview1', stdin: () => (asked++ === 0 ? 'abcd' : undefined) })
  t.is(
    wasi.start(new WebAssembly.Instance(new WebAssembly.Module(program), wasi.getImportObject())),
    1,
  )
  t.is(asked, 1)
})
