/**
 * A host without guards: paths are joined as strings, the operating system follows whatever it
 * finds, rights are neither kept nor asked, and numbers that are not known go through to the
 * process. Attacks that are seen to succeed here would be seen elsewhere.
 */
import fs from 'node:fs'
import { join, resolve } from 'node:path'
import { Errno } from '#lib/abi/errno.js'
import { Rights } from '#lib/abi/rights.js'
import { type HostcallName, table as rows } from '#lib/abi/table.js'
import { Fdflags, Filetype, Fstflags, Oflags, Whence } from '#lib/abi/values.js'
import type { Fixture } from './fixture.js'
import type { Host } from './hosts.js'

/** Mistakes of a careless host with a path, besides following it. */
export const carelessness = {
  joins: 'joins it to the path of the directory',
  holds: 'resolves it from the descriptor that it holds',
  shortens: 'shortens it as text first',
  canonizes: 'follows a link in the last place always',
  compares: 'shortens it as text, and compares the beginning with the path of the directory',
  maps: "puts the host's directory for the guest's name of it",
  overlong: 'decodes UTF-8 that is longer than needed',
  decodes: 'decodes what is escaped by %',
  backslashes: 'takes a backslash for a slash',
  generous: 'opens every file to read and write',
} as const
export type Carelessness = keyof typeof carelessness

interface Open {
  readonly fd: number
  readonly path: string
  readonly preopen?: string
  /** The offset after a seek. */
  position?: number
}
type Value = number & bigint
const names = Object.keys(rows) as HostcallName[]

const refused = (code: string): Error => Object.assign(new Error(code), { code })

