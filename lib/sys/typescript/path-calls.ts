/** The calls of Sys on the paths of a guest, each resolved beneath a directory. */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { Access, maxPath } from '../../abi/layout.js'
import { Filetype, Oflags } from '../../abi/values.js'
import { refuse, WASIError } from '../../errors.js'
import { NOT_ASKED } from '../block.js'
import type { Answer, Handle } from '../sys.js'
import { codeOf } from './errno.js'
import { hostFlags, O_NOFOLLOW } from './flags.js'
import { list } from './listing.js'
import * as names from './names.js'
import { OpenFileCalls } from './open-file-calls.js'
import type { Place } from './place.js'
import { open } from './reserve.js'
import { setTimesAt, wantedTimes } from './stat.js'
import { every, type Last, type Lease, walk } from './walk.js'
import { elsewhere } from './windows.js'

type Name = [dir: Handle, at: number, length: number]
/** Opens a path. With `unchanged`, ROFS for a file that does not exist. */
function found(path: fs.PathLike, flags: number, unchanged: boolean): number {
  if (!unchanged || (flags & fs.constants.O_CREAT) === 0) return open(path, flags, 0o666)
  try {
    return open(path, flags & ~fs.constants.O_CREAT, 0o666)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') refuse(Errno.ROFS)
    throw error
  }
}
/**
 * Returns true for the errors of a symlink opened with O_NOFOLLOW, and on Linux with O_DIRECTORY
 * too. See https://man7.org/linux/man-pages/man2/open.2.html#ERRORS; the BSDs have EMLINK.
 */
const mayBeLink = (error: unknown) =>
  ['ELOOP', 'ENOTDIR', 'EMLINK'].includes(codeOf(error) as string) && !(error instanceof WASIError)
/** Returns the attributes of the last name. */
function statsOf({ path, stats }: Lease): fs.BigIntStats {
  const found =
    stats === undefined ? fs.lstatSync(path, { bigint: true, throwIfNoEntry: false }) : stats
  return found ?? refuse(Errno.NOENT)
}
const nothing = (): void => {}
/** Arguments that fill 4 KiB of stack: a walk, with its calls of node:fs, takes half of that. */
const filling: readonly undefined[] = Array(512).fill(undefined)
/** A guest's path while it becomes a string. */
const copied = Buffer.alloc(maxPath)
const parent: Last = { follow: 0, enter: false }

export abstract class PathCalls extends OpenFileCalls {
  /**
   * True after an open that failed, until one succeeds: the walk looks at the last name first. Node
   * takes longer to build one error than to look; a program that meets a missing file or a symlink
   * soon meets another.
   */
  #wary = false

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
    return this.ask(() => {
      const place = this.#place(dir)
      const path = this.#text(at, length)
      const creates = (oflags & Oflags.CREAT) !== 0
      const enter = !creates
      const act = (lease: Lease) => this.#openLast(lease, oflags, fdflags, access)
      if (follow !== 0 && !(creates && oflags & Oflags.EXCL)) {
        // Few symlinks lead to another one.
        const few = O_NOFOLLOW === 0 ? every : this.#wary ? 1 : 0
        try {
          return this.#within(place, path, { follow: few, enter }, act)
        } catch (error) {
          this.#wary = true
          if (!mayBeLink(error)) throw error
        }
        return this.#within(place, path, { follow: every, enter }, act)
      }
      return this.#within(place, path, { follow: 0, enter }, act)
    })
  }
  /** Opens the last name of a path, which is no symlink to be followed. */
  #openLast(lease: Lease, oflags: number, fdflags: number, access: number): Handle {
    const creates = (oflags & Oflags.CREAT) !== 0
    const directory = (oflags & Oflags.DIRECTORY) !== 0
    if (creates && directory) refuse(Errno.INVAL)
    if (lease.slash) refuse(Errno.ISDIR)
    if (lease.stats === null && !creates) refuse(Errno.NOENT)
    if (O_NOFOLLOW === 0 && fs.lstatSync(lease.path, { throwIfNoEntry: false })?.isSymbolicLink())
      refuse(Errno.LOOP)
    const fd = found(
      lease.path,
      hostFlags(access, fdflags, oflags) | O_NOFOLLOW,
      (access & Access.UNCHANGED) !== 0,
    )
    if (lease.stats && !lease.followed) this.#wary = false
    try {
      // O_DIRECTORY has opened a directory. The type of any other file is fetched when it is needed.
      if (this.reach.byDescriptor) {
        const [type, place] = directory
          ? [Filetype.DIRECTORY, this.reach.place(fd, undefined)]
          : [NOT_ASKED, undefined]
        return this.add({ fd, type, access, fdflags, place })
      }
      const stats = fs.fstatSync(fd, { bigint: true })
      const found = stats.isDirectory()
      if (directory && !found) refuse(Errno.NOTDIR)
      const place = found ? lease.place.opened(lease.name, fd) : undefined
      return this.take(fd, stats, { access, fdflags, place })
    } catch (error) {
      fs.closeSync(fd)
      throw error
    }
  }
  filestatAt(dir: Handle, at: number, length: number, follow: number): Answer {
    return this.#at(dir, at, length, { follow: follow && every, enter: true }, lease =>
      this.told(statsOf(lease)),
    )
  }
  setTimesAt(dir: Handle, at: number, length: number, follow: number, fstflags: number): Answer {
    return this.#at(dir, at, length, { follow: follow && every, enter: true }, lease => {
      const stats = statsOf(lease)
      const times = wantedTimes(this.block, fstflags, () => stats)
      if (times !== undefined) setTimesAt(lease.path, stats, times)
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
    return this.#at(dir, at, length, { follow: 0, enter: true }, ({ path }) => {
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
      { follow: follow && every, enter: true },
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
    // A guest that recurses without end overflows the stack here, where nothing is open yet. In the
    // middle of a walk the overflow would leave a directory open, since closing it needs stack.
    Reflect.apply(nothing, undefined, filling)
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
    copied.set(this.memory.subarray(at, at + length))
    const text = copied.toString('latin1', 0, length)
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
