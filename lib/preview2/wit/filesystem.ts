/** `wasi:filesystem`: files and directories, by descriptors that the guest was given. */
import { datetime } from './clocks.js'
import {
  bool,
  borrow,
  bytes,
  enumeration,
  flags,
  func,
  list,
  option,
  own,
  param as p,
  record,
  result,
  size,
  string,
  tuple,
  u64,
  variant,
} from './types.js'

/** The errors, in the order of WIT. */
// biome-ignore format: a list to be counted, not read
export const errorCodes = [
  'access', 'would-block', 'already', 'bad-descriptor', 'busy', 'deadlock', 'quota', 'exist', 'file-too-large',
  'illegal-byte-sequence', 'in-progress', 'interrupted', 'invalid', 'io', 'is-directory', 'loop', 'too-many-links',
  'message-size', 'name-too-long', 'no-device', 'no-entry', 'no-lock', 'insufficient-memory', 'insufficient-space',
  'not-directory', 'not-empty', 'not-recoverable', 'unsupported', 'no-tty', 'no-such-device', 'overflow', 'not-permitted',
  'pipe', 'read-only', 'invalid-seek', 'text-file-busy', 'cross-device',
] as const
export type ErrorCode = (typeof errorCodes)[number]
export const errorCode = enumeration('error-code', errorCodes)

export const descriptorType = enumeration('descriptor-type', [
  'unknown',
  'block-device',
  'character-device',
  'directory',
  'fifo',
  'symbolic-link',
  'regular-file',
  'socket',
])
export const descriptorFlags = flags('descriptor-flags', [
  'read',
  'write',
  'file-integrity-sync',
  'data-integrity-sync',
  'requested-write-sync',
  'mutate-directory',
])
export const pathFlags = flags('path-flags', ['symlink-follow'])
/** Numbered as `oflags` of preview 1. */
export const openFlags = flags('open-flags', ['create', 'directory', 'exclusive', 'truncate'])
export const advice = enumeration('advice', [
  'normal',
  'sequential',
  'random',
  'will-need',
  'dont-need',
  'no-reuse',
])
export const newTimestamp = variant('new-timestamp', {
  'no-change': undefined,
  now: undefined,
  timestamp: datetime,
})
export const descriptorStat = record('descriptor-stat', {
  type: descriptorType,
  'link-count': size,
  size,
  'data-access-timestamp': option(datetime),
  'data-modification-timestamp': option(datetime),
  'status-change-timestamp': option(datetime),
})
export const directoryEntry = record('directory-entry', { type: descriptorType, name: string })
export const metadataHashValue = record('metadata-hash-value', { lower: u64, upper: u64 })

const self = p('self', borrow('descriptor'))
const path = p('path', string)
const follow = p('path-flags', pathFlags)
const times = [
  p('data-access-timestamp', newTimestamp),
  p('data-modification-timestamp', newTimestamp),
] as const
const done = result(undefined, errorCode)
const stat = result(descriptorStat, errorCode)
const hash = result(metadataHashValue, errorCode)

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/filesystem/wit/types.wit */
// biome-ignore format: a row a line, as in a table
export const types = {
  '[method]descriptor.read-via-stream': func('Make a stream that reads from an offset on.', [self, p('offset', size)], result(own('input-stream'), errorCode)),
  '[method]descriptor.write-via-stream': func('Make a stream that writes from an offset on.', [self, p('offset', size)], result(own('output-stream'), errorCode)),
  '[method]descriptor.append-via-stream': func('Make a stream that writes at the end of the file.', [self], result(own('output-stream'), errorCode)),
  '[method]descriptor.advise': func('Announce how part of a file will be used (posix_fadvise).', [self, p('offset', size), p('length', size), p('advice', advice)], done),
  '[method]descriptor.sync-data': func('Write the data of a file to the disk (fdatasync).', [self], done),
  '[method]descriptor.get-flags': func('Return the flags with which a descriptor was opened (fcntl F_GETFL).', [self], result(descriptorFlags, errorCode)),
  '[method]descriptor.get-type': func('Return the type of a file (fstat).', [self], result(descriptorType, errorCode)),
  '[method]descriptor.set-size': func('Cut a file, or fill it up with zeros (ftruncate).', [self, p('size', size)], done),
  '[method]descriptor.set-times': func('Set the times of an open file (futimens).', [self, ...times], done),
  '[method]descriptor.read': func('Read at an offset (pread).', [self, p('length', size), p('offset', size)], result(tuple(bytes, bool), errorCode)),
  '[method]descriptor.write': func('Write at an offset (pwrite).', [self, p('buffer', bytes), p('offset', size)], result(size, errorCode)),
  '[method]descriptor.read-directory': func('Make a stream of the entries of a directory (getdents).', [self], result(own('directory-entry-stream'), errorCode)),
  '[method]descriptor.sync': func('Write the data and attributes of a file to the disk (fsync).', [self], done),
  '[method]descriptor.create-directory-at': func('Create a directory (mkdirat).', [self, path], done),
  '[method]descriptor.stat': func('Return the attributes of an open file (fstat).', [self], stat),
  '[method]descriptor.stat-at': func('Return the attributes of a file or directory (fstatat).', [self, follow, path], stat),
  '[method]descriptor.set-times-at': func('Set the times of a file or directory (utimensat).', [self, follow, path, ...times], done),
  '[method]descriptor.link-at': func('Create a hard link (linkat).', [self, p('old-path-flags', pathFlags), p('old-path', string), p('new-descriptor', borrow('descriptor')), p('new-path', string)], done),
  '[method]descriptor.open-at': func('Open a file or directory (openat).', [self, follow, path, p('open-flags', openFlags), p('flags', descriptorFlags)], result(own('descriptor'), errorCode)),
  '[method]descriptor.readlink-at': func('Return the target of a symlink (readlinkat).', [self, path], result(string, errorCode)),
  '[method]descriptor.remove-directory-at': func('Remove an empty directory (unlinkat AT_REMOVEDIR).', [self, path], done),
  '[method]descriptor.rename-at': func('Rename a file or directory (renameat).', [self, p('old-path', string), p('new-descriptor', borrow('descriptor')), p('new-path', string)], done),
  '[method]descriptor.symlink-at': func('Create a symlink (symlinkat).', [self, p('old-path', string), p('new-path', string)], done),
  '[method]descriptor.unlink-file-at': func('Remove a file; a directory is refused (unlinkat).', [self, path], done),
  '[method]descriptor.is-same-object': func('Check if two descriptors are open on one file.', [self, p('other', borrow('descriptor'))], bool),
  '[method]descriptor.metadata-hash': func('Return a hash of the identity of a file (fstat).', [self], hash),
  '[method]descriptor.metadata-hash-at': func('Return a hash of the identity of a file (fstatat).', [self, follow, path], hash),
  '[method]directory-entry-stream.read-directory-entry': func('Return the next entry of a directory.', [p('self', borrow('directory-entry-stream'))], result(option(directoryEntry), errorCode)),
  'filesystem-error-code': func('Return the error code of an error of a stream of a file.', [p('err', borrow('error'))], option(errorCode)),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/filesystem/wit/preopens.wit */
export const preopens = {
  'get-directories': func(
    'Return the preopens with their names.',
    [],
    list(tuple(own('descriptor'), string)),
  ),
} as const
