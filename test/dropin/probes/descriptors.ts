/**
 * Calls on an open descriptor: reading and writing, seeking, flags, rights, times, listing, clocks
 * and polling.
 */
import { openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Any, calls, each, type Probe, type Ready, ready, seen } from '../probe.js'
import { arguments_ } from './imports.js'

const onFirst = Object.entries(arguments_).filter(([, [first]]) => first === 9)
/** A call with its right arguments, but on this descriptor, and with `x` for a path. */
const on = ({ call, path }: Ready, name: string, fd: Any): unknown => {
  path('x', 0)
  return call[name as 'fd_sync'](...onArguments(name).map((arg, i) => (i === 0 ? fd : arg)))
}
const onArguments = (name: string): readonly Any[] => arguments_[name as 'fd_sync']
const content = (folder: string): string => readFileSync(join(folder, 'a.txt'), 'utf8')

const kinds: readonly Probe[] = onFirst.flatMap(([name]) => [
  calls(`folder: ${name}`, ready => on(ready, name, 3)),
  calls(`file: ${name}`, ready => on(ready, name, ready.open('a.txt'))),
])

const fdstat = ({ call, bytes, view }: Ready, fd: Any): unknown => {
  const hex = (at: number): string => view.getBigUint64(at, true).toString(16)
  return {
    errno: call.fd_fdstat_get(fd, 64),
    type: bytes[64],
    flags: view.getUint16(66, true),
    rights: hex(72),
    inheriting: hex(80),
  }
}
const filestat = ({ call, bytes, u64 }: Ready, fd: Any): unknown => ({
  errno: call.fd_filestat_get(fd, 64),
  type: bytes[80],
  links: u64(88) > 0,
})
const states: readonly Probe[] = [
  calls('fdstat: stdin', ready => fdstat(ready, 0)),
  calls('fdstat: stdout', ready => fdstat(ready, 1)),
  calls('fdstat: a preopen', ready => fdstat(ready, 3)),
  calls('fdstat: a file', ready => fdstat(ready, ready.open('a.txt'))),
  calls('fdstat: a file to read', ready => fdstat(ready, ready.open('a.txt', { rights: 2n }))),
  calls('fdstat: a file to append', ready => fdstat(ready, ready.open('a.txt', { fdflags: 1 }))),
  calls('fdstat: a folder', ready =>
    fdstat(ready, ready.open('dir', { oflags: 2, rights: 0x4000n })),
  ),
  ...[0, 1, 3].map(fd => calls(`filestat: descriptor ${fd}`, ready => filestat(ready, fd))),
  calls('filestat: a file', ready => filestat(ready, ready.open('a.txt'))),
  ...[0, 1, 2, 4, 8, 16, 32, 0xffff, 0x10000].map(flags =>
    calls(`flags: set ${flags}`, ({ call, open }) =>
      call.fd_fdstat_set_flags(open('a.txt'), flags),
    ),
  ),
  calls('flags: set and got', ready => {
    const fd = ready.open('a.txt')
    return [ready.call.fd_fdstat_set_flags(fd, 1), (fdstat(ready, fd) as Any).flags & 1]
  }),
]

/**
 * The three streams on files that the host opened to read and write, which say `earlier` already.
 */
