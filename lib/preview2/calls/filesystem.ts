/**
 * `wasi:filesystem`: files and directories by descriptors.
 *
 * Errors of each call on a path: `not-directory` for a descriptor that is not a directory;
 * `not-permitted` for a path that escapes the directory: an absolute one, or one with too many
 * `..`. `no-entry` for an empty path; `invalid` for a NUL in it; `illegal-byte-sequence` for bytes
 * that are not UTF-8; `name-too-long`; `loop` for too many symlinks. Linux's manual documents the
 * errors that a host adds.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/filesystem/wit/types.wit
 */
import { isUtf8 } from 'node:buffer'
import { Errno } from '../../abi/errno.js'
import { Access, filestatIdentity } from '../../abi/layout.js'
import { Rights } from '../../abi/rights.js'
import { Fdflags, Filetype, Fstflags, Oflags } from '../../abi/values.js'
import type { Descriptor } from '../../fds/descriptor.js'
import { linking, renaming } from '../../fds/rofs.js'
import type { Answer } from '../../sys/sys.js'
import { descriptorTypes } from '../canonical.js'
import type { Component } from '../component.js'
import { identityHash } from '../identity.js'
import { DescriptorResource } from '../resources/descriptor.js'
import { EntriesResource, type ReadBlock } from '../resources/entries.js'
import { InputStreamResource } from '../resources/input-stream.js'
import { Flag, OpenFile } from '../resources/open-file.js'
import { Offset, OutputStreamResource } from '../resources/output-stream.js'
import { transfer } from '../scratch.js'
import type { Calls } from './types.js'

type Types = Calls['wasi:filesystem/types']

/** Returns the directory of a descriptor for a path of this length, or the error. */
function directory(
  { context }: Component,
  { file }: DescriptorResource,
  length: number,
): Descriptor | Answer {
  const dir = file.identified
  if (typeof dir === 'number') return dir
  if (dir.filetype !== Filetype.DIRECTORY) return -Errno.NOTDIR
  return length > context.limits.pathBytes ? -Errno.NAMETOOLONG : dir
}

/** Returns false for a pipe, a socket or a terminal, which is read and written where it is. */
const hasOffsets = ({ filetype }: Descriptor): boolean =>
  filetype === Filetype.REGULAR_FILE || filetype === Filetype.BLOCK_DEVICE

const readViaStream: Types['[method]descriptor.read-via-stream'] = (_, { file }, offset) => {
  const fd = file.identified
  if (typeof fd === 'number') return fd
  if (fd.filetype === Filetype.DIRECTORY) return -Errno.ISDIR
  return file.readable() || new InputStreamResource(file, hasOffsets(fd) ? offset : Offset.NONE)
}

/** Makes a stream that writes to a file. */
function writing(file: OpenFile, offset: number): OutputStreamResource | Answer {
  const fd = file.identified
  if (typeof fd === 'number') return fd
  return file.writable() || new OutputStreamResource(file, hasOffsets(fd) ? offset : Offset.NONE)
}
const writeViaStream: Types['[method]descriptor.write-via-stream'] = (_, { file }, offset) =>
  writing(file, offset)
const appendViaStream: Types['[method]descriptor.append-via-stream'] = (_, { file }) =>
  writing(file, Offset.APPEND)

const advise: Types['[method]descriptor.advise'] = (_, { file }, offset, length, advice) => {
  const fd = file.identified
  return typeof fd === 'number' ? fd : fd.advise(offset, length, advice)
}
const syncData: Types['[method]descriptor.sync-data'] = (_, { file }) => {
  const fd = file.identified
  return typeof fd === 'number' ? fd : fd.datasync()
}
const sync: Types['[method]descriptor.sync'] = (_, { file }) => {
  const fd = file.identified
  return typeof fd === 'number' ? fd : fd.sync()
}
/** Only a directory has `mutate-directory`, which `open-at` keeps before it knows the type. */
const getFlags: Types['[method]descriptor.get-flags'] = (_, { file }) => {
  if ((file.flags & Flag.MUTATE) === 0) return file.flags
  const fd = file.identified
  if (typeof fd === 'number') return fd
  return fd.filetype === Filetype.DIRECTORY ? file.flags : file.flags & ~Flag.MUTATE
}
const getType: Types['[method]descriptor.get-type'] = (_, { file }) => {
  const fd = file.identified
  return typeof fd === 'number' ? fd : descriptorTypes[fd.filetype]
}
const setSize: Types['[method]descriptor.set-size'] = (_, { file }, size) => {
  const fd = file.identified
  if (typeof fd === 'number') return fd
  return (file.flags & Flag.WRITE) === 0 ? -Errno.INVAL : fd.setSize(size)
}

