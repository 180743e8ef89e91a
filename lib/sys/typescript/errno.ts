/** The errors of node:fs that a guest may see, and their numbers; all others are unexpected. */
import { Errno } from '../../abi/errno.js'
import { WASIError } from '../../errors.js'
import { type Answer, UNEXPECTED } from '../sys.js'

const expected: ReadonlyMap<string | undefined, Errno> = new Map(
  Object.entries({
    EACCES: Errno.ACCES,
    EAGAIN: Errno.AGAIN,
    EBADF: Errno.BADF,
    EBUSY: Errno.BUSY,
    ECONNABORTED: Errno.CONNABORTED,
    ECONNRESET: Errno.CONNRESET,
    EEXIST: Errno.EXIST,
    EFBIG: Errno.FBIG,
    EILSEQ: Errno.ILSEQ,
    EINVAL: Errno.INVAL,
    EISDIR: Errno.ISDIR,
    ELOOP: Errno.LOOP,
    EMFILE: Errno.MFILE,
    EMLINK: Errno.MLINK,
    ENAMETOOLONG: Errno.NAMETOOLONG,
    ENFILE: Errno.NFILE,
    ENODEV: Errno.NODEV,
    ENOENT: Errno.NOENT,
    ENOMEM: Errno.NOMEM,
    ENOSPC: Errno.NOSPC,
    ENOTCONN: Errno.NOTCONN,
    ENOTDIR: Errno.NOTDIR,
    ENOTEMPTY: Errno.NOTEMPTY,
    ENOTSOCK: Errno.NOTSOCK,
    ENOTSUP: Errno.NOTSUP,
    ENXIO: Errno.NXIO,
    EOVERFLOW: Errno.OVERFLOW,
    EPERM: Errno.PERM,
    EPIPE: Errno.PIPE,
    EROFS: Errno.ROFS,
    ESPIPE: Errno.SPIPE,
    ETIMEDOUT: Errno.TIMEDOUT,
    ETXTBSY: Errno.TXTBSY,
    EXDEV: Errno.XDEV,
    // libuv has no name for EDQUOT: these are the numbers of Linux and macOS.
    'Unknown system error -122': Errno.DQUOT,
    'Unknown system error -69': Errno.DQUOT,
    // Node's permission model (--permission) refuses as a host does.
    ERR_ACCESS_DENIED: Errno.ACCES,
  }),
)

export const codeOf = (error: unknown): string | undefined =>
  (error as NodeJS.ErrnoException | undefined)?.code

export function answerOf(error: unknown): Answer {
  if (error instanceof WASIError) return -error.errno
  const errno = expected.get(codeOf(error))
  return errno === undefined ? UNEXPECTED : -errno
}
