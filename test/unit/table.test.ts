/**
 * The table against the specification: every name, number, width and offset, written down here a
 * second time from the witx files.
 */
import test from 'ava'
import { Errno, errnoNames } from '#lib/abi/errno.js'
import { namespace, namespace0 } from '#lib/abi/namespaces.js'
import { Rights, rightNames } from '#lib/abi/rights.js'
import { type HostcallName, type Row, table } from '#lib/abi/table.js'
import * as types from '#lib/abi/types.js'
import { Kind } from '#lib/abi/types.js'
import { table0 } from '#lib/abi/unstable.js'
import * as values from '#lib/abi/values.js'

/** preview1/witx/wasi_snapshot_preview1.witx, a line each. */
const specification = `
args_get(argv: pointer, argv_buf: pointer)
args_sizes_get() -> size, size
environ_get(environ: pointer, environ_buf: pointer)
environ_sizes_get() -> size, size
clock_res_get(id: clockid) -> timestamp
clock_time_get(id: clockid, precision: timestamp) -> timestamp
fd_advise(fd: fd, offset: filesize, len: filesize, advice: advice)
fd_allocate(fd: fd, offset: filesize, len: filesize)
fd_close(fd: fd)
fd_datasync(fd: fd)
fd_fdstat_get(fd: fd) -> fdstat
fd_fdstat_set_flags(fd: fd, flags: fdflags)
fd_fdstat_set_rights(fd: fd, fs_rights_base: rights, fs_rights_inheriting: rights)
fd_filestat_get(fd: fd) -> filestat
fd_filestat_set_size(fd: fd, size: filesize)
fd_filestat_set_times(fd: fd, atim: timestamp, mtim: timestamp, fst_flags: fstflags)
fd_pread(fd: fd, iovs: iovec_array, offset: filesize) -> size
fd_prestat_get(fd: fd) -> prestat
fd_prestat_dir_name(fd: fd, path: pointer, path_len: size)
fd_pwrite(fd: fd, iovs: ciovec_array, offset: filesize) -> size
fd_read(fd: fd, iovs: iovec_array) -> size
fd_readdir(fd: fd, buf: pointer, buf_len: size, cookie: dircookie) -> size
fd_renumber(fd: fd, to: fd)
fd_seek(fd: fd, offset: filedelta, whence: whence) -> filesize
fd_sync(fd: fd)
fd_tell(fd: fd) -> filesize
fd_write(fd: fd, iovs: ciovec_array) -> size
path_create_directory(fd: fd, path: string)
path_filestat_get(fd: fd, flags: lookupflags, path: string) -> filestat
path_filestat_set_times(fd: fd, flags: lookupflags, path: string, atim: timestamp, mtim: timestamp, fst_flags: fstflags)
path_link(old_fd: fd, old_flags: lookupflags, old_path: string, new_fd: fd, new_path: string)
path_open(fd: fd, dirflags: lookupflags, path: string, oflags: oflags, fs_rights_base: rights, fs_rights_inheriting: rights, fdflags: fdflags) -> fd
path_readlink(fd: fd, path: string, buf: pointer, buf_len: size) -> size
path_remove_directory(fd: fd, path: string)
path_rename(fd: fd, old_path: string, new_fd: fd, new_path: string)
path_symlink(old_path: string, fd: fd, new_path: string)
path_unlink_file(fd: fd, path: string)
poll_oneoff(in: pointer, out: pointer, nsubscriptions: size) -> size
proc_exit(rval: exitcode)
proc_raise(sig: signal)
sched_yield()
random_get(buf: pointer, buf_len: size)
sock_accept(fd: fd, flags: fdflags) -> fd
sock_recv(fd: fd, ri_data: iovec_array, ri_flags: riflags) -> size, roflags
sock_send(fd: fd, si_data: ciovec_array, si_flags: siflags) -> size
sock_shutdown(fd: fd, how: sdflags)`
  .trim()
  .split('\n')

/**
 * A row as the specification writes it. A buffer is a pointer and a size there, of the names `buf`
 * and `buf_len`.
 */
