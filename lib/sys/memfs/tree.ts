/** A tree of nodes: the node of each name, and the effects of changing a name. */
import { Errno } from '../../abi/errno.js'
import { maxPath } from '../../abi/layout.js'
import { Filetype } from '../../abi/values.js'
import { coded, refuse } from '../../errors.js'
import type { Attributes } from './attributes.js'
import { joined, type Lower } from './lower.js'
import { DirectoryNode, FileNode, type Ground, LinkNode, Node, now } from './nodes.js'
import { type FullQuota, Room } from './quota.js'

const maxName = 255
/** The last device number: each tree is a device of its own. */
let devices = 0x6d65_6d00_0000n
/** The first inode of a node made here: larger than any inode of a lower disk. */
const firstInode = 1n << 48n
/** The most unchanged lower nodes that are remembered. */
const mostFound = 2 ** 16

export class Tree implements Ground {
  room: Room
  root: DirectoryNode
  /** The device number, and the last inode assigned. */
  numbers = { dev: ++devices, inode: firstInode }
  #lower: Lower | undefined
  #frozen: { release(): void } | undefined
  /** True once its directories know their lower paths. */
  laid = false
  #holders = 0
  #away = false
  /** The number of nodes made of lower files since the last count. */
  #found = 0

  constructor(quota: FullQuota) {
    this.room = new Room(quota)
    // The root's lower path is the lower directory itself, once there is one.
    this.root = new DirectoryNode(this, this.#fresh(Filetype.DIRECTORY, 2), '')
  }

  get lower(): Lower | undefined {
    return this.#lower
  }
  /**
   * Makes the tree an overlay over a host directory. Existing files become the upper layer, and
   * directories of one name are merged. The lower directory stays the same: another one is refused.
   * Errors are thrown as Sys.preopen throws them.
   */
  lieOver(lower: Lower): void {
    if (this.#lower !== undefined && this.#lower.path !== lower.path) {
      const message = `these MemoryFiles are an overlay over "${this.#lower.path}" and cannot be one over "${lower.path}": use other MemoryFiles`
      throw coded(new Error(message), 'ERR_WASI_OVERLAY')
    }
    if (this.#lower !== undefined) return
    // A lower directory that cannot be opened is refused first: it would make the tree's own files
    // unreachable.
    lower.hold()
    lower.release()
    this.#lower = lower
    if (this.laid) return
    this.laid = true
    const merge = (dir: DirectoryNode, path: string): void => {
      dir.lower = path
      for (const [name, { node }] of dir.entries)
        if (node instanceof DirectoryNode) merge(node, joined(path, name))
    }
    merge(this.root, '')
  }

  /** Attaches a single name, and refuses all further changes of names. */
  freeze(name: string, node: Node, host: { release(): void }): void {
    this.attach(this.root, name, node)
    this.#frozen = host
  }
  /** Holds the tree's host resources open while it is used. */
  hold(): void {
    this.#checkHere()
    this.#lower?.hold()
    this.#holders++
  }
  #checkHere(): void {
    if (!this.#away) return
    throw coded(
      new Error('these MemoryFiles are in use by a running guest: wait for its end'),
      'ERR_WASI_FILES_AWAY',
    )
  }
  /** Releases one hold. */
  release(): void {
    this.#holders--
    this.#lower?.release()
    this.#frozen?.release()
  }

  /** Marks the tree as away, and unusable, while another thread has its contents. */
  lend(): void {
    this.#checkHere()
    if (this.#holders > 0)
      throw coded(
        new Error('these MemoryFiles are open in a guest of this thread: close that guest first'),
        'ERR_WASI_FILES_BUSY',
      )
    this.#away = true
  }
  /** Marks the tree as usable again, unchanged. */
  takeBack(): void {
    this.#away = false
  }

  #fresh(type: number, nlink: number): Omit<Attributes, 'size'> {
    const time = now()
    return {
      type,
      dev: this.numbers.dev,
      ino: ++this.numbers.inode,
      nlink,
      atim: time,
      mtim: time,
      ctim: time,
    }
  }
  makeFile(): FileNode {
    return new FileNode(this, this.#fresh(Filetype.REGULAR_FILE, 0))
  }
  makeDirectory(): DirectoryNode {
    return new DirectoryNode(this, this.#fresh(Filetype.DIRECTORY, 2))
  }
  /** Makes a symlink; NOSPC if the quota has too few bytes for the target. */
  makeLink(target: string): LinkNode {
    return new LinkNode(this, this.#fresh(Filetype.SYMBOLIC_LINK, 0), target)
  }

  /** Returns the node of a name in a directory. */
  lookup(dir: DirectoryNode, name: string): Node | undefined {
    if (name.length > maxName) refuse(Errno.NAMETOOLONG)
    const entry = dir.entries.get(name)
    const path = this.#lowerPath(dir, name)
    if (path === undefined || entry?.placed) return entry?.node
    const there = this.#lower?.stat(path)
    if (entry !== undefined) {
      const same =
        there !== undefined &&
        there.type === entry.node.type &&
        there.ino === entry.node.ino &&
        there.dev === entry.node.dev
      if (same) entry.node.refresh(there)
      if (same || !this.#vanished(dir, name, entry.node)) return entry.node
    }
    if (there === undefined) return undefined
    const node = this.nodeOf(there, path)
    if (node instanceof DirectoryNode) node.stand(dir, name)
    dir.set(name, { node, placed: false })
    this.#found++
    return node
  }
  /**
   * Removes a name that is no longer in the lower directory, and returns true. A node that the
   * guest has changed stays, whatever happens to the lower file.
   */
  #vanished(dir: DirectoryNode, name: string, node: Node): boolean {
    if (!node.untouched) return false
    dir.delete(name)
    // An open handle keeps the node, as a removed file.
    node.nlink = 0
    return true
  }
  /** @param lower the lower path, if it has one */
  nodeOf(there: Attributes, lower: string | undefined, target?: string): Node {
    switch (there.type) {
      case Filetype.REGULAR_FILE:
        return new FileNode(this, there, lower)
      case Filetype.DIRECTORY:
        return new DirectoryNode(this, there, lower)
      case Filetype.SYMBOLIC_LINK:
        return new LinkNode(this, there, target ?? this.#lower?.readlink(lower ?? '') ?? '', lower)
      default:
        return new Node(this, there, lower)
    }
  }
  /** Returns the lower path of a name, unless it has none or was removed. */
  #lowerPath(dir: DirectoryNode, name: string): string | undefined {
    if (this.#lower === undefined || dir.lower === undefined || dir.removed || dir.gone.has(name))
      return undefined
    return joined(dir.lower, name)
  }

  /**
   * Forgets unchanged lower nodes once there are many. Call this only while no node is used without
   * a handle.
   */
  tidy(): void {
    if (this.#found < mostFound) return
    this.#found = 0
    const visit = (dir: DirectoryNode): void => {
      for (const [name, { node, placed }] of [...dir.entries]) {
        if (node instanceof DirectoryNode) visit(node)
        if (!placed && node.idle) dir.entries.delete(name)
        else if (!placed) this.#found++
      }
    }
    visit(this.root)
    // A tree with many nodes in use is not searched again until their number has doubled.
    this.#found = Math.min(this.#found, mostFound / 2)
  }

  /** Updates the listing to the present names in the lower directory. */
  relist(dir: DirectoryNode): void {
    if (this.#lower === undefined || dir.lower === undefined || dir.removed) return
    const there = this.#lower.list(dir.lower)
    for (const name of [...dir.listed()]) {
      const entry = dir.entries.get(name)
      if (there.has(name) || entry?.placed) continue
      if (entry === undefined) dir.unlist(name)
      else this.#vanished(dir, name, entry.node)
    }
    for (const [name, found] of there)
      if (!dir.gone.has(name) && !dir.entries.has(name)) dir.list(name, found)
  }
  /** Returns all names in the directory, up to date. */
  names(dir: DirectoryNode): string[] {
    this.relist(dir)
    return [...dir.listed()]
  }

  // Changes. A refused change has no effect.

  /** Refuses with NOENT for a removed directory, and with ROFS for a frozen tree. */
  checkAlive(dir: DirectoryNode): void {
    if (this.#frozen !== undefined) refuse(Errno.ROFS)
    if (dir.removed) refuse(Errno.NOENT)
  }
  /** Attaches a node at a free name. */
  attach(dir: DirectoryNode, name: string, node: Node): void {
    this.checkAlive(dir)
    // A deeper tree could be made step by step, but no path would reach its contents.
    if (dir.distance + name.length > maxPath) refuse(Errno.NAMETOOLONG)
    const hides = this.#hides(dir, name)
    this.room.takeEntry()
    if (hides) this.#hide(dir, name)
    dir.set(name, { node, placed: true })
    if (node instanceof DirectoryNode) {
      node.stand(dir, name)
      dir.nlink++
    } else {
      node.nlink++
    }
    node.renamed()
    dir.touch()
  }
  /** Detaches a name. Returns its node, which exists while it is open. */
  detach(dir: DirectoryNode, name: string): Node {
    if (this.#frozen !== undefined) refuse(Errno.ROFS)
    const entry = dir.entries.get(name) ?? refuse(Errno.NOENT)
    const { node, placed } = entry
    const hides = this.#hides(dir, name)
    if (placed) this.room.giveEntry()
    if (hides) this.#hide(dir, name)
    dir.delete(name)
    if (node instanceof DirectoryNode) {
      node.parent = undefined
      dir.nlink--
    } else {
      node.nlink--
    }
    node.renamed()
    dir.touch()
    return node
  }
  /** Removes a name for good: of a file, or of an empty directory. */
  remove(dir: DirectoryNode, name: string): void {
    const node = this.detach(dir, name)
    if (node instanceof DirectoryNode) {
      node.removed = true
      node.nlink = 0
      this.room.countGone(-node.gone.size)
      node.gone.clear()
    }
    node.forgotten()
  }
  /** Moves a node to a free name, or replaces the file of that name. */
  move(dir: DirectoryNode, name: string, dir2: DirectoryNode, name2: string): void {
    this.checkAlive(dir2)
    const given =
      (dir.entries.get(name)?.placed ? 1 : 0) + (dir2.entries.get(name2)?.placed ? 1 : 0)
    if (given === 0 && this.room.freeEntries <= 0) refuse(Errno.NOSPC)
    // Checks everything that the later steps may need, so that none fails half-way: both names may
    // be in the lower directory.
    if (this.#lower !== undefined && this.room.freeGone < 2) refuse(Errno.NOSPC)
    const node = dir.entries.get(name)?.node
    const reach = node instanceof DirectoryNode ? node.reach : 0
    if (dir2.distance + name2.length + reach > maxPath) refuse(Errno.NAMETOOLONG)
    if (dir2.entries.has(name2)) this.remove(dir2, name2)
    this.attach(dir2, name2, this.detach(dir, name))
  }
  isEmpty(dir: DirectoryNode): boolean {
    return this.names(dir).length === 0
  }
  /**
   * Returns true if a lower file has this name and must be hidden. NOSPC if too many names are
   * hidden.
   */
  #hides(dir: DirectoryNode, name: string): boolean {
    const path = this.#lowerPath(dir, name)
    if (path === undefined || this.#lower?.stat(path) === undefined) return false
    if (this.room.freeGone <= 0) refuse(Errno.NOSPC)
    return true
  }
  #hide(dir: DirectoryNode, name: string): void {
    dir.gone.add(name)
    this.room.countGone(1)
  }
}
