/**
 * Calls on a path relative to a directory.
 *
 * Errors of each: BADF for a closed descriptor; NOTDIR for one that is not a directory; FAULT for a
 * range outside guest memory. NOTCAPABLE for a missing right, and for a path that escapes the
 * directory: an absolute one, or one with too many `..`. NOENT for an empty path; INVAL for a NUL
 * in it; NAMETOOLONG; LOOP for too many symlinks. Linux's manual documents the errors that a host
 * adds.
 */
import { Errno } from '../abi/errno.js'
import { Access } from '../abi/layout.js'
import { Rights } from '../abi/rights.js'
import { Fdflags, Oflags } from '../abi/values.js'
import { SOCKETS } from '../fds/rights.js'
import { linking, renaming } from '../fds/rofs.js'
import { putTimes } from './times.js'
import type { Hostcalls } from './types.js'

/** Returns the additional rights that a descriptor with these sync flags needs. */
const syncing = (fdflags: number): Rights =>
  (fdflags & Fdflags.DSYNC ? Rights.FD_DATASYNC : 0) |
  (fdflags & (Fdflags.RSYNC | Fdflags.SYNC) ? Rights.FD_SYNC : 0)

/**
 * Bits of oflags with which a directory is always opened for reading, whatever the rights. Windows
 * does not refuse to open a directory for writing. [The official
 * tests](https://github.com/WebAssembly/wasi-testsuite) expect SUCCESS there, and ISDIR elsewhere.
 */
const opensToRead = process.platform === 'win32' ? Oflags.DIRECTORY : 0

const CREATES_DIRECTORY = Oflags.CREAT | Oflags.DIRECTORY

/**
 * Opens a file or a directory at the lowest free number, as
 * [openat(2)](https://man7.org/linux/man-pages/man2/openat.2.html) does. The rights requested
 * determine the access mode; `dirflags` decides if a final symlink is followed.
 * Errors: NOENT; EXIST for EXCL; NOTDIR for DIRECTORY; ISDIR for writing to a directory; LOOP for a
 * final symlink that is not followed; INVAL for CREAT with DIRECTORY; MFILE; ACCES; ROFS; NOSPC.
 * NOTCAPABLE also for rights that `fd` does not inherit.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#path_open
 */
export const path_open: Hostcalls['path_open'] = (
  { fds, memory },
  fd,
  dirflags,
  at,
  length,
  oflags,
  base,
  inheriting,
  fdflags,
) => {
  const needed =
    oflags === 0
      ? Rights.PATH_OPEN
      : Rights.PATH_OPEN |
        ((oflags & Oflags.CREAT) !== 0 ? Rights.PATH_CREATE_FILE : 0) |
        ((oflags & Oflags.TRUNC) !== 0 ? Rights.PATH_FILESTAT_SET_SIZE : 0)
  // Drops rights that no path can have: programs that ask for all 64 bits must not fail because of
  // these.
  const passed = ((base | inheriting) & ~SOCKETS) | (fdflags === 0 ? 0 : syncing(fdflags))
  const dir = fds.get(fd, needed, fds.inherited(passed))
  if (typeof dir === 'number') return dir
  const fault = memory.pathFault(at, length)
  if (fault !== 0) return fault
  if ((oflags & CREATES_DIRECTORY) === CREATES_DIRECTORY) return -Errno.INVAL
  const full = fds.reserve()
  if (full !== 0) return full
  const opened = dir.open(
    at,
    length,
    dirflags,
    oflags,
    fdflags,
    (oflags & opensToRead) !== 0 ? Access.READ : fds.access(base),
    base | fds.unasked,
    fds.inheriting(dir, inheriting),
  )
  return typeof opened === 'number' ? opened : fds.insert(opened)
}

/**
 * Writes the attributes of a file to guest memory, as
 * [fstatat(2)](https://man7.org/linux/man-pages/man2/fstatat.2.html) does and `Filestat` of
 * abi/layout.ts draws them.
 * Errors: NOENT; NOTDIR; ACCES.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#path_filestat_get
 */
export const path_filestat_get: Hostcalls['path_filestat_get'] = (
  { fds, memory },
  fd,
  flags,
  at,
  length,
) => {
  const dir = fds.get(fd, Rights.PATH_FILESTAT_GET)
  if (typeof dir === 'number') return dir
  const fault = memory.pathFault(at, length)
  if (fault !== 0) return fault
  return dir.filestatAt(at, length, flags)
}

/**
 * Sets the times of a file to values or to now, as
 * [utimensat(2)](https://man7.org/linux/man-pages/man2/utimensat.2.html) does.
 * Errors: INVAL for a time set to both a value and now; NOENT; PERM for a file of another user;
 * ACCES; ROFS.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#path_filestat_set_times
 */
export const path_filestat_set_times: Hostcalls['path_filestat_set_times'] = (
  { fds, memory, sys },
  fd,
  flags,
  at,
  length,
  atim,
  mtim,
  fstflags,
) => {
  const dir = fds.get(fd, Rights.PATH_FILESTAT_SET_TIMES)
  if (typeof dir === 'number') return dir
  const fault = memory.pathFault(at, length)
  if (fault !== 0) return fault
  return putTimes(sys.block, atim, mtim, fstflags) || dir.setTimesAt(at, length, flags, fstflags)
}

/**
 * Creates a directory, as [mkdirat(2)](https://man7.org/linux/man-pages/man2/mkdirat.2.html) does.
 * Errors: EXIST; NOENT for a missing parent; NOSPC; ACCES; ROFS.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#path_create_directory
 */
