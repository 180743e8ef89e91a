/** The nodes of a tree: files, directories, symlinks, each with its attributes. */
import { Errno } from '../../abi/errno.js'
import { Fstflags } from '../../abi/values.js'
import { refuse } from '../../errors.js'
import type { Handle } from '../sys.js'
import type { Attributes } from './attributes.js'
import { Content, type PlainPiece } from './content.js'
import type { Found, Lower } from './lower.js'
import type { Room } from './quota.js'

/** The part of a tree that its nodes use. */
export interface Ground {
  readonly room: Room
  readonly lower: Lower | undefined
}

const day = 86_400_000_000_000n
/** Returns nanoseconds since 1970, as precise as file times are on most disks. */
export const now = (): bigint => BigInt(Date.now()) * 1_000_000n

export class Node {
  readonly type: number
  readonly dev: bigint
  readonly ino: bigint
  nlink: number
  atim: bigint
  mtim: bigint
  ctim: bigint
  /** The number of open handles. A file without a name exists while it is open. */
  opens = 0
  /** The lower path of a node of an overlay; undefined for a node made in memory. */
  lower: string | undefined
  /** True if its attributes differ from the lower file's. */
  changed = false
  /** True if its times were set. */
  timed = false
  protected readonly ground: Ground

  constructor(ground: Ground, attributes: Omit<Attributes, 'size'>, lower?: string) {
    this.ground = ground
    this.type = attributes.type
    this.dev = attributes.dev
    this.ino = attributes.ino
    this.nlink = attributes.nlink
    this.atim = attributes.atim
    this.mtim = attributes.mtim
    this.ctim = attributes.ctim
    this.lower = lower
  }

  get size(): number {
    return 0
  }
  /** True if it is the same as the lower file. */
  get untouched(): boolean {
    return this.lower !== undefined && !this.changed
  }
  /** True if it may be forgotten: the lower directory has it still. */
  get idle(): boolean {
    return this.untouched && this.opens === 0
  }
  /** @param _access bits of Access */
  opened(_access?: number): void {
    this.opens++
  }
  closed(): void {
    this.opens--
    this.forgotten()
  }
  /** Frees its resources, if it has neither a name nor a handle. */
  forgotten(): void {}
  /** Updates the attributes after another process changed the lower file. */
  refresh(known?: Attributes): void {
    if (known === undefined || this.changed) return
    this.nlink = known.nlink
    this.atim = known.atim
    this.mtim = known.mtim
    this.ctim = known.ctim
  }
  /** Updates the times after a write, or after an entry was made or removed. */
  touch(): void {
    this.mtim = now()
    this.renamed()
  }
  /** Updates the times after one of its names was made or removed. */
  renamed(): void {
    this.ctim = now()
    this.changed = true
  }
  /**
   * Updates the access time after a read, as Linux's default `relatime` does. See
   * https://man7.org/linux/man-pages/man8/mount.8.html.
   */
  accessed(): void {
    const time = now()
    if (this.atim <= this.mtim || this.atim <= this.ctim || this.atim + day <= time)
      this.atim = time
  }
  /** Sets the times that `fstflags` names to these values, or to now. */
  setTimes(fstflags: number, [atim, mtim]: BigUint64Array): void {
    const { ATIM, ATIM_NOW, MTIM, MTIM_NOW } = Fstflags
    if ((fstflags & ATIM && fstflags & ATIM_NOW) || (fstflags & MTIM && fstflags & MTIM_NOW))
      refuse(Errno.INVAL)
    if (fstflags === 0) return
    this.renamed()
    this.timed = true
    if (fstflags & (ATIM | ATIM_NOW)) this.atim = fstflags & ATIM ? atim : this.ctim
    if (fstflags & (MTIM | MTIM_NOW)) this.mtim = fstflags & MTIM ? mtim : this.ctim
  }
}

/**
 * The size up to which a written lower file is copied whole; larger ones are overlaid by chunks.
 */
const copiedWhole = 2 ** 20

/** The identity of a lower file, to detect a replaced or changed one. */
export type Identity = Pick<Attributes, 'dev' | 'ino' | 'size' | 'mtim'>
const isSame = (known: Identity, there: Attributes): boolean =>
  known.dev === there.dev &&
  known.ino === there.ino &&
  known.size === there.size &&
  known.mtim === there.mtim

/** The part of a file that is in memory, in the form that another thread receives. */
export interface PlainContent {
  readonly size: number
  /** The number of lower bytes that stay visible where they were not overwritten. */
  readonly kept: number
  readonly pieces: readonly PlainPiece[]
  readonly base: Identity | undefined
}