const log = (name: string, act: (ready: Ready, file: string) => unknown, flags = 'a+'): Probe => ({
  name,
  run: (WASI, folder) => {
    const file = join(folder, 'log')
    writeFileSync(file, 'earlier')
    const fd = openSync(file, flags)
    return seen(() => act(ready(WASI, folder, { stdin: fd, stdout: fd, stderr: fd }), file))
  },
})
const streamNames = ['stdin', 'stdout', 'stderr']
const oneWay: readonly Probe[] = streamNames.flatMap((stream, fd) => [
  log(`stream: rights of ${stream}`, ready => fdstat(ready, fd)),
  ...onFirst.map(([name]) => log(`stream: ${name} of ${stream}`, ready => on(ready, name, fd))),
  log(
    `stream: ${stream} read`,
    ({ call, span, text }) => [call.fd_read(fd, ...span(200, 7), 40), text(200, 7)],
    'r+',
  ),
  log(`stream: ${stream} read at 0`, ({ call, span, text }) => [
    call.fd_pread(fd, ...span(200, 7), 0n, 40),
    text(200, 7),
  ]),
  log(`stream: ${stream} written`, ({ call, span, path }, file) => [
    call.fd_write(fd, ...span(...path('HI', 200)), 40),
    readFileSync(file, 'utf8'),
  ]),
  log(
    `stream: ${stream} written at 0`,
    ({ call, span, path }, file) => [
      call.fd_pwrite(fd, ...span(...path('HI', 200)), 0n, 40),
      readFileSync(file, 'utf8'),
    ],
    'r+',
  ),
  log(`stream: ${stream} cut`, ({ call }, file) => [
    call.fd_filestat_set_size(fd, 0n),
    readFileSync(file, 'utf8'),
  ]),
  log(`stream: ${stream} made longer`, ({ call }, file) => [
    call.fd_allocate(fd, 0n, 100n),
    readFileSync(file).length,
  ]),
  log(`stream: ${stream} made old`, ({ call }, file) => [
    call.fd_filestat_set_times(fd, 1n, 1n, 5),
    statSync(file).mtimeMs < 1000,
  ]),
  ...[0, 1, 2].map(whence =>
    log(`stream: ${stream} sought from ${whence}`, ({ call, u64 }) => [
      call.fd_seek(fd, 1n, whence, 64),
      u64(64),
    ]),
  ),
  log(`stream: ${stream} reported`, ({ call }) => call.fd_tell(fd, 64)),
  ...[0, 1, 4, 5].map(flags =>
    log(`stream: flags ${flags} of ${stream}`, ({ call }) => call.fd_fdstat_set_flags(fd, flags)),
  ),
])

const rights: readonly Probe[] = [
  ...[
    'fd_read',
    'fd_write',
    'fd_seek',
    'fd_filestat_get',
    'fd_sync',
    'fd_tell',
    'fd_filestat_set_size',
    'fd_advise',
    'fd_datasync',
  ].map(name =>
    calls(`rights: none, ${name}`, ready => on(ready, name, ready.open('a.txt', { rights: 0n }))),
  ),
  calls('rights: to read, fd_write', ({ call, open }) =>
    call.fd_write(open('a.txt', { rights: 2n }), 0, 0, 0),
  ),
  calls('rights: dropped, and wanted back', ({ call, open }) => {
    const fd = open('a.txt', { rights: 2n })
    return [2n, 66n, 0n, 2n].map(rights => call.fd_fdstat_set_rights(fd, rights, 0n))
  }),
  calls('rights: dropped, fd_read', ({ call, open }) => {
    const fd = open('a.txt', { rights: 2n })
    return [call.fd_fdstat_set_rights(fd, 0n, 0n), call.fd_read(fd, 0, 0, 0)]
  }),
  calls('rights: fd_readdir of a folder opened to be read as a file', ({ call, open }) =>
    call.fd_readdir(open('dir', { oflags: 2, rights: 2n }), 4096, 100, 0n, 0),
  ),
  calls('rights: fd_read of stdout', ({ call }) => call.fd_read(1, 0, 0, 40)),
  calls('rights: fd_write of stdin', ({ call }) => call.fd_write(0, 0, 0, 40)),
]

const numbers: readonly Probe[] = [
  calls('numbers: the lowest free one', ({ call, open }) => [
    open('a.txt'),
    open('a.txt'),
    call.fd_close(4),
    open('a.txt'),
    open('a.txt'),
  ]),
  calls('numbers: closed twice', ({ call, open }) => [
    open('a.txt'),
    call.fd_close(4),
    call.fd_close(4),
  ]),
  ...[0, 1, 2, 3].map(fd =>
    calls(`numbers: ${fd} closed`, ({ call }) => [
      fd === 2 || call.fd_close(fd),
      fd === 2 || call.fd_sync(fd),
    ]),
  ),
  calls('renumber: to itself', ({ call, open }) => [
    open('a.txt'),
    call.fd_renumber(4, 4),
    call.fd_sync(4),
  ]),
  calls('renumber: to a closed one', ({ call, open }) => [
    open('a.txt'),
    call.fd_renumber(4, 99),
    call.fd_sync(4),
  ]),
  calls('renumber: from a closed one', ({ call, open }) => [
    open('a.txt'),
    call.fd_renumber(99, 4),
    call.fd_sync(4),
  ]),
  calls('renumber: over another', ({ call, open }) => [
    open('a.txt'),
    open('dir'),
    call.fd_renumber(4, 5),
    call.fd_sync(4),
    call.fd_sync(5),
  ]),
  calls('renumber: over the preopen', ({ call, open }) => [
    open('a.txt'),
    call.fd_renumber(4, 3),
    call.fd_prestat_get(3, 0),
    call.fd_tell(3, 0),
  ]),
]

