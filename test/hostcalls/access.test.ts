/**
 * Rights that are not enforced, `rights: 'access'`: reading and writing are checked, all else is as
 * Linux answers.
 */
import test from 'ava'
import { createGuest, run } from '#lib/index.js'
import { add, call, command, drop, load, store } from '../wasm.js'
import { ALL, each, type Fixture, Oflags, rights } from './fixture.js'

const READ = rights('FD_READ')
const WRITE = rights('FD_WRITE')
const { CREAT, DIRECTORY } = Oflags
const rightsOf = (w: Fixture, fd: number): bigint => (w.fdstat(fd) as { base: bigint }).base
const access = { options: { rights: 'access' } } as const
const enforce = { options: { rights: 'enforce' } } as const

each(
  test,
  'a file opened with FD_READ alone allows seek, filestat, set_times and sync',
  access,
  (t, w) => {
    w.fs.writeFileSync(w.host('file'), 'text')
    const file = w.open('file', { base: READ })
    t.is(w.read(file), 'text')
    t.is(w.tell(file), 4n)
    w.filestatOf(file)
    t.is(w.call('fd_sync', file), 'SUCCESS')
    t.is(w.call('fd_filestat_set_times', file, 0n, 5_000_000_000n, 4), 'SUCCESS')
    t.is(w.fs.statSync(w.host('file')).mtimeMs, 5000)
  },
)

each(
  test,
  'a directory opened without rights is listed, and paths below it are used',
  access,
  (t, w) => {
    w.fs.mkdirSync(w.host('dir'))
    w.fs.writeFileSync(w.host('dir/file'), 'text')
    const dir = w.open('dir', { oflags: DIRECTORY, base: 0n, inheriting: 0n })
    t.is(w.call('path_create_directory', dir, ...w.path('made')), 'SUCCESS')
    t.is(w.call('path_rename', dir, ...w.path('file'), dir, ...w.path('moved')), 'SUCCESS')
    const file = w.open('moved', { dir, base: READ | WRITE })
    t.is(w.read(file), 'text')
    t.is(w.put(file, '!'), 1)
    t.is(w.call('path_unlink_file', dir, ...w.path('moved')), 'SUCCESS')
  },
)

each(
  test,
  'calls in the other direction of a file return BADF, or INVAL for a new size',
  access,
  (t, w) => {
    w.fs.writeFileSync(w.host('file'), 'text')
    const reader = w.open('file', { base: READ })
    t.is(w.put(reader, 'x'), 'BADF')
    t.is(w.call('fd_filestat_set_size', reader, 0n), 'INVAL')
    if (w.backend !== 'typescript') t.is(w.call('fd_allocate', reader, 0n, 10n), 'BADF')
    const writer = w.open('file', { base: WRITE })
    t.is(w.read(writer), 'BADF')
    t.is(w.put(writer, 'T'), 1)
    const neither = w.open('file', { base: 0n })
    t.is(w.read(neither), 'BADF')
    t.is(w.put(neither, 'x'), 'BADF')
    t.is(w.fs.readFileSync(w.host('file'), 'utf8'), 'Text')
  },
)

each(
  test,
  'fd_fdstat_get reports the effective rights, of which only access can be given up',
  access,
  (t, w) => {
    w.fs.writeFileSync(w.host('file'), 'text')
    const file = w.open('file', { base: READ })
    const held = rightsOf(w, file)
    t.true((held & READ) !== 0n && (held & rights('FD_SEEK', 'FD_FILESTAT_SET_TIMES')) !== 0n)
    t.is(held & WRITE, 0n)
    t.is(
      w.call('fd_fdstat_set_rights', file, ALL, 0n),
      'NOTCAPABLE',
      'nothing is given that was not asked for',
    )
    t.is(w.call('fd_fdstat_set_rights', file, 0n, 0n), 'SUCCESS')
    t.is(rightsOf(w, file), held & ~READ)
    t.is(w.read(file), 'BADF')
  },
)

