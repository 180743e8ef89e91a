/**
 * Standard streams are one-way: every call on 0, 1 and 2, where the host opened their files to read
 * and write.
 */
import test, { type ExecutionContext } from 'ava'
import type { HostcallName } from '#lib/abi/table.js'
import { each, Fdflags, Filetype, type Fixture, Fstflags, rights, u8, u32, u64 } from './fixture.js'

const READ = 1
const WRITE = 2
const SUBSCRIBED = 0x200
const EVENT = 0x300

/** Wait for a descriptor alone, without a timeout: the errno of its event. */
function waits(w: Fixture, fd: number, type: number): number {
  const padding = new Uint8Array(w.version === 'unstable' ? 36 : 28)
  w.draw(SUBSCRIBED, u64(7), u8(type), new Uint8Array(7), u32(fd), padding)
  const answer = w.call('poll_oneoff', SUBSCRIBED, EVENT, 1, 0x40)
  if (answer !== 'SUCCESS') throw new Error(answer)
  w.expect(0x40, u32(1))
  const event = w.any(EVENT, 32)
  return event.readUInt16LE(8)
}
const BADF = 8

/** Rights that the streams keep. */
const base = {
  in: rights(
    'FD_DATASYNC',
    'FD_READ',
    'FD_SEEK',
    'FD_FDSTAT_SET_FLAGS',
    'FD_SYNC',
    'FD_TELL',
    'FD_ADVISE',
    'FD_FILESTAT_GET',
    'POLL_FD_READWRITE',
  ),
  out: rights(
    'FD_DATASYNC',
    'FD_FDSTAT_SET_FLAGS',
    'FD_SYNC',
    'FD_WRITE',
    'FD_FILESTAT_GET',
    'POLL_FD_READWRITE',
  ),
}
const SET = 0
const whence = (w: Fixture, kind: 'set' | 'cur' | 'end'): number =>
  ({ set: [SET, 2], cur: [1, 0], end: [2, 1] })[kind][w.version === 'unstable' ? 1 : 0]

type Call = readonly [name: HostcallName, answer: string, ...args: (number | bigint)[]]
const TIMES = Fstflags.ATIM | Fstflags.MTIM
/** Calls that all three refuse. Spans are at 0x10. */
const refused: readonly Call[] = [
  ['fd_filestat_set_size', 'INVAL', 0n],
  ['fd_filestat_set_size', 'INVAL', 1000n],
  ['fd_filestat_set_times', 'PERM', 1n, 1n, TIMES],
  ['fd_filestat_set_times', 'PERM', 0n, 0n, Fstflags.ATIM_NOW | Fstflags.MTIM_NOW],
  ['fd_fdstat_set_flags', 'NOTSUP', Fdflags.SYNC],
  ['fd_readdir', 'NOTDIR', 0x400, 100, 0n, 0x40],
  ['fd_prestat_get', 'BADF', 0x40],
  ['sock_accept', 'NOTSOCK', 0, 0x40],
  ['sock_shutdown', 'NOTSOCK', 3],
  ['sock_send', 'NOTSOCK', 0x10, 1, 0, 0x40],
  ['sock_recv', 'NOTSOCK', 0x10, 1, 0, 0x40, 0x44],
]
const ofOutput: readonly Call[] = [
  ['fd_read', 'BADF', 0x10, 1, 0x40],
  ['fd_read', 'BADF', 0x10, 0, 0x40],
  ['fd_pread', 'BADF', 0x10, 1, 0n, 0x40],
  ['fd_pwrite', 'SPIPE', 0x10, 1, 0n, 0x40],
  ['fd_allocate', 'SPIPE', 0n, 1000n],
  ['fd_advise', 'SPIPE', 0n, 0n, 4],
  ['fd_tell', 'SPIPE', 0x40],
]
const ofInput: readonly Call[] = [
  ['fd_write', 'BADF', 0x10, 1, 0x40],
  ['fd_write', 'BADF', 0x10, 0, 0x40],
  ['fd_pwrite', 'BADF', 0x10, 1, 0n, 0x40],
  ['fd_allocate', 'BADF', 0n, 1000n],
]
const nameOf = (fd: number): 'stdin' | 'stdout' | 'stderr' =>
  (['stdin', 'stdout', 'stderr'] as const)[fd]
const opened = ['r+', 'a+', 'w+'] as const

function refuses(t: ExecutionContext, w: Fixture, fd: number, calls: readonly Call[]): void {
  const before = w.streamStatus(fd)
  w.draw(0x100, 'attack')
  w.draw(0x10, u32(0x100, 6))
  for (const [name, answer, ...args] of calls) {
    if (name === 'sock_accept' && w.version === 'unstable') continue
    t.is(w.call(name, fd, ...args), answer, `${name}(${fd}, ${args})`)
  }
  t.deepEqual(w.streamStatus(fd), before, `the file of ${fd}`)
  t.is(w.output(nameOf(fd)), 'earlier')
}

