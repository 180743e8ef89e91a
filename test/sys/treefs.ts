/** A substitute for node:fs in cases of the contract that use files in memory, or an overlay. */
import fs from 'node:fs'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { Fstflags } from '#lib/abi/values.js'
import { WASIError } from '#lib/errors.js'
import { Block } from '#lib/sys/block.js'
import { Lower } from '#lib/sys/memfs/lower.js'
import { link, rename, symlink } from '#lib/sys/memfs/names.js'
import { DirectoryNode, FileNode, LinkNode, type Node } from '#lib/sys/memfs/nodes.js'
import { MemfsSys } from '#lib/sys/memfs/sys.js'
import { Tree } from '#lib/sys/memfs/tree.js'
import { type Last, type Lease, walk } from '#lib/sys/memfs/walk.js'
import type { Sys } from '#lib/sys/sys.js'
import type { HostFs } from './fixture.js'

/** The largest size of a file, for cases that make holes. */
export const quota = { bytes: 2 ** 45, entries: 10_000 }
export interface Made {
  readonly sys: Sys
  readonly fs: HostFs
}
/** @param make the backend for the lower folder on the host, which is made here */
export function overlay(make: () => Sys): Made {
  const folder = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'wasi-common-'))
  const tree = new Tree(quota)
  tree.lieOver(new Lower(folder, make))
  const sys = new MemfsSys(new Block(), tree)
  // Its own paths begin at the folder.
  const preopen = (path: string): number => {
    try {
      return MemfsSys.prototype.preopen.call(sys, path.slice(folder.length))
    } catch (error) {
      throw Object.assign(error as Error, { path })
    }
  }
  return { sys: Object.assign(sys, { preopen }), fs: treeFs(tree, folder) }
}

type Path = string | Uint8Array
const itself: Last = { follow: false, enter: true }
const following: Last = { follow: true, enter: true }
const fresh: Last = { follow: false, enter: false }
const bytes = (path: Path): string => Buffer.from(path).toString('latin1')

/**
 * @param below the lower folder of an overlay on the host. New files, directories and links are made
 * there, as long as the host can make them, so that the guest finds them in the lower layer. Without
 * it all are made in the tree.
 * @param root the prefix of all paths
 */