function written(name: string, row: Row): string {
  const params = row.params.map(({ label, type }) => {
    if (type === types.bytes) return `${label}: pointer, ${label}_len: size`
    if (type.kind === Kind.List) return `${label}: ${type.name}_array`
    return `${label}: ${type.kind === Kind.Path ? 'string' : type.name}`
  })
  const results =
    row.results.length === 0 ? '' : ` -> ${row.results.map(({ type }) => type.name).join(', ')}`
  return `${name}(${params.join(', ')})${results}`
}

test('the table has the 46 calls of preview 1 with their parameters and results', t => {
  t.is(specification.length, 46)
  t.deepEqual(
    Object.entries(table).map(([name, row]) => written(name, row)),
    specification,
  )
  t.is(namespace, 'wasi_snapshot_preview1')
})

test('wasi_unstable differs in five places only', t => {
  const unstable = Object.entries(table0)
  t.deepEqual(
    unstable.map(([name, row]) => written(name, row)),
    specification.filter(line => !line.startsWith('sock_accept')),
  )
  const changed = unstable
    .filter(([name, row]) => row !== table[name as HostcallName])
    .map(([name]) => name)
  t.deepEqual(changed, ['fd_filestat_get', 'fd_seek', 'path_filestat_get'])
  t.deepEqual(
    types.whence0.labels.map((label, value) => [
      label,
      types.whence.labels[types.whence0.values[value]],
    ]),
    [
      ['cur', 'cur'],
      ['end', 'end'],
      ['set', 'set'],
    ],
  )
  t.is(namespace0, 'wasi_unstable')
})

test('errno has the numbers of the specification', t => {
  t.is(errnoNames.length, 77)
  // biome-ignore format: a list of samples
  const known = { SUCCESS: 0, '2BIG': 1, ACCES: 2, AGAIN: 6, BADF: 8, EXIST: 20, FAULT: 21, ILSEQ: 25, INVAL: 28, IO: 29, ISDIR: 31, LOOP: 32, MFILE: 33, NAMETOOLONG: 37, NFILE: 41, NOENT: 44, NOSPC: 51, NOSYS: 52, NOTDIR: 54, NOTEMPTY: 55, NOTSOCK: 57, NOTSUP: 58, NXIO: 60, OVERFLOW: 61, PERM: 63, PIPE: 64, ROFS: 69, SPIPE: 70, XDEV: 75, NOTCAPABLE: 76 }
  for (const [name, value] of Object.entries(known))
    t.is(Errno[name as keyof typeof known], value, name)
})

test('rights have the bits of the specification', t => {
  t.is(rightNames.length, 30)
  // biome-ignore format: a list of samples
  const known = { FD_DATASYNC: 0, FD_READ: 1, FD_SEEK: 2, FD_TELL: 5, FD_WRITE: 6, FD_ALLOCATE: 8, PATH_CREATE_FILE: 10, PATH_OPEN: 13, FD_READDIR: 14, PATH_READLINK: 15, PATH_FILESTAT_SET_SIZE: 19, FD_FILESTAT_GET: 21, FD_FILESTAT_SET_TIMES: 23, PATH_SYMLINK: 24, PATH_REMOVE_DIRECTORY: 25, PATH_UNLINK_FILE: 26, POLL_FD_READWRITE: 27, SOCK_SHUTDOWN: 28, SOCK_ACCEPT: 29 }
  for (const [name, bit] of Object.entries(known))
    t.is(Rights[name as keyof typeof known], 2 ** bit, name)
  t.is(Rights.ALL, 2 ** 30 - 1)
})

