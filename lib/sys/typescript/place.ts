/** The common interface of the ways to reach a directory by node:fs, which has no openat. */

/**
 * A directory, valid while it is held. Names are strings of one character for each byte, without a
 * slash; `.` is the directory itself.
 */
export interface Place {
  /** Returns a path for node:fs to `name` in this directory. */
  at(name: string): string | Buffer
  /**
   * Opens the directory of that name, held until released; undefined for a symlink and for anything
   * except a directory.
   */
  child(name: string): Place | undefined
  /**
   * Returns the place of a directory that was opened here by that name, as `fd`. Needs no release.
   */
  opened(name: string, fd: number): Place
  /** Identifies the start of cached paths; undefined if nothing below it is cached. */
  readonly number: number | undefined
  /** Returns the host's present path of the directory; undefined if the host does not know it. */
  location(): string | undefined
  /** Throws if the directory can no longer be reached. */
  check(): void
  release(): void
}

/** The host's view of an open descriptor: flags of open(2), and the kernel's offset. */
export interface Info {
  readonly flags: number
  readonly offset: number
}

export interface Reach {
  /** True if a descriptor alone suffices for `place`. */
  readonly byDescriptor: boolean
  /**
   * Returns the place of the directory open as `fd`, which the embedder opened by `path`; undefined
   * if no known path reaches it.
   */
  place(fd: number, path: string | undefined): Place | undefined
  info(fd: number): Info | undefined
  /** Opens the same file with other flags, as a new descriptor; undefined if the host cannot. */
  reopen(fd: number, flags: number): number | undefined
}