/** The cases of `new-timestamp`. */
const Time = Object.freeze({ NO_CHANGE: 0, NOW: 1, TIMESTAMP: 2 })
const billion = 1_000_000_000n
const end = 2n ** 64n

/** Stores both times in the block. Returns their fstflags, or INVAL for a time beyond 64 bits. */
function putTimes(
  { context: { sys } }: Component,
  ...[accessed, accessedSeconds, accessedRest, modified, modifiedSeconds, modifiedRest]: Times
): Answer {
  const { times } = sys.block
  let fstflags = 0
  const put = (tag: number, seconds: bigint, rest: number, i: number): Answer => {
    if (tag === Time.NOW) fstflags |= i === 0 ? Fstflags.ATIM_NOW : Fstflags.MTIM_NOW
    if (tag !== Time.TIMESTAMP) return 0
    const time = seconds * billion + BigInt(rest)
    if (rest >= 1e9 || time >= end) return -Errno.INVAL
    fstflags |= i === 0 ? Fstflags.ATIM : Fstflags.MTIM
    times[i] = time
    return 0
  }
  return (
    put(accessed, accessedSeconds, accessedRest, 0) ||
    put(modified, modifiedSeconds, modifiedRest, 1) ||
    fstflags
  )
}
type Times = [number, bigint, number, number, bigint, number]

const setTimes: Types['[method]descriptor.set-times'] = (component, { file }, ...times) => {
  const fstflags = putTimes(component, ...times)
  if (fstflags < 0) return fstflags
  const fd = file.identified
  return typeof fd === 'number' ? fd : fd.setTimes(fstflags)
}
const setTimesAt: Types['[method]descriptor.set-times-at'] = (
  component,
  self,
  follow,
  at,
  length,
  ...times
) => {
  const dir = directory(component, self, length)
  if (typeof dir === 'number') return dir
  const fstflags = putTimes(component, ...times)
  return fstflags < 0 ? fstflags : dir.setTimesAt(at, length, follow, fstflags)
}

/** Reads at most one transfer, into the scratch memory: the guest asks again for the rest. */
const read: Types['[method]descriptor.read'] = (component, { file }, length, offset) => {
  const { spans } = component.context.sys.block
  const fd = file.identified
  if (typeof fd === 'number') return fd
  if (fd.filetype === Filetype.DIRECTORY) return -Errno.ISDIR
  const refused = file.readable()
  if (refused !== 0) return refused
  component.enterScratch()
  spans[0] = 0
  spans[1] = Math.min(length, transfer)
  return fd.preadv(spans[1] === 0 ? 0 : 1, offset)
}
const write: Types['[method]descriptor.write'] = (component, { file }, at, length, offset) => {
  const { spans } = component.context.sys.block
  const refused = file.writable()
  if (refused !== 0) return refused
  spans[0] = at
  spans[1] = length
  return file.pwritev(length === 0 ? 0 : 1, offset)
}

const readDirectory: Types['[method]descriptor.read-directory'] = (component, self) => {
  const dir = directory(component, self, 0)
  return typeof dir === 'number' ? dir : new EntriesResource(self.file)
}
/** Reads entries into the scratch memory, and copies them. */
function blockReader(component: Component): ReadBlock {
  return (file, cookie, length) => {
    const dir = file.identified
    if (typeof dir === 'number') return dir
    component.enterScratch()
    const answer = dir.readdir(cookie, 0, length)
    return answer < 0 ? answer : component.scratch.bytes.slice(0, answer)
  }
}
/**
 * Returns 1 for an entry, which the stream then describes, and 0 at the end;
 * `illegal-byte-sequence` for a name that no string of WIT can have, behind which the next call
 * continues.
 */