each(
  test,
  'access that a directory no longer passes on is not regained by reopening it',
  access,
  (t, w) => {
    w.fs.writeFileSync(w.host('file'), 'text')
    const dir = w.open('.', { oflags: DIRECTORY, base: 0n, inheriting: 0n })
    t.is(w.call('fd_fdstat_set_rights', dir, 0n, READ), 'SUCCESS')
    t.is(w.tryOpen('file', { dir, base: WRITE }), 'NOTCAPABLE')
    const again = w.open('.', { dir, oflags: DIRECTORY, base: 0n, inheriting: 0n })
    t.is(w.tryOpen('file', { dir: again, base: WRITE }), 'NOTCAPABLE')
    t.is(w.read(w.open('file', { dir: again, base: READ })), 'text')
  },
)

each(
  test,
  'a read-only directory refuses changes with either setting of rights',
  access,
  (t, w) => {
    w.fs.writeFileSync(w.host('file'), 'text')
    t.is(w.tryOpen('file', { dir: 4, base: WRITE }), 'ROFS')
    const file = w.open('file', { dir: 4, base: READ })
    t.is(w.put(file, 'x'), 'BADF')
    t.is(w.call('fd_filestat_set_size', file, 0n), 'INVAL')
    t.is(w.call('fd_allocate', file, 0n, 9n), 'BADF')
    t.is(w.call('fd_filestat_set_times', file, 0n, 0n, 2), 'ROFS')
    t.is(w.call('path_unlink_file', 4, ...w.path('file')), 'ROFS')
    const dir = w.open('.', { dir: 4, oflags: DIRECTORY, base: 0n, inheriting: 0n })
    t.is(w.tryOpen('new', { dir, oflags: CREAT, base: WRITE }), 'ROFS')
  },
)

each(
  test,
  'standard streams keep their direction with either setting of rights',
  access,
  (t, w) => {
    t.is(w.put(0, 'x'), 'BADF')
    t.is(w.read(1), 'BADF')
    t.is(w.call('fd_filestat_set_times', 1, 0n, 0n, 2), 'PERM')
  },
)

each(test, 'the same calls are NOTCAPABLE if rights are enforced', enforce, (t, w) => {
  w.fs.writeFileSync(w.host('file'), 'text')
  w.fs.mkdirSync(w.host('dir'))
  const file = w.open('file', { base: READ })
  t.is(w.call('fd_sync', file), 'NOTCAPABLE')
  t.is(w.put(file, 'x'), 'NOTCAPABLE')
  const dir = w.open('dir', { oflags: DIRECTORY, base: 0n, inheriting: 0n })
  t.is(w.call('path_create_directory', dir, ...w.path('made')), 'NOTCAPABLE')
})

/** Its exit code is the errno of a sync of what was opened to read. */
const syncs = command(
  [
    drop(call('path_open', 3, 0, 0x40, 4, 0, 2n, 0n, 0, 0x10)),
    call('proc_exit', add(call('fd_sync', load(0x10)), 0)),
    store(0x10, 0),
  ],
  { data: { 64: 'file' } },
)
test('the default of rights is access for run and enforce for createGuest', async t => {
  const files = { file: 'text' }
  t.is((await run(syncs, { preopens: { '/': { files } } })).exitCode, 0)
  t.is((await run(syncs, { preopens: { '/': { files } }, rights: 'enforce' })).exitCode, 76)
  for (const [options, code] of [
    [{}, 76],
    [{ rights: 'access' }, 0],
  ] as const) {
    const guest = createGuest({ version: 'preview1', preopens: { '/': { files } }, ...options })
    t.is(guest.run(guest.instantiate(syncs).exports._start as () => void), code)
    guest.close()
  }
  t.throws(() => createGuest({ version: 'preview1', rights: 'all' as never }), {
    code: 'ERR_INVALID_ARG_VALUE',
    message: /options\.rights/,
  })
})
