/**
 * Attributes of files that are the same in every copy of a tree: inode numbers by the order of
 * their first sight, and fixed times.
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
/** A guest may meet as many files as it can make. Those beyond have no number. */
const most = 2 ** 20

/** A host whose files have fixed attributes. */
export class FixedFilesSys extends ForwardingSys {
  readonly #clock: FixedClock
  readonly #device: bigint
  /**
   * By device and inode of the host, which may give the inode to another file when one is gone:
   * that one is forgotten then.
   */
  readonly #seen = new Map<string, Attributes>()
  #count = 0n
  readonly #unknown: Attributes

  /** @param device the number of the device that the guest sees them on */
  constructor(host: Sys, clock: FixedClock, device: bigint) {
    super(host)
    this.#device = device
    this.#clock = clock
    this.#unknown = { number: 0n, atim: clock.realtime, mtim: clock.realtime }
  }

  /** The number for a file of the host; 0 where there have been too many. */
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

  /** The file that the block's filestat is of. */
  #key(): string {
    const { dev, ino } = readFilestat(this.block.record)
    return `${dev}:${ino}`
  }

  /** Replaces the attributes that the host reported. */
  #fix(answer: Answer): Answer {
    if (answer !== 0) return answer
    const { record } = this.block
    // A file without a name is gone when it is closed, and nothing reports that: it has no number.
    const found = readFilestat(record)
    const gone = found.nlink === 0n
    const { number, atim, mtim } = gone ? this.#unknown : this.#of(this.#key())
    // Both show how a file system keeps a directory, and its contents of the past. One that was
    // removed has a size on tmpfs.
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

  /** Sets the guest's time for `now`, which is not the host's. */
  #explicit(fstflags: number): number {
    const { times } = this.block
    const atim = (fstflags & Fstflags.ATIM_NOW) !== 0
    const mtim = (fstflags & Fstflags.MTIM_NOW) !== 0
    if (atim) times[0] = this.#clock.realtime
    if (mtim) times[1] = this.#clock.realtime
    const kept = fstflags & (Fstflags.ATIM | Fstflags.MTIM)
    return kept | (atim ? Fstflags.ATIM : 0) | (mtim ? Fstflags.MTIM : 0)
  }
  /** Keeps a time that the guest has set, for its next look. */
  #keep(fstflags: number, found: Answer): Answer {
    if (found !== 0 || fstflags === 0) return 0
    const { times } = this.block
    const attributes = this.#of(this.#key())
    if (attributes === this.#unknown) return 0
    if ((fstflags & Fstflags.ATIM) !== 0) attributes.atim = times[0]
    if ((fstflags & Fstflags.MTIM) !== 0) attributes.mtim = times[1]
    return 0
  }

  /** The file that would be gone without this name. */
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
