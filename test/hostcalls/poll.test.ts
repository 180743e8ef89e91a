/** poll_oneoff: subscriptions in the layout of each snapshot, and the events that are reported. */
import fs from 'node:fs'
import process from 'node:process'
import test from 'ava'
import {
  ALL,
  blank,
  each,
  type Fixture,
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
const ABSOLUTE = 1
const CLOCK = 0
const FD_READ = 1
const FD_WRITE = 2
const HANGUP = 1
const ms = 1_000_000n
const forever = 2n ** 64n - 1n

/**
 * Subscriptions as the snapshot lays them out: 48 bytes, and 56 with an identifier before the
 * clock's number.
 */
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
const ready = (w: Fixture, userdata: bigint, type: number, fd: number): Part[] => [
  ...[u64(userdata), u8(type), blank(7), u32(fd)],
  blank(w.version === 'unstable' ? 36 : 28),
]
/** An event; every byte of it is written. */
const event = (userdata: bigint, errno: number, type: number, nbytes = 0, flags = 0): Part[] => [
  u64(userdata),
  ...[u16(errno), u8(type, 0, 0, 0, 0, 0)],
  ...[u64(nbytes), u16(flags), u16(0, 0, 0)],
]
const BADF = 8
const INVAL = 28
const NOTSUP = 58
const NOTCAPABLE = 76

/**
 * Polls for these and returns the errno's name. The events are at 0x800 and their number at 0x40.
 */
function poll(w: Fixture, ...subscriptions: Part[][]): string {
  w.draw(0x100, ...subscriptions.flat())
  return w.call('poll_oneoff', 0x100, 0x800, subscriptions.length, 0x40)
}
/** Duration of a call, in nanoseconds. */
function timed(act: () => void): bigint {
  const before = process.hrtime.bigint()
  act()
  return process.hrtime.bigint() - before
}

each(test, 'a relative clock fires after its timeout', {}, (t, w) => {
  for (const id of [REALTIME, MONOTONIC]) {
    const took = timed(() => t.is(poll(w, clock(w, 7n, id, 20n * ms)), 'SUCCESS'))
    w.expect(0x800, ...event(7n, 0, CLOCK))
    w.expect(0x40, u32(1))
    t.true(took >= 20n * ms && took < 2000n * ms, `${took}`)
  }
  t.is(w.line, 'poll_oneoff(in=0x100, out=0x800, nsubscriptions=1) = SUCCESS nevents=1')
})

each(test, 'a clock that is already due fires at once', {}, (t, w) => {
  const took = timed(() => {
    t.is(poll(w, clock(w, -1n, MONOTONIC, 0n)), 'SUCCESS')
    w.expect(0x800, ...event(-1n, 0, CLOCK))
    w.expect(0x40, u32(1))
    t.is(poll(w, clock(w, 1n, MONOTONIC, 1n, ABSOLUTE)), 'SUCCESS', 'long ago')
    w.expect(0x800, ...event(1n, 0, CLOCK))
  })
  t.true(took < 1000n * ms)
})

each(test, 'an absolute clock fires at its time', {}, (t, w) => {
  const monotonic = process.hrtime.bigint() + 20n * ms
  t.is(poll(w, clock(w, 1n, MONOTONIC, monotonic, ABSOLUTE)), 'SUCCESS')
  t.true(process.hrtime.bigint() >= monotonic)
  w.expect(0x800, ...event(1n, 0, CLOCK))
  w.expect(0x40, u32(1))
  const realtime = BigInt(Date.now() + 20) * ms
  t.is(poll(w, clock(w, 2n, REALTIME, realtime, ABSOLUTE)), 'SUCCESS')
  t.true(BigInt(Date.now() + 1) * ms >= realtime)
  w.expect(0x800, ...event(2n, 0, CLOCK))
})

each(test, 'only the earlier of two clocks fires', {}, (t, w) => {
  const took = timed(() =>
    t.is(poll(w, clock(w, 1n, MONOTONIC, forever), clock(w, 2n, REALTIME, 10n * ms)), 'SUCCESS'),
  )
  t.true(took < 2000n * ms)
  w.expect(0x800, ...event(2n, 0, CLOCK))
  w.expect(0x40, u32(1))
  t.is(poll(w, clock(w, 3n, MONOTONIC, 0n), clock(w, 4n, MONOTONIC, 10n * ms)), 'SUCCESS')
  w.expect(0x800, ...event(3n, 0, CLOCK))
})

each(test, 'two clocks that are due fire in the order of their subscriptions', {}, (t, w) => {
  t.is(poll(w, clock(w, 1n, MONOTONIC, 5n * ms), clock(w, 2n, MONOTONIC, 5n * ms)), 'SUCCESS')
  w.expect(0x800, ...event(1n, 0, CLOCK), ...event(2n, 0, CLOCK))
  w.expect(0x40, u32(2))
})

each(test, 'a file is always ready, with the bytes left to read', {}, (t, w) => {
  const fd = w.file('f', 'abcdef')
  w.read(fd, 2)
  const took = timed(() =>
    t.is(
      poll(
        w,
        clock(w, 1n, MONOTONIC, forever),
        ready(w, 2n, FD_READ, fd),
        ready(w, 3n, FD_WRITE, fd),
      ),
      'SUCCESS',
    ),
  )
  t.true(took < 1000n * ms)
  w.expect(0x800, ...event(2n, 0, FD_READ, 4))
  w.expect(0x40, u32(2))
  // Some hosts do not report the capacity left for writing.
  const written = w.any(0x820, 32)
  t.deepEqual(
    [written.readBigUInt64LE(0), written.readUInt16LE(8), written[10], written.readUInt16LE(24)],
    [3n, 0, FD_WRITE, 0],
  )
})

each(test, 'a file at its end is ready, with nothing to read', {}, (t, w) => {
  t.is(poll(w, ready(w, 2n, FD_READ, w.file('f', ''))), 'SUCCESS')
  w.expect(0x800, ...event(2n, 0, FD_READ, 0))
  w.expect(0x40, u32(1))
})

each(
  test,
  'a wrong subscription is an event with its errno, at once, beside the others',
  {},
  (t, w) => {
    w.write('f')
    const mute = w.open('f', { base: rights('FD_READ') })
    const reader = w.open('f', { base: rights('FD_READ', 'POLL_FD_READWRITE') })
    const took = timed(() => {
      const faults = [
        ready(w, 1n, FD_READ, 99),
        ready(w, 2n, FD_READ, mute),
        ready(w, 3n, FD_WRITE, reader),
      ]
      const clocks = [
        clock(w, 4n, 2, 0n),
        clock(w, 5n, 3, 0n),
        clock(w, 6n, 4, 0n),
        clock(w, 7n, MONOTONIC, 0n, 2),
      ]
      t.is(
        poll(
          w,
          clock(w, 0n, MONOTONIC, forever),
          ...faults,
          ...clocks,
          ready(w, 8n, FD_READ, reader),
        ),
        'SUCCESS',
      )
    })
    t.true(took < 1000n * ms)
    w.expect(
      0x800,
      ...event(1n, BADF, FD_READ),
      ...event(2n, w.checked(NOTCAPABLE, 0), FD_READ),
      ...event(3n, w.checked(NOTCAPABLE, BADF), FD_WRITE),
    )
    w.expect(
      0x860,
      ...event(4n, NOTSUP, CLOCK),
      ...event(5n, NOTSUP, CLOCK),
      ...event(6n, INVAL, CLOCK),
      ...event(7n, INVAL, CLOCK),
    )
    w.expect(0x8e0, ...event(8n, 0, FD_READ))
    w.expect(0x40, u32(8))
  },
)

each(test, 'an unknown type of event, no subscriptions, and too many are INVAL', {}, (t, w) => {
  t.is(poll(w, clock(w, 1n, MONOTONIC, 0n), ready(w, 1n, 3, 0)), 'INVAL')
  t.is(poll(w), 'INVAL')
  t.is(w.call('poll_oneoff', 0x100, 0x800, 1025, 0x40), 'INVAL')
  t.is(w.call('poll_oneoff', 0x100, 0x800, -1, 0x40), 'INVAL')
})

each(test, '1024 subscriptions all return events', { pages: 3 }, (t, w) => {
  const size = w.version === 'unstable' ? 56 : 48
  for (let i = 0; i < 1024; i++) w.draw(0x10000 + size * i, ...clock(w, BigInt(i), MONOTONIC, 0n))
  t.is(w.call('poll_oneoff', 0x10000, 0x4000, 1024, 0x40), 'SUCCESS')
  for (let i = 0; i < 1024; i++) w.expect(0x4000 + 32 * i, ...event(BigInt(i), 0, CLOCK))
  w.expect(0x40, u32(1024))
})

each(test, 'events may be written over the subscriptions', {}, (t, w) => {
  w.draw(
    0x101,
    ...clock(w, 1n, MONOTONIC, 0n),
    ...clock(w, 2n, MONOTONIC, forever),
    ...ready(w, 3n, FD_READ, 99),
  )
  t.is(w.call('poll_oneoff', 0x101, 0x101, 3, 0x40), 'SUCCESS')
  w.expect(0x101, ...event(1n, 0, CLOCK), ...event(3n, BADF, FD_READ))
  w.expect(0x40, u32(2))
})

each(
  test,
  'subscriptions and events reach the last bytes of memory, and are FAULT beyond',
  {},
  (t, w) => {
    const subscription = clock(w, 1n, MONOTONIC, 0n)
    const size = w.version === 'unstable' ? 56 : 48
    w.draw(w.size - size, ...subscription)
    w.draw(0x101, ...subscription)
    t.is(w.call('poll_oneoff', w.size - size + 1, 0x800, 1, 0x40), 'FAULT')
    t.is(w.call('poll_oneoff', w.size - size, 0x800, 2, 0x40), 'FAULT')
    t.is(w.call('poll_oneoff', 0x101, w.size - 31, 1, 0x40), 'FAULT')
    t.is(w.call('poll_oneoff', 0x101, 0x800, 1, w.size - 3), 'FAULT')
    t.is(w.call('poll_oneoff', w.size - size, w.size - 32, 1, 0x43), 'SUCCESS')
    w.expect(w.size - 32, ...event(1n, 0, CLOCK))
    w.expect(0x43, u32(1))
  },
)

const noPoll = {
  typescript: 'node:fs has no poll',
  memfs: 'there are no FIFOs in memory',
  overlay: 'a FIFO below is not opened',
}
each(test, 'a pipe is ready with data, and reports its hangup', { skip: noPoll }, (t, w) => {
  w.fifo('pipe')
  const host = fs.openSync(w.host('pipe'), 'r+')
  const fd = w.open('pipe', { base: rights('FD_READ', 'POLL_FD_READWRITE') })
  t.is(poll(w, ready(w, 1n, FD_READ, fd), clock(w, 2n, MONOTONIC, 10n * ms)), 'SUCCESS')
  w.expect(0x800, ...event(2n, 0, CLOCK))
  w.expect(0x40, u32(1))
  fs.writeSync(host, 'abc')
  t.is(poll(w, ready(w, 1n, FD_READ, fd), clock(w, 2n, MONOTONIC, forever)), 'SUCCESS')
  w.expect(0x800, ...event(1n, 0, FD_READ, 3))
  t.is(w.read(fd), 'abc')
  fs.closeSync(host)
  t.is(poll(w, ready(w, 1n, FD_READ, fd), clock(w, 2n, MONOTONIC, forever)), 'SUCCESS')
  w.expect(0x800, ...event(1n, 0, FD_READ, 0, HANGUP))
})

each(test, 'a pipe is ready to write until it is full', { skip: noPoll }, (t, w) => {
  w.fifo('pipe')
  const host = fs.openSync(w.host('pipe'), fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
  const fd = w.open('pipe', { base: rights('FD_WRITE', 'POLL_FD_READWRITE') })
  t.is(poll(w, ready(w, 1n, FD_WRITE, fd), clock(w, 2n, MONOTONIC, forever)), 'SUCCESS')
  t.is(w.any(0x800, 32)[10], FD_WRITE)
  w.expect(0x40, u32(1))
  t.throws(() => {
    for (;;) fs.writeSync(host, 'x'.repeat(4096))
  })
  t.is(poll(w, ready(w, 1n, FD_WRITE, fd), clock(w, 2n, MONOTONIC, 10n * ms)), 'SUCCESS')
  w.expect(0x800, ...event(2n, 0, CLOCK))
  fs.closeSync(host)
})

each(
  test,
  'a poll of a directory without the right to read is an event with its errno',
  {},
  (t, w) => {
    w.fs.mkdirSync(w.host('d'))
    const fd = w.open('d', {
      oflags: Oflags.DIRECTORY,
      base: ALL & ~rights('FD_DATASYNC', 'FD_WRITE', 'FD_ALLOCATE', 'FD_FILESTAT_SET_SIZE'),
    })
    t.is(poll(w, ready(w, 1n, FD_READ, fd)), 'SUCCESS')
    const reported = w.any(0x800, 32)
    t.not(reported.readUInt16LE(8), 0)
    w.expect(0x40, u32(1))
  },
)
