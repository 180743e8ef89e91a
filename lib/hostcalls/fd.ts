/**
 * Calls on an open file descriptor.
 *
 * Errors of each: BADF for a closed descriptor or one open in the other direction; FAULT for a
 * range outside guest memory. A missing right is NOTCAPABLE, or the errno with which POSIX refuses
 * that kind of file: NOTDIR, ISDIR, SPIPE, NOTSOCK. Linux's manual documents the errors that a host
 * adds.
 */
import { Errno } from '../abi/errno.js'
import { writeFdstat, writePrestat } from '../abi/layout.js'
import { Rights } from '../abi/rights.js'
import { Filetype, syncFlags, Whence } from '../abi/values.js'
import type { Descriptor } from '../fds/descriptor.js'
import { ofMessages } from '../fds/rights.js'
import { maxSize, type Sys } from '../sys/sys.js'
import { putTimes } from './times.js'
import type { Hostcalls } from './types.js'

const SEEKING = Rights.FD_SEEK | Rights.FD_TELL

/**
 * Announces how the guest will use a range of a file, as
 * [posix_fadvise(2)](https://man7.org/linux/man-pages/man2/posix_fadvise.2.html) does.
 * Errors: INVAL for a negative length or unknown advice; SPIPE for a pipe.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_advise
 */
export const fd_advise: Hostcalls['fd_advise'] = ({ fds }, fd, offset, length, advice) => {
  const file = fds.get(fd, Rights.FD_ADVISE)
  return typeof file === 'number' ? file : file.advise(offset, length, advice)
}

/**
 * Reserves disk space for a range of a file and extends its size, as
 * [fallocate(2)](https://man7.org/linux/man-pages/man2/fallocate.2.html) does.
 * Errors: INVAL for an empty range; FBIG beyond the maximum size; NOSPC; NODEV for a device; SPIPE
 * for a pipe; ISDIR.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_allocate
 */
export const fd_allocate: Hostcalls['fd_allocate'] = ({ fds }, fd, offset, length) => {
  const file = fds.get(fd, Rights.FD_ALLOCATE)
  if (typeof file === 'number') return file
  return length === 0 ? -Errno.INVAL : file.allocate(offset, length)
}

/**
 * Closes a descriptor, as [close(2)](https://man7.org/linux/man-pages/man2/close.2.html) does. Its
 * number is free afterwards, even if the host returns an error, as on Linux.
 * Errors: BADF.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_close
 */
export const fd_close: Hostcalls['fd_close'] = ({ fds }, fd) => {
  const file = fds.remove(fd)
  return typeof file === 'number' ? file : file.close()
}

/**
 * Writes the data of a file to the disk, as
 * [fdatasync(2)](https://man7.org/linux/man-pages/man2/fdatasync.2.html) does.
 * Errors: INVAL for a pipe or a terminal; IO, NOSPC and DQUOT of the disk.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_datasync
 */
export const fd_datasync: Hostcalls['fd_datasync'] = ({ fds }, fd) => {
  const file = fds.get(fd, Rights.FD_DATASYNC)
  return typeof file === 'number' ? file : file.datasync()
}

/**
 * Writes the data and the attributes of a file to the disk, as
 * [fsync(2)](https://man7.org/linux/man-pages/man2/fsync.2.html) does.
 * Errors: INVAL for a pipe or a terminal; IO, NOSPC and DQUOT of the disk.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_sync
 */
export const fd_sync: Hostcalls['fd_sync'] = ({ fds }, fd) => {
  const file = fds.get(fd, Rights.FD_SYNC)
  return typeof file === 'number' ? file : file.sync()
}

/**
 * Writes the type, the flags and the rights of a descriptor to guest memory, as `Fdstat` of
 * abi/layout.ts draws them. The flags are those of
 * [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html) F_GETFL.
 * Errors: BADF.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_fdstat_get
 */