const readDirectoryEntry: Types['[method]directory-entry-stream.read-directory-entry'] = (
  component,
  entries,
) => {
  const answer = entries.advance(blockReader(component))
  return answer === 1 && !entries.isNamedInUtf8() ? -Errno.ILSEQ : answer
}

const stat: Types['[method]descriptor.stat'] = (_, { file }) => file.fd.filestat()
const statAt: Types['[method]descriptor.stat-at'] = (component, self, follow, at, length) => {
  const dir = directory(component, self, length)
  return typeof dir === 'number' ? dir : dir.filestatAt(at, length, follow)
}

const createDirectoryAt: Types['[method]descriptor.create-directory-at'] = (
  component,
  self,
  at,
  length,
) => {
  const dir = directory(component, self, length)
  return typeof dir === 'number' ? dir : dir.mkdir(at, length)
}
const removeDirectoryAt: Types['[method]descriptor.remove-directory-at'] = (
  component,
  self,
  at,
  length,
) => {
  const dir = directory(component, self, length)
  return typeof dir === 'number' ? dir : dir.rmdir(at, length)
}
const unlinkFileAt: Types['[method]descriptor.unlink-file-at'] = (component, self, at, length) => {
  const dir = directory(component, self, length)
  return typeof dir === 'number' ? dir : dir.unlink(at, length)
}
const symlinkAt: Types['[method]descriptor.symlink-at'] = (
  component,
  self,
  target,
  targetLength,
  at,
  length,
) => {
  const dir = directory(component, self, Math.max(targetLength, length))
  return typeof dir === 'number' ? dir : dir.symlink(target, targetLength, at, length)
}
const linkAt: Types['[method]descriptor.link-at'] = (
  component,
  self,
  follow,
  at,
  length,
  other,
  at2,
  length2,
) => {
  const dir = directory(component, self, length)
  if (typeof dir === 'number') return dir
  const dir2 = directory(component, other, length2)
  if (typeof dir2 === 'number') return dir2
  return dir.readOnly || dir2.readOnly
    ? linking(component.context.memory, [dir, at, length], follow, [dir2, at2, length2])
    : dir.link(at, length, follow, dir2, at2, length2)
}
const renameAt: Types['[method]descriptor.rename-at'] = (
  component,
  self,
  at,
  length,
  other,
  at2,
  length2,
) => {
  const dir = directory(component, self, length)
  if (typeof dir === 'number') return dir
  const dir2 = directory(component, other, length2)
  if (typeof dir2 === 'number') return dir2
  return dir.readOnly || dir2.readOnly
    ? renaming(component.context.memory, [dir, at, length], [dir2, at2, length2])
    : dir.rename(at, length, dir2, at2, length2)
}

const SLASH = 0x2f
/**
 * Reads the target into the scratch memory; `not-permitted` for an absolute one,
 * `illegal-byte-sequence` for one that no string of WIT can have.
 */
const readlinkAt: Types['[method]descriptor.readlink-at'] = (component, self, at, length) => {
  const dir = directory(component, self, length)
  if (typeof dir === 'number') return dir
  const { context, scratch } = component
  const { mark } = scratch
  const path = scratch.put(context.memory.bytes.subarray(at, at + length))
  scratch.mark = mark
  component.enterScratch()
  const answer = dir.readlink(path, length, 0, transfer)
  if (answer > 0 && scratch.bytes[0] === SLASH) return -Errno.PERM
  return answer > 0 && !isUtf8(scratch.bytes.subarray(0, answer)) ? -Errno.ILSEQ : answer
}

const syncs = (flags: number): number =>
  ((flags & Flag.FILE_SYNC) !== 0 ? Fdflags.SYNC : 0) |
  ((flags & Flag.DATA_SYNC) !== 0 ? Fdflags.DSYNC : 0) |
  ((flags & Flag.REQUESTED_SYNC) !== 0 ? Fdflags.RSYNC : 0)

/**
 * Opens a file or a directory. What is opened through a directory that may be changed may be
 * changed, too: programs open a directory without `mutate-directory`, and create files in it.
 */
