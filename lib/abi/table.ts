/**
 * Every hostcall of preview 1, described once; imports, checks and traces derive from these rows.
 */

import type { Kind, Type } from './types.js'
import * as t from './types.js'

/**
 * One parameter of a hostcall, under the specification's name. A list or a path takes two wasm
 * values: pointer and length.
 */
export interface Param<T extends Type = Type> {
  readonly label: string
  readonly type: T
}
/** A hostcall: the guest passes the parameters, then a pointer for each result. */
export interface Row<P extends readonly Param[] = readonly Param[]> {
  /** The call's effect in one sentence, with the POSIX call it resembles. */
  readonly doc: string
  readonly params: P
  readonly results: readonly Param[]
}

type K = typeof Kind
type Lifted<T extends Type> =
  T extends Type<K['Raw64']>
    ? [value: bigint]
    : T extends Type<K['List'] | K['Path']>
      ? [at: number, length: number]
      : [value: number]
/** The arguments that a hostcall receives for its row. */
export type Args<P extends readonly Param[]> = P extends readonly [
  infer A extends Param,
  ...infer Rest extends readonly Param[],
]
  ? [...Lifted<A['type']>, ...Args<Rest>]
  : []

const p = <T extends Type>(label: string, type: T): Param<T> => ({ label, type })
const call = <const P extends readonly Param[]>(
  doc: string,
  params: P,
  ...results: readonly Param[]
): Row<P> => ({ doc, params, results })

