/**
 * Replacements for the host's clocks, sleeping and randomness: the messages of wrong ones, and no
 * hook of an embedder can break a guest.
 */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import {
  createGuest,
  Errno,
  type GuestOptions,
  run,
  WASI,
  WASIError,
  type WASIOptions,
} from 'wasi-common'
import { call, command, drop } from '../wasm.js'

const version = 'preview1'
const backends = ['native', 'typescript'] as const
const TYPE = 'ERR_INVALID_ARG_TYPE'
const VALUE = 'ERR_INVALID_ARG_VALUE'
const RANGE = 'ERR_OUT_OF_RANGE'
const nothing = (): void => {}

const mistakes: readonly (readonly [options: object, code: string, message: string | RegExp])[] = [
  [
    { clocks: 1 },
    TYPE,
    'The "options.clocks" property must be of type object. Received type number (1)',
  ],
  [
    { clocks: { wall: nothing } },
    VALUE,
    /'options\.clocks\.wall' is unknown; expected one of: realtime, monotonic\./,
  ],
  [
    { clocks: { realtime: 5n } },
    TYPE,
    'The "options.clocks.realtime" property must be of type function. Received type bigint (5n)',
  ],
  [
    { clocks: { monotonic: null } },
    TYPE,
    'The "options.clocks.monotonic" property must be of type function. Received null',
  ],
  [
    { sleep: true },
    TYPE,
    'The "options.sleep" property must be of type function. Received type boolean (true)',
  ],
  [
    { random: 4 },
    TYPE,
    'The "options.random" property must be of type function. Received type number (4)',
  ],
  [
    { seed: '1' },
    TYPE,
    `The "options.seed" property must be an integer from 0 to 9007199254740991. Received type string ('1')`,
  ],
  [
    { seed: -1 },
    RANGE,
    /"options\.seed" is out of range\. It must be >= 0 && <= 9007199254740991\. Received -1$/,
  ],
  [{ seed: 1.5 }, RANGE, /"options\.seed" is out of range\. It must be an integer/],
  [
    { seed: 1, random: nothing },
    VALUE,
    /'options\.seed' must not be combined with options.random\. Received 1$/,
  ],
  [
    { deterministic: 1 },
    TYPE,
    'The "options.deterministic" property must be of type boolean or object. Received type number (1)',
  ],
  [
    { deterministic: null },
    TYPE,
    'The "options.deterministic" property must be of type boolean or object. Received null',
  ],
  [
    { deterministic: { sead: 1 } },
    VALUE,
    /'options\.deterministic\.sead' is unknown \(did you mean 'seed'\?\)/,
  ],
  [{ deterministic: { seed: -1 } }, RANGE, /"options\.deterministic\.seed" is out of range/],
  [
    { deterministic: { start: 5 } },
    TYPE,
    /"options\.deterministic\.start" property must be of type bigint or an instance of Date\. Received type number \(5\)/,
  ],
  [
    { deterministic: { start: -1n } },
    RANGE,
    /"options\.deterministic\.start" is out of range.* Received -1n$/,
  ],
  [
    { deterministic: { start: 2n ** 63n } },
    RANGE,
    /"options\.deterministic\.start" is out of range.* Received 9223372036854775808n$/,
  ],
  [
    { deterministic: { start: new Date(-1) } },
    RANGE,
    /"options\.deterministic\.start" is out of range.* Received 1969-12-31/,
  ],
  [
    { deterministic: { start: new Date(Number.NaN) } },
    VALUE,
    /'options\.deterministic\.start' must be a valid date/,
  ],
  ...['clocks', 'sleep', 'random', 'seed'].map(
    name =>
      [
        { deterministic: true, [name]: name === 'seed' ? 1 : name === 'clocks' ? {} : nothing },
        VALUE,
        new RegExp(`'options\\.${name}' must not be combined with options\\.deterministic\\.`),
      ] as const,
  ),
  [
    { traceFormat: 'xml' },
    VALUE,
    /'options\.traceFormat' must be one of: 'text', 'json', 'perfetto'\. Received 'xml'$/,
  ],
  [{ traceTimes: 1 }, TYPE, /"options\.traceTimes" property must be of type boolean/],
  [{ metrics: {} }, TYPE, /"options\.metrics" property must be of type boolean/],
]
for (const [options, code, message] of mistakes) {
  const [[name]] = Object.entries(options)
  test(`a mistake in ${Object.keys(options).join(', ')}: ${String(message)}`, t => {
    t.throws(() => createGuest({ version, ...options } as GuestOptions), { code, message })
    t.throws(() => new WASI({ version, ...options } as WASIOptions), { code, message }, name)
  })
}

