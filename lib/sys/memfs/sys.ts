/**
 * Files in memory behind the interface of a host: each call of Sys, from the guest's numbers to the
 * nodes of a tree.
 */
import { Errno } from '../../abi/errno.js'
import { Access, maxPath, writeFilestat } from '../../abi/layout.js'
import { Fdflags, Filetype, Oflags, syncFlags, Whence } from '../../abi/values.js'
import { coded, refuse, WASIError } from '../../errors.js'
import { type Block, Ready } from '../block.js'
import { type Answer, type Handle, maxSize, type Sys } from '../sys.js'
import { maxFileSize } from './content.js'
import { list } from './listing.js'
import * as names from './names.js'
import { DirectoryNode, FileNode, LinkNode, type Node } from './nodes.js'
import { type Slot, Slots } from './slots.js'
import type { Tree } from './tree.js'
import { type Last, type Lease, walk } from './walk.js'

const parent: Last = { follow: false, enter: false }
type Name = [dir: Handle, at: number, length: number]

/**
 * One tree, as one guest uses it. Its results go to the block of the guest's own backend, where the
 * hostcalls read them. Unexpected errors of a lower directory are thrown, since several Sys could
 * have failed.
 */
export class MemfsSys implements Sys {
  readonly name = 'memfs'
  readonly block: Block
  readonly #tree: Tree
  readonly #slots = new Slots()
  readonly #given = new Set<DirectoryNode>()
  #memory = new Uint8Array(0)
  #disposed = false
  readonly #holding: { release: (() => void) | undefined }

