/** The host by node:fs alone: each call of Sys, from the guest's numbers to Node's calls. */
import fs from 'node:fs'
import { isatty } from 'node:tty'
import { Errno } from '../../abi/errno.js'
import { Access, maxPath } from '../../abi/layout.js'
import { Fdflags, Filetype, Oflags, syncFlags } from '../../abi/values.js'
import { coded, refuse } from '../../errors.js'
import { Block, Ready, Want } from '../block.js'
import { type Answer, type Handle, maxSize, type Sys, UNEXPECTED } from '../sys.js'
import { clock } from './clock.js'
import { answerOf, codeOf } from './errno.js'
import { guestFlags, hostFlags, O_NOFOLLOW, openDirectory } from './flags.js'
import { identity, list } from './listing.js'
import * as names from './names.js'
import type { Place, Reach } from './place.js'
import { type ReachName, reach } from './reach.js'
import { open } from './reserve.js'
import { sleep } from './sleep.js'
import { type Slot, Slots } from './slots.js'
import { setTimesAt, storeFilestat, touch, typeOf, wantedTimes } from './stat.js'
import { pieces, pread, pwrite, read, seek, write } from './transfer.js'
import { type Last, type Lease, walk } from './walk.js'
import { elsewhere } from './windows.js'

type Name = [dir: Handle, at: number, length: number]
/** Opens a path. With `unchanged`, ROFS for a file that does not exist. */
function found(path: Buffer, flags: number, unchanged: boolean): number {
  if (!unchanged || (flags & fs.constants.O_CREAT) === 0) return open(path, flags, 0o666)
  try {
    return open(path, flags & ~fs.constants.O_CREAT, 0o666)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') refuse(Errno.ROFS)
    throw error
  }
}
/** Closes the handles whose Sys was collected. */
const forgotten = new FinalizationRegistry<Slots>(slots => slots.clear())
let common: Block | undefined
/** The block that the guests of this thread share. */
export const commonBlock = (): Block => {
  common ??= new Block()
  return common
}
const parent: Last = { follow: false, enter: false }

/**
 * The typescript backend. On Linux it works beneath `/proc/self/fd/N`, and is as safe from races as
 * openat. Elsewhere it walks path strings: a process that renames host directories while a guest
 * runs may redirect it. RATIONALE.md lists the limits of node:fs; the cases of test/sys that it
 * skips are these.
 */
export class TypescriptSys implements Sys {
  readonly name = 'typescript'
  readonly block: Block
  readonly #slots = new Slots()
  readonly #reach: Reach
  #memory = new Uint8Array(0)
  #failure = new Error('nothing has failed')
  /** The preopens of the guest, by device and inode. */
  readonly #given = new Set<string>()