test('disabled replay options leave the host’s calls untouched', t => {
  const off = {
    clocks: undefined,
    sleep: undefined,
    random: undefined,
    seed: undefined,
    deterministic: false,
  } as const
  const guest = createGuest({ version, ...off })
  const memory = new WebAssembly.Memory({ initial: 1 })
  guest.bind(memory)
  const before = BigInt(Date.now()) * 1_000_000n
  t.is(guest.imports.clock_time_get(0, 0n, 8), 0)
  t.true(new DataView(memory.buffer).getBigUint64(8, true) >= before)
  guest.close()
})

test('deterministic guests start on 2025-01-01 by default', t => {
  for (const deterministic of [true, {}, { start: new Date('2025-01-01T00:00:00Z') }] as const) {
    const guest = createGuest({ version, deterministic })
    const memory = new WebAssembly.Memory({ initial: 1 })
    guest.bind(memory)
    t.is(guest.imports.clock_time_get(0, 0n, 8), 0)
    t.is(new DataView(memory.buffer).getBigUint64(8, true), 1735689600_000_001_000n)
    guest.close()
  }
})

// Hooks.

interface Hooked {
  readonly options: Partial<GuestOptions>
  /** The call that makes the hook be called. */
  readonly call: (guest: ReturnType<typeof createGuest>) => number
}
const throwing = (thrown: unknown) => () => {
  throw thrown
}
/**
 * A call for each hook. A subscription to a clock, by a delay of 5 or until the moment 5, is at
 * 256.
 */
const hooks: Readonly<Record<string, (hook: () => never) => Hooked>> = {
  realtime: realtime => ({
    options: { clocks: { realtime } },
    call: ({ imports }) => imports.clock_time_get(0, 0n, 8),
  }),
  monotonic: monotonic => ({
    options: { clocks: { monotonic } },
    call: ({ imports }) => imports.clock_time_get(3, 0n, 8),
  }),
  'monotonic, in poll_oneoff': monotonic => ({
    options: { clocks: { monotonic } },
    call: ({ imports }) => imports.poll_oneoff(320, 1024, 1, 8),
  }),
  sleep: sleep => ({
    options: { sleep },
    call: ({ imports }) => imports.poll_oneoff(256, 1024, 1, 8),
  }),
  random: random => ({ options: { random }, call: ({ imports }) => imports.random_get(8, 4) }),
}
function guestWith(options: Partial<GuestOptions>) {
  const lines: string[] = []
  const unexpected: unknown[] = []
  const guest = createGuest({
    version,
    ...options,
    trace: line => void lines.push(line),
    onUnexpected: error => void unexpected.push(error),
  })
  const memory = new WebAssembly.Memory({ initial: 1 })
  guest.bind(memory)
  const view = new DataView(memory.buffer)
  for (const at of [256, 320]) {
    view.setUint32(at + 16, 1, true)
    view.setBigUint64(at + 24, 5n, true)
  }
  view.setUint16(320 + 40, 1, true)
  return { guest, memory, lines, unexpected }
}

const thrownThings: readonly unknown[] = [
  new Error('mine'),
  new WASIError(Errno.BADF),
  'text',
  undefined,
  null,
  7,
  Symbol('mine'),
  Object.create(null),
]
for (const [name, make] of Object.entries(hooks)) {
  for (const backend of backends) {
    test(`${name}: an exception ends the guest, and every later call throws it again (${backend})`, t => {
      for (const thrown of thrownThings) {
        const { options, call } = make(throwing(thrown))
        const { guest, lines, unexpected } = guestWith({ backend, ...options })
        const nowhere = {}
        let caught: unknown = nowhere
        try {
          guest.run(() => call(guest))
        } catch (error) {
          caught = error
        }
        t.is(caught, thrown)
        t.is(lines.length, 1)
        t.deepEqual(unexpected, [], 'it is no error of the host')
        for (const later of [() => guest.imports.sched_yield(), () => guest.run(() => {})]) {
          caught = nowhere
          try {
            later()
          } catch (error) {
            caught = error
          }
          t.is(caught, thrown)
        }
        t.is(lines.length, 1, 'calls of an ended guest are not traced')
        guest.close()
      }
    })
  }
}