// biome-ignore format: types of a size share a line
const layouts: readonly (readonly [types.Type, size: number, align: number])[] = [
  [types.fd, 4, 4], [types.size, 4, 4], [types.pointer, 4, 4], [types.exitcode, 4, 4],
  [types.filesize, 8, 8], [types.filedelta, 8, 8], [types.timestamp, 8, 8], [types.dircookie, 8, 8], [types.rights, 8, 8],
  [types.clockid, 4, 4], [types.whence, 1, 1], [types.advice, 1, 1], [types.filetype, 1, 1], [types.eventtype, 1, 1], [types.signal, 1, 1], [types.preopentype, 1, 1],
  [types.lookupflags, 4, 4], [types.oflags, 2, 2], [types.fdflags, 2, 2], [types.fstflags, 2, 2], [types.riflags, 2, 2], [types.roflags, 2, 2], [types.siflags, 2, 2],
  [types.sdflags, 1, 1], [types.eventrwflags, 2, 2], [types.subclockflags, 2, 2],
  [types.iovecs, 8, 4], [types.ciovecs, 8, 4], [types.bytes, 1, 1], [types.path, 1, 1],
  [types.filestat, 64, 8], [types.fdstat, 24, 8], [types.prestat, 8, 8], [types.dirent, 24, 8], [types.event, 32, 8], [types.subscription, 48, 8],
  [types.filestat0, 56, 8], [types.subscription0, 56, 8],
]
for (const [type, size, align] of layouts) {
  // A prestat is a byte and a u32; nothing in it needs eight, but its record is written as all
  // others are.
  test(`${type.name} of ${size} bytes`, t => {
    t.is(type.size, size)
    t.is(type.align, align)
  })
}

// biome-ignore format: a type a line
const words: readonly (readonly [types.Type, string])[] = [
  [types.clockid, 'realtime monotonic process_cputime_id thread_cputime_id'],
  [types.whence, 'set cur end'],
  [types.whence0, 'cur end set'],
  [types.advice, 'normal sequential random willneed dontneed noreuse'],
  [types.filetype, 'unknown block_device character_device directory regular_file socket_dgram socket_stream symbolic_link'],
  [types.eventtype, 'clock fd_read fd_write'],
  [types.preopentype, 'dir'],
  [types.lookupflags, 'symlink_follow'],
  [types.oflags, 'creat directory excl trunc'],
  [types.fdflags, 'append dsync nonblock rsync sync'],
  [types.fstflags, 'atim atim_now mtim mtim_now'],
  [types.riflags, 'recv_peek recv_waitall'],
  [types.roflags, 'recv_data_truncated'],
  [types.sdflags, 'rd wr'],
  [types.eventrwflags, 'fd_readwrite_hangup'],
  [types.subclockflags, 'subscription_clock_abstime'],
  [types.signal, 'none hup int quit ill trap abrt bus fpe kill usr1 segv usr2 pipe alrm term chld cont stop tstp ttin ttou urg xcpu xfsz vtalrm prof winch poll pwr sys'],
]
test('flags and enumerations have the values of the specification', t => {
  for (const [type, labels] of words) t.is(type.labels.join(' '), labels, type.name)
})

const named: readonly (readonly [Readonly<Record<string, number>>, types.Type])[] = [
  [values.Lookupflags, types.lookupflags],
  [values.Oflags, types.oflags],
  [values.Fdflags, types.fdflags],
  [values.Fstflags, types.fstflags],
  [values.Eventrwflags, types.eventrwflags],
  [values.Subclockflags, types.subclockflags],
  [values.Whence, types.whence],
  [values.Clockid, types.clockid],
  [values.Eventtype, types.eventtype],
  [values.Filetype, types.filetype],
  [values.Signal, types.signal],
]
test('named values have the numbers of their types', t => {
  for (const [words, { name, kind, labels }] of named) {
    for (const [word, value] of Object.entries(words)) {
      const label = labels.findIndex(
        label => label === word.toLowerCase() || label.endsWith(`_${word.toLowerCase()}`),
      )
      t.true(label >= 0, `${name} has no ${word}`)
      t.is(value, kind === Kind.Flags ? 2 ** label : label, `${name} ${word}`)
    }
  }
})

test('every row has a description', t => {
  for (const [name, { doc }] of Object.entries(table)) t.regex(doc, /^[A-Z].+\.$/, name)
})
