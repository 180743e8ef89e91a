/**
 * Clocks, sleep and random bytes that are the embedder's, and a guest for which all of it is fixed.
 */
import { createCipheriv } from 'node:crypto'
import fs from 'node:fs'
import test from 'ava'
import {
  ALL,
  blank,
  each,
  type Fixture,
  Fstflags,
  Oflags,
  type Part,
  rights,
  u8,
  u16,
  u32,
  u64,
} from './fixture.js'

const REALTIME = 0
const MONOTONIC = 1
const CPU = [2, 3]
const ms = 1_000_000n
const forever = 2n ** 64n - 1n
const ABSOLUTE = 1
const CLOCK = 0
const FD_READ = 1

const clock = (w: Fixture, userdata: bigint, id: number, timeout: bigint, flags = 0): Part[] => {
  const identifier = w.version === 'unstable' ? [blank(8)] : []
  return [
    u64(userdata),
    u8(CLOCK),
    blank(7),
    ...identifier,
    u32(id),
    blank(4),
    u64(timeout),
    blank(8),
    u16(flags),
    blank(6),
  ]
}
const reader = (w: Fixture, userdata: bigint, fd: number): Part[] => [
  ...[u64(userdata), u8(FD_READ), blank(7), u32(fd)],
  blank(w.version === 'unstable' ? 36 : 28),
]
const event = (userdata: bigint, type: number, nbytes = 0): Part[] => [
  ...[u64(userdata), u16(0), u8(type, 0, 0, 0, 0, 0), u64(nbytes), u64(0)],
]
/** Waits for these; the events are at 0x800 and their number at 0x40. */
function poll(w: Fixture, ...subscriptions: Part[][]): string {
  w.draw(0x100, ...subscriptions.flat())
  return w.call('poll_oneoff', 0x100, 0x800, subscriptions.length, 0x40)
}
function time(w: Fixture, id: number): bigint {
  const at = w.room(8)
  if (w.call('clock_time_get', id, 0n, at) !== 'SUCCESS') throw new Error('no time')
  return w.any(at, 8).readBigUInt64LE()
}
function resolution(w: Fixture, id: number): bigint {
  const at = w.room(8)
  if (w.call('clock_res_get', id, at) !== 'SUCCESS') throw new Error('no resolution')
  return w.any(at, 8).readBigUInt64LE()
}
function bytes(w: Fixture, length: number): Buffer {
  const at = w.room(length)
  if (w.call('random_get', at, length) !== 'SUCCESS') throw new Error('no bytes')
  return w.any(at, length)
}
/** Duration of a call, in nanoseconds. */
function timed(act: () => void): bigint {
  const before = process.hrtime.bigint()
  act()
  return process.hrtime.bigint() - before
}

// The embedder's own.

let real = 5n
let steady = 7n
const clocks = { realtime: () => real, monotonic: () => steady }

each(
  test,
  'clocks: the embedder’s clocks are returned, and the monotonic one for processor time',
  { options: { clocks } },
  (t, w) => {
    for (const [a, b] of [
      [5n, 7n],
      [0n, forever],
      [2n ** 63n, 0n],
    ] as const) {
      real = a
      steady = b
      t.is(time(w, REALTIME), a)
      for (const id of [MONOTONIC, ...CPU]) t.is(time(w, id), b)
    }
    for (const id of [REALTIME, MONOTONIC, ...CPU]) t.is(resolution(w, id), 1n)
    t.is(w.call('clock_time_get', 4, 0n, 0x10), 'INVAL')
  },
)

each(
  test,
  'clocks: a clock that is left out is the host’s',
  { options: { clocks: { monotonic: () => 7n } } },
  (t, w) => {
    const before = BigInt(Date.now()) * ms
    const now = time(w, REALTIME)
    t.true(now >= before && now <= BigInt(Date.now() + 1) * ms)
    t.is(time(w, MONOTONIC), 7n)
  },
)