const answers: readonly (readonly [answer: unknown, code: string, message: RegExp])[] = [
  [
    5,
    'ERR_INVALID_RETURN_VALUE',
    /^The "options\.clocks\.realtime" function must return a bigint\. Received type number \(5\)$/,
  ],
  [undefined, 'ERR_INVALID_RETURN_VALUE', /Received undefined$/],
  [new Date(), 'ERR_INVALID_RETURN_VALUE', /Received an instance of Date$/],
  [Promise.resolve(1n), 'ERR_INVALID_RETURN_VALUE', /Received an instance of Promise$/],
  [
    -1n,
    RANGE,
    /^The value of "options\.clocks\.realtime\(\)" is out of range\. It must be >= 0 && < 2\^64\. Received -1n$/,
  ],
  [2n ** 64n, RANGE, /out of range/],
]
for (const [answer, code, message] of answers) {
  test(`a clock that returns ${typeof answer} ${String(answer)} is an error`, t => {
    const { guest, memory } = guestWith({ clocks: { realtime: () => answer as bigint } })
    t.throws(() => guest.run(() => guest.imports.clock_time_get(0, 0n, 8)), { code, message })
    t.true(
      new Uint8Array(memory.buffer, 0, 256).every(byte => byte === 0),
      'nothing was told',
    )
    guest.close()
  })
}

test('async sleep and random hooks are errors', t => {
  const code = 'ERR_INVALID_RETURN_VALUE'
  const message = /must return when it is done, and no promise\. Received an instance of Promise$/
  const sleeps = guestWith({ sleep: async () => {} })
  t.throws(() => sleeps.guest.imports.poll_oneoff(256, 1024, 1, 8), { code, message })
  const draws = guestWith({ random: async () => {} })
  t.throws(() => draws.guest.imports.random_get(8, 4), { code, message })
  const odd = guestWith({
    sleep: () =>
      Object.defineProperty({}, 'then', {
        get() {
          throw new Error('mine')
        },
      }),
  } as never)
  t.throws(() => odd.guest.imports.poll_oneoff(256, 1024, 1, 8), { message: 'mine' })
  // Other results of a hook are ignored.
  const { guest } = guestWith({
    random: bytes => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>) as never,
  })
  t.is(guest.imports.random_get(8, 4), 0)
  for (const each of [sleeps.guest, draws.guest, odd.guest, guest]) each.close()
})

for (const backend of backends) {
  test(`a hook may grow the guest's memory, close the guest or detach its memory (${backend})`, t => {
    let act = (_bytes?: Uint8Array): void => {}
    const options: Partial<GuestOptions> = {
      backend,
      clocks: {
        realtime() {
          act()
          return 9n
        },
      },
      sleep: () => act(),
      random(bytes) {
        act(bytes)
        if (bytes.length > 0) bytes.fill(7)
      },
    }
    const { guest, memory } = guestWith(options)
    act = () => void memory.grow(1)
    t.is(guest.imports.clock_time_get(0, 0n, 8), 0)
    t.is(new DataView(memory.buffer).getBigUint64(8, true), 9n)
    t.is(guest.imports.random_get(8, 4), 0)
    t.is(new DataView(memory.buffer).getUint32(8, true), 0x07070707)
    t.is(guest.imports.poll_oneoff(256, 1024, 1, 8), 0)
    t.is(new DataView(memory.buffer).getUint32(8, true), 1)
    t.is(memory.buffer.byteLength, 4 * 65536)

    act = () => guest.close()
    t.is(guest.imports.poll_oneoff(256, 1024, 1, 8), 0)
    t.is(guest.imports.fd_sync(0), Errno.BADF)

    act = bytes =>
      void (bytes && structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] }))
    t.throws(() => guest.imports.random_get(8, 4), {
      code: 'ERR_INVALID_RETURN_VALUE',
      message: /must return with all of its bytes in place/,
    })
  })
}

