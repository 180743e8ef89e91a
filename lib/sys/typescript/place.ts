/** The common interface of the ways to reach a directory by node:fs, which has no openat. */

/**
 * A directory, for as long as it is held. Names are strings of one char for each byte, without a
 * slash; `.` is itself.
 */
export interface Place {
  /** The path that means `name` in this directory to node:fs. */
  at(name: string): Buffer
  /**
   * The directory of that name, held until released; undefined for a link and for what is no
   * directory.
   */
  child(name: string): Place | undefined
  /** The place of a directory that was opened here by that name, as `fd`. Needs no release. */
  opened(name: string, fd: number): Place
  /** Throws where the directory can no longer be reached. */
  check(): void
  release(): void
}

/** The host's view of an open descriptor: flags of open(2), and the kernel's offset. */
export interface Info {
  readonly flags: number
  readonly offset: number
}

export interface Reach {
  /**
   * The directory open as `fd`, which the embedder named by `path`; none if it cannot be reached
   * from what is known.
   */
  place(fd: number, path: string | undefined): Place | undefined
  info(fd: number): Info | undefined
  /** The same file with other flags, as a new descriptor; undefined where the host has no way. */
  reopen(fd: number, flags: number): number | undefined
}