export const fd_fdstat_get: Hostcalls['fd_fdstat_get'] = ({ fds, sys }, fd) => {
  const file = fds.identified(fd)
  if (typeof file === 'number') return file
  writeFdstat(sys.block.record, file.filetype, file.fdflags, file.base, file.inheriting)
  return 0
}

/**
 * Replaces the flags of a descriptor, as
 * [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html) F_SETFL does.
 * Errors: NOTSUP for flags that the host cannot change on an open file.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_fdstat_set_flags
 */
export const fd_fdstat_set_flags: Hostcalls['fd_fdstat_set_flags'] = ({ fds }, fd, flags) => {
  const file = fds.get(fd, Rights.FD_FDSTAT_SET_FLAGS)
  if (typeof file === 'number') return file
  // On Linux, too, the sync flags stay in force whatever the guest requests. A request for more is
  // refused, since a database would rely on them.
  const syncing = file.fdflags & syncFlags
  if ((flags & syncFlags & ~syncing) !== 0) return -Errno.NOTSUP
  const wanted = flags | syncing
  if (wanted === file.fdflags) return 0
  const answer = file.setFlags(wanted)
  if (answer === 0) fds.keepFlags(fd, file, wanted)
  return answer
}

/**
 * Gives up rights of a descriptor, which cannot be regained. POSIX has no such call. This one is
 * modelled on [cap_rights_limit(2)](https://man.freebsd.org/cgi/man.cgi?query=cap_rights_limit) of
 * FreeBSD.
 * Errors: NOTCAPABLE for a right that the descriptor does not hold.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_fdstat_set_rights
 */
export const fd_fdstat_set_rights: Hostcalls['fd_fdstat_set_rights'] = (
  { fds },
  fd,
  base,
  inheriting,
) => fds.narrow(fd, base, inheriting)

/**
 * Writes the attributes of an open file to guest memory, as
 * [fstat(2)](https://man7.org/linux/man-pages/man2/fstat.2.html) does and `Filestat` of
 * abi/layout.ts draws them.
 * Errors: BADF.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_filestat_get
 */
export const fd_filestat_get: Hostcalls['fd_filestat_get'] = ({ fds }, fd) => {
  const file = fds.get(fd, Rights.FD_FILESTAT_GET)
  return typeof file === 'number' ? file : file.filestat()
}

/**
 * Truncates a file, or extends it with zeros, as
 * [ftruncate(2)](https://man7.org/linux/man-pages/man2/ftruncate.2.html) does.
 * Errors: INVAL for a negative size and for anything except a file; FBIG beyond the maximum size;
 * ISDIR.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_filestat_set_size
 */
export const fd_filestat_set_size: Hostcalls['fd_filestat_set_size'] = ({ fds }, fd, size) => {
  const file = fds.get(fd, Rights.FD_FILESTAT_SET_SIZE)
  return typeof file === 'number' ? file : file.setSize(size)
}

/**
 * Sets the times of an open file to values or to now, as
 * [futimens(3)](https://man7.org/linux/man-pages/man3/futimens.3.html) does.
 * Errors: INVAL for a time set to both a value and now; PERM for a file of another user or a
 * standard stream; ROFS.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_filestat_set_times
 */
export const fd_filestat_set_times: Hostcalls['fd_filestat_set_times'] = (
  { fds, sys },
  fd,
  atim,
  mtim,
  fstflags,
) => {
  const file = fds.get(fd, Rights.FD_FILESTAT_SET_TIMES)
  if (typeof file === 'number') return file
  return putTimes(sys.block, atim, mtim, fstflags) || file.setTimes(fstflags)
}

/**
 * Reads at the descriptor's offset into the buffers of `iovs`, as
 * [readv(2)](https://man7.org/linux/man-pages/man2/readv.2.html) does. It returns the number of
 * bytes, 0 at the end of the file. `Iovec` of abi/layout.ts draws a buffer.
 * Errors: ISDIR; AGAIN for a NONBLOCK descriptor without data; INVAL for a datagram with more
 * buffers than one call takes.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_read
 */
