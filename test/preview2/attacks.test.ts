/** Attacks on the host of a component, other than by paths, handles and `cabi_realloc`. */
import fs from 'node:fs'
import test from 'ava'
import { settingsOf } from '#lib/options/settings.js'
import { componentHostOf, createComponentHost } from '#lib/preview2/host.js'
import { Kind } from '#lib/preview2/wit/types.js'
import { openNative } from '#lib/sys/native/sys.js'
import { Verdict } from '#lib/verdict.js'
import { doors, Failure, functions, JavaScriptDoor, LoweredDoor } from './doors.js'
import { bytesOf, each, Fixture, type Held, once, textOf } from './fixture.js'
import { lowered, sample, zeros } from './samples.js'
import { thrownBy } from './thrown.js'

const hybrid = { ways: ['native'], doors: ['hybrid'] } as const

// Numbers.

const large = [2n ** 31n - 1n, 2n ** 32n, 2n ** 40n, 2n ** 53n - 1n]
const beyond = [2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]

each(test, 'a read of any length returns at most 64 KiB', {}, (t, w) => {
  w.write('file', 'x'.repeat(100_000))
  const file = w.open('file')
  const stream: Held = w.call('descriptor.read-via-stream', file, 0n)
  for (const length of [...large, ...beyond]) {
    const [bytes, end]: [Uint8Array, boolean] = w.call('descriptor.read', file, length, 1n)
    t.deepEqual([bytes.length, end], [65_536, false])
  }
  t.is(w.call('input-stream.read', stream, 2n ** 64n - 1n).length, 65_536)
  t.is(w.call('input-stream.skip', stream, 2n ** 64n - 1n), 34_464n)
  t.is(w.answer('input-stream.blocking-skip', stream, 2n ** 63n), 'closed')
})
each(test, 'offsets beyond every file read nothing and write nothing', {}, (t, w) => {
  w.write('file', 'text')
  const file = w.open('file', { flags: ['read', 'write'] })
  for (const offset of beyond) {
    t.deepEqual(w.call('descriptor.read', file, 9n, offset), [new Uint8Array(0), true])
    t.is(w.answer('descriptor.write', file, bytesOf('x'), offset), 'file-too-large')
    t.is(w.answer('descriptor.set-size', file, offset), 'file-too-large')
    const reader: Held = w.call('descriptor.read-via-stream', file, offset)
    t.is(w.answer('input-stream.read', reader, 9n), 'closed')
    const writer: Held = w.call('descriptor.write-via-stream', file, offset)
    t.is(w.answer('output-stream.write', writer, bytesOf('x')), 'file-too-large')
    w.drop(reader, writer)
  }
  t.is(w.text('file'), 'text')
})
for (const length of [...large, ...beyond]) {
  for (const short of ['random.get-random-bytes', 'insecure.get-insecure-random-bytes'])
    each(test, `${short} of ${length} ends the component`, once, (t, w) => {
      const message = 'trap: more random bytes than limits.randomBytes, 67108864'
      t.is(w.answer(short, length), message)
      t.is(w.answer('monotonic-clock.now'), message)
    })
  for (const short of ['write-zeroes', 'blocking-write-zeroes-and-flush'])
    each(test, `${short} of ${length} ends the component, and writes nothing`, once, (t, w) => {
      const stdout: Held = w.call('stdout.get-stdout')
      const message = 'trap: write-zeroes of more bytes than check-write permits'
      t.is(w.answer(`output-stream.${short}`, stdout, length), message)
      t.is(w.output(), '')
    })
}

test('a write to a file that takes nothing is an error', t => {
  const sys = openNative()
  const settings = settingsOf({ version: 'preview1', rights: 'access', stdout: 'inherit' })
  const host = componentHostOf(settings, new Verdict(), sys)
  const door = new LoweredDoor(host.imports)
  const stdout = door.call('stdout.get-stdout')
  Object.assign(sys, { writev: () => 0 })
  const failure = thrownBy(() => door.call('output-stream.write', stdout, bytesOf('text')))
  const { val } = (failure as Failure).payload as { val: object }
  t.is(door.call('error.to-debug-string', val), 'io')
  host.close()
})

// Polls.

each(test, 'a poll of nothing ends the component', once, (t, w) => {
  t.is(w.answer('poll.poll', []), 'trap: poll of an empty list')
})
each(test, 'a poll of one pollable many times returns each of its places', once, (t, w) => {
  const pollable: Held = w.call('monotonic-clock.subscribe-instant', 0n)
  const all = Array.from({ length: 1024 }, () => pollable)
  t.deepEqual(w.call('poll.poll', all), Uint32Array.from(all.keys()))
})
each(test, 'a poll of more than limits.subscriptions ends the component', once, (t, w) => {
  const pollable: Held = w.call('monotonic-clock.subscribe-instant', 0n)
  const all = Array.from({ length: 1025 }, () => pollable)
  const message = 'trap: poll of more pollables than limits.subscriptions, 1024'
  t.is(w.answer('poll.poll', all), message)
})
for (const [title, at, length, message] of [
  ['of the whole address space', 0, -1, /^poll of more pollables/],
  ['that ends beyond the memory', 65_536 - 4 * 1024 + 4, 1024, /^memory access out of bounds$/],
  ['of what is no handle', 4096, 1024, /^unknown handle/],
] as const)
  each(test, `a list of pollables ${title} ends the component`, hybrid, (t, w) => {
    t.throws(() => w.lowered?.core('poll.poll')?.(at, length, 1024), { message })
  })