  /** `places` selects the way to reach directories; by default, the best that works here. */
  constructor({ places, block = new Block() }: { places?: ReachName; block?: Block } = {}) {
    this.block = block
    this.#reach = reach(places)
    forgotten.register(this, this.#slots)
  }

  bind(memory: Uint8Array) {
    this.#memory = memory as Uint8Array<ArrayBuffer>
  }
  failure() {
    return this.#failure
  }
  dispose() {
    this.#slots.clear()
  }
  /** Returns undefined: its handles refer to objects of one thread. */
  share() {
    return undefined
  }

  preopen(path: string): Handle {
    const fd = fs.openSync(path, hostFlags(Access.READ, 0) | openDirectory)
    try {
      // A system without O_DIRECTORY opens files too.
      if (!fs.fstatSync(fd).isDirectory()) {
        throw coded(new Error(`ENOTDIR: not a directory, open '${path}'`), 'ENOTDIR', {
          syscall: 'open',
          path,
        })
      }
      return this.#take(fd, true, {
        access: Access.READ,
        fdflags: 0,
        place: this.#reach.place(fd, path),
      })
    } catch (error) {
      fs.closeSync(fd)
      throw error
    }
  }
  adopt(fd: number): Handle {
    const stats = fs.fstatSync(fd, { bigint: true })
    const info = this.#reach.info(fd)
    const { access, fdflags } =
      info === undefined ? { access: Access.BOTH, fdflags: 0 } : guestFlags(info.flags)
    const place = stats.isDirectory() ? this.#reach.place(fd, undefined) : undefined
    return this.#take(fd, false, {
      access,
      fdflags,
      place,
      owned: false,
      lent: true,
      position: undefined,
    })
  }
  /** Returns undefined: node:fs has no sockets, and node:net none that a guest could wait for. */
  listen() {
    return undefined
  }
  listening() {
    return undefined
  }

  close(file: Handle): Answer {
    return this.#ask(() => {
      this.#slots.close(file)
      return 0
    })
  }
  readv(file: Handle, spans: number): Answer {
    return this.#ask(() => read(this.#slots.get(file), pieces(this.#memory, this.block, spans)))
  }
  preadv(file: Handle, spans: number, offset: number): Answer {
    return this.#ask(() =>
      pread(this.#slots.get(file), pieces(this.#memory, this.block, spans), offset),
    )
  }
  writev(file: Handle, spans: number): Answer {
    return this.#ask(() => write(this.#slots.get(file), pieces(this.#memory, this.block, spans)))
  }
  writeText(file: Handle, length: number): Answer {
    return this.#ask(() => write(this.#slots.get(file), [this.block.text.subarray(0, length)]))
  }
  pwritev(file: Handle, spans: number, offset: number): Answer {
    return this.#ask(() =>
      pwrite(this.#slots.get(file), pieces(this.#memory, this.block, spans), offset),
    )
  }
  seek(file: Handle, offset: number, whence: number): Answer {
    return this.#ask(() => {
      const slot = this.#slots.get(file)
      return seek(
        slot,
        slot.type === Filetype.REGULAR_FILE,
        offset,
        whence,
        () => this.#reach.info(slot.fd)?.offset,
      )
    })
  }
  identify(file: Handle): Answer {
    return this.#ask(() => this.#describe(this.#slots.get(file)))
  }
  filestat(file: Handle): Answer {
    return this.#ask(() => this.#told(fs.fstatSync(this.#slots.get(file).fd, { bigint: true })))
  }
  setSize(file: Handle, size: number): Answer {
    return this.#ask(() => {
      const { fd, type, access } = this.#slots.get(file)
      if (size > maxSize)
        refuse(type === Filetype.REGULAR_FILE && access & Access.WRITE ? Errno.FBIG : Errno.INVAL)
      fs.ftruncateSync(fd, size)
      return 0
    })
  }
  setTimes(file: Handle, fstflags: number): Answer {
    return this.#ask(() => {
      const { fd } = this.#slots.get(file)
      const times = wantedTimes(this.block, fstflags, () => fs.fstatSync(fd, { bigint: true }))
      if (times !== undefined) fs.futimesSync(fd, ...times)
      return 0
    })
  }
  allocate(file: Handle, offset: number, length: number): Answer {
    return this.#ask(() => {
      const { fd, type, access } = this.#slots.get(file)
      if ((access & Access.WRITE) === 0) refuse(Errno.BADF)
      if (length === 0) refuse(Errno.INVAL)
      if (type !== Filetype.REGULAR_FILE)
        refuse(type === Filetype.SOCKET_STREAM ? Errno.SPIPE : Errno.NODEV)
      if (offset + length > maxSize) refuse(Errno.FBIG)
      const stats = fs.fstatSync(fd, { bigint: true })
      if (stats.size < offset + length) fs.ftruncateSync(fd, offset + length)
      else touch(fd, stats)
      return 0
    })
  }
  advise(file: Handle, _offset: number, _length: number, _advice: number): Answer {
    return this.#ask(() => {
      return this.#slots.get(file).type === Filetype.SOCKET_STREAM ? refuse(Errno.SPIPE) : 0
    })
  }
  sync(file: Handle): Answer {
    return this.#ask(() => {
      fs.fsyncSync(this.#slots.get(file).fd)
      return 0
    })
  }
  datasync(file: Handle): Answer {
    return this.#ask(() => {
      fs.fdatasyncSync(this.#slots.get(file).fd)
      return 0
    })
  }
  setFlags(file: Handle, fdflags: number): Answer {
    return this.#ask(() => {
      const slot = this.#slots.get(file)
      if (fdflags === slot.fdflags) return 0
      if (((fdflags ^ slot.fdflags) & syncFlags) !== 0) refuse(Errno.NOTSUP)
      if (slot.type === Filetype.DIRECTORY) return 0
      if (slot.socket) refuse(Errno.NOTSUP)
      if (slot.lent) {
        // A log of the host must keep appending, or the guest would overwrite it.
        if (((fdflags ^ slot.fdflags) & ~Fdflags.NONBLOCK) !== 0) refuse(Errno.NOTSUP)
        // Only pipes and devices block. A reopened file would have an offset separate from the
        // host's.
        if (slot.type !== Filetype.SOCKET_STREAM && slot.type !== Filetype.CHARACTER_DEVICE) {
          slot.fdflags = fdflags
          return 0
        }
      }
      const position =
        slot.type === Filetype.REGULAR_FILE
          ? (slot.position ?? this.#reach.info(slot.fd)?.offset)
          : undefined
      const fd = this.#reach.reopen(slot.fd, hostFlags(slot.access, fdflags))
      if (fd !== undefined) {
        const { fd: old, owned } = slot
        Object.assign(slot, { fd, fdflags, position, owned: true, appending: false })
        // Comes last: the number is free even after EIO, and any later open may reuse it.
        if (owned) fs.closeSync(old)
        return 0
      }
      // Without another descriptor, only append can change, and only from not appending.
      const appends = fdflags === (slot.fdflags ^ Fdflags.APPEND) && slot.position !== undefined
      if (!appends || (slot.fdflags & Fdflags.APPEND && !slot.appending)) refuse(Errno.NOTSUP)
      Object.assign(slot, { fdflags, appending: (fdflags & Fdflags.APPEND) !== 0 })
      return 0
    })
  }
  readdir(dir: Handle, cookie: bigint, at: number, length: number): Answer {
    return this.#ask(() => {
      const slot = this.#slots.get(dir)
      return list(
        slot,
        this.#place(dir),
        this.#given,
        cookie,
        this.#memory.subarray(at, at + length),
      )
    })
  }

  open(
    dir: Handle,
    at: number,
    length: number,
    follow: number,
    oflags: number,
    fdflags: number,
    access: number,
  ): Answer {
    const creates = (oflags & Oflags.CREAT) !== 0
    const last = { follow: follow !== 0 && !(creates && oflags & Oflags.EXCL), enter: !creates }
    return this.#at(dir, at, length, last, lease => {
      if (creates && oflags & Oflags.DIRECTORY) refuse(Errno.INVAL)
      if (lease.slash) refuse(Errno.ISDIR)
      if (O_NOFOLLOW === 0 && fs.lstatSync(lease.path, { throwIfNoEntry: false })?.isSymbolicLink())
        refuse(Errno.LOOP)
      const fd = found(
        lease.path,
        hostFlags(access, fdflags, oflags) | O_NOFOLLOW,
        (access & Access.UNCHANGED) !== 0,
      )
      try {
        const directory = fs.fstatSync(fd).isDirectory()
        if (oflags & Oflags.DIRECTORY && !directory) refuse(Errno.NOTDIR)
        return this.#take(fd, false, {
          access,
          fdflags,
          place: directory ? lease.place.opened(lease.name, fd) : undefined,
        })
      } catch (error) {
        fs.closeSync(fd)
        throw error
      }
    })
  }
  filestatAt(dir: Handle, at: number, length: number, follow: number): Answer {
    return this.#at(dir, at, length, { follow: follow !== 0, enter: true }, ({ path }) =>
      this.#told(fs.lstatSync(path, { bigint: true })),
    )
  }
  setTimesAt(dir: Handle, at: number, length: number, follow: number, fstflags: number): Answer {
    return this.#at(dir, at, length, { follow: follow !== 0, enter: true }, ({ path }) => {
      const stats = fs.lstatSync(path, { bigint: true })
      const times = wantedTimes(this.block, fstflags, () => stats)
      if (times !== undefined) setTimesAt(path, stats, times)
      return 0
    })
  }
  mkdir(dir: Handle, at: number, length: number): Answer {
    return this.#at(dir, at, length, parent, names.mkdir)
  }
  rmdir(dir: Handle, at: number, length: number): Answer {
    return this.#at(dir, at, length, parent, names.rmdir)
  }
  unlink(dir: Handle, at: number, length: number): Answer {
    return this.#at(dir, at, length, parent, names.unlink)
  }
  readlink(dir: Handle, at: number, length: number, into: number, room: number): Answer {
    return this.#at(dir, at, length, { follow: false, enter: true }, ({ path }) => {
      const target = fs.readlinkSync(path, 'buffer').subarray(0, room)
      this.#memory.set(target, into)
      return target.length
    })
  }
  symlink(target: number, targetLength: number, dir: Handle, at: number, length: number): Answer {
    return this.#ask(() => {
      const text = this.#text(target, targetLength)
      if (text.startsWith('/') || (process.platform === 'win32' && elsewhere(text)))
        refuse(Errno.NOTCAPABLE)
      return this.#within(this.#place(dir), this.#text(at, length), parent, lease =>
        names.symlink(text, lease),
      )
    })
  }
  link(
    dir: Handle,
    at: number,
    length: number,
    follow: number,
    dir2: Handle,
    at2: number,
    length2: number,
  ): Answer {
    return this.#both(
      [dir, at, length],
      { follow: follow !== 0, enter: true },
      [dir2, at2, length2],
      names.find,
      names.link,
    )
  }
  rename(
    dir: Handle,
    at: number,
    length: number,
    dir2: Handle,
    at2: number,
    length2: number,
  ): Answer {
    return this.#both([dir, at, length], parent, [dir2, at2, length2], () => {}, names.rename)
  }

  accept(socket: Handle, _fdflags: number): Answer {
    return this.#ask(() => this.#socket(socket) && refuse(Errno.NOTSUP))
  }
  recv(socket: Handle, spans: number, riflags: number): Answer {
    return this.#ask(() => {
      const slot = this.#socket(socket)
      if (riflags !== 0) refuse(Errno.NOTSUP)
      this.block.second[0] = 0
      return read(slot, pieces(this.#memory, this.block, spans))
    })
  }
  send(socket: Handle, spans: number, _siflags: number): Answer {
    return this.#ask(() => write(this.#socket(socket), pieces(this.#memory, this.block, spans)))
  }
  shutdown(socket: Handle, _sdflags: number): Answer {
    return this.#ask(() => this.#socket(socket) && refuse(Errno.NOTSUP))
  }

  poll(count: number, timeout: number): Answer {
    const { pollHandles, poll, pollBytes } = this.block
    for (let index = 0; index < count; index++) {
      poll[2 * index + 1] = this.#ask(() => {
        const slot = this.#slots.get(pollHandles[index])
        // Want has bits of Access.
        if ((poll[2 * index] & ~slot.access) !== 0) refuse(Errno.BADF)
        const reads = slot.type === Filetype.REGULAR_FILE && (poll[2 * index] & Want.READ) !== 0
        const offset = reads ? (slot.position ?? this.#reach.info(slot.fd)?.offset ?? 0) : 0
        pollBytes[index] = reads ? Math.max(0, fs.fstatSync(slot.fd).size - offset) : 0
        return Ready.YES
      })
    }
    if (count === 0) sleep(timeout)
    return count
  }
  now(id: number): Answer {
    return this.#ask(() => {
      this.block.time[0] = clock(id).now()
      return 0
    })
  }
  resolution(id: number): Answer {
    return this.#ask(() => {
      this.block.time[0] = clock(id).resolution
      return 0
    })
  }

  /** Calls `act`: the only place where an error becomes an answer. */
  #ask(act: () => number): Answer {
    try {
      return act()
    } catch (error) {
      const answer = answerOf(error)
      if (answer === UNEXPECTED) this.#failure = error as Error
      return answer
    }
  }
  #told(stats: fs.BigIntStats): 0 {
    storeFilestat(this.block, stats)
    return 0
  }
  /** Returns a handle for an open descriptor, and fills `opened`. */
  #take(
    fd: number,
    given: boolean,
    slot: Pick<Slot, 'access' | 'fdflags' | 'place'> & Partial<Slot>,
  ): Handle {
    const stats = fs.fstatSync(fd, { bigint: true })
    const type = typeOf(stats)
    const position = type === Filetype.REGULAR_FILE ? 0 : undefined
    const named = identity(stats)
    if (given) this.#given.add(named)
    this.#describe({ fd, type, fdflags: slot.fdflags })
    return this.#slots.add({
      fd,
      type,
      socket: stats.isSocket(),
      owned: true,
      lent: false,
      appending: false,
      position,
      listing: undefined,
      root: this.#given.has(named),
      ...slot,
    })
  }
  #describe({ fd, type, fdflags }: Pick<Slot, 'fd' | 'type' | 'fdflags'>): 0 {
    this.block.opened.set([type, fdflags, type === Filetype.CHARACTER_DEVICE && isatty(fd) ? 1 : 0])
    return 0
  }
  #socket(handle: Handle): Slot {
    const slot = this.#slots.get(handle)
    return slot.socket ? slot : refuse(Errno.NOTSOCK)
  }
  #place(dir: Handle): Place {
    const { type, place } = this.#slots.get(dir)
    if (type !== Filetype.DIRECTORY) refuse(Errno.NOTDIR)
    if (place === undefined) refuse(Errno.NOTSUP)
    place.check()
    return place
  }
  /** Copies a guest's path once: a character for each byte, so any bytes pass. */
  #text(at: number, length: number): string {
    if (length === 0) refuse(Errno.NOENT)
    if (length > maxPath) refuse(Errno.NAMETOOLONG)
    const text = Buffer.from(this.#memory.subarray(at, at + length)).toString('latin1')
    return text.includes('\0') ? refuse(Errno.INVAL) : text
  }
  #within(place: Place, path: string, last: Last, act: (lease: Lease) => number): number {
    const lease = walk(place, path, last)
    try {
      return act(lease)
    } finally {
      lease.release()
    }
  }
  #at(dir: Handle, at: number, length: number, last: Last, act: (lease: Lease) => number): Answer {
    return this.#ask(() => this.#within(this.#place(dir), this.#text(at, length), last, act))
  }
  /**
   * Resolves two paths. `last` describes the end of the first. `look` checks its file before the
   * second, the new name, is resolved.
   */
  #both(
    [dir, at, length]: Name,
    last: Last,
    [dir2, at2, length2]: Name,
    look: (from: Lease) => void,
    act: (from: Lease, to: Lease) => number,
  ): Answer {
    return this.#at(dir, at, length, last, from => {
      look(from)
      return this.#within(this.#place(dir2), this.#text(at2, length2), parent, to => act(from, to))
    })
  }
}