export function unguarded(fixture: Fixture, careless: Carelessness): Host {
  const table = new Map<number, Open>(
    fixture.stdio.map((fd, i) => [i, { fd, path: `/proc/self/fd/${fd}` }]),
  )
  const folders = fixture.setup.preopens === false ? [] : ['box', 'shelf']
  for (const [i, name] of folders.entries()) {
    const path = fixture.at(name)
    table.set(3 + i, { fd: fs.openSync(path, 'r'), path, preopen: `/${name}` })
  }
  let memory: WebAssembly.Memory
  const bytes = (at: number, length: number): Buffer =>
    Buffer.from(memory.buffer, at >>> 0, length >>> 0)
  const view = (): DataView => new DataView(memory.buffer)

  // Numbers.

  const free = (): number => {
    for (let fd = 0; ; fd++) if (!table.has(fd)) return fd
  }
  /** Admits only the descriptors that the fixture opened for this: the tests' process lives on. */
  const known = (fd: number): Open => {
    const open = table.get(fd)
    if (open !== undefined) return open
    if (!Object.values(fixture.hostFds).includes(fd)) throw refused('EBADF')
    return { fd, path: `/proc/self/fd/${fd}` }
  }
  const pathOf = (fd: number): string => {
    if (fd === -100) return process.cwd()
    const open = known(fd)
    return careless === 'holds' ? `/proc/self/fd/${open.fd}` : open.path
  }

  // Paths.

  const text = (at: number, length: number): string => {
    let raw = bytes(at, length)
    if (careless === 'overlong')
      raw = Buffer.from(
        raw.toString('latin1').replaceAll('\xc0\xae', '.').replaceAll('\xc0\xaf', '/'),
        'latin1',
      )
    const [name] = raw.toString().split('\0')
    if (careless === 'decodes') return decodeURIComponent(name)
    return careless === 'backslashes' ? name.replaceAll('\\', '/') : name
  }
  const absolute = (fd: number, name: string): string => {
    if (careless === 'maps' && name.startsWith('/')) return fixture.at(name)
    if (careless === 'shortens') return resolve(pathOf(fd), name)
    if (careless === 'compares' && !join(pathOf(fd), name).startsWith(resolve(pathOf(fd))))
      throw refused('EACCES')
    return name.startsWith('/') ? name : `${pathOf(fd)}/${name}`
  }
  /** Follow a link in the last place as long as there is one. */
  const followed = (path: string): string => {
    for (let links = 0; links < 40; links++) {
      const bare = path.replace(/\/+$/, '')
      if (!fs.lstatSync(bare, { throwIfNoEntry: false })?.isSymbolicLink()) break
      const target = fs.readlinkSync(bare)
      path = target.startsWith('/')
        ? target
        : `${fs.realpathSync.native(bare.slice(0, bare.lastIndexOf('/')))}/${target}`
    }
    return path
  }
  /**
   * The path for the host. Whatever a test got wrong, it leads nowhere but into the scratch folder.
   */
  const place = (fd: number, at: number, length: number, follow = 0): string => {
    const named = absolute(fd | 0, text(at, length))
    const path = follow !== 0 || careless === 'canonizes' ? followed(named) : named
    if (!fixture.reaches(path)) throw new Error(`${path} leads out of the scratch folder`)
    return path
  }

  // Results.

  const put = (at: number, value: number): void => view().setUint32(at, value, true)
  const putStats = (at: number, stats: fs.BigIntStats): void => {
    const { dev, ino, nlink, size, atimeNs, mtimeNs, ctimeNs } = stats
    const type = stats.isDirectory()
      ? Filetype.DIRECTORY
      : stats.isFile()
        ? Filetype.REGULAR_FILE
        : Filetype.SYMBOLIC_LINK
    for (const [i, value] of [
      dev,
      ino,
      BigInt(type),
      nlink,
      size,
      atimeNs,
      mtimeNs,
      ctimeNs,
    ].entries()) {
      view().setBigUint64(at + 8 * i, value, true)
    }
  }
  const spans = (iovs: number, count: number): Buffer[] =>
    Array.from({ length: count }, (_, i) =>
      bytes(view().getUint32(iovs + 8 * i, true), view().getUint32(iovs + 8 * i + 4, true)),
    )
  const bigint = { bigint: true } as const
  /** Computes as C does with signed numbers. */
  const seconds = (time: bigint): number => Number(BigInt.asIntN(64, time)) / 1e9
  const times = (now: fs.Stats, atim: bigint, mtim: bigint, flags: number): [number, number] => [
    flags & Fstflags.ATIM
      ? seconds(atim)
      : flags & Fstflags.ATIM_NOW
        ? Date.now() / 1e3
        : now.atimeMs / 1e3,
    flags & Fstflags.MTIM
      ? seconds(mtim)
      : flags & Fstflags.MTIM_NOW
        ? Date.now() / 1e3
        : now.mtimeMs / 1e3,
  ]

  const calls: Partial<Record<HostcallName, (...args: Value[]) => void>> = {
    fd_allocate: (fd, offset, length) => fs.ftruncateSync(known(fd).fd, Number(offset + length)),
    fd_close(fd) {
      fs.closeSync(known(fd).fd)
      table.delete(fd)
    },
    fd_fdstat_set_rights() {},
    fd_fdstat_set_flags(fd, flags) {
      const path = `/proc/self/fd/${known(fd).fd}`
      table.set(fd, { fd: fs.openSync(path, flags & Fdflags.APPEND ? 'a+' : 'r+'), path })
    },
    fd_filestat_get: (fd, at) => putStats(at, fs.fstatSync(known(fd).fd, bigint)),
    fd_filestat_set_size: (fd, size) => fs.ftruncateSync(known(fd).fd, Number(size)),
    fd_filestat_set_times: (fd, a, m, flags) =>
      fs.futimesSync(known(fd).fd, ...times(fs.fstatSync(known(fd).fd), a, m, flags)),
    fd_pread: (fd, iovs, count, offset, at) =>
      put(at, fs.readvSync(known(fd).fd, spans(iovs, count), Number(offset))),
    fd_prestat_get: (fd, at) => put(at + 4, (known(fd).preopen ?? known(fd).path).length),
    fd_prestat_dir_name: (fd, at, length) =>
      void bytes(at, length).write(known(fd).preopen ?? known(fd).path),
    fd_pwrite: (fd, iovs, count, offset, at) =>
      put(at, fs.writevSync(known(fd).fd, spans(iovs, count), Number(offset))),
    fd_read: (fd, iovs, count, at) => put(at, fs.readvSync(known(fd).fd, spans(iovs, count))),
    fd_readdir(fd, at, length, cookie, used) {
      const folder = `/proc/self/fd/${known(fd).fd}`
      const entries = ['.', '..', ...fs.readdirSync(folder)]
        .slice(Number(cookie))
        .map((name, i) => {
          const head = Buffer.alloc(24)
          head.writeBigUInt64LE(cookie + BigInt(i) + 1n)
          head.writeBigUInt64LE(fs.lstatSync(`${folder}/${name}`, bigint).ino, 8)
          head.writeUInt32LE(Buffer.byteLength(name), 16)
          return Buffer.concat([head, Buffer.from(name)])
        })
      put(used, Buffer.concat(entries).copy(bytes(at, length)))
    },
    fd_renumber(fd, to) {
      const replaced = table.get(to)
      if (replaced !== undefined) fs.closeSync(replaced.fd)
      table.delete(to)
      table.set(to, known(fd))
      table.delete(fd)
    },
    fd_seek(fd, offset, whence, at) {
      if (whence !== Whence.SET) throw refused('ENOSYS')
      known(fd).position = Number(offset)
      view().setBigUint64(at, offset, true)
    },
    fd_write: (fd, iovs, count, at) =>
      put(at, fs.writevSync(known(fd).fd, spans(iovs, count), known(fd).position)),

    path_create_directory: (fd, at, length) => fs.mkdirSync(place(fd, at, length)),
    path_filestat_get: (fd, _follow, at, length, into) =>
      putStats(into, fs.statSync(place(fd, at, length), bigint)),
    path_filestat_set_times(fd, _follow, at, length, atim, mtim, flags) {
      const path = place(fd, at, length)
      fs.utimesSync(path, ...times(fs.statSync(path), atim, mtim, flags))
    },
    path_link: (fd, follow, at, length, fd2, at2, length2) =>
      fs.linkSync(place(fd, at, length, follow), place(fd2, at2, length2)),
    path_open(fd, _follow, at, length, oflags, base, _inheriting, fdflags, into) {
      const path = place(fd, at, length)
      const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY, O_APPEND } =
        fs.constants
      const writes = (Number(base) & Rights.FD_WRITE) !== 0
      const reads = (Number(base) & Rights.FD_READ) !== 0
      const folder = fs.statSync(path, { throwIfNoEntry: false })?.isDirectory()
      const bits = [
        [oflags & Oflags.CREAT, O_CREAT],
        [oflags & Oflags.EXCL, O_EXCL],
        [oflags & Oflags.TRUNC, O_TRUNC],
        [oflags & Oflags.DIRECTORY, O_DIRECTORY],
        [fdflags & Fdflags.APPEND, O_APPEND],
      ]
      const access =
        careless === 'generous' ? O_RDWR : writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY
      const flags = bits.reduce((sum, [asked, bit]) => (asked ? sum | bit : sum), 0)
      const opened = fs.openSync(path, folder ? flags : flags | access)
      const number = free()
      table.set(number, { fd: opened, path })
      put(into, number)
    },
    path_readlink(fd, at, length, into, room, used) {
      const target = fs.readlinkSync(place(fd, at, length), 'buffer')
      put(used, target.copy(bytes(into, room)))
    },
    path_remove_directory: (fd, at, length) => fs.rmdirSync(place(fd, at, length)),
    path_rename: (fd, at, length, fd2, at2, length2) =>
      fs.renameSync(place(fd, at, length), place(fd2, at2, length2)),
    path_symlink: (at, length, fd, at2, length2) =>
      fixture.plant(text(at, length), place(fd, at2, length2)),
    path_unlink_file: (fd, at, length) => fs.unlinkSync(place(fd, at, length)),
  }

  const missing = (): never => {
    throw refused('ENOSYS')
  }
  const attempt = (call: (...args: Value[]) => void, args: Value[]): number => {
    try {
      call(...args)
      return Errno.SUCCESS
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === undefined) throw error
      return (Errno as Record<string, number>)[code.slice(1)] ?? Errno.IO
    }
  }
  return {
    imports: Object.fromEntries(
      names.map(name => [name, (...args: Value[]) => attempt(calls[name] ?? missing, args)]),
    ),
    bind(given) {
      memory = given
    },
    close() {
      for (const { fd } of table.values()) if (!fixture.lent.has(fd)) fs.closeSync(fd)
    },
    unexpected: [],
  }
}
