/** The host by node:fs alone: the start of a guest's files, its sockets, its waiting, its clocks. */
import fs from 'node:fs'
import { Errno } from '../../abi/errno.js'
import { Access } from '../../abi/layout.js'
import { Filetype } from '../../abi/values.js'
import { coded, refuse } from '../../errors.js'
import { Block, Ready, Want } from '../block.js'
import type { Answer, Handle, Sys } from '../sys.js'
import { clock } from './clock.js'
import { guestFlags, hostFlags, openDirectory } from './flags.js'
import { identity } from './listing.js'
import { PathCalls } from './path-calls.js'
import { sleep } from './sleep.js'
import type { Slot } from './slots.js'
import { pieces, read, write } from './transfer.js'

let common: Block | undefined
/** The block that the guests of this thread share. */
export const commonBlock = (): Block => {
  common ??= new Block()
  return common
}

/**
 * The typescript backend. On Linux it works beneath `/proc/self/fd/N`, and is as safe from races as
 * openat. Elsewhere it walks path strings: a process that renames host directories while a guest
 * runs may redirect it. RATIONALE.md lists the limits of node:fs; the cases of test/sys that it
 * skips are these.
 */
export class TypescriptSys extends PathCalls implements Sys {
  readonly name = 'typescript'

  /** Returns undefined: its handles refer to objects of one thread. */
  share() {
    return undefined
  }

  preopen(path: string): Handle {
    const fd = fs.openSync(path, hostFlags(Access.READ, 0) | openDirectory)
    try {
      const stats = fs.fstatSync(fd, { bigint: true })
      // A system without O_DIRECTORY opens files too.
      if (!stats.isDirectory()) {
        throw coded(new Error(`ENOTDIR: not a directory, open '${path}'`), 'ENOTDIR', {
          syscall: 'open',
          path,
        })
      }
      const place = this.reach.place(fd, path)
      this.given.add(identity(stats))
      return this.take(fd, stats, { access: Access.READ, fdflags: 0, place })
    } catch (error) {
      fs.closeSync(fd)
      throw error
    }
  }
  adopt(fd: number): Handle {
    const stats = fs.fstatSync(fd, { bigint: true })
    const info = this.reach.info(fd)
    const { access, fdflags } =
      info === undefined ? { access: Access.BOTH, fdflags: 0 } : guestFlags(info.flags)
    const place = stats.isDirectory() ? this.reach.place(fd, undefined) : undefined
    return this.take(fd, stats, {
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

  accept(socket: Handle, _fdflags: number): Answer {
    return this.ask(() => this.#socket(socket) && refuse(Errno.NOTSUP))
  }
  recv(socket: Handle, spans: number, riflags: number): Answer {
    return this.ask(() => {
      const slot = this.#socket(socket)
      if (riflags !== 0) refuse(Errno.NOTSUP)
      this.block.second[0] = 0
      return read(slot, pieces(this.memory, this.block, spans))
    })
  }
  send(socket: Handle, spans: number, _siflags: number): Answer {
    return this.ask(() => write(this.#socket(socket), pieces(this.memory, this.block, spans)))
  }
  shutdown(socket: Handle, _sdflags: number): Answer {
    return this.ask(() => this.#socket(socket) && refuse(Errno.NOTSUP))
  }

  poll(count: number, timeout: number): Answer {
    const { pollHandles, poll, pollBytes } = this.block
    for (let index = 0; index < count; index++) {
      poll[2 * index + 1] = this.ask(() => {
        const slot = this.slots.get(pollHandles[index])
        // Want has bits of Access.
        if ((poll[2 * index] & ~slot.access) !== 0) refuse(Errno.BADF)
        const reads = slot.type === Filetype.REGULAR_FILE && (poll[2 * index] & Want.READ) !== 0
        const offset = reads ? (slot.position ?? this.reach.info(slot.fd)?.offset ?? 0) : 0
        pollBytes[index] = reads ? Math.max(0, fs.fstatSync(slot.fd).size - offset) : 0
        return Ready.YES
      })
    }
    if (count === 0) sleep(timeout)
    return count
  }
  now(id: number): Answer {
    return this.ask(() => {
      this.block.time[0] = clock(id).now()
      return 0
    })
  }
  resolution(id: number): Answer {
    return this.ask(() => {
      this.block.time[0] = clock(id).resolution
      return 0
    })
  }

  #socket(handle: Handle): Slot {
    const slot = this.slots.get(handle)
    return slot.socket ? slot : refuse(Errno.NOTSOCK)
  }
}
