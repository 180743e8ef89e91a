/**
 * Fuzzes files in memory: the same calls on a folder of the host, on files in memory and on an
 * overlay must come to the same.
 */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { errnoNames } from '#lib/abi/errno.js'
import { Rights } from '#lib/abi/rights.js'
import type { HostcallName } from '#lib/abi/table.js'
import { Filetype } from '#lib/abi/values.js'
import type { UnexpectedError } from '#lib/errors.js'
import { createGuest, type Guest } from '#lib/guest/guest.js'
import { MemoryFiles, treeOf } from '#lib/sys/memfs/files.js'
import { DirectoryNode, FileNode, LinkNode, type Node } from '#lib/sys/memfs/nodes.js'
import type { Tree } from '#lib/sys/memfs/tree.js'
import { openDescriptors } from '../test/sys/fixture.js'
import { flags, Random, shrink } from './random.js'

/** A hostcall whose paths are text, a char for each byte; or several that belong together. */
type Step = readonly [call: HostcallName | 'empty', ...args: (number | bigint | string)[]]

/** The files at the start. A path that ends in a slash is a directory. */
const begun: Readonly<Record<string, string>> = {
  a: 'text of a',
  'b/': '',
  'b/a': 'x'.repeat(70_000),
  'b/c/d': 'deep',
  'e/': '',
}
const links: Readonly<Record<string, string>> = { c: 'b/a', 'e/b': '../b', d: 'nowhere' }

const ALL = BigInt(Rights.ALL) & ~BigInt(Rights.SOCK_ACCEPT | Rights.SOCK_SHUTDOWN)
const bases = [
  ALL,
  ALL,
  ALL,
  BigInt(Rights.FD_READ | Rights.FD_SEEK | Rights.FD_READDIR),
  BigInt(Rights.FD_WRITE | Rights.FD_SEEK),
]
const sizes = [0n, 0n, 1n, 9n, 4096n, 65_535n, 65_536n, 65_537n, 70_000n, 131_072n, 200_000n]
/** Sizes at which the host's disks differ from each other: 16 TiB and above. */
const huge = [2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 40n]
const wild = [
  ...huge,
  2n ** 44n - 1n,
  2n ** 44n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
]
const names = ['a', 'b', 'c', 'd', 'e', 'f']
const odd = [
  '.',
  '..',
  '',
  '/',
  'n'.repeat(255),
  'n'.repeat(256),
  '\xff\xfe',
  '\xc3\xbc',
  'a\x1b[2J',
  'a/'.repeat(2047),
]

