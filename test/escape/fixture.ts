/**
 * The setup of an attack: a box that the guest gets as its directory, files around it that it must
 * not reach, and the detection of an escape.
 */
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes, randomInt } from 'node:crypto'
import fs from 'node:fs'
import { createServer, type Server } from 'node:net'
import os from 'node:os'
import { dirname, join, relative } from 'node:path'
import { linksAreMade } from './elsewhere.js'

/** The targets of an attack: names in `outside` and in its neighbour `box-secret`. */
export const targets = {
  secret: 'a file',
  fresh: 'nothing yet',
  vault: 'a directory',
  hollow: 'an empty directory',
  pointer: 'a link',
} as const
export type Target = keyof typeof targets

/** A file system in memory where the host has one: thousands of files are made and removed. */
const scratch = writable('/dev/shm') ? '/dev/shm' : os.tmpdir()
function writable(folder: string): boolean {
  try {
    fs.accessSync(folder, fs.constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** The guest's own numbers start at 0, so that only higher ones can be the host's. */
function openHigh(path: string, flags: string): number {
  const low: number[] = []
  for (;;) {
    const fd = fs.openSync(path, flags)
    if (fd >= 10) {
      for (const each of low) fs.closeSync(each)
      return fd
    }
    low.push(fd)
  }
}

export interface Setup {
  /** Stand where device nodes may be opened. */
  readonly devices?: true
  /** Give the guest a directory of the host as its standard input. */
  readonly stdin?: 'outside'
  /**
   * Give the guest a log of its host as standard output and error, opened so, and another file to
   * read and write as standard input.
   */
  readonly log?: 'r+' | 'w+' | 'a+'
  /** Leave the guest without directories. */
  readonly preopens?: false
}

/** Everything that the guest of one attack obtained. */
export interface Evidence {
  readonly memory: Uint8Array
  /** Inodes that directory entries named. */
  readonly inodes: ReadonlySet<bigint>
}

export class Fixture {
  /**
   * The scratch folder. `box` is the guest's directory 3, `shelf` its read-only directory 4; the
   * guest has no access to `outside` and `box-secret`. All that a test links, moves or deletes is
   * in here.
   */
  readonly base: string
  /**
   * A secret that no guest may know. It is in the files outside, in their names, and in the target
   * of a link.
   */
  readonly mark = randomBytes(12).toString('hex')
  readonly stdio: readonly [number, number, number]
  /** Descriptors of the host that no guest was given. */
  readonly hostFds: { readonly secret: number; readonly outside: number }
  /** All of the host's descriptors that are the fixture's to close. */
  readonly lent: ReadonlySet<number>
  readonly setup: Setup
  /**
   * True if the guest's folders are the lower layers of overlays, so that none of its changes may
   * appear there.
   */
  overlaid = false
  readonly #size = randomInt(20_000, 30_000)
  #server: Server | undefined
  readonly #protected = ['outside', 'box-secret', 'shelf']
  #before: readonly string[] = []
  #secrets: readonly Buffer[] = []
  #inodes: ReadonlySet<bigint> = new Set()

  constructor(setup: Setup = {}, folder = setup.devices ? os.tmpdir() : scratch) {
    this.setup = setup
    this.base = fs.realpathSync(fs.mkdtempSync(join(folder, 'wasi-common-')))
    for (const name of ['box/dir/deep', 'box/empty', 'shelf/room', 'shelf/bare'])
      fs.mkdirSync(this.at(name), { recursive: true })
    for (const name of [
      'box/own',
      'box/dir/own',
      'shelf/book',
      'shelf/room/page',
      'in',
      'out',
      'err',
    ])
      this.file(name, name)
    for (const name of ['outside', 'box-secret']) {
      fs.mkdirSync(this.at(`${name}/vault`), { recursive: true })
      fs.mkdirSync(this.at(`${name}/hollow`))
      this.file(`${name}/secret`, this.mark.padEnd(this.#size, '.'))
      this.file(`${name}/vault/secret`, this.mark)
      this.file(`${name}/vault/name-${this.mark}`)
      if (linksAreMade) this.link(`${name}/pointer`, `gone-${this.mark}`)
    }
    const input = setup.stdin ?? 'in'
    const [reads, writes] = setup.log === undefined ? ['r', 'r+'] : ['r+', setup.log]
    this.stdio = [
      fs.openSync(this.at(input), reads),
      fs.openSync(this.at('out'), writes),
      fs.openSync(this.at('err'), writes),
    ]
    if (setup.log !== undefined) this.#logs(setup.log)
    this.hostFds = {
      secret: openHigh(this.at('outside/secret'), 'r+'),
      outside: openHigh(this.at('outside'), 'r'),
    }
    this.lent = new Set([...this.stdio, ...Object.values(this.hostFds)])
  }

  /**
   * The content of the host's log is as secret as the files outside. The host's offset is behind
   * that content only if it opened the log w+.
   */
  #logs(opened: Setup['log']): void {
    for (const [i, name] of ['out', 'err'].entries()) {
      if (opened === 'w+') fs.writeSync(this.stdio[i + 1], this.mark)
      else this.file(name, this.mark)
    }
  }

  dispose(): void {
    this.#server?.close()
    for (const fd of this.lent) {
      try {
        fs.closeSync(fd)
      } catch {
        // An unguarded host may have closed it.
      }
    }
    fs.rmSync(this.base, { recursive: true, force: true })
  }

  /** A path of the host, by its name below the scratch folder. */
  at(name = ''): string {
    return join(this.base, name)
  }
  file(name: string, text = ''): void {
    fs.writeFileSync(this.at(name), text)
  }
  text(name: string): string {
    return fs.readFileSync(this.at(name), 'utf8')
  }
  /** Modification time of a file, in milliseconds since 1970. */
  changed(name: string): number {
    return fs.lstatSync(this.at(name)).mtimeMs
  }
  /** Returns true if a descriptor that was lent is still open. */
  open(fd: number): boolean {
    try {
      return fs.fstatSync(fd) !== undefined
    } catch {
      return false
    }
  }
  /** A FIFO, or a device: `c 1 5` is one that reads as zeros. */
  special(name: string, ...what: string[]): void {
    execFileSync('mknod', [this.at(name), ...what])
  }
  /** A socket, on which the host listens. */
  socket(name: string): void {
    this.#server = createServer().listen(this.at(name)).unref()
  }
  exists(name: string): boolean {
    return fs.lstatSync(this.at(name), { throwIfNoEntry: false }) !== undefined
  }
  move(from: string, to: string): void {
    fs.renameSync(this.at(from), this.at(to))
  }
  /** A path to here from the working directory. */
  fromCwd(name: string): string {
    return relative(process.cwd(), this.at(name))
  }

  /**
   * Make a link. One that could lead out of the scratch folder is not made: an unguarded host would
   * follow it.
   */
  link(name: string, target: string): void {
    this.plant(target, this.at(name))
  }
  plant(target: string, here: string): void {
    if (!this.reaches(target.startsWith('/') ? target : `${dirname(here)}/${target}`))
      throw new Error(`${here} would lead to ${target}`)
    fs.symlinkSync(target, here)
  }
  contains(path: string): boolean {
    return path === this.base || path.startsWith(`${this.base}/`)
  }
  /**
   * Returns true if an operating system that follows every link would resolve this path within the
   * scratch folder.
   */
  reaches(path: string, links = 0): boolean {
    if (links > 50) return true
    for (let known = path; ; known = dirname(known)) {
      try {
        if (!this.contains(fs.realpathSync.native(known))) return false
        break
      } catch (error) {
        if (known === '/' || known === '.') throw error
        // A name that realpath does not find may be a dangling link, whose target would be created.
        const target = targetOf(known)
        const there = target?.startsWith('/') ? target : `${dirname(known)}/${target}`
        if (target !== undefined && !this.reaches(there, links + 1)) return false
      }
    }
    return true
  }

  // Protection.

  /** Protects more than the surroundings of the box. */
  protect(...names: string[]): void {
    this.#protected.push(...names)
  }
  /**
   * Remember all that is protected as it is now. What was hidden at first stays so, and what the
   * guest had is no secret.
   */
  remember(): void {
    this.#before = this.#snapshot()
    if (this.#secrets.length > 0) return
    const stats = [
      fs.lstatSync(this.base, { bigint: true }),
      ...['outside', 'box-secret'].flatMap(name => below(this.at(name))).map(({ stats }) => stats),
    ]
    this.#inodes = new Set(stats.map(({ ino }) => ino))
    const identities = stats.map(({ dev, ino }) => u64(dev, ino))
    this.#secrets = [Buffer.from(this.mark), u64(BigInt(this.#size)), ...identities]
  }
  /** Returns the signs of an escape; none if the guest did not escape. */
  signs({ memory, inodes }: Evidence): string[] {
    const now = this.#snapshot()
    const gone = this.#before.filter(line => !now.includes(line))
    const come = now.filter(line => !this.#before.includes(line))
    const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.length)
    const found = this.#secrets.findIndex(secret => bytes.includes(secret))
    const signs = [...gone.map(line => `was: ${line}`), ...come.map(line => `is: ${line}`)]
    if (found >= 0)
      signs.push(
        `guest memory has ${['the secret', 'the size of the secret'][found] ?? 'the identity of what is hidden'}`,
      )
    for (const inode of inodes)
      if (this.#inodes.has(inode)) signs.push(`an entry names the inode ${inode}, which is hidden`)
    return signs
  }

  #snapshot(): string[] {
    // The times of the scratch folder say whether anything was made beside the box.
    return [
      line({ path: this.base, stats: fs.lstatSync(this.base, { bigint: true }) }, '.'),
      ...this.#protected.flatMap(name =>
        below(this.at(name)).map(file => line(file, relative(this.base, file.path))),
      ),
    ]
  }
}

function targetOf(path: string): string | undefined {
  try {
    return fs.readlinkSync(path)
  } catch {
    return undefined
  }
}

const u64 = (...values: bigint[]): Buffer => Buffer.from(BigUint64Array.from(values).buffer)

interface Found {
  readonly path: string
  readonly stats: fs.BigIntStats
}
/** A file, or a directory and all that is in it. */
function below(path: string): Found[] {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false, bigint: true })
  if (stats === undefined) return []
  return stats.isDirectory()
    ? [{ path, stats }, ...fs.readdirSync(path).flatMap(name => below(join(path, name)))]
    : [{ path, stats }]
}

/**
 * Describes everything about a file that an attack could change. Excludes the access time, which
 * any observer changes.
 */
function line({ path, stats }: Found, name: string): string {
  const content = stats.isFile()
    ? digest(fs.readFileSync(path))
    : stats.isSymbolicLink()
      ? fs.readlinkSync(path)
      : ''
  const { mode, ino, size, mtimeNs } = stats
  // The link count of a directory says nothing that its modification time does not.
  const links = stats.isDirectory() ? '' : stats.nlink
  return [name, mode.toString(8), ino, links, size, mtimeNs, content].join(' ')
}
const digest = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex')
