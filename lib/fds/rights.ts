/**
 * The rights that each kind of descriptor can hold, and the errno for a guest that needs others.
 */
import { Errno } from '../abi/errno.js'
import { Access } from '../abi/layout.js'
import { type RightName, Rights, rightNames } from '../abi/rights.js'
import { Filetype } from '../abi/values.js'

const of = (...names: RightName[]): Rights => names.reduce((sum, name) => sum | Rights[name], 0)

const OPEN_FILE = of(
  'FD_FDSTAT_SET_FLAGS',
  'FD_SYNC',
  'FD_ADVISE',
  'FD_FILESTAT_GET',
  'FD_FILESTAT_SET_TIMES',
  'POLL_FD_READWRITE',
)
const IO = of(
  'FD_READ',
  'FD_WRITE',
  'FD_DATASYNC',
  'FD_SEEK',
  'FD_TELL',
  'FD_ALLOCATE',
  'FD_FILESTAT_SET_SIZE',
)
/** Rights that only a socket can hold. */
export const SOCKETS = of('SOCK_ACCEPT', 'SOCK_SHUTDOWN')
const DIRECTORIES = rightNames.filter(name => name.startsWith('PATH_') || name === 'FD_READDIR')

const FILE = OPEN_FILE | IO
const DIRECTORY = OPEN_FILE | of(...DIRECTORIES) | Rights.FD_DATASYNC

const READS = of('FD_READ', 'FD_READDIR')
/** Rights that require a file open for writing. */
const WRITES = of('FD_DATASYNC', 'FD_WRITE', 'FD_ALLOCATE', 'FD_FILESTAT_SET_SIZE')

/**
 * The rights that are checked: `enforce`, all of preview 1; `access`, only FD_READ and FD_WRITE, so
 * that a program may seek in a file that it opened for reading, set its times, and open files in a
 * directory that it opened without rights.
 */
export type RightsMode = 'enforce' | 'access'
/** The rights that determine a file's open mode. */
export const ACCESS = of('FD_READ', 'FD_WRITE')

/**
 * Returns the access with which to open a file for the wanted rights, as Sys.open takes it.
 * Programs in Go ask for FD_ALLOCATE on every file, even on those they only read. With FD_READ,
 * only FD_WRITE therefore opens a file for writing.
 */
export function accessFor(base: Rights): number {
  const reads = (base & READS) !== 0
  const writes = (base & (reads ? Rights.FD_WRITE : WRITES)) !== 0
  return (reads ? Access.READ : 0) | (writes ? Access.WRITE : 0)
}

/**
 * The rights that a descriptor of each filetype can hold, and those that descriptors opened through
 * it can hold. Indexed by filetype as the specification numbers it.
 */
// biome-ignore format: a filetype a line
const fitting: readonly (readonly [base: Rights, inheriting: Rights])[] = [
  /* unknown          */ [FILE, 0],
  /* block_device     */ [FILE, 0],
  /* character_device */ [FILE, 0],
  /* directory        */ [DIRECTORY, DIRECTORY | FILE],
  /* regular_file     */ [FILE, 0],
  /* socket_dgram     */ [FILE | SOCKETS, FILE | SOCKETS],
  /* socket_stream    */ [FILE | SOCKETS, FILE | SOCKETS],
  /* symbolic_link    */ [0, 0],
]
export const baseOf = (filetype: number): Rights => fitting[filetype][0]
export const inheritingOf = (filetype: number): Rights => fitting[filetype][1]
/**
 * True for the filetypes of sockets. Pipes have one of them: preview 1 has no filetype for a pipe.
 */
export const isSocket = (filetype: number): boolean =>
  filetype === Filetype.SOCKET_DGRAM || filetype === Filetype.SOCKET_STREAM
/**
 * Returns the errno for more iovecs than one call takes, where a message would be truncated;
 * SUCCESS where the call may be partial.
 */
export const ofMessages = (filetype: number, tooMany: Errno): Errno =>
  filetype === Filetype.SOCKET_DGRAM ? tooMany : Errno.SUCCESS
/**
 * Rights of a standard stream before it has a direction. If it is a directory, the guest may access
 * nothing in it.
 */
export const STREAM: Rights = FILE | SOCKETS
/** Rights for the calls on a listening socket; polling it needs those of a readable one. */
export const LISTENER = of(
  'SOCK_ACCEPT',
  'FD_READ',
  'FD_FDSTAT_SET_FLAGS',
  'FD_FILESTAT_GET',
  'POLL_FD_READWRITE',
)
/** Rights for the calls on a connection that the guest accepted. */
export const CONNECTION = of(
  'FD_READ',
  'FD_WRITE',
  'SOCK_SHUTDOWN',
  'FD_FDSTAT_SET_FLAGS',
  'FD_FILESTAT_GET',
  'POLL_FD_READWRITE',
)
/**
 * Rights of a terminal, without those to seek: libc's isatty recognizes a terminal by their absence
 * and by its filetype.
 */
export const TERMINAL = FILE & ~of('FD_SEEK', 'FD_TELL', 'FD_ALLOCATE', 'FD_FILESTAT_SET_SIZE')
/** The rights by whose absence a terminal is recognized. */
export const SEEKING = of('FD_SEEK', 'FD_TELL')

/**
 * Rights that a descriptor cannot hold, and the errno for a call that needs them. The first
 * matching row decides.
 */
export type Refusals = readonly (readonly [Rights, Errno])[]

/** Refusals of both ends of a pipe, with Linux's errnos. */
export const pipeRefusals: Refusals = [[of('FD_SEEK', 'FD_TELL', 'FD_ADVISE'), Errno.SPIPE]]
/** Refusals of stdin: the file belongs to the host, and is not open for writing. */
export const stdinRefusals: Refusals = [
  [of('FD_WRITE', 'FD_ALLOCATE'), Errno.BADF],
  [of('FD_FILESTAT_SET_SIZE'), Errno.INVAL],
  [of('FD_FILESTAT_SET_TIMES'), Errno.PERM],
  [SOCKETS, Errno.NOTSOCK],
]
/**
 * Refusals of stdout and stderr: a pipe that is not open for reading, into a file that belongs to
 * the host.
 */
export const stdoutRefusals: Refusals = [
  [of('FD_READ'), Errno.BADF],
  [of('FD_ALLOCATE'), Errno.SPIPE],
  [of('FD_FILESTAT_SET_SIZE'), Errno.INVAL],
  [of('FD_FILESTAT_SET_TIMES'), Errno.PERM],
  [SOCKETS, Errno.NOTSOCK],
]

/** Refusals of rights that this kind of descriptor cannot hold. */
const unfit: Refusals = [
  [of(...DIRECTORIES), Errno.NOTDIR],
  [SOCKETS, Errno.NOTSOCK],
]
export function unfitErrno(missing: Rights, directory: boolean): Errno {
  for (const [rights, errno] of unfit) if ((missing & rights) !== 0) return errno
  return directory ? Errno.ISDIR : Errno.SPIPE
}