each(
  test,
  'clocks: an absolute subscription is compared with the embedder’s clock',
  { options: { clocks } },
  (t, w) => {
    real = 1000n * ms
    const took = timed(() => t.is(poll(w, clock(w, 1n, REALTIME, 1000n * ms, ABSOLUTE)), 'SUCCESS'))
    t.true(took < 2000n * ms)
    w.expect(0x800, ...event(1n, CLOCK))
    w.expect(0x40, u32(1))
  },
)

const slept: number[] = []
let meanwhile = (): void => {}
const sleep = (nanoseconds: number): void => {
  slept.push(nanoseconds)
  meanwhile()
}
each(
  test,
  'sleep: is called with the shortest timeout, in place of waiting',
  { options: { clocks, sleep } },
  (t, w) => {
    slept.length = 0
    meanwhile = () => {}
    steady = 100n * ms
    const hour = 3600_000n * ms
    const took = timed(() => {
      t.is(poll(w, clock(w, 1n, MONOTONIC, hour), clock(w, 2n, MONOTONIC, 2n * hour)), 'SUCCESS')
      w.expect(0x800, ...event(1n, CLOCK))
      w.expect(0x40, u32(1))
      t.is(poll(w, clock(w, 3n, MONOTONIC, hour + 100n * ms, ABSOLUTE)), 'SUCCESS')
      w.expect(0x800, ...event(3n, CLOCK))
      t.is(poll(w, clock(w, 4n, MONOTONIC, 0n)), 'SUCCESS')
      w.expect(0x800, ...event(4n, CLOCK))
    })
    t.true(took < 2000n * ms)
    t.deepEqual(
      slept,
      [Number(hour), Number(hour)],
      'and not at all where nothing is to be waited for',
    )
  },
)

const pipeless = {
  typescript: 'node:fs has no poll: every descriptor is ready',
  memfs: 'there are no FIFOs in memory',
  overlay: 'a FIFO below an overlay cannot be opened',
}
each(
  test,
  'sleep: descriptors in the same poll are checked before and after',
  { options: { clocks, sleep }, skip: pipeless },
  (t, w) => {
    slept.length = 0
    w.fifo('pipe')
    const host = fs.openSync(w.host('pipe'), 'r+')
    try {
      const fd = w.open('pipe', { base: rights('FD_READ', 'POLL_FD_READWRITE') })
      const both = [reader(w, 1n, fd), clock(w, 2n, MONOTONIC, 3600_000n * ms)] as const
      meanwhile = () => {}
      t.is(poll(w, ...both), 'SUCCESS')
      w.expect(0x800, ...event(2n, CLOCK))
      w.expect(0x40, u32(1))
      meanwhile = () => void fs.writeSync(host, 'abc')
      t.is(poll(w, ...both), 'SUCCESS')
      w.expect(0x800, ...event(1n, FD_READ, 3))
      t.is(slept.length, 2)
      t.is(poll(w, ...both), 'SUCCESS')
      t.is(slept.length, 2, 'what is ready is not slept for')
    } finally {
      fs.closeSync(host)
    }
  },
)

each(
  test,
  'sleep: a poll by the hook itself leaves the outer poll unchanged',
  { options: { clocks, sleep } },
  (t, w) => {
    slept.length = 0
    const fd = w.file('f', 'abc')
    // The same guest, as an embedder's hook may run it, with subscriptions of other kinds and in
    // other places.
    meanwhile = () => {
      meanwhile = () => {}
      const at = w.draw(
        0x400,
        ...reader(w, 0xaaaan, fd),
        ...clock(w, 0xbbbbn, MONOTONIC, 0n),
        ...clock(w, 0xccccn, MONOTONIC, 9n),
      )
      t.is(w.call('poll_oneoff', at, 0x1000, 3, 0x44), 'SUCCESS')
      w.expect(0x1000, ...event(0xaaaan, FD_READ, 3), ...event(0xbbbbn, CLOCK))
      w.expect(0x44, u32(2))
    }
    // A poll that is over leaves its memory to the next one, but to no more than one.
    t.is(poll(w, clock(w, 1n, MONOTONIC, 0n)), 'SUCCESS')
    w.expect(0x800, ...event(1n, CLOCK))
    w.expect(0x40, u32(1))
    t.is(poll(w, clock(w, 1n, MONOTONIC, 5n), clock(w, 2n, REALTIME, 5n)), 'SUCCESS')
    w.expect(0x800, ...event(1n, CLOCK), ...event(2n, CLOCK))
    w.expect(0x40, u32(2))
    t.deepEqual(slept, [5])
  },
)