// The end of a component.

for (const door of doors)
  test(`every function throws the first end of its component again (${door})`, t => {
    for (const end of ['exit', 'trap'] as const) {
      const w = new Fixture('native', door)
      const stdout: Held = w.call('stdout.get-stdout')
      const first = thrownBy(() =>
        end === 'exit' ? w.call('exit.exit-with-code', 7) : w.call('poll.poll', []),
      )
      for (const [short, { row }] of w.lowered === undefined ? functions : lowered) {
        const call =
          w.lowered === undefined
            ? () => w.door.call(short, ...row.params.map(({ type }) => sample(type, stdout)))
            : () => w.lowered?.core(short)?.(...row.params.flatMap(({ type }) => zeros(type)), 1024)
        // An exit is no Error, and for a door like the error of a result.
        const thrown = thrownBy(call)
        t.is(thrown instanceof Failure ? thrown.payload : thrown, first, short)
      }
      if (end === 'exit')
        t.is(
          w.host.run(() => w.call('exit.exit', { tag: 'ok' })),
          7,
        )
      else
        t.is(
          thrownBy(() => w.host.run(() => 0)),
          first,
        )
      t.is(w.output(), '')
      w.close()
    }
  })
// Texts.

const invalid = Uint8Array.of(0x61, 0xff)
const surrogate = Uint8Array.of(0xed, 0xa0, 0x80)
each(test, 'a path that is not UTF-8 is refused by every call', { doors: ['hybrid'] }, (t, w) => {
  w.write('file', 'text')
  const code = 'illegal-byte-sequence'
  for (const path of [invalid, surrogate]) {
    const dir = w.box
    const calls: Readonly<Record<string, readonly unknown[]>> = {
      'create-directory-at': [path],
      'stat-at': [{}, path],
      'set-times-at': [{}, path, { tag: 'now' }, { tag: 'now' }],
      'open-at': [{}, path, { create: true }, { write: true }],
      'readlink-at': [path],
      'remove-directory-at': [path],
      'unlink-file-at': [path],
      'metadata-hash-at': [{}, path],
      'symlink-at': ['file', path],
    }
    for (const [name, args] of Object.entries(calls))
      t.is(w.answer(`descriptor.${name}`, dir, ...args), code, name)
    t.is(w.answer('descriptor.symlink-at', dir, path, 'made'), code)
    for (const [from, to] of [
      [path, 'made'],
      ['file', path],
    ] as const) {
      t.is(w.answer('descriptor.rename-at', dir, from, dir, to), code)
      t.is(w.answer('descriptor.link-at', dir, {}, from, dir, to), code)
    }
  }
  t.deepEqual(w.fs.readdirSync(w.folder), ['file'])
})
each(
  test,
  'an entry that is not UTF-8 is an error between the others',
  { ways: ['native'] },
  (t, w) => {
    for (const name of [bytesOf('a'), invalid, bytesOf('b')])
      fs.writeFileSync(Buffer.concat([Buffer.from(`${w.folder}/`), name]), '')
    fs.symlinkSync(Buffer.from(invalid), w.path('link'))
    t.is(w.answer('descriptor.readlink-at', w.box, 'link'), 'illegal-byte-sequence')
    const entries: Held = w.call('descriptor.read-directory', w.box)
    const seen = Array.from({ length: 5 }, () => {
      const before = w.answer('monotonic-clock.now')
      t.is(before, 'ok')
      try {
        return w.call('directory-entry-stream.read-directory-entry', entries)?.name
      } catch (failure) {
        return (failure as { payload: unknown }).payload
      }
    })
    const name = (value: unknown) => value ?? ''
    t.deepEqual(seen.map(name).sort(), ['', 'a', 'b', 'illegal-byte-sequence', 'link'])
  },
)

// Memory.

test('an argument beyond the memory ends the component', t => {
  const ranges = [
    [65_530, 7],
    [65_536, 1],
    [0, -1],
    [-1, 1],
    [1 << 31, 1],
  ] as const
  for (const [short, { row }] of lowered) {
    if (!row.params.some(({ type }) => type.kind === Kind.String || type.kind === Kind.Bytes))
      continue
    for (const range of ranges) {
      const w = new Fixture('native', 'hybrid')
      const stdout: Held = w.call('stdout.get-stdout')
      const core = row.params.flatMap(({ type }): readonly (number | bigint)[] => {
        if (type.kind === Kind.String || type.kind === Kind.Bytes) return range
        if (type.kind !== Kind.Borrow) return zeros(type)
        return [((type.name === 'descriptor' ? w.box : stdout) as { handle: number }).handle]
      })
      const message = 'memory access out of bounds'
      t.throws(() => w.lowered?.core(short)?.(...core, 1024), { message }, `${short} ${range}`)
      t.is(w.output(), '')
      w.close()
    }
  }
})

