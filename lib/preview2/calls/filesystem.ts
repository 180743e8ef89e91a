/**
 * `wasi:filesystem`: files and directories by descriptors.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/filesystem/wit/types.wit
 */
import { Errno } from '../../abi/errno.js'
import { filestatIdentity } from '../../abi/layout.js'
import { Filetype } from '../../abi/values.js'
import type { Descriptor } from '../../fds/descriptor.js'
import { type Answer, maxTransfer } from '../../sys/sys.js'
import { descriptorTypes } from '../canonical.js'
import type { Component } from '../component.js'
import { identityHash } from '../identity.js'
import { DescriptorResource } from '../resources/descriptor.js'
import { EntriesResource, type ReadBlock } from '../resources/entries.js'
import { InputStreamResource } from '../resources/input-stream.js'
import { Flag, type OpenFile } from '../resources/open-file.js'
import { Offset, OutputStreamResource } from '../resources/output-stream.js'
import { transfer } from '../scratch.js'
import { directory, paths } from './paths.js'
import { putTimes } from './times.js'
import type { Calls } from './types.js'

type Types = Calls['wasi:filesystem/types']

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

const setTimes: Types['[method]descriptor.set-times'] = (component, { file }, ...times) => {
  const fstflags = putTimes(component, ...times)
  if (fstflags < 0) return fstflags
  const fd = file.identified
  return typeof fd === 'number' ? fd : fd.setTimes(fstflags)
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
  spans[1] = Math.min(length, maxTransfer)
  return file.pwritev(length === 0 ? 0 : 1, offset)
}

const readDirectory: Types['[method]descriptor.read-directory'] = (component, self) => {
  const dir = directory(component, self)
  if (typeof dir === 'number') return dir
  return component.reserve() || new EntriesResource(self.file, component.files)
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
) => entries.advance(blockReader(component))

const stat: Types['[method]descriptor.stat'] = (_, { file }) => file.fd.filestat()

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
/** Returns the code of an error; none for one that only a network has. */
const filesystemErrorCode: Types['filesystem-error-code'] = (_, { network, code }) =>
  network === undefined ? code : undefined

export const types: Types = {
  ...paths,
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
  '[method]descriptor.stat': stat,
  '[method]descriptor.is-same-object': isSameObject,
  '[method]descriptor.metadata-hash': metadataHash,
  '[method]directory-entry-stream.read-directory-entry': readDirectoryEntry,
  'filesystem-error-code': filesystemErrorCode,
}

export const preopens: Calls['wasi:filesystem/preopens'] = {
  'get-directories': ({ given }) =>
    given.preopens.map(([file, name]) => [new DescriptorResource(file), name]),
}