each(
  test,
  'sleep: a poll by the hook uses no entry of the outer poll',
  { options: { clocks, sleep }, skip: pipeless },
  (t, w) => {
    slept.length = 0
    for (const name of ['empty', 'full']) w.fifo(name)
    const hosts = ['empty', 'full'].map(name => fs.openSync(w.host(name), 'r+'))
    try {
      fs.writeSync(hosts[1], 'abc')
      const [empty, full] = ['empty', 'full'].map(name =>
        w.open(name, { base: rights('FD_READ', 'POLL_FD_READWRITE') }),
      )
      meanwhile = () => {
        meanwhile = () => {}
        const at = w.draw(0x400, ...reader(w, 0xaaaan, full))
        t.is(w.call('poll_oneoff', at, 0x1000, 1, 0x44), 'SUCCESS')
        w.expect(0x1000, ...event(0xaaaan, FD_READ, 3))
        w.expect(0x44, u32(1))
      }
      t.is(poll(w, reader(w, 1n, empty), clock(w, 2n, MONOTONIC, 5n)), 'SUCCESS')
      w.expect(0x800, ...event(2n, CLOCK))
      w.expect(0x40, u32(1))
      t.deepEqual(slept, [5])
    } finally {
      for (const host of hosts) fs.closeSync(host)
    }
  },
)

const asked: number[] = []
const random = (bytes: Uint8Array): void => {
  asked.push(bytes.length)
  bytes.fill(0x21)
}
each(
  test,
  'random: the embedder’s bytes fill the buffer and nothing beside it',
  { options: { random }, pages: 3 },
  (t, w) => {
    asked.length = 0
    t.is(w.call('random_get', 0x11, 33), 'SUCCESS')
    w.expect(0x11, '!'.repeat(33))
    t.is(w.call('random_get', w.size - 1, 2), 'FAULT')
    t.is(w.call('random_get', 0x10, 0), 'SUCCESS')
    t.deepEqual(asked, [33])
    t.is(w.call('random_get', 0, 65537), 'SUCCESS')
    w.expect(0, '!'.repeat(65537))
    t.deepEqual(asked, [33, 65536, 1], 'no more at once than crypto.getRandomValues takes')
  },
)

// A seed.

/**
 * The stream of a seed by another's ChaCha20: a counter and a nonce of zeros, and the seed in the
 * key, lowest byte first.
 */
function stream(seed: number, length: number): Buffer {
  const key = Buffer.alloc(32)
  key.writeBigUInt64LE(BigInt(seed))
  return createCipheriv('chacha20', key, Buffer.alloc(16)).update(Buffer.alloc(length))
}
for (const seed of [0, 1, 42, Number.MAX_SAFE_INTEGER]) {
  each(
    test,
    `seed ${seed}: returns the key stream of ChaCha20, in reads of any length`,
    { options: { seed }, snapshots: ['preview1'] },
    (t, w) => {
      const pieces = [1, 3, 0, 64, 60, 100, 1, 200]
      const all = Buffer.concat(pieces.map(length => bytes(w, length)))
      t.deepEqual(all, stream(seed, all.length))
    },
  )
}
each(
  test,
  'seed: returns a long stream, into shared memory as well',
  { options: { seed: 7 }, pages: 4, shared: true },
  (t, w) => {
    t.is(w.call('random_get', 5, w.size - 5), 'SUCCESS')
    t.deepEqual(w.any(5, w.size - 5), stream(7, w.size - 5))
  },
)