  /** Holds the host resources of the tree from now on, until `dispose`. */
  constructor(block: Block, tree: Tree) {
    this.block = block
    this.#tree = tree
    tree.hold()
    const slots = this.#slots
    this.#holding = { release: () => tree.release() }
    forgotten.register(this, { slots, holding: this.#holding }, this)
  }

  bind(memory: Uint8Array): void {
    this.#memory = memory as Uint8Array<ArrayBuffer>
  }
  /** Unreachable: no call here returns UNEXPECTED. */
  failure(): Error {
    return new Error('nothing has failed')
  }
  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    forgotten.unregister(this)
    clear({ slots: this.#slots, holding: this.#holding })
  }
  /** Returns undefined: its handles refer to objects of one thread. */
  share(): undefined {
    return undefined
  }

  /**
   * Opens a directory of the tree, by its path from the root. Symlinks are followed within the tree
   * only.
   */
  preopen(path: string): Handle {
    try {
      const text = Buffer.from(path.replace(/^\/+/, '') || '.').toString('latin1')
      const { node } = walk(this.#tree, this.#tree.root, text, { follow: true, enter: true })
      if (node === undefined) refuse(Errno.NOENT)
      if (!(node instanceof DirectoryNode)) refuse(Errno.NOTDIR)
      this.#given.add(node)
      return this.#take(node, Access.READ, 0)
    } catch (error) {
      if (!(error instanceof WASIError)) throw error
      throw coded(new Error(`${error.code}: open '${path}'`), error.code, { syscall: 'open', path })
    }
  }
  /** Refuses: no host descriptor is in memory. */
  adopt(fd: number): Handle {
    throw coded(new Error(`ENOTSUP: descriptor ${fd} is not of files in memory, open`), 'ENOTSUP', {
      syscall: 'open',
    })
  }

  /** Returns undefined: a memfs has no network. */
  listen() {
    return undefined
  }
  listening() {
    return undefined
  }

  close(file: Handle): Answer {
    return this.#ask(() => {
      this.#slots.close(file)
      return 0
    })
  }
  readv(file: Handle, spans: number): Answer {
    return this.#ask(() => {
      const slot = this.#slots.get(file)
      const count = this.#read(slot, spans, slot.position)
      slot.position += count
      return count
    })
  }
  preadv(file: Handle, spans: number, offset: number): Answer {
    return this.#ask(() => this.#read(this.#slots.get(file), spans, offset))
  }
  writev(file: Handle, spans: number): Answer {
    return this.#ask(() => {
      const slot = this.#slots.get(file)
      const from = this.#writable(slot, slot.position)
      const count = this.#write(slot, spans, from)
      slot.position = count > 0 ? from + count : slot.position
      return count
    })
  }
  writeText(file: Handle, length: number): Answer {
    return this.#ask(() => {
      const slot = this.#slots.get(file)
      const from = this.#writable(slot, slot.position)
      const count = (slot.node as FileNode).write(this.block.text.subarray(0, length), from)
      slot.position = from + count
      return count
    })
  }
  /**
   * Writes at an offset. On a descriptor that appends, the offset is ignored, as on Linux. See BUGS
   * in https://man7.org/linux/man-pages/man2/pwrite.2.html.
   */
  pwritev(file: Handle, spans: number, offset: number): Answer {
    return this.#ask(() => {
      const slot = this.#slots.get(file)
      return this.#write(slot, spans, this.#writable(slot, offset))
    })
  }
  seek(file: Handle, offset: number, whence: number): Answer {
    return this.#ask(() => {
      const slot = this.#slots.get(file)
      // The offset of a directory belongs to readdir.
      if (!(slot.node instanceof FileNode)) refuse(Errno.BADF)
      if (whence === Whence.END) slot.node.refresh()
      const to =
        offset +
        (whence === Whence.SET ? 0 : whence === Whence.CUR ? slot.position : slot.node.size)
      if (to < 0 || to > maxSize) refuse(Errno.INVAL)
      slot.position = to
      return to
    })
  }
  identify(file: Handle): Answer {
    return this.#ask(() => this.#describe(this.#slots.get(file)))
  }
  filestat(file: Handle): Answer {
    return this.#ask(() => {
      const { node } = this.#slots.get(file)
      node.refresh()
      return this.#tell(node)
    })
  }
  setSize(file: Handle, size: number): Answer {
    return this.#ask(() => {
      const { node, access } = this.#slots.get(file)
      if (!(node instanceof FileNode) || (access & Access.WRITE) === 0) refuse(Errno.INVAL)
      if (size > maxFileSize) refuse(Errno.FBIG)
      node.resize(size)
      return 0
    })
  }
  setTimes(file: Handle, fstflags: number): Answer {
    return this.#ask(() => {
      this.#slots.get(file).node.setTimes(fstflags, this.block.times)
      return 0
    })
  }
  allocate(file: Handle, offset: number, length: number): Answer {
    return this.#ask(() => {
      const { node, access } = this.#slots.get(file)
      if (!(node instanceof FileNode) || (access & Access.WRITE) === 0) refuse(Errno.BADF)
      if (length === 0) refuse(Errno.INVAL)
      if (offset + length > maxFileSize) refuse(Errno.FBIG)
      node.reserve(offset, length)
      return 0
    })
  }
  advise(file: Handle, _offset: number, _length: number, _advice: number): Answer {
    return this.#open(file)
  }
  sync(file: Handle): Answer {
    return this.#open(file)
  }
  datasync(file: Handle): Answer {
    return this.#open(file)
  }
  setFlags(file: Handle, fdflags: number): Answer {
    return this.#ask(() => {
      const slot = this.#slots.get(file)
      if (((fdflags ^ slot.fdflags) & syncFlags) !== 0) refuse(Errno.NOTSUP)
      if (slot.node instanceof FileNode) slot.fdflags = fdflags
      return 0
    })
  }
  readdir(dir: Handle, cookie: bigint, at: number, length: number): Answer {
    return this.#ask(() => {
      const directory = this.#directory(dir)
      if (cookie === 0n) this.#tree.relist(directory)
      if (directory.lower === undefined || directory.changed) directory.accessed()
      return list(directory, this.#given, cookie, this.#memory.subarray(at, at + length))
    })
  }

  open(
    dir: Handle,
    at: number,
    length: number,
    follow: number,
    oflags: number,
    fdflags: number,
    access: number,
  ): Answer {
    const creates = (oflags & Oflags.CREAT) !== 0
    const exclusive = creates && (oflags & Oflags.EXCL) !== 0
    return this.#at(
      dir,
      at,
      length,
      { follow: follow !== 0 && !exclusive, enter: !creates },
      lease => {
        if (creates && oflags & Oflags.DIRECTORY) refuse(Errno.INVAL)
        if (lease.slash) refuse(Errno.ISDIR)
        const node = lease.node ?? this.#create(lease, creates, (access & Access.UNCHANGED) !== 0)
        if (lease.node !== undefined && exclusive) refuse(Errno.EXIST)
        if (node instanceof LinkNode) refuse(oflags & Oflags.DIRECTORY ? Errno.NOTDIR : Errno.LOOP)
        if (node instanceof DirectoryNode) {
          if (creates || access & Access.WRITE || oflags & Oflags.TRUNC) refuse(Errno.ISDIR)
          return this.#take(node, Access.READ, fdflags)
        }
        if (oflags & Oflags.DIRECTORY) refuse(Errno.NOTDIR)
        // Devices and other special files of the lower directory are visible, but cannot be opened,
        // as on a mount with `nodev`.
        if (!(node instanceof FileNode)) refuse(Errno.ACCES)
        const file = this.#take(node, access & Access.BOTH || Access.READ, fdflags)
        try {
          if (oflags & Oflags.TRUNC) node.resize(0)
        } catch (error) {
          this.#slots.close(file)
          throw error
        }
        return file
      },
    )
  }
  filestatAt(dir: Handle, at: number, length: number, follow: number): Answer {
    return this.#at(
      dir,
      at,
      length,
      { follow: follow !== 0, enter: true },
      ({ node = refuse(Errno.NOENT) }) => this.#tell(node),
    )
  }
  setTimesAt(dir: Handle, at: number, length: number, follow: number, fstflags: number): Answer {
    return this.#at(
      dir,
      at,
      length,
      { follow: follow !== 0, enter: true },
      ({ node = refuse(Errno.NOENT) }) => {
        node.setTimes(fstflags, this.block.times)
        return 0
      },
    )
  }
  mkdir(dir: Handle, at: number, length: number): Answer {
    return this.#at(dir, at, length, parent, lease => names.mkdir(this.#tree, lease))
  }
  rmdir(dir: Handle, at: number, length: number): Answer {
    return this.#at(dir, at, length, parent, lease => names.rmdir(this.#tree, lease))
  }
  unlink(dir: Handle, at: number, length: number): Answer {
    return this.#at(dir, at, length, parent, lease => names.unlink(this.#tree, lease))
  }
  readlink(dir: Handle, at: number, length: number, into: number, room: number): Answer {
    return this.#at(
      dir,
      at,
      length,
      { follow: false, enter: true },
      ({ node = refuse(Errno.NOENT) }) => {
        if (!(node instanceof LinkNode)) refuse(Errno.INVAL)
        node.accessed()
        const target = Buffer.from(node.target, 'latin1').subarray(0, room)
        this.#memory.set(target, into)
        return target.length
      },
    )
  }
  symlink(target: number, targetLength: number, dir: Handle, at: number, length: number): Answer {
    return this.#ask(() => {
      const text = this.#text(target, targetLength)
      if (text.startsWith('/')) refuse(Errno.NOTCAPABLE)
      const lease = walk(this.#tree, this.#directory(dir), this.#text(at, length), parent)
      return names.symlink(this.#tree, text, lease)
    })
  }
  link(
    dir: Handle,
    at: number,
    length: number,
    follow: number,
    dir2: Handle,
    at2: number,
    length2: number,
  ): Answer {
    return this.#both(
      [dir, at, length],
      { follow: follow !== 0, enter: true },
      [dir2, at2, length2],
      names.find,
      names.link,
    )
  }
  rename(
    dir: Handle,
    at: number,
    length: number,
    dir2: Handle,
    at2: number,
    length2: number,
  ): Answer {
    return this.#both([dir, at, length], parent, [dir2, at2, length2], () => {}, names.rename)
  }

  accept(file: Handle, _fdflags: number): Answer {
    return this.#noSocket(file)
  }
  recv(file: Handle, _spans: number, _riflags: number): Answer {
    return this.#noSocket(file)
  }
  send(file: Handle, _spans: number, _siflags: number): Answer {
    return this.#noSocket(file)
  }
  shutdown(file: Handle, _sdflags: number): Answer {
    return this.#noSocket(file)
  }

  // Waiting and clocks belong to the guest's own backend: files in memory are always ready.

  poll(count: number, _timeout: number): Answer {
    const { pollHandles, poll, pollBytes } = this.block
    for (let index = 0; index < count; index++) {
      poll[2 * index + 1] = this.#ask(() => {
        const { node, position, access } = this.#slots.get(pollHandles[index])
        // Want has bits of Access.
        if ((poll[2 * index] & ~access) !== 0) refuse(Errno.BADF)
        pollBytes[index] = Math.max(0, node.size - position)
        return Ready.YES
      })
    }
    return count
  }
  now(_clock: number): Answer {
    return -Errno.NOTSUP
  }
  resolution(_clock: number): Answer {
    return -Errno.NOTSUP
  }

  /** Calls `act`: the only place where a refusal becomes an answer. */
  #ask(act: () => number): Answer {
    try {
      return act()
    } catch (error) {
      if (error instanceof WASIError) return -error.errno
      throw error
    }
  }
  #open(file: Handle): Answer {
    return this.#ask(() => {
      this.#slots.get(file)
      return 0
    })
  }
  #noSocket(file: Handle): Answer {
    return this.#ask(() => {
      this.#slots.get(file)
      return refuse(Errno.NOTSOCK)
    })
  }

  #read({ node, access }: Slot, spans: number, offset: number): number {
    if ((access & Access.READ) === 0) refuse(Errno.BADF)
    if (!(node instanceof FileNode)) refuse(Errno.ISDIR)
    let total = 0
    for (let index = 0; index < spans; index++) {
      const piece = this.#piece(index)
      const count = node.read(piece, offset + total)
      total += count
      if (count < piece.length) break
    }
    return total
  }
  /** Returns the offset of a write. */
  #writable({ node, access, fdflags }: Slot, offset: number): number {
    if ((access & Access.WRITE) === 0 || !(node instanceof FileNode)) refuse(Errno.BADF)
    if ((fdflags & Fdflags.APPEND) === 0) return offset
    node.refresh()
    return node.size
  }
  #write({ node }: Slot, spans: number, offset: number): number {
    let total = 0
    for (let index = 0; index < spans; index++) {
      const piece = this.#piece(index)
      try {
        const count = (node as FileNode).write(piece, offset + total)
        total += count
        if (count < piece.length) break
      } catch (error) {
        // The call returns the bytes already written; the next call returns the error.
        if (total > 0 && error instanceof WASIError) break
        throw error
      }
    }
    return total
  }
  /** Returns a span of guest memory. */
  #piece(index: number): Uint8Array {
    const at = this.block.spans[2 * index]
    return this.#memory.subarray(at, at + this.block.spans[2 * index + 1])
  }

  /** Returns a handle for a node, and fills `opened`. */
  #take(node: Node, access: number, fdflags: number): Handle {
    const slot = { node, access, fdflags, position: 0 }
    const handle = this.#slots.add(slot)
    this.#describe(slot)
    return handle
  }
  #describe({ node, fdflags }: Slot): 0 {
    this.block.opened[0] = node.type
    this.block.opened[1] = fdflags
    this.block.opened[2] = 0
    return 0
  }
  #create(lease: Lease, creates: boolean, unchanged: boolean): Node {
    if (!creates) refuse(Errno.NOENT)
    if (unchanged) refuse(Errno.ROFS)
    const file = this.#tree.makeFile()
    this.#tree.attach(lease.dir, lease.name, file)
    return file
  }
  #tell(node: Node): 0 {
    const { dev, ino, type: filetype, nlink, size, atim, mtim, ctim } = node
    writeFilestat(this.block.record, {
      dev,
      ino,
      filetype,
      nlink: BigInt(nlink),
      size: BigInt(size),
      atim,
      mtim,
      ctim,
    })
    return 0
  }
  #directory(dir: Handle): DirectoryNode {
    const { node } = this.#slots.get(dir)
    return node.type === Filetype.DIRECTORY ? (node as DirectoryNode) : refuse(Errno.NOTDIR)
  }
  /** Copies a guest's path once: a character for each byte, so any bytes pass. */
  #text(at: number, length: number): string {
    if (length === 0) refuse(Errno.NOENT)
    if (length > maxPath) refuse(Errno.NAMETOOLONG)
    const text = Buffer.from(this.#memory.subarray(at, at + length)).toString('latin1')
    return text.includes('\0') ? refuse(Errno.INVAL) : text
  }
  #at(dir: Handle, at: number, length: number, last: Last, act: (lease: Lease) => number): Answer {
    return this.#ask(() => {
      const directory = this.#directory(dir)
      const text = this.#text(at, length)
      this.#tree.tidy()
      return act(walk(this.#tree, directory, text, last))
    })
  }
  /**
   * Resolves two paths. `last` describes the end of the first. `look` checks its file before the
   * second, the new name, is resolved.
   */
  #both(
    [dir, at, length]: Name,
    last: Last,
    [dir2, at2, length2]: Name,
    look: (from: Lease) => void,
    act: (tree: Tree, from: Lease, to: Lease) => number,
  ): Answer {
    return this.#at(dir, at, length, last, from => {
      look(from)
      const directory = this.#directory(dir2)
      return act(this.#tree, from, walk(this.#tree, directory, this.#text(at2, length2), parent))
    })
  }
}

interface Held {
  readonly slots: Slots
  readonly holding: { release: (() => void) | undefined }
}
function clear({ slots, holding }: Held): void {
  slots.clear()
  holding.release?.()
  holding.release = undefined
}
/** Releases the resources of a MemfsSys that was collected. */
const forgotten = new FinalizationRegistry<Held>(clear)
