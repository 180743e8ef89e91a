/**
 * Follows the calls of a guest for its trace: the paths of its descriptors, and the reason of a
 * NOTCAPABLE.
 */
import { Errno } from '../abi/errno.js'
import { maxPath } from '../abi/layout.js'
import type { HostcallName, Row } from '../abi/table.js'
import type { FdTable } from '../fds/table.js'
import type { ImportFunction } from '../gate.js'
import type { GuestMemory } from '../memory.js'
import { DescriptorPaths } from './descriptor-paths.js'
import { escapeReason, isAbsolute, type ReadLink, rightsReason } from './escape-reason.js'
import { type Passed, type PassedPath, reader } from './passed.js'
import { bracketed } from './printable.js'

/** Bytes of the longest path. */
const room = maxPath + 1
const decoder = new TextDecoder()

/** A guest whose calls are followed; each ends before the next one begins. */
export class Followed {
  readonly paths: DescriptorPaths
  /** The reason of the last call, if that was NOTCAPABLE and a reason was found. */
  reason: string | undefined
  readonly #fds: FdTable
  readonly #memory: GuestMemory
  /** A path at 0, and the target of a symlink behind it. */
  #scratch: Uint8Array | undefined
  /** @param shared the paths that the threads of the guest share */
  constructor(fds: FdTable, memory: GuestMemory, shared?: SharedArrayBuffer) {
    this.#fds = fds
    this.#memory = memory
    this.paths = new DescriptorPaths(fds, shared)
  }

  /**
   * The import, followed. It answers as it did.
   * @param shown whether the trace shows this call
   */
  follow(name: HostcallName, row: Row, call: ImportFunction, shown: boolean): ImportFunction {
    const move = moves[name]
    if (!shown && move === undefined) return call
    const read = reader(row, this.#memory)
    return (...args) => {
      this.reason = undefined
      this.#fds.lacking = undefined
      const passed = read(args)
      const keep = move?.(this.paths, passed, this.#memory)
      const errno = call(...args)
      keep?.(errno)
      if (shown && errno === Errno.NOTCAPABLE) this.reason = this.#explained(passed)
      return errno
    }
  }

  /** A fault in the explanation leaves it out: the answer to the guest is known already. */
  #explained({ paths }: Passed): string | undefined {
    try {
      const { lacking } = this.#fds
      if (lacking !== undefined) return rightsReason(lacking, this.#shown(lacking.fd))
      for (const path of paths) {
        const reason = this.#escape(path)
        if (reason !== undefined) return paths.length > 1 ? `${path.label}: ${reason}` : reason
      }
    } catch {}
    return undefined
  }

  #shown(fd: number): string {
    const path = this.paths.of(fd)
    return path === undefined ? `fd ${fd}` : `fd ${fd}${bracketed(path)}`
  }

  /** Reads symlinks by the guest's own descriptor, so that nothing outside of it can be reached. */
  #escape({ fd, bytes, follow }: PassedPath): string | undefined {
    const path = Buffer.from(bytes).toString('latin1')
    // The target of a new symlink is stored as it is.
    if (fd === undefined) return isAbsolute(path) ? 'the target is absolute' : undefined
    const directory = this.#fds.peek(fd)
    if (directory === undefined) return undefined
    this.#scratch ??= new Uint8Array(2 * room)
    const scratch = this.#scratch
    const readLink: ReadLink = name => {
      scratch.set(Buffer.from(name, 'latin1'))
      const size = directory.readlink(0, name.length, room, room)
      if (size >= 0) return Buffer.from(scratch.subarray(room, room + size)).toString('latin1')
      return size === -Errno.INVAL ? false : undefined
    }
    const from = this.#shown(fd)
    return this.#memory.lend(scratch, () => escapeReason(path, follow, from, readLink))
  }
}

/** Looks at a call that opens, closes or moves a descriptor, and returns its look at the errno. */
type Move = (
  paths: DescriptorPaths,
  passed: Passed,
  memory: GuestMemory,
) => ((errno: Errno) => void) | undefined

const moves: Readonly<Partial<Record<HostcallName, Move>>> = {
  path_open(paths, { value, paths: [path] }, memory) {
    if (path?.fd === undefined) return undefined
    const keep = paths.opening(path.fd, decoder.decode(path.bytes))
    return errno => {
      const at = value('opened_fd')
      if (errno === Errno.SUCCESS && at !== undefined) keep(memory.getUint32(at))
    }
  },
  // It is closed whatever the host says.
  fd_close(paths, { value }) {
    const fd = value('fd')
    return fd === undefined ? undefined : () => paths.drop(fd)
  },
  fd_renumber(paths, { value }) {
    const [from, to] = [value('fd'), value('to')]
    return from === undefined || to === undefined ? undefined : paths.moving(from, to)
  },
}
