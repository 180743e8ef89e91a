/** Attributes of files that are the same in every copy of a tree: inode numbers by the order of their first sight, and fixed times. */
import { Filetype, Fstflags } from '../abi/values.js'
import type { Answer, Handle, Sys } from '../sys/sys.js'
import type { FixedClock } from './clock.js'

/** Where a filestat has what. */
const At = Object.freeze({ DEV: 0, INO: 8, TYPE: 16, NLINK: 24, SIZE: 32, ATIM: 40, MTIM: 48, CTIM: 56 })

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
    const { record } = this.#sys.block
    return `${record.getBigUint64(At.DEV, true)}:${record.getBigUint64(At.INO, true)}`
  }

  /** Change what the host said to what the guest is told. */
  #tell(answer: Answer): Answer {
    if (answer !== 0) return answer
    const { record } = this.#sys.block
    // A file without a name is gone when it is closed, and nobody would say so: it has no number.
    const gone = record.getBigUint64(At.NLINK, true) === 0n
    const { number, atim, mtim } = gone ? this.#unknown : this.#of(this.#key())
    record.setBigUint64(At.DEV, this.#device, true)
    record.setBigUint64(At.INO, number, true)
    record.setBigUint64(At.ATIM, atim, true)
    record.setBigUint64(At.MTIM, mtim, true)
    record.setBigUint64(At.CTIM, this.#unknown.mtim, true)
    if (record.getUint8(At.TYPE) === Filetype.DIRECTORY) {
      // Both tell how a file system keeps a directory, and what was in it once. One that was removed has a size on tmpfs.
      record.setBigUint64(At.NLINK, gone ? 0n : 1n, true)
      record.setBigUint64(At.SIZE, 0n, true)
    }
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
      const { record } = block
      const only = record.getUint8(At.TYPE) === Filetype.DIRECTORY || record.getBigUint64(At.NLINK, true) === 1n
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