export const fd_read: Hostcalls['fd_read'] = ({ fds, memory }, fd, iovs, count) => {
  const file = fds.get(fd, Rights.FD_READ)
  if (typeof file === 'number') return file
  const spans = memory.spans(iovs, count, ofMessages(file.filetype, Errno.INVAL))
  return spans < 0 ? spans : file.readv(spans)
}

/**
 * Writes the buffers of `iovs` at the descriptor's offset, or at the end of a file opened with
 * APPEND. It returns the number of bytes, as
 * [writev(2)](https://man7.org/linux/man-pages/man2/writev.2.html) does, which may be fewer than
 * requested.
 * Errors: ISDIR; AGAIN for a full NONBLOCK descriptor; PIPE for a closed reader; FBIG; NOSPC;
 * DQUOT; INVAL as for `fd_read`.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_write
 */
export const fd_write: Hostcalls['fd_write'] = ({ fds, memory }, fd, iovs, count) => {
  const file = fds.get(fd, Rights.FD_WRITE)
  if (typeof file === 'number') return file
  const spans = memory.spans(iovs, count, ofMessages(file.filetype, Errno.INVAL))
  return spans < 0 ? spans : file.writev(spans)
}

/**
 * Reads at `offset`, as [preadv(2)](https://man7.org/linux/man-pages/man2/preadv.2.html) does. The
 * descriptor's own offset stays unchanged.
 * Errors: those of `fd_read`; SPIPE for a pipe; INVAL if the range crosses 2^63 - 1.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_pread
 */
export const fd_pread: Hostcalls['fd_pread'] = ({ fds, memory, sys }, fd, iovs, count, offset) => {
  const file = fds.get(fd, Rights.FD_READ | Rights.FD_SEEK)
  if (typeof file === 'number') return file
  const spans = memory.spans(iovs, count)
  if (spans < 0) return spans
  if (offset >= 0) return file.preadv(spans, offset)
  return crosses(sys, file, spans, offset) ? -Errno.INVAL : file.preadv(spans, maxSize + 1)
}

/**
 * Writes at `offset`, as [pwritev(2)](https://man7.org/linux/man-pages/man2/pwritev.2.html) does,
 * or at the end of a file opened with APPEND, as Linux does. The descriptor's own offset stays
 * unchanged.
 * Errors: those of `fd_write`; SPIPE for a pipe; INVAL if the range crosses 2^63 - 1.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_pwrite
 */
export const fd_pwrite: Hostcalls['fd_pwrite'] = (
  { fds, memory, sys },
  fd,
  iovs,
  count,
  offset,
) => {
  const file = fds.get(fd, Rights.FD_WRITE | Rights.FD_SEEK)
  if (typeof file === 'number') return file
  const spans = memory.spans(iovs, count)
  if (spans < 0) return spans
  if (offset >= 0) return file.pwritev(spans, offset)
  return crosses(sys, file, spans, offset) ? -Errno.INVAL : file.pwritev(spans, maxSize + 1)
}
/**
 * Returns true if a transfer crosses 2^63 - 1. Linux refuses that for every file, even if the bytes
 * are appended: see rw_verify_area() in
 * https://github.com/torvalds/linux/blob/v6.12/fs/read_write.c.
 */
function crosses(
  { block }: Sys,
  { filetype }: Descriptor,
  spans: number,
  lacking: number,
): boolean {
  if (filetype !== Filetype.REGULAR_FILE) return false
  let bytes = 0
  for (let i = 0; i < spans; i++) bytes += block.spans[2 * i + 1]
  return bytes >= -lacking
}

/**
 * Writes the type of a preopen and the length of its name to guest memory, as `Prestat` of
 * abi/layout.ts draws them. Guests call it for 3, 4, ... until BADF ends the list. POSIX has no
 * such call.
 * Errors: BADF for any descriptor except a preopen.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_prestat_get
 */