// biome-ignore format: a row a line, as in a table
export const table = {
  args_get: call('Copy the arguments, each ended by NUL, and the pointers to them.', [p('argv', t.pointer), p('argv_buf', t.pointer)]),
  args_sizes_get: call('How many arguments there are, and how many bytes they take.', [], p('argc', t.size), p('argv_buf_size', t.size)),
  environ_get: call('Copy the environment as NAME=value, each ended by NUL, and the pointers to it.', [p('environ', t.pointer), p('environ_buf', t.pointer)]),
  environ_sizes_get: call('How many variables there are, and how many bytes they take.', [], p('environc', t.size), p('environ_buf_size', t.size)),

  clock_res_get: call('The resolution of a clock (clock_getres).', [p('id', t.clockid)], p('resolution', t.timestamp)),
  clock_time_get: call('The time of a clock (clock_gettime).', [p('id', t.clockid), p('precision', t.timestamp)], p('time', t.timestamp)),

  fd_advise: call('Announce how part of a file will be used (posix_fadvise).', [p('fd', t.fd), p('offset', t.far), p('len', t.filesize), p('advice', t.advice)]),
  fd_allocate: call('Make room for part of a file (posix_fallocate).', [p('fd', t.fd), p('offset', t.filesize), p('len', t.filesize)]),
  fd_close: call('Close a descriptor (close).', [p('fd', t.fd)]),
  fd_datasync: call('Write the data of a file to the disk (fdatasync).', [p('fd', t.fd)]),
  fd_fdstat_get: call('The type, flags and rights of a descriptor (fcntl F_GETFL).', [p('fd', t.fd)], p('stat', t.fdstat)),
  fd_fdstat_set_flags: call('Change the flags of a descriptor (fcntl F_SETFL).', [p('fd', t.fd), p('flags', t.fdflags)]),
  fd_fdstat_set_rights: call('Give up rights of a descriptor; none can be won.', [p('fd', t.fd), p('fs_rights_base', t.rights), p('fs_rights_inheriting', t.rights)]),
  fd_filestat_get: call('The attributes of an open file (fstat).', [p('fd', t.fd)], p('buf', t.filestat)),
  fd_filestat_set_size: call('Cut a file, or fill it up with zeros (ftruncate).', [p('fd', t.fd), p('size', t.filesize)]),
  fd_filestat_set_times: call('Set the times of an open file (futimens).', [p('fd', t.fd), p('atim', t.timestamp), p('mtim', t.timestamp), p('fst_flags', t.fstflags)]),
  fd_pread: call('Read at an offset, leaving that of the descriptor alone (preadv).', [p('fd', t.fd), p('iovs', t.iovecs), p('offset', t.place)], p('nread', t.size)),
  fd_prestat_get: call('What was opened beforehand, and how long its name is.', [p('fd', t.fd)], p('buf', t.prestat)),
  fd_prestat_dir_name: call('The name of a directory opened beforehand.', [p('fd', t.fd), p('path', t.bytes)]),
  fd_pwrite: call('Write at an offset, leaving that of the descriptor alone (pwritev).', [p('fd', t.fd), p('iovs', t.ciovecs), p('offset', t.place)], p('nwritten', t.size)),
  fd_read: call('Read (readv).', [p('fd', t.fd), p('iovs', t.iovecs)], p('nread', t.size)),
  fd_readdir: call('Read entries of a directory from a cookie on; a full buffer may cut the last one (getdents).', [p('fd', t.fd), p('buf', t.bytes), p('cookie', t.dircookie)], p('bufused', t.size)),
  fd_renumber: call('Move a descriptor to a number in use, closing what was there (dup2).', [p('fd', t.fd), p('to', t.fd)]),
  fd_seek: call('Move the offset of a descriptor (lseek).', [p('fd', t.fd), p('offset', t.filedelta), p('whence', t.whence)], p('newoffset', t.filesize)),
  fd_sync: call('Write the data and attributes of a file to the disk (fsync).', [p('fd', t.fd)]),
  fd_tell: call('The offset of a descriptor (lseek by 0).', [p('fd', t.fd)], p('offset', t.filesize)),
  fd_write: call('Write (writev).', [p('fd', t.fd), p('iovs', t.ciovecs)], p('nwritten', t.size)),

  path_create_directory: call('Create a directory (mkdirat).', [p('fd', t.fd), p('path', t.path)]),
  path_filestat_get: call('The attributes of a file or directory (fstatat).', [p('fd', t.fd), p('flags', t.lookupflags), p('path', t.path)], p('buf', t.filestat)),
  path_filestat_set_times: call('Set the times of a file or directory (utimensat).', [p('fd', t.fd), p('flags', t.lookupflags), p('path', t.path), p('atim', t.timestamp), p('mtim', t.timestamp), p('fst_flags', t.fstflags)]),
  path_link: call('Create a hard link (linkat).', [p('old_fd', t.fd), p('old_flags', t.lookupflags), p('old_path', t.path), p('new_fd', t.fd), p('new_path', t.path)]),
  path_open: call('Open a file or directory (openat).', [p('fd', t.fd), p('dirflags', t.lookupflags), p('path', t.path), p('oflags', t.oflags), p('fs_rights_base', t.rights), p('fs_rights_inheriting', t.rights), p('fdflags', t.fdflags)], p('opened_fd', t.fd)),
  path_readlink: call('Read where a symbolic link leads (readlinkat).', [p('fd', t.fd), p('path', t.path), p('buf', t.bytes)], p('bufused', t.size)),
  path_remove_directory: call('Remove an empty directory (unlinkat AT_REMOVEDIR).', [p('fd', t.fd), p('path', t.path)]),
  path_rename: call('Rename a file or directory (renameat).', [p('fd', t.fd), p('old_path', t.path), p('new_fd', t.fd), p('new_path', t.path)]),
  path_symlink: call('Create a symbolic link (symlinkat).', [p('old_path', t.path), p('fd', t.fd), p('new_path', t.path)]),
  path_unlink_file: call('Remove a file; a directory is refused (unlinkat).', [p('fd', t.fd), p('path', t.path)]),

  poll_oneoff: call('Wait until one of several things happens (poll).', [p('in', t.pointer), p('out', t.pointer), p('nsubscriptions', t.size)], p('nevents', t.size)),
  proc_exit: call('End the guest with an exit code (_exit).', [p('rval', t.exitcode)]),
  proc_raise: call('Send the guest a signal (raise).', [p('sig', t.signal)]),
  sched_yield: call('Let others run (sched_yield).', []),
  random_get: call('Fill a buffer with random bytes fit for keys (getentropy).', [p('buf', t.bytes)]),

  sock_accept: call('Accept a connection (accept4).', [p('fd', t.fd), p('flags', t.fdflags)], p('ro_fd', t.fd)),
  sock_recv: call('Receive a message (recvmsg).', [p('fd', t.fd), p('ri_data', t.iovecs), p('ri_flags', t.riflags)], p('ro_datalen', t.size), p('ro_flags', t.roflags)),
  sock_send: call('Send a message (sendmsg).', [p('fd', t.fd), p('si_data', t.ciovecs), p('si_flags', t.siflags)], p('so_datalen', t.size)),
  sock_shutdown: call('Shut down one direction of a connection or both (shutdown).', [p('fd', t.fd), p('how', t.sdflags)]),
} as const

export type Table = typeof table
/** The name of a hostcall of preview 1, as `path_open`. */
// Not `keyof Table`, which an editor shows as 46 names.
export type HostcallName = { readonly [Name in keyof Table]: Name }[keyof Table]
