/** Directories of the host: opening an entry makes a descriptor of its kind. */
import { Errno } from '../abi/errno.js'
import type { Rights } from '../abi/rights.js'
import { Filetype } from '../abi/values.js'
import { NOT_ASKED } from '../sys/block.js'
import type { Answer, Handle, Sys } from '../sys/sys.js'
import type { Descriptor, Traits } from './descriptor.js'
import { HostFile, openedTraits } from './file.js'
import { LazyFile, type Make } from './lazy.js'
import { RegularFile } from './regular.js'

/**
 * Returns the descriptor for a handle that may be shared: with the parent of the host process, or
 * with other threads of the guest.
 */
export function hostDescriptor(
  sys: Sys,
  handle: Handle,
  traits: Traits = openedTraits(sys),
): HostFile {
  return traits.filetype === Filetype.DIRECTORY
    ? new HostDirectory(sys, handle, traits)
    : new HostFile(sys, handle, traits)
}

/** Returns the descriptor for a handle that the guest has opened, and that is not shared. */
const ownDescriptor: Make = (sys, handle, traits, offset) =>
  traits.filetype === Filetype.REGULAR_FILE
    ? new RegularFile(sys, handle, traits, offset)
    : hostDescriptor(sys, handle, traits)

/** A directory of the host: paths are relative to descriptors of this kind only. */
// biome-ignore format: a call a line
export class HostDirectory extends HostFile {
  override readdir(cookie: bigint, at: number, length: number) { return this.sys.readdir(this.handle, cookie, at, length) }
  override open(at: number, length: number, follow: number, oflags: number, fdflags: number, access: number, base: Rights, inheriting: Rights) {
    const handle = this.sys.open(this.handle, at, length, follow, oflags, fdflags, access)
    if (handle < 0) return handle
    if (this.sys.block.opened[0] === NOT_ASKED) return new LazyFile(this.sys, handle, ownDescriptor, base, inheriting)
    return ownDescriptor(this.sys, handle, openedTraits(this.sys, base, inheriting), 0)
  }
  override filestatAt(at: number, length: number, follow: number) { return this.sys.filestatAt(this.handle, at, length, follow) }
  override setTimesAt(at: number, length: number, follow: number, fstflags: number) { return this.sys.setTimesAt(this.handle, at, length, follow, fstflags) }
  override mkdir(at: number, length: number) { return this.sys.mkdir(this.handle, at, length) }
  override rmdir(at: number, length: number) { return this.sys.rmdir(this.handle, at, length) }
  override unlink(at: number, length: number) { return this.sys.unlink(this.handle, at, length) }
  override readlink(at: number, length: number, into: number, room: number) { return this.sys.readlink(this.handle, at, length, into, room) }
  override symlink(target: number, targetLength: number, at: number, length: number) { return this.sys.symlink(target, targetLength, this.handle, at, length) }
  override link(at: number, length: number, follow: number, dir2: Descriptor, at2: number, length2: number): Answer {
    return dir2 instanceof HostDirectory && dir2.sys === this.sys ? this.sys.link(this.handle, at, length, follow, dir2.handle, at2, length2) : -Errno.XDEV
  }
  override rename(at: number, length: number, dir2: Descriptor, at2: number, length2: number): Answer {
    return dir2 instanceof HostDirectory && dir2.sys === this.sys ? this.sys.rename(this.handle, at, length, dir2.handle, at2, length2) : -Errno.XDEV
  }
}
