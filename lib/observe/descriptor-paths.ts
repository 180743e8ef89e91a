/** The paths under which a guest opened its descriptors, as a trace shows them. */
import type { Descriptor } from '../fds/descriptor.js'
import type { FdTable } from '../fds/table.js'
import { SharedPaths } from './shared-paths.js'

/** The longest path that is kept, in UTF-16 units: the end of a longer one, behind `...`. */
const longest = 512
const dots = '...'
/** The most descriptors whose paths are kept, and those of all threads of a guest together. */
const most = 4096
const mostShared = 512

interface Opened {
  /** The descriptor's handle. A number that has another one by now has another file. */
  readonly handle: number
  readonly path: string
}

/** The memory of the paths that the threads of a guest share. */
export const newSharedPaths = (): SharedArrayBuffer => new SharedPaths(mostShared, longest).memory

const decoder = new TextDecoder()

/**
 * The paths by descriptor, from the guest's own calls: the name of the preopen, then what the guest
 * wrote. A symlink or a rename on the way does not change them. A descriptor has none that is no
 * file below a preopen, or whose path was dropped for a newer one.
 */
export class DescriptorPaths {
  readonly #fds: FdTable
  readonly #opened = new Map<number, Opened>()
  readonly #shared: SharedPaths | undefined

  /** @param shared of a guest with threads: what `newSharedPaths` made, for all of them */
  constructor(fds: FdTable, shared?: SharedArrayBuffer) {
    this.#fds = fds
    this.#shared = shared && new SharedPaths(mostShared, longest, shared)
  }

  /** The number of paths that are kept for this thread alone. */
  get size(): number {
    return this.#opened.size
  }

  of(fd: number): string | undefined {
    const descriptor = this.#fds.peek(fd)
    if (descriptor === undefined) return undefined
    if (descriptor.preopen !== undefined) return decoder.decode(descriptor.preopen)
    return this.#shared === undefined
      ? this.#own(fd, descriptor)
      : this.#shared.get(descriptor.handle)
  }
  #own(fd: number, { handle }: Descriptor): string | undefined {
    const opened = this.#opened.get(fd)
    return opened?.handle === handle ? opened.path : undefined
  }

  /**
   * Looks at a directory in which a file is opened. The function that it returns keeps the path of
   * the descriptor that this thread inserted then. It keeps none where another thread has given the
   * directory's number to another one meanwhile.
   */
  opening(directory: number, path: string): (fd: number) => void {
    const held = this.#fds.peek(directory)?.handle
    const base = this.of(directory)
    return fd => {
      this.#opened.delete(fd)
      if (base !== undefined && this.#fds.peek(directory)?.handle === held)
        this.#keep(fd, this.#fds.inserted, joined(base, path))
    }
  }
  #keep(fd: number, handle: number, whole: string): void {
    const kept = shortened(whole)
    if (this.#shared !== undefined) {
      this.#shared.set(handle, kept)
      return
    }
    // The oldest is the first of a Map.
    if (this.#opened.size >= most) this.#opened.delete(this.#opened.keys().next().value as number)
    this.#opened.set(fd, { handle, path: kept })
  }

  /** Forgets a number that is closed. */
  drop(fd: number): void {
    this.#opened.delete(fd)
  }

  /**
   * Looks at a descriptor that may be given another number. The function that it returns follows
   * it there if it was, whatever became of the one that it replaced.
   */
  moving(from: number, to: number): () => void {
    const moved = this.#fds.peek(from)?.handle
    const opened = this.#opened.get(from)
    return () => {
      if (from === to || moved === undefined || this.#fds.peek(to)?.handle !== moved) return
      this.#opened.delete(from)
      this.#opened.delete(to)
      if (opened !== undefined) this.#opened.set(to, opened)
    }
  }
}

/** Returns the end of a path that is too long to be kept. */
export const shortened = (path: string): string =>
  path.length > longest ? dots + path.slice(dots.length - longest) : path

/** As the guest wrote it, but for slashes at its end and names that are `.`. */
export function joined(directory: string, path: string): string {
  const names = path.split('/').filter(name => name !== '' && name !== '.')
  if (names.length === 0) return directory
  return `${directory.replace(/\/+$/, '')}/${names.join('/')}`
}