export const fd_prestat_get: Hostcalls['fd_prestat_get'] = ({ fds, sys }, fd) => {
  const dir = fds.identified(fd)
  if (typeof dir === 'number') return dir
  const { preopen } = dir
  if (preopen === undefined) return -Errno.BADF
  writePrestat(sys.block.record, preopen.length)
  return 0
}

/**
 * Writes the name of a preopen to guest memory, without a NUL: `fd_prestat_get` returns its length.
 * Errors: BADF for any descriptor except a preopen; NAMETOOLONG for a buffer shorter than the name.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_prestat_dir_name
 */
export const fd_prestat_dir_name: Hostcalls['fd_prestat_dir_name'] = (
  { fds, memory },
  fd,
  at,
  length,
) => {
  const dir = fds.identified(fd)
  if (typeof dir === 'number') return dir
  const fault = memory.fault(at, length)
  if (fault !== 0) return fault
  const { preopen } = dir
  if (preopen === undefined) return -Errno.BADF
  if (length < preopen.length) return -Errno.NAMETOOLONG
  memory.write(at, preopen)
  return 0
}

/**
 * Writes entries of a directory to guest memory, from `cookie` on, as
 * [getdents(2)](https://man7.org/linux/man-pages/man2/getdents.2.html) does. `Dirent` of
 * abi/layout.ts draws an entry. The end of the buffer cuts the last one: `d_next` of the entry
 * before it is the cookie to continue at. A `bufused` less than `buf_len` marks the end of the
 * directory.
 *
 *     buf                                            buf + buf_len
 *     | dirent | '.' | dirent | '..' | dirent | 'fi' |
 *
 * Errors: NOTDIR; NOMEM for a directory too large to sort (option `deterministic`).
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_readdir
 */
export const fd_readdir: Hostcalls['fd_readdir'] = ({ fds, memory }, fd, at, length, cookie) => {
  const dir = fds.get(fd, Rights.FD_READDIR)
  if (typeof dir === 'number') return dir
  const fault = memory.fault(at, length)
  if (fault !== 0) return fault
  return dir.readdir(BigInt.asUintN(64, cookie), at, length)
}

/**
 * Moves a descriptor to the number `to`, and closes the descriptor there, as
 * [dup2(2)](https://man7.org/linux/man-pages/man2/dup2.2.html) and a close of `fd` do. Both numbers
 * must be in use: a guest cannot take a number that the host might assign later.
 * Errors: BADF for either number; errors of the implicit close.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_renumber
 */
export const fd_renumber: Hostcalls['fd_renumber'] = ({ fds }, fd, to) => {
  const replaced = fds.renumber(fd, to)
  return typeof replaced === 'number' ? replaced : replaced.close()
}

/**
 * Moves the descriptor's offset, as [lseek(2)](https://man7.org/linux/man-pages/man2/lseek.2.html)
 * does, and returns the new one. Reading it (`CUR` by 0) needs only FD_TELL; moving it needs
 * FD_SEEK.
 * Errors: INVAL for an offset before the start or beyond 2^53 - 1; SPIPE for a pipe; ISDIR.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_seek
 */
export const fd_seek: Hostcalls['fd_seek'] = ({ fds }, fd, offset, whence) => {
  const file =
    offset === 0 && whence === Whence.CUR ? fds.getAny(fd, SEEKING) : fds.get(fd, Rights.FD_SEEK)
  return typeof file === 'number' ? file : file.seek(offset, whence)
}

/**
 * Returns the descriptor's offset, as
 * [lseek(2)](https://man7.org/linux/man-pages/man2/lseek.2.html) by 0 does.
 * Errors: SPIPE for a pipe; ISDIR.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#fd_tell
 */
export const fd_tell: Hostcalls['fd_tell'] = ({ fds }, fd) => {
  const file = fds.getAny(fd, SEEKING)
  return typeof file === 'number' ? file : file.seek(0, Whence.CUR)
}
