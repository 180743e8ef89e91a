/**
 * Descriptors of files in memory (memfs): like the host's, but always ready, so the host never
 * waits for them.
 */
import { filestatSize } from '../abi/layout.js'
import type { Rights } from '../abi/rights.js'
import { Filetype, Whence } from '../abi/values.js'
import type { Answer, Handle, Sys } from '../sys/sys.js'
import { HostDirectory } from './directory.js'
import { HostFile, openedTraits } from './file.js'

/** A file in memory, which keeps its offset itself. */
class MemoryFile extends HostFile {
  override waiting(reads: boolean): number {
    if (!reads || this.filestat() !== 0) return 0
    return Math.max(0, filestatSize(this.sys.block.record) - Math.max(0, this.seek(0, Whence.CUR)))
  }
}

/** A directory of a memfs or an overlay. */
export class MemoryDirectory extends HostDirectory {
  override waiting(): number {
    return 0
  }
  override open(
    at: number,
    length: number,
    follow: number,
    oflags: number,
    fdflags: number,
    access: number,
    base: Rights,
    inheriting: Rights,
  ): HostFile | Answer {
    const handle = this.sys.open(this.handle, at, length, follow, oflags, fdflags, access)
    return handle < 0 ? handle : memfsDescriptor(this.sys, handle, base, inheriting)
  }
}

/** Returns the descriptor for a handle that `sys`, a memfs, has just opened. */
export function memfsDescriptor(
  sys: Sys,
  handle: Handle,
  base?: Rights,
  inheriting?: Rights,
): HostFile {
  const traits = openedTraits(sys, base, inheriting)
  return traits.filetype === Filetype.DIRECTORY
    ? new MemoryDirectory(sys, handle, traits)
    : new MemoryFile(sys, handle, traits)
}
