/** Files in memory by path, as their embedder reads and writes them. */
import { types } from 'node:util'
import { Errno } from '../../abi/errno.js'
import { maxPath } from '../../abi/layout.js'
import { dictionary } from '../../dictionary.js'
import { coded, refuse, WASIError } from '../../errors.js'
import { checkKeys, checkString, isRecord, wrongType, wrongValue } from '../../validate.js'
import { changesOf, type FileChange, type FileType, kindOf, toText } from './changes.js'
import { joined } from './lower.js'
import { DirectoryNode, FileNode, LinkNode, type Node } from './nodes.js'
import type { FullQuota } from './quota.js'
import { Tree } from './tree.js'
import { type Last, type Lease, walk } from './walk.js'

/** A symlink in a {@link FileRecord}. */
export interface FileSymlink {
  /** The target: an absolute or relative path. A guest resolves it within the same tree. */
  readonly symlink: string
}
/**
 * Files by path: a file's bytes, its text, which becomes UTF-8, or a symlink. Paths are relative,
 * with slashes; parent directories are created. A path that ends in a slash is a directory, and its
 * value is `''`.
 */
export type FileRecord = Readonly<Record<string, string | Uint8Array | FileSymlink>>
/** An entry of a directory. */
export interface FileEntry {
  /** The name alone, without the path of its directory. */
  readonly name: string
  /** The type of the file; symlinks are not followed. */
  readonly type: FileType
  /** The size of a file in bytes. */
  readonly size: number
}

/**
 * Encodes text as the nodes' form, a character for each byte. Embedders use UTF-8; other bytes
 * become replacement characters.
 */
const toBytes = (text: string): string => Buffer.from(text).toString('latin1')
const following: Last = { follow: true, enter: true }
const itself: Last = { follow: false, enter: true }

/** The methods of MemoryFiles, which documents each. */
export class Store {
  readonly tree: Tree

  constructor(record: FileRecord, quota: FullQuota) {
    if (!isRecord(record)) throw wrongType('record', 'a record of contents by path', record)
    this.tree = new Tree(quota)
    for (const [path, value] of Object.entries(record)) this.#put(path, value)
  }