// All fixed.

const start = 1_000_000_000n * 1_000_000_000n
const fixed = {
  options: { deterministic: { seed: 42, start } },
} as const

each(test, 'deterministic: clocks advance with each read and each sleep', fixed, (t, w) => {
  t.is(time(w, REALTIME), start + 1000n)
  t.is(time(w, MONOTONIC), 2000n)
  for (const [i, id] of CPU.entries()) t.is(time(w, id), 3000n + 1000n * BigInt(i))
  t.is(time(w, REALTIME), start + 5000n)
  for (const id of [REALTIME, MONOTONIC, ...CPU]) t.is(resolution(w, id), 1000n)
  const took = timed(() => t.is(poll(w, clock(w, 1n, MONOTONIC, 3600_000n * ms)), 'SUCCESS'))
  t.true(took < 2000n * ms)
  w.expect(0x800, ...event(1n, CLOCK))
  w.expect(0x40, u32(1))
  t.is(time(w, REALTIME), start + 6000n + 3600_000n * ms)
  t.deepEqual(bytes(w, 40), stream(42, 40))
})

each(test, 'deterministic: an endless sleep ends at the last time, which stays', fixed, (t, w) => {
  t.is(poll(w, clock(w, 1n, MONOTONIC, forever)), 'SUCCESS')
  w.expect(0x800, ...event(1n, CLOCK))
  w.expect(0x40, u32(1))
  t.is(time(w, REALTIME), forever)
  t.is(time(w, MONOTONIC), forever - start)
})

each(
  test,
  'deterministic: a descriptor is ready, with or without data',
  {
    ...fixed,
    skip: {
      memfs: 'there are no FIFOs in memory',
      overlay: 'a FIFO below an overlay cannot be opened',
    },
  },
  (t, w) => {
    w.fifo('pipe')
    const host = fs.openSync(w.host('pipe'), 'r+')
    try {
      const fd = w.open('pipe', { base: rights('FD_READ', 'POLL_FD_READWRITE') })
      for (const text of ['', 'abc']) {
        if (text !== '') fs.writeSync(host, text)
        t.is(poll(w, reader(w, 1n, fd), clock(w, 2n, MONOTONIC, forever)), 'SUCCESS')
        w.expect(0x800, ...event(1n, FD_READ, 0))
        w.expect(0x40, u32(1))
      }
      t.is(w.read(fd), 'abc')
    } finally {
      fs.closeSync(host)
    }
  },
)

interface Dirent {
  readonly next: bigint
  readonly inode: bigint
  readonly type: number
  readonly name: string
}
/** The entries that fd_readdir returns in a buffer of this length. */
function readdir(w: Fixture, fd: number, cookie: bigint, length = 4000): Dirent[] {
  const at = w.room(length)
  const used = w.ask('fd_readdir', fd, at, length, cookie)
  if (typeof used !== 'number') throw new Error(used)
  const bytes = w.any(at, used)
  const entries: Dirent[] = []
  for (let from = 0; from + 24 <= used; ) {
    const end = from + 24 + bytes.readUInt32LE(from + 16)
    if (end > used) break
    const name = bytes.toString('utf8', from + 24, end)
    entries.push({
      next: bytes.readBigUInt64LE(from),
      inode: bytes.readBigUInt64LE(from + 8),
      type: bytes[from + 20],
      name,
    })
    from = end
  }
  return entries
}
const openDirectory = (w: Fixture, name: string): number =>
  w.open(name, {
    oflags: Oflags.DIRECTORY,
    base: ALL & ~rights('FD_WRITE', 'FD_ALLOCATE', 'FD_FILESTAT_SET_SIZE', 'FD_DATASYNC'),
  })