/** A file: its bytes are in the lower file until the first write, then in memory. */
export class FileNode extends Node {
  #content: Content | undefined
  /** The lower file of a large file that was written to. */
  #base: Identity | undefined
  #handle: Handle = -1
  #lowerSize = 0
  /**
   * The number of its links that are other names of the lower file. Once this node is a copy, they
   * no longer lead to it, only to the lower file.
   */
  others = 0
  constructor(
    ground: Ground,
    attributes: Omit<Attributes, 'size'> & { readonly size?: number },
    lower?: string,
  ) {
    super(ground, attributes, lower)
    if (lower !== undefined) this.others = Math.max(0, attributes.nlink - 1)
    this.#lowerSize = attributes.size ?? 0
    if (lower === undefined) this.#content = new Content(ground.room)
  }

  override get size(): number {
    return this.#content?.size ?? this.#lowerSize
  }
  /** True if its bytes are in memory. */
  get written(): boolean {
    return this.#content !== undefined
  }
  override opened(_access?: number): void {
    if (this.opens === 0 && (this.#content === undefined || this.#base !== undefined))
      this.#openLower()
    this.opens++
  }
  /** Opens the lower file of a written one: STALE if another process has replaced or changed it. */
  #openLower(): void {
    const handle = this.#lower.open(this.lower as string)
    if (this.#base !== undefined && !isSame(this.#base, this.#lower.statOf(handle))) {
      this.ground.lower?.close(handle)
      refuse(Errno.STALE)
    }
    this.#handle = handle
  }
  override forgotten(): void {
    if (this.opens > 0) return
    this.#leaveLower()
    if (this.nlink === 0) this.#content?.resize(0)
  }
  override refresh(known?: Attributes): void {
    if (this.#content !== undefined) return
    const attributes = this.#handle >= 0 ? this.#lower.statOf(this.#handle) : known
    if (attributes === undefined) return
    this.#lowerSize = attributes.size
    if (!this.changed) this.others = Math.max(0, attributes.nlink - 1)
    super.refresh(attributes)
  }

  read(into: Uint8Array, offset: number): number {
    // An unchanged file has the times of the lower one.
    if (this.#content !== undefined || this.changed) this.accessed()
    return this.#content?.read(into, offset) ?? this.#lower.read(this.#handle, into, offset)
  }
  write(from: Uint8Array, offset: number): number {
    const count = this.#own().write(from, offset)
    if (count > 0) this.touch()
    return count
  }
  resize(size: number): void {
    this.#own(size).resize(size)
    this.touch()
  }
  /** Charges the quota for writing this range later. */
  reserve(offset: number, length: number): void {
    this.#own().reserve(offset, length)
    this.touch()
  }

  /**
   * Returns the content in memory. A small lower file is copied, at most `most` bytes of it; a
   * large one is overlaid by the chunks written.
   */
  #own(most = Number.POSITIVE_INFINITY): Content {
    if (this.#content !== undefined) return this.#content
    const there = this.#lower.statOf(this.#handle)
    const size = Math.min(most, there.size)
    if (size > copiedWhole)
      this.#base = { dev: there.dev, ino: there.ino, size: there.size, mtim: there.mtim }
    const content = size > copiedWhole ? this.#over(size) : this.#copied(most)
    this.#content = content
    if (this.#base === undefined) this.#leaveLower()
    this.nlink = Math.max(0, this.nlink - this.others)
    this.others = 0
    return content
  }
  #over(size: number): Content {
    return new Content(this.ground.room, {
      size,
      read: (into, offset) => {
        // Another process has truncated the lower file meanwhile.
        if (this.#lower.read(this.#handle, into, offset) < into.length) refuse(Errno.STALE)
      },
    })
  }
  #copied(most: number): Content {
    const content = new Content(this.ground.room)
    try {
      const buffer = new Uint8Array(65536)
      for (let offset = 0; offset < most; ) {
        const count = this.#lower.read(
          this.#handle,
          buffer.subarray(0, Math.min(buffer.length, most - offset)),
          offset,
        )
        if (count === 0) break
        if (content.write(buffer.subarray(0, count), offset) < count) refuse(Errno.NOSPC)
        offset += count
      }
    } catch (error) {
      content.resize(0)
      throw error
    }
    return content
  }
  /** Returns the part of the file that is in memory, for another thread; undefined without any. */
  get plain(): PlainContent | undefined {
    const content = this.#content
    return (
      content && {
        size: content.size,
        kept: content.kept,
        pieces: content.plain(),
        base: this.#base,
      }
    )
  }
  /** Replaces the content by these chunks, over the same lower file. */
  become({ size, kept, pieces, base }: PlainContent): void {
    this.#base = base
    const content = base === undefined ? new Content(this.ground.room) : this.#over(kept)
    content.become(size, kept, pieces)
    this.#content = content
  }
  /** The bytes of a full copy that no lower file has: holes count here. */
  get bytesOfOwn(): number {
    return this.#content?.own ?? 0
  }
  /** The bytes charged to the quota. */
  get charged(): number {
    return this.#content?.charged ?? 0
  }
  get #lower(): Lower {
    return this.ground.lower ?? refuse(Errno.BADF)
  }
  #leaveLower(): void {
    if (this.#handle >= 0) this.ground.lower?.close(this.#handle)
    this.#handle = -1
  }
}

/** A symbolic link. */
export class LinkNode extends Node {
  /** The target, a character for each byte. */
  readonly target: string
  constructor(
    ground: Ground,
    attributes: Omit<Attributes, 'size'>,
    target: string,
    lower?: string,
  ) {
    super(ground, attributes, lower)
    if (lower === undefined) ground.room.takeBytes(target.length)
    this.target = target
  }
  override get size(): number {
    return this.target.length
  }
  override forgotten(): void {
    if (this.nlink === 0 && this.lower === undefined) this.ground.room.giveBytes(this.target.length)
  }
}

/** A name in a directory. */
export interface Entry {
  readonly node: Node
  /** True if the guest put it there; false if it was only found in the lower directory. */
  readonly placed: boolean
}
/** An entry of a listing: the type and inode of a name, and its cookie. */
export interface Listed extends Found {
  readonly cookie: number
}

export class DirectoryNode extends Node {
  /** The parent directory for `..`; undefined for a root, and for a removed directory. */
  parent: DirectoryNode | undefined
  #nameLength = 0
  removed = false
  readonly entries = new Map<string, Entry>()
  /** The lower names that an overlay hides. */
  readonly gone = new Set<string>()
  readonly #listed = new Map<string, Listed>()
  #order: (readonly [name: string, listed: Listed])[] | undefined
  #cookie = 2