test('a hook runs another guest that waits as well', t => {
  const inner = guestWith({ sleep: nothing })
  const outer = guestWith({
    sleep() {
      new DataView(inner.memory.buffer).setBigUint64(256, 0xbadn, true)
      t.is(inner.guest.imports.poll_oneoff(256, 1024, 1, 8), 0)
    },
  })
  new DataView(outer.memory.buffer).setBigUint64(256, 77n, true)
  t.is(outer.guest.imports.poll_oneoff(256, 1024, 1, 8), 0)
  t.is(new DataView(outer.memory.buffer).getBigUint64(1024, true), 77n)
  t.is(new DataView(inner.memory.buffer).getBigUint64(1024, true), 0xbadn)
  for (const { guest } of [inner, outer]) guest.close()
})

// Files in memory.

for (const backend of backends) {
  test(`deterministic: files in memory and of an overlay are reported like those of the host (${backend})`, t => {
    const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
    t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
    for (const name of ['z', 'a']) fs.writeFileSync(join(folder, name), name)
    const preopens = {
      '/mem': { files: { z: 'z', b: '1', a: 'aa' } },
      '/over': { path: folder, overlay: true },
      '/host': folder,
    }
    const reported: string[] = []
    for (const delay of [0, 20]) {
      const { guest, memory, lines } = guestWith({ backend, deterministic: true, preopens })
      const bytes = Buffer.from(memory.buffer)
      bytes.write('newa', 64)
      const { imports } = guest
      // A moment later and beside other files, so that times and inodes of memory would be others.
      if (delay > 0) createGuest({ version, preopens: { '/': { files: { other: '' } } } }).close()
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delay)
      for (const fd of [3, 4]) {
        t.is(imports.path_open(fd, 0, 64, 3, 1, 0x40n, 0n, 0, 80), 0)
        t.is(imports.path_filestat_get(fd, 0, 64, 3, 4096 + fd * 64), 0)
        t.is(imports.path_filestat_set_times(fd, 0, 64, 3, 0n, 5n, 4), 0)
        t.is(imports.path_filestat_get(fd, 0, 64, 3, 5120 + fd * 64), 0)
      }
      for (const fd of [3, 4, 5]) {
        t.is(imports.path_filestat_get(fd, 0, 67, 1, 6144 + fd * 64), 0)
        t.is(imports.fd_readdir(fd, 8192 * fd, 8192, 0n, 80), 0)
      }
      const names = [...bytes.toString('latin1', 8192 * 3, 8192 * 4).matchAll(/\0([.a-z]+)/g)].map(
        ([, name]) => name,
      )
      t.deepEqual(names.slice(0, 6), ['.', '..', 'a', 'b', 'new', 'z'])
      t.is(bytes.readBigUInt64LE(4096 + 3 * 64 + 48), 1735689600_000_000_000n)
      t.is(bytes.readBigUInt64LE(5120 + 3 * 64 + 48), 5n)
      reported.push(`${lines.join('\n')}\n${bytes.toString('hex', 4096)}`)
      guest.close()
    }
    t.is(reported[0], reported[1])
  })
}

// Hooks in a worker.

test('run: functions as hooks are refused, and so are threads with seed or deterministic', async t => {
  const program = command([])
  for (const [name, value] of Object.entries({
    clocks: { realtime: () => 0n },
    sleep: nothing,
    random: nothing,
  })) {
    await t.throwsAsync(run(program, { [name]: value } as object), {
      code: VALUE,
      message: new RegExp(
        `'options\\.${name}' must be left out: .* to its worker; use options.seed`,
      ),
    })
  }
  for (const [name, value] of Object.entries({ seed: 1, deterministic: true })) {
    await t.throwsAsync(run(program, { [name]: value, threads: 1 }), {
      code: VALUE,
      message: `options.${name} must not be combined with options.threads: threads run in no fixed order`,
    })
  }
})

test('run: deterministic guests behave in a worker as in this thread', async t => {
  const program = command([
    ...[
      drop(call('clock_time_get', 0, 0n, 8)),
      drop(call('random_get', 16, 8)),
      drop(call('environ_sizes_get', 24, 28)),
    ],
    call('proc_exit', 0),
  ])
  const traces: string[][] = []
  for (let i = 0; i < 2; i++) {
    const lines: string[] = []
    await run(program, {
      deterministic: { seed: 3, start: 1_000_000n },
      trace: line => void lines.push(line),
    })
    traces.push(lines)
  }
  t.deepEqual(traces[0], traces[1])
  t.is(traces[0][0], 'clock_time_get(id=realtime, precision=0) = SUCCESS time=1001000')
})