const seeks: readonly (readonly [offset: bigint, whence: number])[] = [
  [0n, 0], [-1n, 0], [2n, 1], [-3n, 1], [0n, 2], [100n, 2], [0n, 3], [0n, 255],
] // biome-ignore format: pairs
const bytes: readonly Probe[] = [
  ...seeks.map(([offset, whence]) =>
    calls(`seek: ${offset} from ${whence}`, ({ call, open, u64 }) => [
      call.fd_seek(open('a.txt'), offset, whence, 64),
      u64(64),
    ]),
  ),
  calls('seek: stdin', ({ call }) => [call.fd_seek(0, 0n, 0, 64), call.fd_tell(0, 64)]),
  ...[0, 1, 2].map(whence =>
    calls(
      `seek: from ${whence}, unstable`,
      ({ call, open, u64 }) => [call.fd_seek(open('a.txt'), 1n, whence, 64), u64(64)],
      {
        version: 'unstable',
      },
    ),
  ),
  calls('read: a file', ({ call, open, span, u32, text }) => [
    call.fd_read(open('a.txt'), ...span(200, 50), 40),
    u32(40),
    text(200, 8),
  ]),
  calls('read: stdin at its end', ({ call, span, u32 }) => [
    call.fd_read(0, ...span(200, 50), 40),
    u32(40),
  ]),
  calls('read: two pieces', ({ call, open, view, span, text }) => {
    span(200, 2)
    view.setUint32(8, 300, true)
    view.setUint32(12, 2, true)
    return [call.fd_read(open('a.txt'), 0, 2, 40), text(200, 3), text(300, 3)]
  }),
  calls('write: a file', ({ call, open, span, u32, path, folder }) => [
    call.fd_write(open('a.txt'), ...span(...path('HI', 200)), 40),
    u32(40),
    content(folder),
  ]),
  calls('write: appended', ({ call, open, span, path, folder }) => [
    call.fd_write(open('a.txt', { fdflags: 1 }), ...span(...path('HI', 200)), 40),
    content(folder),
  ]),
  calls('write: no pieces', ({ call, bytes, u32 }) => [
    bytes.fill(7, 40, 44).length,
    call.fd_write(1, 0, 0, 40),
    u32(40),
  ]),
  ...[1024, 1025, 2 ** 32 - 1].map(count =>
    calls(`write: ${count} pieces`, ({ call }) => call.fd_write(1, 0, count, 40)),
  ),
  ...[2n, 100n, -1n, 2n ** 63n - 1n].map(at =>
    calls(`read: at ${at}`, ({ call, open, span, u32, text }) => [
      call.fd_pread(open('a.txt'), ...span(200, 3), at, 40),
      u32(40),
      text(200, 3),
    ]),
  ),
  calls('write: at 10', ({ call, open, span, path, folder }) => [
    call.fd_pwrite(open('a.txt'), ...span(...path('HI', 200)), 10n, 40),
    content(folder).length,
    call.fd_tell(4, 64),
  ]),
  ...[3n, 10n, -1n].map(size =>
    calls(`size: set ${size}`, ({ call, open, folder }) => [
      call.fd_filestat_set_size(open('a.txt'), size),
      content(folder).length,
    ]),
  ),
  ...(
    [
      [0n, 10n],
      [0n, 0n],
      [5n, 0n],
      [3n, 1n],
    ] as const
  ).map(([at, length]) =>
    calls(`allocate: ${length} at ${at}`, ({ call, open, folder }) => [
      call.fd_allocate(open('a.txt'), at, length),
      content(folder).length,
    ]),
  ),
  ...[0, 5, 6, 255].map(advice =>
    calls(`advise: ${advice}`, ({ call, open }) => call.fd_advise(open('a.txt'), 0n, 0n, advice)),
  ),
]

