/**
 * `wasi:filesystem`: calls on paths below a directory.
 *
 * Errors of each: `not-directory` for a descriptor that is not a directory; `not-permitted` for a
 * path that escapes the directory: an absolute one, or one with too many `..`. `no-entry` for an
 * empty path; `invalid` for a NUL in it; `illegal-byte-sequence` for bytes that are not UTF-8;
 * `name-too-long`; `loop` for too many symlinks. Linux's manual documents the errors that a host
 * adds.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/filesystem/wit/types.wit
 */
import { Errno } from '../../abi/errno.js'
import { Access } from '../../abi/layout.js'
import { Rights } from '../../abi/rights.js'
import { Fdflags, Filetype, Oflags } from '../../abi/values.js'
import type { Descriptor } from '../../fds/descriptor.js'
import { linking, renaming } from '../../fds/rofs.js'
import type { Answer } from '../../sys/sys.js'
import type { Component } from '../component.js'
import { identityHash } from '../identity.js'
import { DescriptorResource } from '../resources/descriptor.js'
import { Flag, OpenFile } from '../resources/open-file.js'
import { transfer } from '../scratch.js'
import { isText } from '../text.js'
import { putTimes } from './times.js'
import type { Calls } from './types.js'

type Types = Calls['wasi:filesystem/types']

/** Returns the directory of a descriptor for a path, or the error. */
export function directory(
  component: Component,
  { file }: DescriptorResource,
  at = 0,
  length = 0,
): Descriptor | Answer {
  const dir = file.identified
  if (typeof dir === 'number') return dir
  if (dir.filetype !== Filetype.DIRECTORY) return -Errno.NOTDIR
  return checkPath(component, at, length) || dir
}
/** Checks the length and the encoding of a path. Returns 0, or the error. */
function checkPath({ context: { limits, memory } }: Component, at: number, length: number): Answer {
  if (length > limits.pathBytes) return -Errno.NAMETOOLONG
  return isText(memory.bytes, at, at + length) ? 0 : -Errno.ILSEQ
}

const statAt: Types['[method]descriptor.stat-at'] = (component, self, follow, at, length) => {
  const dir = directory(component, self, at, length)
  return typeof dir === 'number' ? dir : dir.filestatAt(at, length, follow)
}

const setTimesAt: Types['[method]descriptor.set-times-at'] = (
  component,
  self,
  follow,
  at,
  length,
  ...times
) => {
  const dir = directory(component, self, at, length)
  if (typeof dir === 'number') return dir
  const fstflags = putTimes(component, ...times)
  return fstflags < 0 ? fstflags : dir.setTimesAt(at, length, follow, fstflags)
}

const createDirectoryAt: Types['[method]descriptor.create-directory-at'] = (
  component,
  self,
  at,
  length,
) => {
  const dir = directory(component, self, at, length)
  return typeof dir === 'number' ? dir : dir.mkdir(at, length)
}
const removeDirectoryAt: Types['[method]descriptor.remove-directory-at'] = (
  component,
  self,
  at,
  length,
) => {
  const dir = directory(component, self, at, length)
  return typeof dir === 'number' ? dir : dir.rmdir(at, length)
}
const unlinkFileAt: Types['[method]descriptor.unlink-file-at'] = (component, self, at, length) => {
  const dir = directory(component, self, at, length)
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
  const dir = directory(component, self, at, length)
  if (typeof dir === 'number') return dir
  return checkPath(component, target, targetLength) || dir.symlink(target, targetLength, at, length)
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
  const dir = directory(component, self, at, length)
  if (typeof dir === 'number') return dir
  const dir2 = directory(component, other, at2, length2)
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
  const dir = directory(component, self, at, length)
  if (typeof dir === 'number') return dir
  const dir2 = directory(component, other, at2, length2)
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
  const dir = directory(component, self, at, length)
  if (typeof dir === 'number') return dir
  const path = component.put(component.context.memory.bytes.subarray(at, at + length))
  const { scratch } = component
  scratch.mark = path
  component.enterScratch()
  const answer = dir.readlink(path, length, 0, transfer)
  if (answer > 0 && scratch.bytes[0] === SLASH) return -Errno.PERM
  return answer < 0 || isText(scratch.bytes, 0, answer) ? answer : -Errno.ILSEQ
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
  const dir = directory(component, self, at, length)
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

const metadataHashAt: Types['[method]descriptor.metadata-hash-at'] = (
  component,
  self,
  follow,
  at,
  length,
) => {
  const dir = directory(component, self, at, length)
  if (typeof dir === 'number') return dir
  return dir.filestatAt(at, length, follow) || identityHash(component)
}

export const paths = {
  '[method]descriptor.create-directory-at': createDirectoryAt,
  '[method]descriptor.stat-at': statAt,
  '[method]descriptor.set-times-at': setTimesAt,
  '[method]descriptor.link-at': linkAt,
  '[method]descriptor.open-at': openAt,
  '[method]descriptor.readlink-at': readlinkAt,
  '[method]descriptor.remove-directory-at': removeDirectoryAt,
  '[method]descriptor.rename-at': renameAt,
  '[method]descriptor.symlink-at': symlinkAt,
  '[method]descriptor.unlink-file-at': unlinkFileAt,
  '[method]descriptor.metadata-hash-at': metadataHashAt,
} satisfies Partial<Types>