for (const streams of opened) {
  each(
    test,
    `stdout and stderr opened ${streams}: earlier output is neither read nor changed`,
    { streams },
    (t, w) => {
      for (const fd of [1, 2]) {
        refuses(t, w, fd, [...refused, ...ofOutput])
        for (const kind of ['set', 'cur', 'end'] as const)
          t.is(w.call('fd_seek', fd, 0n, whence(w, kind), 0x40), 'SPIPE')
        t.is(w.call('fd_seek', fd, 1n, whence(w, 'cur'), 0x40), 'SPIPE')
        t.is(w.output(nameOf(fd)), 'earlier')
        t.is(w.put(fd, 'guest'), 5)
        w.hostWrites(fd, 'host')
        t.is(w.put(fd, 'again'), 5)
        // The offset is the host's own: a host that opened its log without appending, and is at its
        // start, writes there.
        t.is(w.output(nameOf(fd)), streams === 'r+' ? 'guesthostagain' : 'earlierguesthostagain')
      }
    },
  )

  each(
    test,
    `stdin opened ${streams} is read and sought, and never changed`,
    { streams },
    (t, w) => {
      refuses(t, w, 0, [...refused, ...ofInput])
      t.is(w.call('fd_seek', 0, 2n, whence(w, 'set'), 0x48), 'SUCCESS')
      w.expect(0x48, u64(2))
      t.is(w.tell(0), 2n)
      t.is(w.read(0, 3), 'rli')
      w.draw(0x10, u32(0x100, 3))
      t.is(w.call('fd_pread', 0, 0x10, 1, 0n, 0x40), 'SUCCESS')
      w.expect(0x100, 'ear')
      w.expect(0x40, u32(3))
      t.is(w.tell(0), 5n)
      t.is(w.call('fd_advise', 0, 0n, 0n, 0), 'SUCCESS')
      t.is(w.output('stdin'), 'earlier')
    },
  )
}

each(
  test,
  'rights of the standard streams are those of their direction',
  { streams: 'r+' },
  (t, w) => {
    t.deepEqual(w.fdstat(0), {
      filetype: Filetype.REGULAR,
      fdflags: 0,
      base: base.in,
      inheriting: 0n,
    })
    for (const fd of [1, 2])
      t.deepEqual(w.fdstat(fd), {
        filetype: Filetype.REGULAR,
        fdflags: 0,
        base: base.out,
        inheriting: 0n,
      })
    for (const [fd, missing] of [
      [0, 'FD_WRITE'],
      [1, 'FD_READ'],
      [1, 'FD_SEEK'],
      [2, 'FD_FILESTAT_SET_SIZE'],
    ] as const)
      t.is(w.call('fd_fdstat_set_rights', fd, rights(missing), 0n), 'NOTCAPABLE')
    for (const fd of [0, 1, 2]) {
      t.is(w.call('fd_sync', fd), 'SUCCESS')
      t.is(w.call('fd_datasync', fd), 'SUCCESS')
      w.filestatOf(fd)
      t.regex(w.line, /= SUCCESS/)
    }
    t.is(w.call('fd_fdstat_set_rights', 1, rights('POLL_FD_READWRITE'), 0n), 'SUCCESS')
    t.is(w.put(1, 'x'), w.checked('NOTCAPABLE', 'BADF'), 'a right that was given up')
    t.is(w.read(1), 'BADF', 'one that was never there')
  },
)

each(
  test,
  'poll_oneoff: the wrong direction of a standard stream is an event with BADF, at once',
  { streams: 'r+' },
  (t, w) => {
    t.is(waits(w, 0, WRITE), BADF)
    t.is(waits(w, 1, READ), BADF)
    t.is(waits(w, 2, READ), BADF)
    t.deepEqual([waits(w, 0, READ), waits(w, 1, WRITE), waits(w, 2, WRITE)], [0, 0, 0])
  },
)

each(test, 'fd_renumber: a standard stream keeps its direction', { streams: 'a+' }, (t, w) => {
  const file = w.file('f', 'mine')
  const other = w.file('g')
  t.is(w.call('fd_renumber', 1, other), 'SUCCESS')
  t.is(w.read(other), 'BADF')
  t.is(w.call('fd_filestat_set_size', other, 0n), 'INVAL')
  t.is(w.put(other, 'log'), 3)
  t.is(w.output(), 'earlierlog')
  t.is(w.call('fd_renumber', file, 2), 'SUCCESS')
  t.is(w.read(2), 'mine')
  t.is(w.put(2, '+'), 1)
  t.is(w.call('fd_filestat_set_size', 2, 2n), 'SUCCESS')
  t.is(w.text('f'), 'mi')
  t.is(w.output('stderr'), 'earlier')
  t.is(w.call('fd_renumber', 0, 2), 'SUCCESS')
  t.is(w.put(2, 'x'), 'BADF')
  t.is(w.read(2), 'earlier')
})

each(
  test,
  'fd_fdstat_set_flags: NONBLOCK is the guest’s alone, and a stream that appends keeps appending',
  { streams: 'a+' },
  (t, w) => {
    for (const fd of [0, 1, 2]) {
      for (const flags of [Fdflags.NONBLOCK, 0])
        t.is(w.call('fd_fdstat_set_flags', fd, flags), 'NOTSUP', 'without APPEND')
      for (const flags of [Fdflags.APPEND | Fdflags.NONBLOCK, Fdflags.APPEND]) {
        t.is(w.call('fd_fdstat_set_flags', fd, flags), 'SUCCESS')
        t.like(w.fdstat(fd), { fdflags: flags })
        t.is(w.call('fd_fdstat_set_flags', fd, flags & ~Fdflags.APPEND), 'NOTSUP')
      }
    }
    t.is(w.put(1, 'guest'), 5)
    t.is(w.output(), 'earlierguest')
  },
)

each(
  test,
  'fd_fdstat_set_flags: a file is written at the host’s offset after NONBLOCK',
  { streams: 'w+' },
  (t, w) => {
    t.is(w.call('fd_fdstat_set_flags', 1, Fdflags.APPEND), 'NOTSUP')
    t.is(w.call('fd_fdstat_set_flags', 1, Fdflags.NONBLOCK), 'SUCCESS')
    t.is(w.put(1, 'guest'), 5)
    w.hostWrites(1, 'host')
    t.is(w.put(1, 'again'), 5)
    t.is(w.output(), 'earlierguesthostagain')
  },
)