const times: readonly Probe[] = [
  ...[0, 1, 2, 3, 4, 5, 10, 12, 15, 16].flatMap(flags => [
    calls(`times: flags ${flags}`, ({ call, open }) =>
      call.fd_filestat_set_times(open('a.txt'), 1n, 1n, flags),
    ),
    calls(`times: flags ${flags}, by path`, ({ call, path }) =>
      call.path_filestat_set_times(3, 0, ...path('a.txt'), 1n, 1n, flags),
    ),
  ]),
  calls('times: how fine', ({ call, open, view }) => {
    const errno = call.fd_filestat_set_times(open('a.txt'), 1_500_000_001n, 2_500_000_002n, 5)
    return [
      errno,
      call.fd_filestat_get(4, 0),
      ...[40, 48].map(at => String(view.getBigUint64(at, true))),
    ]
  }),
  ...[0, 1, 2, 3, 4, 99].map(id =>
    calls(`clocks: ${id}`, ({ call }) => [
      call.clock_time_get(id, 0n, 0),
      call.clock_res_get(id, 0),
    ]),
  ),
]

/** A listing of the preopen, whole or cut. */
const entries = ({ call, view, u32, text, bytes }: Ready): unknown[] => {
  const errno = call.fd_readdir(3, 4096, 4096, 0n, 0)
  const found: unknown[] = []
  for (let at = 4096; at < 4096 + u32(0); at += 24 + view.getUint32(at + 16, true))
    found.push([text(at + 24, u32(at + 16)), bytes[at + 20]])
  return [errno, ...found.map(entry => JSON.stringify(entry)).sort()]
}
const listing: readonly Probe[] = [
  calls('readdir: all', entries),
  ...[0, 1, 23, 24, 25].map(room =>
    calls(`readdir: into ${room} bytes`, ({ call, u32 }) => [
      call.fd_readdir(3, 4096, room, 0n, 0),
      u32(0),
    ]),
  ),
  calls('readdir: from a cookie of nobody', ({ call, u32 }) => [
    call.fd_readdir(3, 4096, 100, 2n ** 48n - 1n, 0),
    u32(0),
  ]),
]

/** One subscription at 0, its event at 128. */
const polls = (name: string, draw: (ready: Ready) => unknown): Probe =>
  calls(`poll: ${name}`, ready => {
    draw(ready)
    const errno = ready.call.poll_oneoff(0, 128, 1, 200)
    return errno === 'SUCCESS'
      ? [ready.u32(200), ready.view.getUint16(136, true), ready.bytes[138], ready.u64(144)]
      : errno
  })
const polling: readonly Probe[] = [
  calls('poll: nothing', ({ call }) => call.poll_oneoff(0, 128, 0, 200)),
  ...each({ 'a clock': 1, 'a clock of nobody': 77 }, (label, clock) =>
    polls(label, ({ view }) => view.setUint32(16, clock, true)),
  ),
  polls('an unknown kind', ({ bytes }) => bytes.fill(9, 8, 9)),
  ...each({ 'a file': 4, 'a closed descriptor': 99, 'standard output': 1 }, (label, fd) =>
    polls(`${label} to write`, ({ open, bytes, view }) => {
      open('a.txt')
      bytes.fill(0, 0, 256)
      bytes[8] = 2
      view.setUint32(16, fd, true)
    }),
  ),
  polls('a file to read', ({ open, view, bytes }) => {
    view.setUint32(16, open('a.txt') as number, true)
    bytes[8] = 1
  }),
]

const rest: readonly Probe[] = [
  calls('random: all of memory', ({ call, bytes }) => [
    call.random_get(0, 65536),
    bytes.some(byte => byte !== 0),
  ]),
  ...[0, 99].map(signal => calls(`raise: ${signal}`, ({ call }) => call.proc_raise(signal))),
  ...[0, 1, 4].map(how =>
    calls(`sock_shutdown: a file, ${how}`, ({ call, open }) =>
      call.sock_shutdown(open('a.txt'), how),
    ),
  ),
  calls('sock_send: one piece of a file', ({ call, open, span }) =>
    call.sock_send(open('a.txt'), ...span(200, 1), 0, 40),
  ),
  calls('sock_recv: one piece of a file', ({ call, open, span }) =>
    call.sock_recv(open('a.txt'), ...span(200, 1), 0, 40, 44),
  ),
]

export const descriptors: readonly Probe[] = [
  ...kinds,
  ...states,
  ...oneWay,
  ...rights,
  ...numbers,
  ...bytes,
  ...times,
  ...listing,
  ...polling,
  ...rest,
]
