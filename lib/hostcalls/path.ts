/** Calls on a path below a directory. */
import { Errno } from '../abi/errno.js'
import { Access } from '../abi/layout.js'
import { Rights } from '../abi/rights.js'
import { Fdflags, Oflags } from '../abi/values.js'
import { SOCKETS } from '../fds/rights.js'
import { linking, renaming } from '../fds/rofs.js'
import { putTimes } from './times.js'
import type { Hostcalls } from './types.js'

/** The rights that a descriptor must have which syncs whatever is written through it. */
const syncing = (fdflags: number): Rights =>
  (fdflags & Fdflags.DSYNC ? Rights.FD_DATASYNC : 0) |
  (fdflags & (Fdflags.RSYNC | Fdflags.SYNC) ? Rights.FD_SYNC : 0)

/**
 * On Windows a directory that is asked for as one is opened to read, whatever the rights: Windows
 * has no such refusal, and [the official tests](https://github.com/WebAssembly/wasi-testsuite) want
 * SUCCESS there, and ISDIR elsewhere.
 */
const opensToRead = process.platform === 'win32' ? Oflags.DIRECTORY : 0

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
  const creating = (oflags & Oflags.CREAT) !== 0
  const cutting = (oflags & Oflags.TRUNC) !== 0
  const needed =
    Rights.PATH_OPEN |
    (creating ? Rights.PATH_CREATE_FILE : 0) |
    (cutting ? Rights.PATH_FILESTAT_SET_SIZE : 0)
  // Rights that fit nothing with a path fall away: programs that ask for all 64 bits shall not fail
  // for these.
  const passed = ((base | inheriting) & ~SOCKETS) | syncing(fdflags)
  const dir = fds.get(fd, needed, fds.inherited(passed))
  if (typeof dir === 'number') return dir
  memory.checkPath(at, length)
  if (creating && (oflags & Oflags.DIRECTORY) !== 0) return -Errno.INVAL
  const full = fds.reserve()
  if (full !== 0) return full
  const granted = fds.granted(dir, base, inheriting)
  const access = (oflags & opensToRead) !== 0 ? Access.READ : granted.access
  const opened = dir.open(
    at,
    length,
    dirflags,
    oflags,
    fdflags,
    access,
    granted.base,
    granted.inheriting,
  )
  return typeof opened === 'number' ? opened : fds.insert(opened)
}

export const path_filestat_get: Hostcalls['path_filestat_get'] = (
  { fds, memory },
  fd,
  flags,
  at,
  length,
) => {
  const dir = fds.get(fd, Rights.PATH_FILESTAT_GET)
  if (typeof dir === 'number') return dir
  memory.checkPath(at, length)
  return dir.filestatAt(at, length, flags)
}

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
  memory.checkPath(at, length)
  return putTimes(sys.block, atim, mtim, fstflags) || dir.setTimesAt(at, length, flags, fstflags)
}

export const path_create_directory: Hostcalls['path_create_directory'] = (
  { fds, memory },
  fd,
  at,
  length,
) => {
  const dir = fds.get(fd, Rights.PATH_CREATE_DIRECTORY)
  if (typeof dir === 'number') return dir
  memory.checkPath(at, length)
  return dir.mkdir(at, length)
}

export const path_remove_directory: Hostcalls['path_remove_directory'] = (
  { fds, memory },
  fd,
  at,
  length,
) => {
  const dir = fds.get(fd, Rights.PATH_REMOVE_DIRECTORY)
  if (typeof dir === 'number') return dir
  memory.checkPath(at, length)
  return dir.rmdir(at, length)
}

export const path_unlink_file: Hostcalls['path_unlink_file'] = (
  { fds, memory },
  fd,
  at,
  length,
) => {
  const dir = fds.get(fd, Rights.PATH_UNLINK_FILE)
  if (typeof dir === 'number') return dir
  memory.checkPath(at, length)
  return dir.unlink(at, length)
}

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
  memory.checkPath(at, length)
  memory.check(into, room)
  return dir.readlink(at, length, into, room)
}

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
  memory.checkPath(target, targetLength)
  memory.checkPath(at, length)
  return dir.symlink(target, targetLength, at, length)
}

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
  memory.checkPath(at, length)
  memory.checkPath(at2, length2)
  if (dir.readOnly || dir2.readOnly)
    return linking(memory, [dir, at, length], flags, [dir2, at2, length2])
  return dir.link(at, length, flags, dir2, at2, length2)
}

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
  memory.checkPath(at, length)
  memory.checkPath(at2, length2)
  if (dir.readOnly || dir2.readOnly)
    return renaming(memory, [dir, at, length], [dir2, at2, length2])
  return dir.rename(at, length, dir2, at2, length2)
}