const openAt: Types['[method]descriptor.open-at'] = (
  component,
  self,
  follow,
  at,
  length,
  oflags,
  flags,
) => {
  const dir = directory(component, self, length)
  if (typeof dir === 'number') return dir
  if ((oflags & Oflags.CREAT) !== 0 && (oflags & Oflags.DIRECTORY) !== 0) return -Errno.INVAL
  const full = component.reserve()
  if (full !== 0) return full
  const mutable = self.file.flags & Flag.MUTATE
  if ((flags & Flag.MUTATE) !== 0 && mutable === 0) return -Errno.ROFS
  const writes = (flags & Flag.WRITE) !== 0
  // Cutting a file needs the access to write it, whatever else it is opened for.
  const access =
    (flags & Flag.READ || !writes ? Access.READ : 0) |
    (writes || (oflags & Oflags.TRUNC) !== 0 ? Access.WRITE : 0)
  const opened = dir.open(at, length, follow, oflags, syncs(flags), access, Rights.ALL, Rights.ALL)
  if (typeof opened === 'number') return opened
  const kept =
    flags & (Flag.READ | Flag.WRITE | Flag.FILE_SYNC | Flag.DATA_SYNC | Flag.REQUESTED_SYNC)
  return new DescriptorResource(new OpenFile(opened, kept | mutable, component.files))
}

const isSameObject: Types['[method]descriptor.is-same-object'] = (
  { context },
  { file },
  { file: other },
) => {
  if (file === other) return 1
  const { record } = context.sys.block
  if (file.fd.filestat() !== 0) return 0
  const identity = filestatIdentity(record)
  if (other.fd.filestat() !== 0) return 0
  return filestatIdentity(record).every((word, i) => word === identity[i]) ? 1 : 0
}
const metadataHash: Types['[method]descriptor.metadata-hash'] = (component, { file }) =>
  file.fd.filestat() || identityHash(component)
const metadataHashAt: Types['[method]descriptor.metadata-hash-at'] = (
  component,
  self,
  follow,
  at,
  length,
) => {
  const dir = directory(component, self, length)
  if (typeof dir === 'number') return dir
  return dir.filestatAt(at, length, follow) || identityHash(component)
}

/** Returns the code of an error; none for one that only a network has. */
const filesystemErrorCode: Types['filesystem-error-code'] = (_, { network, code }) =>
  network === undefined ? code : undefined

export const types: Types = {
  '[method]descriptor.read-via-stream': readViaStream,
  '[method]descriptor.write-via-stream': writeViaStream,
  '[method]descriptor.append-via-stream': appendViaStream,
  '[method]descriptor.advise': advise,
  '[method]descriptor.sync-data': syncData,
  '[method]descriptor.get-flags': getFlags,
  '[method]descriptor.get-type': getType,
  '[method]descriptor.set-size': setSize,
  '[method]descriptor.set-times': setTimes,
  '[method]descriptor.read': read,
  '[method]descriptor.write': write,
  '[method]descriptor.read-directory': readDirectory,
  '[method]descriptor.sync': sync,
  '[method]descriptor.create-directory-at': createDirectoryAt,
  '[method]descriptor.stat': stat,
  '[method]descriptor.stat-at': statAt,
  '[method]descriptor.set-times-at': setTimesAt,
  '[method]descriptor.link-at': linkAt,
  '[method]descriptor.open-at': openAt,
  '[method]descriptor.readlink-at': readlinkAt,
  '[method]descriptor.remove-directory-at': removeDirectoryAt,
  '[method]descriptor.rename-at': renameAt,
  '[method]descriptor.symlink-at': symlinkAt,
  '[method]descriptor.unlink-file-at': unlinkFileAt,
  '[method]descriptor.is-same-object': isSameObject,
  '[method]descriptor.metadata-hash': metadataHash,
  '[method]descriptor.metadata-hash-at': metadataHashAt,
  '[method]directory-entry-stream.read-directory-entry': readDirectoryEntry,
  'filesystem-error-code': filesystemErrorCode,
}

export const preopens: Calls['wasi:filesystem/preopens'] = {
  'get-directories': ({ given }) =>
    given.preopens.map(([file, name]) => [new DescriptorResource(file), name]),
}
