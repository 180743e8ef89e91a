/** The calls of Sys on the paths of a guest, each resolved beneath a directory. */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { Access, maxPath } from '../../abi/layout.js'
import { Filetype, Oflags } from '../../abi/values.js'
import { refuse } from '../../errors.js'
import type { Answer, Handle } from '../sys.js'
import { codeOf } from './errno.js'
import { hostFlags, O_NOFOLLOW } from './flags.js'
import { list } from './listing.js'
import * as names from './names.js'
import { OpenFileCalls } from './open-file-calls.js'
import type { Place } from './place.js'
import { open } from './reserve.js'
import { setTimesAt, wantedTimes } from './stat.js'
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
const parent: Last = { follow: false, enter: false }

export abstract class PathCalls extends OpenFileCalls {
  readdir(dir: Handle, cookie: bigint, at: number, length: number): Answer {
    return this.ask(() => {
      const slot = this.slots.get(dir)
      return list(slot, this.#place(dir), this.given, cookie, this.memory.subarray(at, at + length))
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
        return this.take(fd, false, {
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
      this.told(fs.lstatSync(path, { bigint: true })),
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
      this.memory.set(target, into)
      return target.length
    })
  }
  symlink(target: number, targetLength: number, dir: Handle, at: number, length: number): Answer {
    return this.ask(() => {
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

  #place(dir: Handle): Place {
    const { type, place } = this.slots.get(dir)
    if (type !== Filetype.DIRECTORY) refuse(Errno.NOTDIR)
    if (place === undefined) refuse(Errno.NOTSUP)
    place.check()
    return place
  }
  /** Copies a guest's path once: a character for each byte, so any bytes pass. */
  #text(at: number, length: number): string {
    if (length === 0) refuse(Errno.NOENT)
    if (length > maxPath) refuse(Errno.NAMETOOLONG)
    const text = Buffer.from(this.memory.subarray(at, at + length)).toString('latin1')
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
    return this.ask(() => this.#within(this.#place(dir), this.#text(at, length), last, act))
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