  override get size(): number {
    return this.#listed.size
  }
  override get untouched(): boolean {
    return (
      super.untouched &&
      this.gone.size === 0 &&
      [...this.entries.values()].every(({ node }) => node.untouched)
    )
  }
  override get idle(): boolean {
    return super.idle && [...this.entries.values()].every(({ node }) => node.idle)
  }

  /** Records its present name and parent directory. */
  stand(parent: DirectoryNode, { length }: string): void {
    this.parent = parent
    this.#nameLength = length
  }
  /** The bytes of the path to it from the root. */
  get distance(): number {
    let bytes = 0
    for (let at: DirectoryNode | undefined = this; at?.parent !== undefined; at = at.parent)
      bytes += at.#nameLength + 1
    return bytes
  }
  /** The bytes of the longest known path inside it. */
  get reach(): number {
    let bytes = 0
    for (const [{ length }, { node }] of this.entries)
      bytes = Math.max(bytes, length + 1 + (node instanceof DirectoryNode ? node.reach : 0))
    return bytes
  }

  set(name: string, entry: Entry): void {
    this.entries.set(name, entry)
    this.list(name, entry.node)
  }
  delete(name: string): void {
    this.entries.delete(name)
    this.unlist(name)
  }
  /** Lists a name, which keeps its cookie for as long as it exists. */
  list(name: string, { type, ino }: Found): void {
    const known = this.#listed.get(name)
    if (known?.type === type && known.ino === ino) return
    this.#listed.set(name, { cookie: known?.cookie ?? ++this.#cookie, type, ino })
    this.#order = undefined
  }
  unlist(name: string): void {
    if (this.#listed.delete(name)) this.#order = undefined
  }
  listed(): IterableIterator<string> {
    return this.#listed.keys()
  }
  /** Yields names in their order, from the first one after a cookie. */
  *after(cookie: bigint): Generator<readonly [name: string, listed: Listed]> {
    this.#order ??= [...this.#listed]
    const order = this.#order
    let low = 0
    for (let high = order.length; low < high; ) {
      const middle = (low + high) >>> 1
      if (BigInt(order[middle][1].cookie) <= cookie) low = middle + 1
      else high = middle
    }
    for (; low < order.length; low++) yield order[low]
  }
}
