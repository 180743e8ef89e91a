/**
 * A component in the place of a guest: the hostcalls that an attack makes, as calls of
 * `wasi:filesystem`. What these return is put into guest memory, where a leak is looked for.
 */
import { Errno, type ErrnoName, errnoNames } from '#lib/abi/errno.js'
import type { HostcallName } from '#lib/abi/table.js'
import { table } from '#lib/abi/table.js'
import { Fdflags, Fstflags, Oflags } from '#lib/abi/values.js'
import { codeOf } from '#lib/preview2/answers.js'
import type { ComponentHost } from '#lib/preview2/host.js'
import { errorCodes } from '#lib/preview2/wit/filesystem.js'
import { rights } from '../hostcalls/fixture.js'
import { type DoorName, Failure, JavaScriptDoor, LoweredDoor } from '../preview2/doors.js'
import type { Host, Imports } from './hosts.js'

/** The error code for the name of an errno. */
export const codeFor = (errno: string): string =>
  errno === 'SUCCESS' ? errno : errorCodes[codeOf(-Errno[errno as ErrnoName])]
/** An errno for an error code; of several, the first one. */
export const errnoFor = (code: string): number =>
  code === 'not-permitted'
    ? Errno.NOTCAPABLE
    : errnoNames.findIndex((name, errno) => errno > 0 && codeFor(name) === code)

interface Open {
  /** A `descriptor`. */
  readonly file: object
  readonly appends: boolean
  /** Its streams, which have offsets. */
  reader?: object
  writer?: object
}
interface Stat {
  readonly linkCount: bigint
  readonly size: bigint
}

const READ = rights('FD_READ', 'FD_READDIR')
const WRITE = rights('FD_WRITE')

/** Nanoseconds as a `new-timestamp`. */
const timestamp = (flags: number, now: number, set: number, time: bigint) => {
  if ((flags & now) !== 0) return { tag: 'now' }
  if ((flags & set) === 0) return { tag: 'no-change' }
  const val = { seconds: time / 1_000_000_000n, nanoseconds: Number(time % 1_000_000_000n) }
  return { tag: 'timestamp', val }
}
const timesOf = (flags: number, accessed: bigint, modified: bigint) => [
  timestamp(flags, Fstflags.ATIM_NOW, Fstflags.ATIM, BigInt.asUintN(64, accessed)),
  timestamp(flags, Fstflags.MTIM_NOW, Fstflags.MTIM, BigInt.asUintN(64, modified)),
]