each(
  test,
  'deterministic: directories are sorted by name, and cookies count entries',
  fixed,
  (t, w) => {
    w.fs.mkdirSync(w.host('d'))
    const names = ['z', 'a', 'é', 'B', '-', 'zz', 'a.txt', '~']
    for (const name of names) w.write(`d/${name}`)
    const fd = openDirectory(w, 'd')
    const all = readdir(w, fd, 0n)
    t.deepEqual(
      all.map(({ name }) => name),
      ['-', '.', '..', 'B', 'a', 'a.txt', 'z', 'zz', '~', 'é'],
    )
    t.deepEqual(
      all.map(({ next }) => next),
      all.map((_, i) => BigInt(i + 1)),
    )
    // From any cookie on, as often as one likes, while names come and go.
    w.write('d/0')
    w.fs.rmSync(w.host('d/z'))
    const from = (cookie: bigint): string[] => readdir(w, fd, cookie).map(({ name }) => name)
    t.deepEqual(from(9n), ['é'])
    t.deepEqual(from(3n), ['B', 'a', 'a.txt', 'z', 'zz', '~', 'é'])
    t.deepEqual(from(10n), [])
    t.deepEqual(
      from(0n),
      ['-', '.', '..', '0', 'B', 'a', 'a.txt', 'zz', '~', 'é'],
      'from the start it is read anew',
    )
    t.deepEqual(from(3n), ['0', 'B', 'a', 'a.txt', 'zz', '~', 'é'])
    t.deepEqual(readdir(w, fd, forever), [])
    t.is(w.call('fd_close', fd), 'SUCCESS')
    t.is(w.ask('fd_readdir', fd, w.room(100), 100, 0n), 'BADF')
  },
)

each(test, 'deterministic: a listing cut by its buffer resumes at the cut', fixed, (t, w) => {
  w.fs.mkdirSync(w.host('d'))
  const names = Array.from({ length: 300 }, (_, i) => `name-${String(i).padStart(3, '0')}`)
  for (const name of names.toReversed()) w.write(`d/${name}`)
  const fd = openDirectory(w, 'd')
  const found: string[] = []
  for (let cookie = 0n, more = true; more; ) {
    const entries = readdir(w, fd, cookie, 100)
    more = entries.length > 0
    for (const { name, next } of entries) {
      found.push(name)
      cookie = next
    }
  }
  t.deepEqual(found, ['.', '..', ...names])
  // The call writes only as many bytes as it reports; a full buffer means that an entry was cut.
  const at = w.room(30)
  t.is(w.ask('fd_readdir', fd, at, 30, 0n), 30)
  t.is(w.any(at, 30).toString('latin1', 24, 25), '.')
  t.is(w.ask('fd_readdir', fd, w.room(1), 0, 0n), 0)
})