export const path_create_directory: Hostcalls['path_create_directory'] = (
  { fds, memory },
  fd,
  at,
  length,
) => {
  const dir = fds.get(fd, Rights.PATH_CREATE_DIRECTORY)
  if (typeof dir === 'number') return dir
  const fault = memory.pathFault(at, length)
  if (fault !== 0) return fault
  return dir.mkdir(at, length)
}

/**
 * Removes an empty directory, as
 * [unlinkat(2)](https://man7.org/linux/man-pages/man2/unlinkat.2.html) with AT_REMOVEDIR does.
 * Errors: NOENT; NOTDIR; NOTEMPTY; INVAL for a final `.`; ACCES; ROFS.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#path_remove_directory
 */
export const path_remove_directory: Hostcalls['path_remove_directory'] = (
  { fds, memory },
  fd,
  at,
  length,
) => {
  const dir = fds.get(fd, Rights.PATH_REMOVE_DIRECTORY)
  if (typeof dir === 'number') return dir
  const fault = memory.pathFault(at, length)
  if (fault !== 0) return fault
  return dir.rmdir(at, length)
}

/**
 * Removes a name of a file or a symlink, as
 * [unlinkat(2)](https://man7.org/linux/man-pages/man2/unlinkat.2.html) does.
 * Errors: NOENT; ISDIR for a directory; NOTDIR for a file with a trailing slash; ACCES; ROFS.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#path_unlink_file
 */
export const path_unlink_file: Hostcalls['path_unlink_file'] = (
  { fds, memory },
  fd,
  at,
  length,
) => {
  const dir = fds.get(fd, Rights.PATH_UNLINK_FILE)
  if (typeof dir === 'number') return dir
  const fault = memory.pathFault(at, length)
  if (fault !== 0) return fault
  return dir.unlink(at, length)
}

/**
 * Writes the target of a symlink to guest memory, as
 * [readlinkat(2)](https://man7.org/linux/man-pages/man2/readlinkat.2.html) does: without a NUL, and
 * cut at `buf_len` bytes. It returns the number of bytes.
 * Errors: INVAL for anything except a symlink; NOENT; ACCES.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#path_readlink
 */
export const path_readlink: Hostcalls['path_readlink'] = (
  { fds, memory },
  fd,
  at,
  length,
  into,
  room,
) => {
  const dir = fds.get(fd, Rights.PATH_READLINK)
  if (typeof dir === 'number') return dir
  const fault = memory.pathFault(at, length)
  if (fault !== 0) return fault
  const outside = memory.fault(into, room)
  if (outside !== 0) return outside
  return dir.readlink(at, length, into, room)
}

/**
 * Creates a symlink with any relative target, as
 * [symlinkat(2)](https://man7.org/linux/man-pages/man2/symlinkat.2.html) does. The target is not
 * resolved: following the link is confined like any path.
 * Errors: EXIST; NOTCAPABLE for an absolute target; NOENT for an empty one; NOSPC; ACCES; ROFS.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#path_symlink
 */
export const path_symlink: Hostcalls['path_symlink'] = (
  { fds, memory },
  target,
  targetLength,
  fd,
  at,
  length,
) => {
  const dir = fds.get(fd, Rights.PATH_SYMLINK)
  if (typeof dir === 'number') return dir
  const targetFault = memory.pathFault(target, targetLength)
  if (targetFault !== 0) return targetFault
  const fault = memory.pathFault(at, length)
  if (fault !== 0) return fault
  return dir.symlink(target, targetLength, at, length)
}

/**
 * Creates a hard link, as [linkat(2)](https://man7.org/linux/man-pages/man2/linkat.2.html) does.
 * Errors: EXIST; NOENT; PERM for a directory; XDEV between two mounts or backends; MLINK; ACCES;
 * ROFS.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#path_link
 */
export const path_link: Hostcalls['path_link'] = (
  { fds, memory },
  fd,
  flags,
  at,
  length,
  fd2,
  at2,
  length2,
) => {
  const dir = fds.get(fd, Rights.PATH_LINK_SOURCE)
  if (typeof dir === 'number') return dir
  const dir2 = fds.get(fd2, Rights.PATH_LINK_TARGET)
  if (typeof dir2 === 'number') return dir2
  const fault = memory.pathFault(at, length)
  if (fault !== 0) return fault
  const fault2 = memory.pathFault(at2, length2)
  if (fault2 !== 0) return fault2
  if (dir.readOnly || dir2.readOnly)
    return linking(memory, [dir, at, length], flags, [dir2, at2, length2])
  return dir.link(at, length, flags, dir2, at2, length2)
}

/**
 * Renames a file or a directory, and replaces an existing one, as
 * [renameat(2)](https://man7.org/linux/man-pages/man2/renameat.2.html) does.
 * Errors: NOENT; ISDIR; NOTDIR; NOTEMPTY; INVAL for moving a directory into itself; BUSY for a
 * final `.` or `..`; XDEV between two mounts or backends; ACCES; ROFS.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#path_rename
 */
export const path_rename: Hostcalls['path_rename'] = (
  { fds, memory },
  fd,
  at,
  length,
  fd2,
  at2,
  length2,
) => {
  const dir = fds.get(fd, Rights.PATH_RENAME_SOURCE)
  if (typeof dir === 'number') return dir
  const dir2 = fds.get(fd2, Rights.PATH_RENAME_TARGET)
  if (typeof dir2 === 'number') return dir2
  const fault = memory.pathFault(at, length)
  if (fault !== 0) return fault
  const fault2 = memory.pathFault(at2, length2)
  if (fault2 !== 0) return fault2
  if (dir.readOnly || dir2.readOnly)
    return renaming(memory, [dir, at, length], [dir2, at2, length2])
  return dir.rename(at, length, dir2, at2, length2)
}
