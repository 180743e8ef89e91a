/**
 * A host over another one: it forwards every call, so that a layer overrides only the calls it
 * changes.
 */
import type { Block } from './block.js'
import type { Answer, Handle, Sys } from './sys.js'

// biome-ignore format: a call a line
export class ForwardingSys implements Sys {
  readonly name: Sys['name']
  readonly block: Block
  /** The lower host. */
  protected readonly host: Sys
  constructor(host: Sys) {
    this.name = host.name
    this.block = host.block
    this.host = host
  }

  bind(memory: Uint8Array): void { this.host.bind(memory) }
  failure(): Error { return this.host.failure() }
  dispose(): void { this.host.dispose() }
  share(): number | undefined { return this.host.share() }
  preopen(path: string): Handle { return this.host.preopen(path) }
  adopt(fd: number): Handle { return this.host.adopt(fd) }
  listen(address: string, port: number): Handle | undefined { return this.host.listen(address, port) }
  listening(socket: Handle): readonly [address: string, port: number] | undefined { return this.host.listening(socket) }

  close(file: Handle): Answer { return this.host.close(file) }
  readv(file: Handle, spans: number): Answer { return this.host.readv(file, spans) }
  preadv(file: Handle, spans: number, offset: number): Answer { return this.host.preadv(file, spans, offset) }
  writev(file: Handle, spans: number): Answer { return this.host.writev(file, spans) }
  writeText(file: Handle, length: number): Answer { return this.host.writeText(file, length) }
  pwritev(file: Handle, spans: number, offset: number): Answer { return this.host.pwritev(file, spans, offset) }
  seek(file: Handle, offset: number, whence: number): Answer { return this.host.seek(file, offset, whence) }
  identify(file: Handle): Answer { return this.host.identify(file) }
  filestat(file: Handle): Answer { return this.host.filestat(file) }
  setSize(file: Handle, size: number): Answer { return this.host.setSize(file, size) }
  setTimes(file: Handle, fstflags: number): Answer { return this.host.setTimes(file, fstflags) }
  allocate(file: Handle, offset: number, length: number): Answer { return this.host.allocate(file, offset, length) }
  advise(file: Handle, offset: number, length: number, advice: number): Answer { return this.host.advise(file, offset, length, advice) }
  sync(file: Handle): Answer { return this.host.sync(file) }
  datasync(file: Handle): Answer { return this.host.datasync(file) }
  setFlags(file: Handle, fdflags: number): Answer { return this.host.setFlags(file, fdflags) }
  readdir(dir: Handle, cookie: bigint, at: number, length: number): Answer { return this.host.readdir(dir, cookie, at, length) }

  open(dir: Handle, at: number, length: number, follow: number, oflags: number, fdflags: number, access: number): Answer { return this.host.open(dir, at, length, follow, oflags, fdflags, access) }
  filestatAt(dir: Handle, at: number, length: number, follow: number): Answer { return this.host.filestatAt(dir, at, length, follow) }
  setTimesAt(dir: Handle, at: number, length: number, follow: number, fstflags: number): Answer { return this.host.setTimesAt(dir, at, length, follow, fstflags) }
  mkdir(dir: Handle, at: number, length: number): Answer { return this.host.mkdir(dir, at, length) }
  rmdir(dir: Handle, at: number, length: number): Answer { return this.host.rmdir(dir, at, length) }
  unlink(dir: Handle, at: number, length: number): Answer { return this.host.unlink(dir, at, length) }
  readlink(dir: Handle, at: number, length: number, into: number, room: number): Answer { return this.host.readlink(dir, at, length, into, room) }
  symlink(target: number, targetLength: number, dir: Handle, at: number, length: number): Answer { return this.host.symlink(target, targetLength, dir, at, length) }
  link(dir: Handle, at: number, length: number, follow: number, dir2: Handle, at2: number, length2: number): Answer { return this.host.link(dir, at, length, follow, dir2, at2, length2) }
  rename(dir: Handle, at: number, length: number, dir2: Handle, at2: number, length2: number): Answer { return this.host.rename(dir, at, length, dir2, at2, length2) }

  accept(socket: Handle, fdflags: number): Answer { return this.host.accept(socket, fdflags) }
  recv(socket: Handle, spans: number, riflags: number): Answer { return this.host.recv(socket, spans, riflags) }
  send(socket: Handle, spans: number, siflags: number): Answer { return this.host.send(socket, spans, siflags) }
  shutdown(socket: Handle, sdflags: number): Answer { return this.host.shutdown(socket, sdflags) }

  poll(count: number, timeout: number): Answer { return this.host.poll(count, timeout) }
  now(clock: number): Answer { return this.host.now(clock) }
  resolution(clock: number): Answer { return this.host.resolution(clock) }
}
