/** Descriptors that stand for files, directories and sockets of the host. */
import { Errno } from '../abi/errno.js'
import { Rights } from '../abi/rights.js'
import { Filetype } from '../abi/values.js'
import type { Answer, Handle, Sys } from '../sys/sys.js'
import { Descriptor, type Traits } from './descriptor.js'
import { baseOf, inheritingOf, TERMINAL } from './rights.js'

/** Make the descriptor for a handle that `sys` has just opened, with at most the rights asked for. */
export function hostDescriptor(sys: Sys, handle: Handle, base: Rights = Rights.ALL, inheriting: Rights = Rights.ALL): HostFile {
  const [filetype, fdflags, terminal] = sys.block.opened
  const fitting = terminal === 1 ? TERMINAL : baseOf(filetype)
  return hostDescriptorOf(sys, handle, { filetype, fdflags, fitting, base, inheriting: inheriting & inheritingOf(filetype) })
}

/** Make the descriptor for a handle of which all is known. */
export function hostDescriptorOf(sys: Sys, handle: Handle, traits: Traits): HostFile {
  return traits.filetype === Filetype.DIRECTORY ? new HostDirectory(sys, handle, traits) : new HostFile(sys, handle, traits)
}

/** Anything of the host but a directory. */
// biome-ignore format: a call a line
export class HostFile extends Descriptor {
  readonly sys: Sys
  override readonly handle: Handle
  constructor(sys: Sys, handle: Handle, traits: Traits) {
    super(traits)
    this.sys = sys
    this.handle = handle
  }

  override close() { return this.sys.close(this.handle) }
  override readv(spans: number) { return this.sys.readv(this.handle, spans) }
  override preadv(spans: number, offset: number) { return this.sys.preadv(this.handle, spans, offset) }
  override writev(spans: number) { return this.sys.writev(this.handle, spans) }
  override pwritev(spans: number, offset: number) { return this.sys.pwritev(this.handle, spans, offset) }
  override seek(offset: number, whence: number) { return this.sys.seek(this.handle, offset, whence) }
  override filestat() { return this.sys.filestat(this.handle) }
  override setSize(size: number) { return this.sys.setSize(this.handle, size) }
  override setTimes(fstflags: number) { return this.sys.setTimes(this.handle, fstflags) }
  override allocate(offset: number, length: number) { return this.sys.allocate(this.handle, offset, length) }
  override advise(offset: number, length: number, advice: number) { return this.sys.advise(this.handle, offset, length, advice) }
  override sync() { return this.sys.sync(this.handle) }
  override datasync() { return this.sys.datasync(this.handle) }
  override setFlags(fdflags: number) { return this.sys.setFlags(this.handle, fdflags) }

  override accept(fdflags: number) {
    const handle = this.sys.accept(this.handle, fdflags)
    return handle < 0 ? handle : hostDescriptor(this.sys, handle, this.inheriting, this.inheriting)
  }
  override recv(spans: number, riflags: number) { return this.sys.recv(this.handle, spans, riflags) }
  override send(spans: number, siflags: number) { return this.sys.send(this.handle, spans, siflags) }
  override shutdown(sdflags: number) { return this.sys.shutdown(this.handle, sdflags) }
}

/** A directory of the host, the only kind of descriptor that a path can be relative to. */
// biome-ignore format: a call a line
export class HostDirectory extends HostFile {
  override readdir(cookie: bigint, at: number, length: number) { return this.sys.readdir(this.handle, cookie, at, length) }
  override open(at: number, length: number, follow: number, oflags: number, fdflags: number, access: number, base: Rights, inheriting: Rights) {
    const handle = this.sys.open(this.handle, at, length, follow, oflags, fdflags, access)
    return handle < 0 ? handle : hostDescriptor(this.sys, handle, base, inheriting)
  }
  override filestatAt(at: number, length: number, follow: number) { return this.sys.filestatAt(this.handle, at, length, follow) }
  override setTimesAt(at: number, length: number, follow: number, fstflags: number) { return this.sys.setTimesAt(this.handle, at, length, follow, fstflags) }
  override mkdir(at: number, length: number) { return this.sys.mkdir(this.handle, at, length) }
  override rmdir(at: number, length: number) { return this.sys.rmdir(this.handle, at, length) }
  override unlink(at: number, length: number) { return this.sys.unlink(this.handle, at, length) }
  override readlink(at: number, length: number, into: number, room: number) { return this.sys.readlink(this.handle, at, length, into, room) }
  override symlink(target: number, targetLength: number, at: number, length: number) { return this.sys.symlink(target, targetLength, this.handle, at, length) }
  override link(at: number, length: number, follow: number, dir2: Descriptor, at2: number, length2: number): Answer {
    return dir2 instanceof HostDirectory ? this.sys.link(this.handle, at, length, follow, dir2.handle, at2, length2) : -Errno.XDEV
  }
  override rename(at: number, length: number, dir2: Descriptor, at2: number, length2: number): Answer {
    return dir2 instanceof HostDirectory ? this.sys.rename(this.handle, at, length, dir2.handle, at2, length2) : -Errno.XDEV
  }
}