export function treeFs(tree: Tree, below?: string, root = below): HostFs {
  const at = (path: Path, last: Last): Lease => {
    const whole = bytes(path)
    const text = whole.slice(root?.length ?? 0).replace(/^\/+/, '')
    try {
      return walk(tree, tree.root, text || '.', last)
    } catch (error) {
      throw error instanceof WASIError ? new Error(`${error.code}: '${path}'`) : error
    }
  }
  const there = (path: Path, last = itself): Node => {
    const { node } = at(path, last)
    if (node === undefined) throw new Error(`ENOENT: '${path}'`)
    node.refresh()
    return node
  }
  const found = (path: Path, last = itself): Node | undefined => {
    try {
      return there(path, last)
    } catch {
      return undefined
    }
  }
  /** Returns true if the lower folder takes it. */
  const made = (path: Path, make: () => void): boolean => {
    if (below === undefined || found(path) !== undefined) return false
    try {
      make()
      return true
    } catch {
      // The guest has moved or removed a file that the lower folder still has.
      return false
    }
  }
  const file = <T>(path: Path, act: (file: FileNode) => T): T => {
    const node = there(path, following)
    if (!(node instanceof FileNode)) throw new Error(`no file: '${path}'`)
    node.opened()
    try {
      return act(node)
    } finally {
      node.closed()
    }
  }
  const stat = (node: Node, { bigint = false } = {}) => {
    const type =
      node instanceof DirectoryNode ? 0o40755 : node instanceof LinkNode ? 0o120777 : 0o100644
    const times = {
      mtimeMs: Number(node.mtim / 1_000_000n),
      atimeNs: node.atim,
      mtimeNs: node.mtim,
      ctimeNs: node.ctim,
    }
    const number = bigint ? (value: number) => BigInt(value) : (value: number) => value
    const numbers = { mode: number(type), nlink: number(node.nlink), size: number(node.size) }
    return { dev: node.dev, ino: node.ino, ...numbers, ...times, ...is(node) }
  }
  const is = (node: Node | undefined) => ({
    isDirectory: () => node instanceof DirectoryNode,
    isFile: () => node instanceof FileNode,
    isSymbolicLink: () => node instanceof LinkNode,
  })

  const own = {
    realpathSync: (path: string) => path,
    mkdtempSync: (prefix: string) => {
      const folder = below ?? `${prefix}x`
      own.mkdirSync(folder, { recursive: true })
      return folder
    },
    existsSync: (path: Path) => found(path, following) !== undefined,
    lstatSync: (path: Path, options: { bigint?: boolean; throwIfNoEntry?: boolean } = {}) => {
      const node = options.throwIfNoEntry === false ? found(path) : there(path)
      return node && stat(node, options)
    },
    statSync: (path: Path, options: { bigint?: boolean } = {}) =>
      stat(there(path, following), options),
    mkdirSync: (path: string, { recursive = false } = {}) => {
      if (recursive && found(path) !== undefined) return
      if (recursive) own.mkdirSync(dirname(path), { recursive })
      if (made(path, () => fs.mkdirSync(path))) return
      const { dir, name } = at(path, fresh)
      tree.attach(dir, name, tree.makeDirectory())
    },
    symlinkSync: (target: Path, path: string) => {
      if (!made(path, () => fs.symlinkSync(Buffer.from(target), path)))
        symlink(tree, bytes(target), at(path, fresh))
    },
    writeFileSync: (path: Path, text: string | Uint8Array) => {
      if (made(path, () => fs.writeFileSync(Buffer.from(path), text))) return
      const { dir, name, node } = at(path, { follow: true, enter: false })
      if (node === undefined) tree.attach(dir, name, tree.makeFile())
      file(path, file => {
        file.resize(0)
        file.write(Buffer.from(text), 0)
      })
    },
    appendFileSync: (path: Path, text: string) =>
      file(path, file => file.write(Buffer.from(text), file.size)),
    readFileSync: (path: Path, encoding?: 'utf8' | 'latin1') =>
      file(path, file => {
        const all = Buffer.alloc(file.size)
        file.read(all, 0)
        return encoding === undefined ? all : all.toString(encoding)
      }),
    readdirSync: (path: Path, how?: 'buffer' | { withFileTypes: true }) => {
      const dir = there(path, following)
      if (!(dir instanceof DirectoryNode)) throw new Error(`no directory: '${path}'`)
      const names = tree.names(dir).map(name => Buffer.from(name, 'latin1'))
      if (how === 'buffer') return names
      const texts = names.map(name => name.toString())
      return how === undefined
        ? texts
        : texts.map(name => ({ name, ...is(found(`${path}/${name}`)) }))
    },
    readlinkSync: (path: Path, encoding?: 'buffer') => {
      const node = there(path)
      if (!(node instanceof LinkNode)) throw new Error(`no link: '${path}'`)
      const target = Buffer.from(node.target, 'latin1')
      return encoding === 'buffer' ? target : target.toString()
    },
    linkSync: (path: Path, path2: Path) => void link(tree, at(path, itself), at(path2, fresh)),
    renameSync: (path: Path, path2: Path) => void rename(tree, at(path, fresh), at(path2, fresh)),
    unlinkSync: (path: Path) => own.rmSync(path),
    rmSync: (path: Path, { recursive = false } = {}) => {
      if (below !== undefined && bytes(path) === below)
        return fs.rmSync(below, { recursive, force: true })
      const { dir, name, node } = at(path, itself)
      if (node === undefined || name === '.') return
      if (node instanceof DirectoryNode)
        for (const inner of tree.names(node)) own.rmSync(`${path}/${inner}`, { recursive })
      tree.remove(dir, name)
    },
    utimesSync: (path: Path, atime: number, mtime: number) => {
      const times = BigUint64Array.of(
        BigInt(atime) * 1_000_000_000n,
        BigInt(mtime) * 1_000_000_000n,
      )
      there(path, following).setTimes(Fstflags.ATIM | Fstflags.MTIM, times)
    },
  }
  return own as unknown as HostFs
}
