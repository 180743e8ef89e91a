/** The calls of Sys on an open file, except those of a socket. */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { Access } from '../../abi/layout.js'
import { Fdflags, Filetype, syncFlags } from '../../abi/values.js'
import { refuse } from '../../errors.js'
import { type Answer, type Handle, maxSize } from '../sys.js'
import { Files } from './files.js'
import { hostFlags } from './flags.js'
import { touch, wantedTimes } from './stat.js'
import { pieces, pread, pwrite, read, seek, write } from './transfer.js'

export abstract class OpenFileCalls extends Files {
  close(file: Handle): Answer {
    return this.ask(() => {
      this.slots.close(file)
      return 0
    })
  }
  readv(file: Handle, spans: number): Answer {
    return this.ask(() => read(this.slots.get(file), pieces(this.memory, this.block, spans)))
  }
  preadv(file: Handle, spans: number, offset: number): Answer {
    return this.ask(() =>
      pread(this.slots.get(file), pieces(this.memory, this.block, spans), offset),
    )
  }
  writev(file: Handle, spans: number): Answer {
    return this.ask(() => write(this.slots.get(file), pieces(this.memory, this.block, spans)))
  }
  writeText(file: Handle, length: number): Answer {
    return this.ask(() => write(this.slots.get(file), [this.block.text.subarray(0, length)]))
  }
  pwritev(file: Handle, spans: number, offset: number): Answer {
    return this.ask(() =>
      pwrite(this.slots.get(file), pieces(this.memory, this.block, spans), offset),
    )
  }
  seek(file: Handle, offset: number, whence: number): Answer {
    return this.ask(() => {
      const slot = this.slots.get(file)
      return seek(
        slot,
        slot.type === Filetype.REGULAR_FILE,
        offset,
        whence,
        () => this.reach.info(slot.fd)?.offset,
      )
    })
  }
  identify(file: Handle): Answer {
    return this.ask(() => this.describe(this.slots.get(file)))
  }
  filestat(file: Handle): Answer {
    return this.ask(() => this.told(fs.fstatSync(this.slots.any(file).fd, { bigint: true })))
  }
  setSize(file: Handle, size: number): Answer {
    return this.ask(() => {
      const { fd, type, access } = this.slots.get(file)
      if (size > maxSize)
        refuse(type === Filetype.REGULAR_FILE && access & Access.WRITE ? Errno.FBIG : Errno.INVAL)
      fs.ftruncateSync(fd, size)
      return 0
    })
  }
  setTimes(file: Handle, fstflags: number): Answer {
    return this.ask(() => {
      const { fd } = this.slots.any(file)
      const times = wantedTimes(this.block, fstflags, () => fs.fstatSync(fd, { bigint: true }))
      if (times !== undefined) fs.futimesSync(fd, ...times)
      return 0
    })
  }
  allocate(file: Handle, offset: number, length: number): Answer {
    return this.ask(() => {
      const { fd, type, access } = this.slots.get(file)
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
    return this.ask(() => {
      return this.slots.get(file).type === Filetype.SOCKET_STREAM ? refuse(Errno.SPIPE) : 0
    })
  }
  sync(file: Handle): Answer {
    return this.ask(() => {
      fs.fsyncSync(this.slots.any(file).fd)
      return 0
    })
  }
  datasync(file: Handle): Answer {
    return this.ask(() => {
      fs.fdatasyncSync(this.slots.any(file).fd)
      return 0
    })
  }
  setFlags(file: Handle, fdflags: number): Answer {
    return this.ask(() => {
      const slot = this.slots.get(file)
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
          ? (slot.position ?? this.reach.info(slot.fd)?.offset)
          : undefined
      const fd = this.reach.reopen(slot.fd, hostFlags(slot.access, fdflags))
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
}
