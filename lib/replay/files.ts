/** Attributes of files that are the same in every copy of a tree: inode numbers by the order of their first sight, and fixed times. */
import { readFilestat, writeFilestat } from '../abi/layout.js'
import { Filetype, Fstflags } from '../abi/values.js'
import type { Answer, Handle, Sys } from '../sys/sys.js'
import type { FixedClock } from './clock.js'

/** What a guest is told of a file. */
interface Told {
  readonly number: bigint
  atim: bigint
  mtim: bigint
}
/** A guest may meet as many files as it can make. Those beyond have no number. */
const most = 2 ** 20

export class FixedFiles {
  readonly #sys: Sys
  readonly #clock: FixedClock
  readonly #device: bigint
  /** By device and inode of the host, which may give the inode to another file when one is gone: that one is forgotten then. */
  readonly #told = new Map<string, Told>()
  #count = 0n
  readonly #unknown: Told

  /** @param device what the guest is told that they lie on */
  constructor(sys: Sys, clock: FixedClock, device: bigint) {
    this.#sys = sys
    this.#device = device
    this.#clock = clock
    this.#unknown = { number: 0n, atim: clock.realtime, mtim: clock.realtime }
  }

  /** The number for a file of the host; 0 where there have been too many. */
  numberOf(device: bigint, inode: bigint): bigint {
    return this.#of(`${device}:${inode}`).number
  }

  #of(key: string): Told {
    const known = this.#told.get(key)
    if (known !== undefined) return known
    if (this.#told.size >= most) return this.#unknown
    const told = { ...this.#unknown, number: ++this.#count }
    this.#told.set(key, told)
    return told
  }

  /** The file that the block's filestat is of. */
  #key(): string {
    const { dev, ino } = readFilestat(this.#sys.block.record)
    return `${dev}:${ino}`
  }

  /** Change what the host said to what the guest is told. */
  #tell(answer: Answer): Answer {
    if (answer !== 0) return answer
    const { record } = this.#sys.block
    // A file without a name is gone when it is closed, and nobody would say so: it has no number.
    const said = readFilestat(record)
    const gone = said.nlink === 0n
    const { number, atim, mtim } = gone ? this.#unknown : this.#of(this.#key())
    // Both tell how a file system keeps a directory, and what was in it once. One that was removed
    // has a size on tmpfs.
    const { nlink, size } = said.filetype === Filetype.DIRECTORY ? { nlink: gone ? 0n : 1n, size: 0n } : said
    writeFilestat(record, { ...said, dev: this.#device, ino: number, nlink, size, atim, mtim, ctim: this.#unknown.mtim })
    return 0
  }

  /** Put it over the calls of a host that tell, change and end what files are. */
  over(sys: Sys): void {
    const { block } = sys
    const filestat = sys.filestat.bind(sys)
    const filestatAt = sys.filestatAt.bind(sys)
    const setTimes = sys.setTimes.bind(sys)
    const setTimesAt = sys.setTimesAt.bind(sys)
    const unlink = sys.unlink.bind(sys)
    const rmdir = sys.rmdir.bind(sys)
    const rename = sys.rename.bind(sys)

    sys.filestat = file => this.#tell(filestat(file))
    sys.filestatAt = (dir, at, length, follow) => this.#tell(filestatAt(dir, at, length, follow))

    /** `now` is the guest's, not the host's. */
    const explicit = (fstflags: number): number => {
      const atim = (fstflags & Fstflags.ATIM_NOW) !== 0
      const mtim = (fstflags & Fstflags.MTIM_NOW) !== 0
      if (atim) block.times[0] = this.#clock.realtime
      if (mtim) block.times[1] = this.#clock.realtime
      const kept = fstflags & (Fstflags.ATIM | Fstflags.MTIM)
      return kept | (atim ? Fstflags.ATIM : 0) | (mtim ? Fstflags.MTIM : 0)
    }
    /** A time that the guest has set it is told again. */
    const keep = (fstflags: number, found: Answer): Answer => {
      if (found !== 0 || fstflags === 0) return 0
      const told = this.#of(this.#key())
      if (told === this.#unknown) return 0
      if ((fstflags & Fstflags.ATIM) !== 0) told.atim = block.times[0]
      if ((fstflags & Fstflags.MTIM) !== 0) told.mtim = block.times[1]
      return 0
    }
    sys.setTimes = (file, wanted) => {
      const fstflags = explicit(wanted)
      return setTimes(file, fstflags) || keep(fstflags, filestat(file))
    }
    sys.setTimesAt = (dir, at, length, follow, wanted) => {
      const fstflags = explicit(wanted)
      return setTimesAt(dir, at, length, follow, fstflags) || keep(fstflags, filestatAt(dir, at, length, follow))
    }

    /** The file that would be gone without this name. */
    const last = (dir: Handle, at: number, length: number): string | undefined => {
      if (filestatAt(dir, at, length, 0) !== 0) return undefined
      const { filetype, nlink } = readFilestat(block.record)
      const only = filetype === Filetype.DIRECTORY || nlink === 1n
      return only ? this.#key() : undefined
    }
    const forget = (file: string | undefined, answer: Answer): Answer => {
      if (answer === 0 && file !== undefined) this.#told.delete(file)
      return answer
    }
    sys.unlink = (dir, at, length) => forget(last(dir, at, length), unlink(dir, at, length))
    sys.rmdir = (dir, at, length) => forget(last(dir, at, length), rmdir(dir, at, length))
    sys.rename = (dir, at, length, dir2, at2, length2) => {
      const moved = last(dir, at, length)
      const replaced = last(dir2, at2, length2)
      return forget(replaced === moved ? undefined : replaced, rename(dir, at, length, dir2, at2, length2))
    }
  }
}