  #put(path: string, value: unknown): void {
    const at = `record[${JSON.stringify(path)}]`
    if (path.endsWith('/')) {
      if (value !== '')
        throw wrongValue(at, "must be '', since its name is that of a directory", value)
      this.mkdir(path)
    } else if (typeof value === 'string' || types.isUint8Array(value)) {
      this.writeFile(path, value)
    } else if (typeof value === 'object' && value !== null && 'symlink' in value) {
      checkKeys(at, ['symlink'], value)
      checkString(`${at}.symlink`, value.symlink)
      this.symlink(value.symlink, path)
    } else {
      throw wrongType(at, 'a string, an instance of Uint8Array or { symlink }', value)
    }
  }

  readFile(path: string, encoding: 'utf8' | undefined): Uint8Array | string {
    if (encoding !== undefined && encoding !== 'utf8')
      throw wrongValue('encoding', "must be 'utf8' or undefined", encoding)
    const bytes = this.#at('readFile', path, following, ({ node }) => {
      if (node instanceof FileNode) this.#checkWhole('readFile', path, node.bytesOfOwn)
      return bytesOf(node)
    })
    return encoding === undefined ? bytes : Buffer.from(bytes.buffer, 0, bytes.length).toString()
  }
  writeFile(path: string, data: string | Uint8Array): void {
    if (typeof data !== 'string' && !types.isUint8Array(data))
      throw wrongType('data', 'of type string or an instance of Uint8Array', data)
    this.#parents(path)
    this.#at('writeFile', path, { follow: true, enter: false }, ({ dir, name, node, slash }) => {
      if (slash || node instanceof DirectoryNode) refuse(Errno.ISDIR)
      if (node !== undefined && !(node instanceof FileNode)) refuse(Errno.INVAL)
      const file = node ?? this.tree.makeFile()
      if (node === undefined) this.tree.attach(dir, name, file)
      file.opened()
      try {
        const bytes = typeof data === 'string' ? Buffer.from(data) : data
        file.resize(0)
        if (file.write(bytes, 0) < bytes.length) refuse(Errno.NOSPC)
      } finally {
        file.closed()
      }
    })
  }
  mkdir(path: string): void {
    this.#parents(path)
    this.#at('mkdir', path, { follow: true, enter: false }, ({ dir, name, node }) => {
      if (node !== undefined && !(node instanceof DirectoryNode)) refuse(Errno.EXIST)
      if (node === undefined) this.tree.attach(dir, name, this.tree.makeDirectory())
    })
  }
  symlink(target: string, path: string): void {
    checkString('target', target)
    if (target === '' || target.includes('\0'))
      throw wrongValue(
        'target',
        'must be a path that is not empty and has no NUL characters',
        target,
      )
    this.#parents(path)
    this.#at('symlink', path, { follow: false, enter: false }, ({ dir, name, node, slash }) => {
      if (node !== undefined || slash) refuse(Errno.EXIST)
      if (Buffer.byteLength(target) > maxPath) refuse(Errno.NAMETOOLONG)
      const link = this.tree.makeLink(toBytes(target))
      try {
        this.tree.attach(dir, name, link)
      } catch (error) {
        link.forgotten()
        throw error
      }
    })
  }
  remove(path: string): void {
    this.#at('remove', path, itself, ({ dir, name, node }) => {
      if (node === undefined) return
      if (name === '.') refuse(Errno.BUSY)
      this.#clear(dir, name, node)
    })
  }
  #clear(dir: DirectoryNode, name: string, node: Node): void {
    if (node instanceof DirectoryNode) {
      for (const inner of this.tree.names(node)) {
        const child = this.tree.lookup(node, inner)
        if (child !== undefined) this.#clear(node, inner, child)
      }
    }
    this.tree.remove(dir, name)
  }
  exists(path: string): boolean {
    try {
      return this.#at('exists', path, following, ({ node }) => node !== undefined)
    } catch (error) {
      if (
        error instanceof Error &&
        'code' in error &&
        (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      )
        return false
      throw error
    }
  }
  list(path: string): FileEntry[] {
    return this.#at('list', path, following, ({ node }) => {
      if (node === undefined) refuse(Errno.NOENT)
      if (!(node instanceof DirectoryNode)) refuse(Errno.NOTDIR)
      return this.tree.names(node).flatMap(name => {
        const child = this.tree.lookup(node, name)
        return child === undefined
          ? []
          : [
              {
                name: toText(name),
                type: kindOf(child.type),
                size: child instanceof FileNode ? child.size : 0,
              },
            ]
      })
    })
  }

  toRecord(): Record<string, string | Uint8Array | FileSymlink> {
    return this.#at('toRecord', '', following, () => {
      const found: [path: string, value: string | Uint8Array | FileSymlink][] = []
      // A cache of copies: a guest can give one large file as many names as the quota allows.
      const copies = new Map<FileNode, Uint8Array>()
      let total = 0
      const visit = (dir: DirectoryNode, path: string, whole: boolean): void => {
        for (const name of whole ? this.tree.names(dir) : [...dir.entries.keys()]) {
          const node = this.tree.lookup(dir, name)
          const here = joined(path, toText(name))
          const placed = whole || dir.entries.get(name)?.placed === true
          if (node instanceof DirectoryNode) {
            const before = found.length
            visit(node, here, placed)
            if (placed && found.length === before) found.push([`${here}/`, ''])
          } else if (node instanceof LinkNode) {
            if (placed) found.push([here, { symlink: toText(node.target) }])
          } else if (node instanceof FileNode && (placed || node.written)) {
            let bytes = copies.get(node)
            if (bytes === undefined) {
              total += node.bytesOfOwn
              this.#checkWhole('toRecord', here, total)
              bytes = bytesOf(node)
              copies.set(node, bytes)
            }
            found.push([here, bytes])
          }
        }
      }
      visit(this.tree.root, '', false)
      return dictionary(found)
    })
  }

  /**
   * Refuses files larger than the quota with EFBIG. A guest can make large files of holes only,
   * which become zeros when they are copied out.
   */
  #checkWhole(syscall: string, path: string, bytes: number): void {
    const { quota } = this.tree.room
    if (bytes <= quota.bytes) return
    const message = `EFBIG: ${syscall} '${path}': the files have ${bytes} bytes with their holes; the quota is ${quota.bytes}`
    throw coded(new Error(message), 'EFBIG', { syscall, path })
  }

  changes(): FileChange[] {
    return this.#at('changes', '', following, () => changesOf(this.tree))
  }

  /** Makes the missing directories of a path. */
  #parents(path: string): void {
    const parts = partsOf(path).slice(0, -1)
    for (let count = 1; count <= parts.length; count++) {
      const text = parts.slice(0, count).join('/')
      this.#at('mkdir', text, { follow: true, enter: false }, ({ dir, name, node }) => {
        if (node === undefined) this.tree.attach(dir, name, this.tree.makeDirectory())
      })
    }
  }

  /** Resolves a path, and holds its lower file open during `act`. */
  #at<T>(call: string, path: string, last: Last, act: (lease: Lease) => T): T {
    const text = partsOf(path).join('/')
    this.tree.hold()
    try {
      return act(walk(this.tree, this.tree.root, text === '' ? '.' : toBytes(text), last))
    } catch (error) {
      if (!(error instanceof WASIError)) throw error
      throw coded(new Error(`${error.code}: ${call} '${path}'`), error.code, {
        syscall: call,
        path,
      })
    } finally {
      this.tree.release()
    }
  }
}

/** Returns the names along an embedder's path. */
function partsOf(path: unknown): string[] {
  checkString('path', path)
  if (path.includes('\0')) throw wrongValue('path', 'must not contain NUL characters', path)
  if (path.startsWith('/'))
    throw wrongValue('path', 'must be relative to the root of these files', path)
  const parts = path.split('/').filter(part => part !== '' && part !== '.')
  if (parts.includes('..')) throw wrongValue('path', "must not contain '..'", path)
  return parts
}

function bytesOf(node: Node | undefined): Uint8Array<ArrayBuffer> {
  if (node === undefined) refuse(Errno.NOENT)
  if (node instanceof DirectoryNode) refuse(Errno.ISDIR)
  if (!(node instanceof FileNode)) refuse(Errno.INVAL)
  node.opened()
  try {
    node.refresh()
    const bytes = new Uint8Array(node.size)
    return bytes.slice(0, node.read(bytes, 0))
  } finally {
    node.closed()
  }
}