/** The host of a component, as one of a guest. */
export function guestOfComponent(
  host: ComponentHost,
  door: DoorName,
  unexpected: readonly string[],
): Host {
  const lowered = door === 'hybrid' ? new LoweredDoor(host.imports) : undefined
  // No pointer, and no end of a path before zeros, then looks like the size of a secret.
  lowered?.allocate(1, 65536)
  lowered?.memory.grow(15)
  new Uint8Array(lowered?.memory.buffer ?? new ArrayBuffer(0)).fill('?'.charCodeAt(0))
  const way = lowered ?? new JavaScriptDoor(host.imports)
  const call = (name: string, ...args: readonly unknown[]): unknown => way.call(name, ...args)
  let memory = new WebAssembly.Memory({ initial: 0 })
  const bytes = (at: number, length: number) =>
    new Uint8Array(memory.buffer, at >>> 0, length >>> 0)
  const view = () => new DataView(memory.buffer)
  /** A path; a text where it is one, since jco takes nothing else. */
  const path = (at: number, length: number): unknown => {
    const name = bytes(at, length).slice()
    return lowered === undefined ? Buffer.from(name).toString() : name
  }
  const reveal = (at: number, ...values: bigint[]): void => {
    for (const [i, value] of values.entries()) view().setBigUint64(at + 8 * i, value, true)
  }

  const files = new Map<number, Open>()
  for (const [file] of call('preopens.get-directories') as [object, string][])
    files.set(3 + files.size, { file, appends: false })
  let next = 3 + files.size
  /** An open file; a handle that was never given for every other number. */
  const at = (fd: number): Open =>
    files.get(fd) ?? {
      file: lowered === undefined ? { [Symbol.for('cabiRep')]: fd } : { handle: fd },
      appends: false,
    }
  const follows = (follow: number) => ({ symlinkFollow: follow !== 0 })
  const describe = (into: number, stat: Stat, hash: { lower: bigint; upper: bigint }): void =>
    reveal(into, stat.size, stat.linkCount, hash.lower, hash.upper)
  const spans = (iovs: number): [at: number, length: number] => [
    view().getUint32(iovs, true),
    view().getUint32(iovs + 4, true),
  ]

  // biome-ignore lint/suspicious/noExplicitAny: arguments as a module passes them
  type Hostcall = (...args: any[]) => void
  const hostcalls: Partial<Record<HostcallName, Hostcall>> = {
    path_open(dir, follow, name, length, oflags, base, _inheriting, fdflags, into) {
      const open = {
        create: (oflags & Oflags.CREAT) !== 0,
        directory: (oflags & Oflags.DIRECTORY) !== 0,
        exclusive: (oflags & Oflags.EXCL) !== 0,
        truncate: (oflags & Oflags.TRUNC) !== 0,
      }
      const flags = { read: (base & READ) !== 0n, write: (base & WRITE) !== 0n }
      const args = [at(dir).file, follows(follow), path(name, length), open, flags]
      const file = call('descriptor.open-at', ...args) as object
      files.set(next, { file, appends: (fdflags & Fdflags.APPEND) !== 0 })
      view().setUint32(into, next++, true)
    },
    fd_read(fd, iovs, _count, into) {
      const open = at(fd)
      open.reader ??= call('descriptor.read-via-stream', open.file, 0n) as object
      const [start, length] = spans(iovs)
      const read = call('input-stream.read', open.reader, BigInt(length)) as Uint8Array
      bytes(start, length).set(read)
      view().setUint32(into, read.length, true)
    },
    fd_pread(fd, iovs, _count, offset, into) {
      const [start, length] = spans(iovs)
      const [read] = call('descriptor.read', at(fd).file, BigInt(length), offset) as [Uint8Array]
      bytes(start, length).set(read)
      view().setUint32(into, read.length, true)
    },
    fd_write(fd, iovs, _count, into) {
      const open = at(fd)
      open.writer ??= (
        open.appends
          ? call('descriptor.append-via-stream', open.file)
          : call('descriptor.write-via-stream', open.file, 0n)
      ) as object
      const [start, length] = spans(iovs)
      call('output-stream.blocking-write-and-flush', open.writer, bytes(start, length).slice())
      view().setUint32(into, length, true)
    },
    fd_pwrite(fd, iovs, _count, offset) {
      call('descriptor.write', at(fd).file, bytes(...spans(iovs)).slice(), offset)
    },
    fd_filestat_get(fd, into) {
      const { file } = at(fd)
      const stat = call('descriptor.stat', file) as Stat
      describe(into, stat, call('descriptor.metadata-hash', file) as never)
    },
    fd_filestat_set_size: (fd, size) => call('descriptor.set-size', at(fd).file, size),
    fd_filestat_set_times: (fd, accessed, modified, flags) =>
      call('descriptor.set-times', at(fd).file, ...timesOf(flags, accessed, modified)),
    fd_readdir(fd, into, room, _cookie, used) {
      const entries = call('descriptor.read-directory', at(fd).file)
      for (let end = into; ; ) {
        const entry = call('directory-entry-stream.read-directory-entry', entries)
        if (entry === undefined) break
        const name = Buffer.from((entry as { name: string }).name)
        if (end + name.length <= into + room) bytes(end, name.length).set(name)
        end += name.length
      }
      // No inodes are listed.
      view().setUint32(used, 0, true)
    },
    path_create_directory: (dir, name, length) =>
      call('descriptor.create-directory-at', at(dir).file, path(name, length)),
    path_filestat_get(dir, follow, name, length, into) {
      const args = [at(dir).file, follows(follow), path(name, length)]
      const stat = call('descriptor.stat-at', ...args) as Stat
      describe(into, stat, call('descriptor.metadata-hash-at', ...args) as never)
    },
    path_filestat_set_times: (dir, follow, name, length, accessed, modified, flags) =>
      call(
        'descriptor.set-times-at',
        ...[at(dir).file, follows(follow), path(name, length)],
        ...timesOf(flags, accessed, modified),
      ),
    path_link: (dir, follow, name, length, dir2, name2, length2) =>
      call(
        'descriptor.link-at',
        ...[at(dir).file, follows(follow), path(name, length), at(dir2).file, path(name2, length2)],
      ),
    path_readlink(dir, name, length, into, room, used) {
      const target = call('descriptor.readlink-at', at(dir).file, path(name, length)) as string
      const text = Buffer.from(target).subarray(0, room)
      bytes(into, text.length).set(text)
      view().setUint32(used, text.length, true)
    },
    path_remove_directory: (dir, name, length) =>
      call('descriptor.remove-directory-at', at(dir).file, path(name, length)),
    path_rename: (dir, name, length, dir2, name2, length2) =>
      call(
        'descriptor.rename-at',
        ...[at(dir).file, path(name, length), at(dir2).file, path(name2, length2)],
      ),
    path_symlink: (target, targetLength, dir, name, length) =>
      call(
        'descriptor.symlink-at',
        ...[at(dir).file, path(target, targetLength), path(name, length)],
      ),
    path_unlink_file: (dir, name, length) =>
      call('descriptor.unlink-file-at', at(dir).file, path(name, length)),
  }
  /** A hostcall that returns the errno. An unknown handle is a trap, and BADF here. */
  const answering =
    (name: HostcallName) =>
    (...args: unknown[]): number => {
      const hostcall = hostcalls[name]
      if (hostcall === undefined) throw new Error(`a component has no ${name}`)
      try {
        hostcall(...args)
        return Errno.SUCCESS
      } catch (thrown) {
        if (thrown instanceof WebAssembly.RuntimeError && thrown.message.startsWith('unknown '))
          return Errno.BADF
        if (!(thrown instanceof Failure)) throw thrown
        const { payload } = thrown
        if (typeof payload === 'string') return errnoFor(payload)
        const { val } = payload as { val: unknown }
        return errnoFor(call('types.filesystem-error-code', val) as string)
      }
    }
  const names = Object.keys(table) as HostcallName[]
  return {
    imports: Object.fromEntries(names.map(name => [name, answering(name)])) as Imports,
    bind(own) {
      memory = own
    },
    close: () => host.close(),
    unexpected,
    ...(lowered && { seen: () => new Uint8Array(lowered.memory.buffer) }),
  }
}