const lone = {
  ...fixed,
  skip: { overlay: 'two names of one file below an overlay are two files in it' },
}
each(
  test,
  'deterministic: inodes count files in the order of use and stay, and times are fixed',
  lone,
  (t, w) => {
    // Files in memory have another device number than the host's.
    const device = w.backend === 'memfs' ? 2 : 1
    const expected = (
      inode: number,
      type: number,
      links: number,
      size: number,
      atim = start,
      mtim = start,
    ): Part[] => {
      const rest = u64(size, atim, mtim, start)
      if (w.version === 'unstable')
        return [u64(device, inode), u8(type), blank(3), u32(links), rest]
      return [u64(device, inode), u8(type, 0, 0, 0, 0, 0, 0, 0), u64(links), rest]
    }
    w.write('a', 'abc')
    w.write('b', 'abcdef')
    w.fs.linkSync(w.host('a'), w.host('again'))
    w.fs.mkdirSync(w.host('d'))
    const stat = (name: string, ...like: Part[]): void => {
      t.is(w.call('path_filestat_get', 3, 0, ...w.path(name), 0x80), 'SUCCESS')
      w.expect(0x80, ...like)
      w.check()
    }
    stat('b', ...expected(1, 4, 1, 6))
    stat('a', ...expected(2, 4, 2, 3))
    stat('again', ...expected(2, 4, 2, 3))
    stat('d', ...expected(3, 3, 1, 0))
    const listed = readdir(w, 3, 0n)
    t.is(listed.find(({ name }) => name === 'again')?.inode, 2n)
    t.is(listed.find(({ name }) => name === 'b')?.inode, 1n)
    const fd = w.open('b', { base: ALL })
    t.is(w.call('fd_filestat_get', fd, 0x80), 'SUCCESS')
    w.expect(0x80, ...expected(1, 4, 1, 6))

    // Times set by the guest are reported again, however they were set; `now` is the guest's clock.
    t.is(w.call('fd_filestat_set_times', fd, 11n, 12n, Fstflags.ATIM | Fstflags.MTIM), 'SUCCESS')
    stat('b', ...expected(1, 4, 1, 6, 11n, 12n))
    const now = time(w, REALTIME)
    t.is(
      w.call('path_filestat_set_times', 3, 0, ...w.path('b'), 5n, 5n, Fstflags.MTIM_NOW),
      'SUCCESS',
    )
    stat('b', ...expected(1, 4, 1, 6, 11n, now))
    t.is(Math.floor(w.fs.statSync(w.host('b')).mtimeMs), Number(now / ms), 'the host has it, too')
    t.is(
      w.call(
        'path_filestat_set_times',
        3,
        0,
        ...w.path('b'),
        5n,
        5n,
        Fstflags.MTIM_NOW | Fstflags.MTIM,
      ),
      'INVAL',
    )

    // A number is not used again, whatever the host does with its own.
    t.is(w.call('path_unlink_file', 3, ...w.path('again')), 'SUCCESS')
    stat('a', ...expected(2, 4, 1, 3))
    t.is(w.call('path_rename', 3, ...w.path('a'), 3, ...w.path('c')), 'SUCCESS')
    stat('c', ...expected(2, 4, 1, 3))
    t.is(w.call('path_unlink_file', 3, ...w.path('c')), 'SUCCESS')
    w.write('c', 'xy')
    const highest = Math.max(...listed.map(({ inode }) => Number(inode)))
    stat('c', ...expected(highest + 1, 4, 1, 2))
    const removed = openDirectory(w, 'd')
    t.is(w.call('path_remove_directory', 3, ...w.path('d')), 'SUCCESS')
    t.is(w.call('fd_filestat_get', removed, 0x80), 'SUCCESS')
    w.expect(0x80, ...expected(0, 3, 0, 0))
    w.fs.mkdirSync(w.host('d'))
    stat('d', ...expected(highest + 2, 3, 1, 0))
    t.is(w.call('path_rename', 3, ...w.path('c'), 3, ...w.path('b')), 'SUCCESS')
    stat('b', ...expected(highest + 1, 4, 1, 2))
    t.is(w.call('fd_filestat_get', fd, 0x80), 'SUCCESS')
    w.expect(0x80, ...expected(0, 4, 0, 6))
  },
)

each(
  test,
  'deterministic: the environment is sorted by name',
  { options: { ...fixed.options, env: { Z: '1', A: '2', é: '3', AA: '4' } } },
  (t, w) => {
    t.is(w.call('environ_sizes_get', 0x10, 0x14), 'SUCCESS')
    const size = w.any(0x10, 8).readUInt32LE(4)
    t.is(w.call('environ_get', 0x100, 0x200), 'SUCCESS')
    w.any(0x100, 16)
    t.is(w.any(0x200, size).toString(), 'A=2\0AA=4\0Z=1\0é=3\0')
  },
)

each(test, 'deterministic: a read-only directory has the same inodes and times', fixed, (t, w) => {
  w.write('b')
  w.write('a')
  t.deepEqual(
    readdir(w, 4, 0n).map(({ name }) => name),
    ['.', '..', 'a', 'b'],
  )
  t.is(w.call('path_filestat_get', 4, 0, ...w.path('a'), 0x80), 'SUCCESS')
  t.is(w.any(0x80, w.filestatSize).readBigUInt64LE(w.version === 'unstable' ? 40 : 48), start)
})
