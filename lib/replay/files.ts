/**
 * File attributes that are the same in every copy of a tree: inode numbers in the order of first
 * use, and fixed times.
 */
import { readFilestat, writeFilestat } from '../abi/layout.js'
import { Filetype, Fstflags } from '../abi/values.js'
import { ForwardingSys } from '../sys/forwarding.js'
import type { Answer, Handle, Sys } from '../sys/sys.js'
import type { FixedClock } from './clock.js'

/** Attributes of a file, as the guest sees them. */
interface Attributes {
  readonly number: bigint
  atim: bigint
  mtim: bigint
}
/** The most numbered files, since a guest can create any number. Later files have no number. */
const most = 2 ** 20

/** A host whose files have fixed attributes. */
export class FixedFilesSys extends ForwardingSys {
  readonly #clock: FixedClock
  readonly #device: bigint
  /**
   * Keyed by device and inode of the host. The host may reuse the inode of a removed file, so a
   * removed file is forgotten.
   */
  readonly #seen = new Map<string, Attributes>()
  #count = 0n
  readonly #unknown: Attributes

  /** @param device the device number that the guest sees for the files */
  constructor(host: Sys, clock: FixedClock, device: bigint) {
    super(host)
    this.#device = device
    this.#clock = clock
    this.#unknown = { number: 0n, atim: clock.realtime, mtim: clock.realtime }
  }

  /** Returns the number for a host file; 0 once there are too many. */
  numberOf(device: bigint, inode: bigint): bigint {
    return this.#of(`${device}:${inode}`).number
  }

  override filestat(file: Handle): Answer {
    return this.#fix(this.host.filestat(file))
  }
  override filestatAt(dir: Handle, at: number, length: number, follow: number): Answer {
    return this.#fix(this.host.filestatAt(dir, at, length, follow))
  }
  override setTimes(file: Handle, wanted: number): Answer {
    const fstflags = this.#explicit(wanted)
    return this.host.setTimes(file, fstflags) || this.#keep(fstflags, this.host.filestat(file))
  }
  override setTimesAt(
    dir: Handle,
    at: number,
    length: number,
    follow: number,
    wanted: number,
  ): Answer {
    const fstflags = this.#explicit(wanted)
    return (
      this.host.setTimesAt(dir, at, length, follow, fstflags) ||
      this.#keep(fstflags, this.host.filestatAt(dir, at, length, follow))
    )
  }
  override unlink(dir: Handle, at: number, length: number): Answer {
    return this.#forget(this.#last(dir, at, length), this.host.unlink(dir, at, length))
  }
  override rmdir(dir: Handle, at: number, length: number): Answer {
    return this.#forget(this.#last(dir, at, length), this.host.rmdir(dir, at, length))
  }
  override rename(
    dir: Handle,
    at: number,
    length: number,
    dir2: Handle,
    at2: number,
    length2: number,
  ): Answer {
    const moved = this.#last(dir, at, length)
    const replaced = this.#last(dir2, at2, length2)
    return this.#forget(
      replaced === moved ? undefined : replaced,
      this.host.rename(dir, at, length, dir2, at2, length2),
    )
  }

  #of(key: string): Attributes {
    const known = this.#seen.get(key)
    if (known !== undefined) return known
    if (this.#seen.size >= most) return this.#unknown
    const attributes = { ...this.#unknown, number: ++this.#count }
    this.#seen.set(key, attributes)
    return attributes
  }

  /** Returns the key of the file whose filestat is in the block. */
  #key(): string {
    const { dev, ino } = readFilestat(this.block.record)
    return `${dev}:${ino}`
  }

  /** Replaces the attributes that the host reported. */
  #fix(answer: Answer): Answer {
    if (answer !== 0) return answer
    const { record } = this.block
    // A file without a name is gone once it is closed, and nothing reports that: it has no number.
    const found = readFilestat(record)
    const gone = found.nlink === 0n
    const { number, atim, mtim } = gone ? this.#unknown : this.#of(this.#key())
    // Both depend on the file system's format and on previous contents of the directory. A removed
    // directory has a size on tmpfs.
    const { nlink, size } =
      found.filetype === Filetype.DIRECTORY ? { nlink: gone ? 0n : 1n, size: 0n } : found
    writeFilestat(record, {
      ...found,
      dev: this.#device,
      ino: number,
      nlink,
      size,
      atim,
      mtim,
      ctim: this.#unknown.mtim,
    })
    return 0
  }

  /** Replaces `now` by the guest's time, which differs from the host's. */
  #explicit(fstflags: number): number {
    const { times } = this.block
    const atim = (fstflags & Fstflags.ATIM_NOW) !== 0
    const mtim = (fstflags & Fstflags.MTIM_NOW) !== 0
    if (atim) times[0] = this.#clock.realtime
    if (mtim) times[1] = this.#clock.realtime
    const kept = fstflags & (Fstflags.ATIM | Fstflags.MTIM)
    return kept | (atim ? Fstflags.ATIM : 0) | (mtim ? Fstflags.MTIM : 0)
  }
  /** Keeps a time that the guest has set, for the next time it reads the attributes. */
  #keep(fstflags: number, found: Answer): Answer {
    if (found !== 0 || fstflags === 0) return 0
    const { times } = this.block
    const attributes = this.#of(this.#key())
    if (attributes === this.#unknown) return 0
    if ((fstflags & Fstflags.ATIM) !== 0) attributes.atim = times[0]
    if ((fstflags & Fstflags.MTIM) !== 0) attributes.mtim = times[1]
    return 0
  }

  /**
   * Returns the key of the file that removing this name would remove; undefined if it has another
   * name.
   */
  #last(dir: Handle, at: number, length: number): string | undefined {
    if (this.host.filestatAt(dir, at, length, 0) !== 0) return undefined
    const { filetype, nlink } = readFilestat(this.block.record)
    const only = filetype === Filetype.DIRECTORY || nlink === 1n
    return only ? this.#key() : undefined
  }
  #forget(file: string | undefined, answer: Answer): Answer {
    if (answer === 0 && file !== undefined) this.#seen.delete(file)
    return answer
  }
}