each(test, 'a short read puts nothing behind its bytes', hybrid, (t, w) => {
  const door = w.lowered as LoweredDoor
  w.write('secret', 's'.repeat(65_536))
  w.write('short', 'text')
  fs.symlinkSync('short', w.path('link'))
  const other = new JavaScriptDoor(w.host.imports)
  const [[box]] = other.call('preopens.get-directories') as [[object]]
  const secret = other.call('descriptor.open-at', box, {}, 'secret', {}, { read: true })
  const file = w.open('short')
  const entries: Held = w.call('descriptor.read-directory', w.box)
  const calls = [
    ['descriptor.read', file, 65_536n, 0n],
    ['descriptor.readlink-at', w.box, 'link'],
    ['directory-entry-stream.read-directory-entry', entries],
  ] as const
  for (const [short, ...args] of calls) {
    other.call('descriptor.read', secret, 65_536n, 0n)
    const honest = door.realloc
    const rooms: [at: number, size: number][] = []
    door.realloc = (...request) => {
      const at = honest(request[0], request[1], request[2], request[3] + 1024)
      rooms.push([at, request[3]])
      return at
    }
    w.call(short, ...args)
    door.realloc = honest
    for (const [at, size] of rooms)
      t.true(
        new Uint8Array(door.memory.buffer, at + size, 1024).every(byte => byte === 0),
        short,
      )
  }
})
each(test, 'a memory that grows between calls is seen as it is', hybrid, (t, w) => {
  const { memory } = w.lowered as LoweredDoor
  const core = w.lowered?.core('wall-clock.now')
  for (let pages = 2; pages < 5; pages++) {
    memory.grow(1)
    core?.(pages * 65_536 - 16)
    t.not(new DataView(memory.buffer).getBigUint64(pages * 65_536 - 16, true), 0n)
    t.is(memory.buffer.byteLength, pages * 65_536)
  }
  t.throws(() => core?.(4 * 65_536 - 8), { message: 'memory access out of bounds' })
})

// The host's state.

each(test, 'a hash of metadata has nothing of the host in it', {}, (t, w) => {
  w.write('file')
  const file = w.open('file')
  const hash = w.call('descriptor.metadata-hash', file)
  t.deepEqual(w.call('descriptor.metadata-hash-at', w.box, {}, 'file'), hash)
  t.notDeepEqual(w.call('descriptor.metadata-hash', w.box), hash)
  if (w.way === 'memfs') return
  const { dev, ino } = fs.statSync(w.folder, { bigint: true })
  const { lower, upper } = w.call('descriptor.metadata-hash', w.box)
  t.false([dev, ino].includes(lower) || [dev, ino].includes(upper))
  const other = createComponentHost({ preopens: { '/': w.folder } })
  const door = new LoweredDoor(other.imports)
  const [[box]] = door.call('preopens.get-directories') as [[object]]
  t.notDeepEqual(door.call('descriptor.metadata-hash', box), { lower, upper })
  other.close()
})
each(
  test,
  'a directory that was replaced by a symlink stays the directory',
  { ways: ['native'] },
  (t, w) => {
    const outside = fs.mkdtempSync(`${w.folder}-`)
    fs.writeFileSync(`${outside}/secret`, 'secret')
    fs.mkdirSync(w.path('dir'))
    const dir = w.open('dir', { open: ['directory'] })
    fs.renameSync(w.path('dir'), w.path('old'))
    fs.symlinkSync(outside, w.path('dir'))
    t.is(w.tryOpen('secret', { dir }), 'no-entry')
    t.is(w.tryOpen('dir/secret'), 'not-permitted')
    t.is(w.tryOpen('made', { dir, open: ['create'], flags: ['write'] }), 'ok')
    t.true(w.exists('old/made'))
    t.deepEqual(fs.readdirSync(outside), ['secret'])
  },
)
each(test, 'a read-only directory gives no descriptor that changes it', {}, (t, w) => {
  w.write('file', 'text')
  w.fs.mkdirSync(w.path('dir'))
  const dir = w.ro
  t.is(w.tryOpen('dir', { dir, flags: ['read', 'mutateDirectory'] }), 'read-only')
  t.is(w.tryOpen('dir', { dir, flags: ['mutateDirectory'] }), 'read-only')
  t.is(w.tryOpen('file', { dir, flags: ['write'] }), 'read-only')
  t.is(w.tryOpen('file', { dir, open: ['truncate'] }), 'read-only')
  const below = w.open('dir', { dir })
  t.is(w.answer('descriptor.create-directory-at', below, 'made'), 'read-only')
  t.is(w.answer('descriptor.rename-at', w.box, 'file', below, 'made'), 'read-only')
  const file = w.open('file', { dir })
  t.is(w.answer('descriptor.set-times', file, { tag: 'now' }, { tag: 'now' }), 'read-only')
  t.is(w.answer('descriptor.write-via-stream', file, 0n), 'bad-descriptor')
  t.is(w.text('file'), 'text')
  t.is(textOf(w.call('descriptor.read', file, 9n, 0n)[0]), 'text')
})
