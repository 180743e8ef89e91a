/** Descriptors of files, devices and sockets of the host. */
import { Rights } from '../abi/rights.js'
import type { Handle, Sys } from '../sys/sys.js'
import { Descriptor, type Traits } from './descriptor.js'
import { baseOf, inheritingOf, TERMINAL } from './rights.js'

/** Returns the traits of the file that `sys` has just opened, with at most the requested rights. */
export function openedTraits(
  { block }: Sys,
  base: Rights = Rights.ALL,
  inheriting: Rights = Rights.ALL,
): Traits {
  const [filetype, fdflags, terminal] = block.opened
  const fitting = terminal === 1 ? TERMINAL : baseOf(filetype)
  return { filetype, fdflags, fitting, base, inheriting: inheriting & inheritingOf(filetype) }
}

/** Every host object except a directory. */
// biome-ignore format: a call a line
export class HostFile extends Descriptor {
  declare readonly sys: Sys
  constructor(sys: Sys, handle: Handle, traits: Traits) {
    super(traits, handle)
    this.sys = sys
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

  override waiting(_reads: boolean) { return -1 }

  override accept(fdflags: number) {
    const handle = this.sys.accept(this.handle, fdflags)
    return handle < 0 ? handle : new HostFile(this.sys, handle, openedTraits(this.sys, this.inheriting, this.inheriting))
  }
  override recv(spans: number, riflags: number) { return this.sys.recv(this.handle, spans, riflags) }
  override send(spans: number, siflags: number) { return this.sys.send(this.handle, spans, siflags) }
  override shutdown(sdflags: number) { return this.sys.shutdown(this.handle, sdflags) }
}
