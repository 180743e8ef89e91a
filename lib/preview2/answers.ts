/** The error codes of `wasi:filesystem` and `wasi:io` for the answers of a host. */
import { Errno, type ErrnoName, errnoNames } from '../abi/errno.js'
import { WASIError } from '../errors.js'
import { type Answer, UNEXPECTED } from '../sys/sys.js'
import { type ErrorCode, errorCodes } from './wit/filesystem.js'

/** The answer of a stream that has ended, or whose other end is closed. */
export const CLOSED = -0x20000

/** The code for each errno; `io` for every other. */
const codes: Readonly<Partial<Record<ErrnoName, ErrorCode>>> = {
  ACCES: 'access',
  AGAIN: 'would-block',
  ALREADY: 'already',
  BADF: 'bad-descriptor',
  BUSY: 'busy',
  DEADLK: 'deadlock',
  DQUOT: 'quota',
  EXIST: 'exist',
  FBIG: 'file-too-large',
  ILSEQ: 'illegal-byte-sequence',
  INPROGRESS: 'in-progress',
  INTR: 'interrupted',
  INVAL: 'invalid',
  ISDIR: 'is-directory',
  LOOP: 'loop',
  MLINK: 'too-many-links',
  MSGSIZE: 'message-size',
  NAMETOOLONG: 'name-too-long',
  NODEV: 'no-device',
  NOENT: 'no-entry',
  NOLCK: 'no-lock',
  NOMEM: 'insufficient-memory',
  NOSPC: 'insufficient-space',
  NOTDIR: 'not-directory',
  NOTEMPTY: 'not-empty',
  NOTRECOVERABLE: 'not-recoverable',
  NOTSUP: 'unsupported',
  NOTTY: 'no-tty',
  NXIO: 'no-such-device',
  OVERFLOW: 'overflow',
  PERM: 'not-permitted',
  NOTCAPABLE: 'not-permitted',
  PIPE: 'pipe',
  ROFS: 'read-only',
  SPIPE: 'invalid-seek',
  TXTBSY: 'text-file-busy',
  XDEV: 'cross-device',
  NFILE: 'insufficient-memory',
  MFILE: 'insufficient-memory',
}
const io = errorCodes.indexOf('io')
const byErrno = errnoNames.map(name => {
  const code = codes[name]
  return code === undefined ? io : errorCodes.indexOf(code)
})

/** Returns the number of the error code for an answer below 0. */
export const codeOf = (answer: Answer): number =>
  answer === UNEXPECTED ? io : (byErrno[0 - answer] ?? io)

/** Returns true for an error after which a stream is closed: any but one that asks to try again. */
export const isLasting = (answer: Answer): boolean => answer !== -Errno.AGAIN
/** As `isLasting`, for an exception of an embedder's stream. */
export const isLastingError = (error: unknown): boolean =>
  !(error instanceof WASIError && error.errno === Errno.AGAIN)