class Maker {
  readonly #r: Random
  readonly #sizes: readonly bigint[]
  constructor(random: Random, most: readonly bigint[]) {
    this.#r = random
    this.#sizes = [...sizes, ...sizes, ...most]
  }
  #path(): string {
    const r = this.#r
    if (r.onceIn(40)) return r.pick(odd)
    let path = r.pick(names)
    for (let more = r.pick([0, 0, 0, 1, 1, 2]); more > 0; more--)
      path += `/${r.onceIn(12) ? r.pick(['.', '..', '']) : r.pick(names)}`
    return r.onceIn(12) ? `${path}/` : path
  }
  #dir(): number {
    return this.#r.pick([3, 3, 3, 3, 4, 5, 6])
  }
  #fd(): number {
    return this.#r.pick([3, 4, 4, 4, 5, 5, 6, 6, 7, 8, 9])
  }
  #size(): bigint {
    return this.#r.pick(this.#sizes)
  }
  step(): Step {
    const r = this.#r
    const oflags = r.pick([0, 0, 1, 1, 1, 2, 2, 5, 8, 9, 13, 10, 3])
    switch (r.below(26)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return [
          'path_open',
          this.#dir(),
          r.below(2),
          this.#path(),
          oflags,
          r.pick(bases),
          ALL,
          r.pick([0, 0, 0, 1]),
        ]
      case 5:
        return ['path_create_directory', this.#dir(), this.#path()]
      case 6:
        return ['path_remove_directory', this.#dir(), this.#path()]
      case 7:
        return ['path_unlink_file', this.#dir(), this.#path()]
      case 8:
      case 9:
      case 10:
        return ['path_rename', this.#dir(), this.#path(), this.#dir(), this.#path()]
      case 11:
        return ['path_link', this.#dir(), r.below(2), this.#path(), this.#dir(), this.#path()]
      case 12:
        return ['path_symlink', this.#path() || 'a', this.#dir(), this.#path()]
      case 13:
        return ['path_filestat_get', this.#dir(), r.below(2), this.#path()]
      case 14:
        return [
          'path_filestat_set_times',
          this.#dir(),
          r.below(2),
          this.#path(),
          BigInt(1 + r.below(9)),
          BigInt(1 + r.below(9)),
          1 + r.below(15),
        ]
      case 15:
        return ['fd_close', this.#fd()]
      case 16:
        return ['fd_renumber', this.#fd(), this.#fd()]
      case 17:
        return ['fd_read', this.#fd(), r.pick([1, 100, 70_000])]
      case 18:
        return ['fd_pread', this.#fd(), r.pick([1, 100, 70_000]), this.#size()]
      case 19:
      case 20:
        return ['fd_write', this.#fd(), r.pick([0, 1, 100, 70_000])]
      case 21:
        return ['fd_pwrite', this.#fd(), r.pick([1, 100, 70_000]), this.#size()]
      case 22:
        return ['fd_seek', this.#fd(), this.#size() * r.pick([1n, 1n, -1n]), r.below(3)]
      case 23:
        return ['fd_filestat_set_size', this.#fd(), this.#size()]
      case 24:
        return r.pick<Step>([
          ['fd_filestat_get', this.#fd()],
          ['fd_fdstat_get', this.#fd()],
          ['fd_tell', this.#fd()],
          ['fd_allocate', this.#fd(), r.pick(sizes), r.pick(sizes)],
          ['fd_fdstat_set_flags', this.#fd(), r.below(2)],
          ['path_readlink', this.#dir(), this.#path()],
        ])
      default:
        return r.onceIn(3)
          ? ['empty', this.#fd()]
          : ['fd_readdir', this.#fd(), r.pick([30, 60, 500])]
    }
  }
}

const room = 0x40000
/** One way to have files, and a guest that has them as descriptor 3. */
class World {
  readonly guest: Guest
  readonly files: MemoryFiles | undefined
  readonly folder: string
  readonly unexpected: UnexpectedError[] = []
  readonly #memory = new WebAssembly.Memory({ initial: 10 })
  readonly #begun: string

  constructor(way: Way, quota: { bytes: number; entries: number }) {
    this.folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
    this.files = way === 'host' ? undefined : new MemoryFiles({}, { quota })
    if (way === 'memfs')
      for (const [path, text] of Object.entries(begun))
        path.endsWith('/') ? this.files?.mkdir(path) : this.files?.writeFile(path, text)
    else this.#build()
    if (way === 'memfs')
      for (const [path, target] of Object.entries(links)) this.files?.symlink(target, path)
    this.#begun = snapshot(this.folder)
    const { folder: path, files } = this
    const preopens = {
      '/': files === undefined ? path : way === 'memfs' ? { files } : { path, overlay: files },
    }
    this.guest = createGuest({
      version: 'preview1',
      preopens,
      onUnexpected: error => void this.unexpected.push(error),
    })
    this.guest.bind(this.#memory)
  }
  #build(): void {
    for (const [path, text] of Object.entries(begun)) {
      fs.mkdirSync(join(this.folder, path.endsWith('/') ? path : join(path, '..')), {
        recursive: true,
      })
      if (!path.endsWith('/')) fs.writeFileSync(join(this.folder, path), text)
    }
    for (const [path, target] of Object.entries(links))
      fs.symlinkSync(target, join(this.folder, path))
  }
  dispose(): void {
    this.guest.close()
    fs.rmSync(this.folder, { recursive: true, force: true })
  }

  get #bytes(): Buffer {
    return Buffer.from(this.#memory.buffer)
  }
  #call(name: HostcallName, ...args: (number | bigint | string)[]): string {
    let at = 0x1000
    const values = args.flatMap(arg => {
      if (typeof arg !== 'string') return [arg]
      const length = this.#bytes.write(arg, at, 'latin1')
      at += length
      return [at - length, length]
    })
    return errnoNames[this.guest.imports[name](...values)] ?? 'no errno'
  }
  #long(at = 0x10): bigint {
    return this.#bytes.readBigUInt64LE(at)
  }
  #vector(length: number): [number, number] {
    this.#bytes.writeUInt32LE(room, 0x20)
    this.#bytes.writeUInt32LE(length, 0x24)
    return [0x20, 1]
  }
  #hash(length: number): string {
    return createHash('sha1')
      .update(this.#bytes.subarray(room, room + length))
      .digest('hex')
      .slice(0, 8)
  }
  #stat(): string {
    const type = this.#bytes[0x110]
    const time = (at: number) => (this.#long(at) < 10n ? this.#long(at) : 'now')
    // Disks differ in how they count directories.
    return type === Filetype.DIRECTORY
      ? 'directory'
      : `type ${type} x${this.#long(0x118)} ${this.#long(0x120)} bytes, mtim ${time(0x130)}`
  }

  /** Returns the answers that the guest sees. */
  play([name, ...args]: Step): string {
    if (name === 'empty') return this.#empty(args[0] as number)
    const [fd, length] = args as [number, number]
    const told = (result: () => unknown, ...values: (number | bigint | string)[]): string => {
      const errno = this.#call(name, ...values)
      return errno === 'SUCCESS' ? `0 ${result()}` : errno
    }
    switch (name) {
      case 'path_open':
        return told(() => this.#bytes.readUInt32LE(0x10), ...args, 0x10)
      case 'path_filestat_get':
      case 'fd_filestat_get':
        return told(() => this.#stat(), ...args, 0x100)
      case 'fd_fdstat_get':
        return told(() => this.#bytes.toString('hex', 0x100, 0x118), ...args, 0x100)
      case 'path_readlink':
        return told(() => this.#hash(this.#bytes.readUInt32LE(0x10)), ...args, room, 5000, 0x10)
      case 'fd_seek':
      case 'fd_tell':
        return told(() => this.#long(), ...args, 0x10)
      case 'fd_read':
      case 'fd_pread': {
        this.#bytes.fill(0xee, room, room + length)
        return told(
          () => `${this.#bytes.readUInt32LE(0x10)} ${this.#hash(length)}`,
          fd,
          ...this.#vector(length),
          ...args.slice(2),
          0x10,
        )
      }
      case 'fd_write':
      case 'fd_pwrite': {
        this.#bytes.fill(65 + (length % 26), room, room + length)
        return told(
          () => this.#bytes.readUInt32LE(0x10),
          fd,
          ...this.#vector(length),
          ...args.slice(2),
          0x10,
        )
      }
      case 'fd_readdir':
        return this.#names(fd, length)
      default:
        return told(() => '', ...args)
    }
  }
  /** A listing by pieces, in an order that all have. */
  #names(fd: number, length: number): string {
    const found: string[] = []
    const why = this.#each(fd, length, name => void found.push(name))
    return why ?? found.sort().join(' ')
  }
  #each(fd: number, length: number, take: (name: string) => void): string | undefined {
    for (let cookie = 0n, turn = 0; turn < 1000; turn++) {
      const size = Math.max(length, 24 + 300)
      const errno = this.#call('fd_readdir', fd, room, size, cookie, 0x10)
      if (errno !== 'SUCCESS') return errno
      const used = this.#bytes.readUInt32LE(0x10)
      const page = Buffer.from(this.#bytes.subarray(room, room + used))
      for (let at = 0; at + 24 <= used; ) {
        const next = at + 24 + page.readUInt32LE(at + 16)
        if (next > used) break
        cookie = page.readBigUInt64LE(at)
        take(`${page.toString('latin1', at + 24, next)}:${page[at + 20]}`)
        at = next
      }
      if (used < size) return undefined
    }
    return 'a listing has no end'
  }
  /** Remove what is in a directory while it is listed, as `rm -r` does. */
  #empty(fd: number): string {
    const answers: string[] = []
    const why = this.#each(fd, 30, entry => {
      const name = entry.slice(0, entry.lastIndexOf(':'))
      if (name !== '.' && name !== '..')
        answers.push(`${name} ${this.#call('path_unlink_file', fd, name)}`)
    })
    return `${why ?? answers.sort().join(', ')}; ${this.#names(fd, 500)}`
  }

  /** All that can be reached. */
  tree(dir = 3, path = ''): string[] {
    const found: string[] = []
    const why = this.#each(dir, 5000, name => void found.push(name))
    if (why !== undefined) return [`${path}: ${why}`]
    return found.sort().flatMap(entry => {
      const name = entry.slice(0, entry.lastIndexOf(':'))
      if (name === '.' || name === '..') return []
      const here = `${path}/${name}`
      const lines = [
        [
          here,
          this.play(['path_filestat_get', dir, 0, name]),
          this.play(['path_readlink', dir, name]),
        ].join(' '),
      ]
      const opened = this.play([
        'path_open',
        dir,
        0,
        name,
        0,
        BigInt(
          Rights.FD_READ |
            Rights.FD_SEEK |
            Rights.FD_READDIR |
            Rights.PATH_OPEN |
            Rights.PATH_FILESTAT_GET |
            Rights.PATH_READLINK,
        ),
        ALL,
        0,
      ])
      if (!opened.startsWith('0 ')) return [...lines, opened]
      const fd = Number(opened.slice(2))
      if (entry.endsWith(':3')) lines.push(...this.tree(fd, here))
      else
        for (const at of [0n, 65_000n, 130_000n])
          lines.push(this.play(['fd_pread', fd, 70_000, at]))
      this.#call('fd_close', fd)
      return lines
    })
  }

  /** Returns a broken invariant. */
  fault(): string | undefined {
    if (this.unexpected.length > 0) return `unexpected: ${this.unexpected[0]?.message}`
    if (this.files === undefined) return undefined
    this.guest.close()
    if (snapshot(this.folder) !== this.#begun) return 'something changed below'
    const counted = JSON.stringify(counts(treeOf(this.files).root))
    const used = JSON.stringify(this.files.used)
    if (used !== counted) return `${used} is reported as used, ${counted} is`
    empty(treeOf(this.files))
    const left = this.files.used
    return left.bytes === 0 && left.entries === 0
      ? undefined
      : `${JSON.stringify(left)} is used when all is removed`
  }
}

/** Remove all, names that are no UTF-8 too, which its embedder cannot say. */
function empty(tree: Tree): void {
  const clear = (dir: DirectoryNode): void => {
    for (const name of tree.names(dir)) {
      const node = tree.lookup(dir, name)
      if (node instanceof DirectoryNode) clear(node)
      if (node !== undefined) tree.remove(dir, name)
    }
  }
  tree.hold()
  clear(tree.root)
  tree.release()
}

/** Counts the content of a tree by its nodes. */
function counts(root: DirectoryNode): { bytes: number; entries: number } {
  const known = new Set<Node>()
  let bytes = 0
  let entries = 0
  const visit = (dir: DirectoryNode): void => {
    for (const { node, placed } of dir.entries.values()) {
      if (placed) entries++
      if (known.has(node)) continue
      known.add(node)
      if (node instanceof DirectoryNode) visit(node)
      if (node instanceof FileNode) bytes += node.charged
      else if (node instanceof LinkNode && node.lower === undefined) bytes += node.size
    }
  }
  visit(root)
  return { bytes, entries }
}
function snapshot(folder: string): string {
  return JSON.stringify(
    fs
      .readdirSync(folder, { recursive: true, withFileTypes: true })
      .map(entry => {
        const path = join(entry.parentPath, entry.name)
        const { mode, nlink, size, mtimeNs } = fs.lstatSync(path, { bigint: true })
        return [
          path,
          ...[mode, nlink, size, mtimeNs].map(String),
          entry.isFile() ? createHash('sha1').update(fs.readFileSync(path)).digest('hex') : '',
        ]
      })
      .sort(),
  )
}

/**
 * Two paths may both be wrong: Linux resolves the directories of both before the last name of
 * either.
 */
const doubtful = ([name, ...args]: Step): boolean =>
  (name === 'path_rename' || name === 'path_link') &&
  args.some(arg => typeof arg === 'string' && /[^/]{256}$/.test(arg))
const refused = (answer: string): boolean => /^[A-Z]+$/.test(answer)

type Way = 'host' | 'memfs' | 'overlay'
let calls = 0

/** Returns the fault of a sequence, if it has one. */
function fault(steps: readonly Step[], bounded: boolean): string | undefined {
  const before = openDescriptors()
  // The space of a disk cannot be compared with a quota.
  const quota = bounded ? { bytes: 300_000, entries: 16 } : { bytes: 2 ** 45, entries: 10_000 }
  const ways: Way[] = bounded ? ['memfs', 'overlay'] : ['host', 'memfs', 'overlay']
  const worlds = ways.map(way => new World(way, quota))
  try {
    for (const step of steps) {
      const start = performance.now()
      const answers = worlds.map(world => world.play(step))
      calls += worlds.length
      if (performance.now() - start > 5000)
        return `${step[0]}: takes ${Math.round(performance.now() - start)} ms`
      const other = bounded ? -1 : answers.findIndex(answer => answer !== answers[0])
      if (other > 0 && !(doubtful(step) && answers.every(refused)))
        return `${step[0]}: ${ways[other]} answers ${answers[other]}, ${ways[0]} ${answers[0]}`
    }
    if (!bounded) {
      const trees = worlds.map(world => world.tree().join('\n'))
      const other = trees.findIndex(tree => tree !== trees[0])
      if (other > 0) return `tree: ${ways[other]} has\n${trees[other]}\nand ${ways[0]}\n${trees[0]}`
    }
    for (const [i, world] of worlds.entries()) {
      const wrong = world.fault()
      if (wrong !== undefined) return `${ways[i]}: ${wrong}`
    }
  } catch (error) {
    return `throws ${String((error as Error).stack).slice(0, 400)}`
  } finally {
    for (const world of worlds) world.dispose()
  }
  return openDescriptors() === before ? undefined : 'a descriptor was not given back'
}

const short = (arg: number | bigint | string): string =>
  typeof arg === 'string' ? JSON.stringify(arg.slice(0, 80)) : `${arg}`

const { seconds, seed: first } = flags()
const end = performance.now() + seconds * 1000
let seed = first
console.log(`files: seed ${first}`)
for (; performance.now() < end; seed++) {
  const random = new Random(seed)
  const bounded = random.onceIn(3)
  const maker = new Maker(random, bounded ? wild : huge)
  const steps = Array.from({ length: 40 }, () => maker.step())
  const found = fault(steps, bounded)
  if (found === undefined) continue
  const kind = found.split(' ').slice(0, 2).join(' ')
  const few = shrink(steps, fewer => fault(fewer, bounded)?.startsWith(kind) ?? false)
  console.error(`not ok, seed ${seed}${bounded ? ', bounded' : ''}: ${fault(few, bounded)}`)
  for (const [name, ...args] of few) console.error(`  ${name}(${args.map(short).join(', ')})`)
  process.exitCode = 1
  break
}
console.log(`files: ${seed - first} sequences, ${calls} calls`)
