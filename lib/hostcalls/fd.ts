/** Calls on an open descriptor. */
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

export const fd_advise: Hostcalls['fd_advise'] = ({ fds }, fd, offset, length, advice) => {
  const file = fds.get(fd, Rights.FD_ADVISE)
  return typeof file === 'number' ? file : file.advise(offset, length, advice)
}

export const fd_allocate: Hostcalls['fd_allocate'] = ({ fds }, fd, offset, length) => {
  const file = fds.get(fd, Rights.FD_ALLOCATE)
  if (typeof file === 'number') return file
  return length === 0 ? -Errno.INVAL : file.allocate(offset, length)
}

/** Whatever the host says, the number is free afterwards, as on Linux. */
export const fd_close: Hostcalls['fd_close'] = ({ fds }, fd) => {
  const file = fds.remove(fd)
  return typeof file === 'number' ? file : file.close()
}

export const fd_datasync: Hostcalls['fd_datasync'] = ({ fds }, fd) => {
  const file = fds.get(fd, Rights.FD_DATASYNC)
  return typeof file === 'number' ? file : file.datasync()
}
export const fd_sync: Hostcalls['fd_sync'] = ({ fds }, fd) => {
  const file = fds.get(fd, Rights.FD_SYNC)
  return typeof file === 'number' ? file : file.sync()
}

export const fd_fdstat_get: Hostcalls['fd_fdstat_get'] = ({ fds, sys }, fd) => {
  const file = fds.identified(fd)
  if (typeof file === 'number') return file
  writeFdstat(sys.block.record, file.filetype, file.fdflags, file.base, file.inheriting)
  return 0
}

export const fd_fdstat_set_flags: Hostcalls['fd_fdstat_set_flags'] = ({ fds }, fd, flags) => {
  const file = fds.get(fd, Rights.FD_FDSTAT_SET_FLAGS)
  if (typeof file === 'number') return file
  // On Linux they stay in force, too, whatever is asked. To ask for more is refused, since a
  // database would believe that it has them.
  const syncing = file.fdflags & syncFlags
  if ((flags & syncFlags & ~syncing) !== 0) return -Errno.NOTSUP
  const wanted = flags | syncing
  if (wanted === file.fdflags) return 0
  const answer = file.setFlags(wanted)
  if (answer === 0) fds.keepFlags(fd, file, wanted)
  return answer
}

/** Rights can only be given up: what the descriptor does not hold is NOTCAPABLE. */
export const fd_fdstat_set_rights: Hostcalls['fd_fdstat_set_rights'] = (
  { fds },
  fd,
  base,
  inheriting,
) => fds.narrow(fd, base, inheriting)

export const fd_filestat_get: Hostcalls['fd_filestat_get'] = ({ fds }, fd) => {
  const file = fds.get(fd, Rights.FD_FILESTAT_GET)
  return typeof file === 'number' ? file : file.filestat()
}
export const fd_filestat_set_size: Hostcalls['fd_filestat_set_size'] = ({ fds }, fd, size) => {
  const file = fds.get(fd, Rights.FD_FILESTAT_SET_SIZE)
  return typeof file === 'number' ? file : file.setSize(size)
}

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

export const fd_read: Hostcalls['fd_read'] = ({ fds, memory }, fd, iovs, count) => {
  const file = fds.get(fd, Rights.FD_READ)
  if (typeof file === 'number') return file
  return file.readv(memory.spans(iovs, count, ofMessages(file.filetype, Errno.INVAL)))
}
export const fd_write: Hostcalls['fd_write'] = ({ fds, memory }, fd, iovs, count) => {
  const file = fds.get(fd, Rights.FD_WRITE)
  if (typeof file === 'number') return file
  return file.writev(memory.spans(iovs, count, ofMessages(file.filetype, Errno.INVAL)))
}
export const fd_pread: Hostcalls['fd_pread'] = ({ fds, memory, sys }, fd, iovs, count, offset) => {
  const file = fds.get(fd, Rights.FD_READ | Rights.FD_SEEK)
  if (typeof file === 'number') return file
  const spans = memory.spans(iovs, count)
  if (offset >= 0) return file.preadv(spans, offset)
  return crosses(sys, file, spans, offset) ? -Errno.INVAL : file.preadv(spans, maxSize + 1)
}
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
  if (offset >= 0) return file.pwritev(spans, offset)
  return crosses(sys, file, spans, offset) ? -Errno.INVAL : file.pwritev(spans, maxSize + 1)
}
/**
 * A transfer of a file ends by 2^63 - 1, wherever the file does, and also if its bytes are
 * appended: rw_verify_area() of Linux.
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

export const fd_prestat_get: Hostcalls['fd_prestat_get'] = ({ fds, sys }, fd) => {
  const dir = fds.identified(fd)
  if (typeof dir === 'number') return dir
  const { preopen } = dir
  if (preopen === undefined) return -Errno.BADF
  writePrestat(sys.block.record, preopen.length)
  return 0
}

/** The name is not ended by NUL; a buffer too small for it is NAMETOOLONG. */
export const fd_prestat_dir_name: Hostcalls['fd_prestat_dir_name'] = (
  { fds, memory },
  fd,
  at,
  length,
) => {
  const dir = fds.identified(fd)
  if (typeof dir === 'number') return dir
  memory.check(at, length)
  const { preopen } = dir
  if (preopen === undefined) return -Errno.BADF
  if (length < preopen.length) return -Errno.NAMETOOLONG
  memory.write(at, preopen)
  return 0
}

export const fd_readdir: Hostcalls['fd_readdir'] = ({ fds, memory }, fd, at, length, cookie) => {
  const dir = fds.get(fd, Rights.FD_READDIR)
  if (typeof dir === 'number') return dir
  memory.check(at, length)
  return dir.readdir(BigInt.asUintN(64, cookie), at, length)
}

/**
 * Both numbers must be in use, so that a guest cannot take a number that it might be given later
 * (BADF).
 */
export const fd_renumber: Hostcalls['fd_renumber'] = ({ fds }, fd, to) => {
  const replaced = fds.renumber(fd, to)
  return typeof replaced === 'number' ? replaced : replaced.close()
}

/** Finding out the offset needs less than moving it. */
export const fd_seek: Hostcalls['fd_seek'] = ({ fds }, fd, offset, whence) => {
  const file =
    offset === 0 && whence === Whence.CUR ? fds.getAny(fd, SEEKING) : fds.get(fd, Rights.FD_SEEK)
  return typeof file === 'number' ? file : file.seek(offset, whence)
}
export const fd_tell: Hostcalls['fd_tell'] = ({ fds }, fd) => {
  const file = fds.getAny(fd, SEEKING)
  return typeof file === 'number' ? file : file.seek(0, Whence.CUR)
}
