/**
 * Every hostcall as rows: what a loop over it calls, what it answers, and what ratio is the goal.
 */
import { Errno } from '#lib/abi/errno.js'
import { Dirent, readDirent } from '#lib/abi/layout.js'
import type { HostcallName } from '#lib/abi/table.js'
import { assemble, call, type Expression, load } from '../test/wasm.js'
import { dataSize, deep, entryCount } from './fixture.js'
import {
  at,
  closing,
  devices,
  type Guest,
  ground,
  type Loop,
  Oflags,
  opening,
  type Pace,
  polling,
  Rights,
  subscribe,
} from './guest.js'
import type { Side } from './sides.js'

/** The least ratio of node:wasi's time to ours: before Node 24, and from there on. */
export type Goal = readonly [before24: number, from24: number]

export interface Call {
  readonly name: string
  /** The rows of one group are measured in one process, as a program makes more than one call. */
  readonly group: string
  /** The loop, or a time in nanoseconds where no loop of the guest can make the call. */
  readonly loop?: (guest: Guest) => Loop
  readonly measure?: (guest: Guest, pace: Pace) => number
  /** The number of units, for which the row is named, in one turn. Default 1. */
  readonly units?: number
  readonly goal?: Goal
  /** The most that is wanted of our time divided by the floor's. */
  readonly floorGoal?: number
  /** The least that is wanted of node:wasi's time divided by the typescript backend's. */
  readonly typescriptGoal?: number
  /** Sides that cannot make the call, and why. */
  readonly without?: Readonly<Partial<Record<Side, string>>>
}

const one = (name: HostcallName, ...args: Expression[]): Loop => ({ turn: [call(name, ...args)] })
const named = (name: HostcallName, ...args: Expression[]) => ({
  name,
  loop: () => one(name, ...args),
})
/** Starts each access anew where it would leave the file. */
const sequential = (guest: Guest, name: 'fd_read' | 'fd_write', length: number): Loop => {
  const fd = guest.fd('data')
  return {
    turn: [call(name, fd, ...guest.iov(length), at.result)],
    result: length,
    most: dataSize / length,
    rewind: () => guest.rewind(fd),
  }
}
const kib = (length: number): string =>
  length < 1024
    ? `${length} B`
    : length < 2 ** 20
      ? `${length / 1024} KiB`
      : `${length / 2 ** 20} MiB`
const small = 1.12

const io = ([64, 4096, 65536, 2 ** 20] as const).flatMap(length =>
  (['fd_read', 'fd_write'] as const).map(
    (name): Call => ({
      name: `${name} ${kib(length)}`,
      group: 'read and write',
      loop: guest => sequential(guest, name, length),
      goal: length <= 4096 ? [1.3, 1.4] : [1, 1],
      ...(length <= 4096 && { floorGoal: small, typescriptGoal: 0.7 }),
    }),
  ),
)
const positioned = (['fd_pread', 'fd_pwrite'] as const).map(
  (name): Call => ({
    name: `${name} 4 KiB`,
    group: 'read and write',
    loop: guest => ({
      turn: [call(name, guest.fd('data'), ...guest.iov(4096), 8192n, at.result)],
      result: 4096,
    }),
    goal: [1.2, 1.35],
    floorGoal: small,
  }),
)
const depths = ([1, 4, 16] as const).flatMap((depth): Call[] => [
  {
    name: `path_open + fd_close, depth ${depth}`,
    group: 'paths: open',
    loop: guest => ({ turn: [opening(ground, guest.text(at.path, deep(depth))), closing()] }),
    goal: depth === 1 ? [2.4, 2.5] : [2.1, 2.2],
    floorGoal: depth === 1 ? 1.25 : 1.5,
    typescriptGoal: 0.5,
  },
  {
    name: `path_filestat_get, depth ${depth}`,
    group: 'paths: attributes',
    loop: guest => one('path_filestat_get', ground, 1, ...guest.text(at.path, deep(depth)), at.out),
    goal: depth === 1 ? [2.9, 2.9] : depth === 4 ? [1.33, 1.33] : [1.45, 1.45],
    ...(depth === 1 && { floorGoal: 1.25 }),
  },
])
const throughLinks = ([1, 4] as const).map((depth): Call => {
  const where = depth === 1 ? '' : `, depth ${depth}`
  return {
    name: `path_open + fd_close, through a link${where}`,
    group: 'paths: open',
    loop: guest => ({
      turn: [opening(ground, guest.text(at.path, deep(depth, 'link'))), closing()],
    }),
    goal: [1.8, 1.8],
    floorGoal: 1.5,
    typescriptGoal: 0.5,
  }
})
/** Rows whose floor is the system calls that stay beneath a directory, as no others here do. */
const beneath: readonly Call[] = [
  {
    name: 'path_open + fd_close, depth 4, beneath',
    group: 'paths: open',
    loop: guest => ({ turn: [opening(ground, guest.text(at.path, deep(4))), closing()] }),
    floorGoal: 1.3,
  },
  {
    name: 'path_open + fd_close, through a link, beneath',
    group: 'paths: open',
    loop: guest => ({ turn: [opening(ground, guest.text(at.path, 'link')), closing()] }),
    floorGoal: 1.3,
  },
  {
    name: 'path_filestat_get, depth 4, beneath',
    group: 'paths: attributes',
    loop: guest => one('path_filestat_get', ground, 1, ...guest.text(at.path, deep(4)), at.out),
    floorGoal: 1.15,
  },
]
const lists = [4096, 65536].map(
  (length): Call => ({
    name: `fd_readdir, an entry, ${kib(length)}`,
    group: 'directories',
    loop: guest => listing(guest, 'entries', length),
    units: entryCount,
    goal: length === 4096 ? [55, 55] : [4.3, 4.3],
    floorGoal: 1.05,
  }),
)

/**
 * A whole directory as calls with the cookies that a program would pass: those of the last whole
 * entry in the buffer before.
 */
export function listing(guest: Guest, path: string, length: number): Loop {
  const fd = guest.fd(path, Rights.list, Oflags.directory)
  const { view } = guest
  const cookies: bigint[] = []
  let cookie = 0n
  let used = length
  while (used === length) {
    cookies.push(cookie)
    guest.now('fd_readdir', fd, at.buffer, length, cookie, at.out)
    used = view.getUint32(at.out, true)
    for (let entry: number = at.buffer; entry + Dirent.BYTES <= at.buffer + used; ) {
      const { next: behind, namlen } = readDirent(view, entry)
      const next = entry + Dirent.BYTES + namlen
      if (next <= at.buffer + used) cookie = behind
      entry = next
    }
  }
  return { turn: cookies.map(from => call('fd_readdir', fd, at.buffer, length, from, at.out)) }
}

/**
 * A call that each side refuses. node:wasi knows rights, and not what kind of file a descriptor is:
 * its errno may be another one.
 */
function refused(
  guest: Guest,
  errnos: readonly number[],
  name: HostcallName,
  ...args: (number | bigint)[]
): Loop {
  const errno = guest.wasi.wasiImport[name](...args)
  if (!errnos.includes(errno))
    throw new Error(`${name} answers ${errno}, and not one of ${errnos.join(', ')}`)
  return { ...one(name, ...args), errno }
}
/** A number that no guest of the bench has open. */
const closed = 99
const kinds = [Errno.NOTDIR, Errno.NOTCAPABLE]
/** No more than 1.5 times of node:wasi's time. */
const within: Goal = [0.67, 0.67]
/**
 * Beyond the memory of every guest of the bench. Such a refusal reads the size of the memory once
 * more, which a thread may have grown: the goal is less than a read.
 */
const outside = 0xffff_ff00
const past = [Errno.FAULT, Errno.OVERFLOW]
const refusals: readonly Call[] = (
  [
    {
      name: 'fd_fdstat_get, EBADF',
      loop: guest => refused(guest, [Errno.BADF], 'fd_fdstat_get', closed, at.out),
    },
    {
      name: 'fd_read, EBADF',
      loop: guest => refused(guest, [Errno.BADF], 'fd_read', closed, ...guest.iov(64), at.result),
    },
    { name: 'fd_close, EBADF', loop: guest => refused(guest, [Errno.BADF], 'fd_close', closed) },
    {
      name: 'path_open, EBADF',
      loop: guest =>
        refused(
          guest,
          [Errno.BADF],
          'path_open',
          closed,
          1,
          ...guest.text(at.path, 'file'),
          0,
          Rights.read,
          0n,
          0,
          at.out,
        ),
    },
    {
      name: 'fd_read, ENOTCAPABLE',
      loop: guest =>
        refused(
          guest,
          [Errno.NOTCAPABLE],
          'fd_read',
          guest.fd('file', Rights.write),
          ...guest.iov(64),
          at.result,
        ),
    },
    {
      name: 'fd_filestat_get, ENOTCAPABLE',
      loop: guest =>
        refused(
          guest,
          [Errno.NOTCAPABLE],
          'fd_filestat_get',
          guest.fd('file', Rights.write),
          at.out,
        ),
    },
    {
      name: 'path_open, ENOTDIR',
      loop: guest => {
        const file = guest.fd('data')
        return refused(
          guest,
          kinds,
          'path_open',
          file,
          1,
          ...guest.text(at.path, 'file'),
          0,
          Rights.read,
          0n,
          0,
          at.out,
        )
      },
    },
    {
      name: 'path_filestat_get, ENOTDIR',
      loop: guest =>
        refused(
          guest,
          kinds,
          'path_filestat_get',
          guest.fd('data'),
          1,
          ...guest.text(at.path, 'file'),
          at.out,
        ),
    },
    {
      name: 'fd_read, EFAULT of a buffer',
      loop: guest => {
        guest.view.setUint32(at.iovs, outside, true)
        guest.view.setUint32(at.iovs + 4, 64, true)
        return refused(guest, past, 'fd_read', guest.fd('file'), at.iovs, 1, at.result)
      },
    },
    {
      name: 'fd_read, EFAULT of a result',
      loop: guest => refused(guest, past, 'fd_read', guest.fd('file'), ...guest.iov(64), outside),
    },
    {
      name: 'path_filestat_get, EFAULT of a path',
      loop: guest => refused(guest, past, 'path_filestat_get', ground, 1, outside, 8, at.out),
    },
    {
      name: 'fd_seek, EINVAL',
      loop: guest => refused(guest, [Errno.INVAL], 'fd_seek', guest.fd('file'), 0n, 3, at.out),
    },
    {
      name: 'fd_fdstat_set_flags, EINVAL',
      loop: guest =>
        refused(guest, [Errno.INVAL, 0], 'fd_fdstat_set_flags', guest.fd('file'), 0x8000),
    },
  ] satisfies readonly Omit<Call, 'group'>[]
).map(row => ({ ...row, group: 'refusals', ...(!/EFAULT/.test(row.name) && { goal: within }) }))

/** The host catches what proc_exit throws, so the host's loop is timed. */
function exits(guest: Guest, { warm, timed }: Pace): number {
  const bytes = assemble({ pages: 0, functions: { leave: { body: [call('proc_exit', 0)] } } })
  const { leave } = new WebAssembly.Instance(
    new WebAssembly.Module(bytes),
    guest.wasi.getImportObject(),
  ).exports as { leave: () => void }
  const run = (milliseconds: number): number => {
    const start = performance.now()
    let count = 0
    for (; performance.now() - start < milliseconds; count++) {
      try {
        leave()
      } catch {
        continue
      }
      throw new Error('proc_exit has returned')
    }
    return ((performance.now() - start) / count) * 1e6
  }
  run(warm)
  return run(timed)
}

const noSockets = 'it has no way to be given a socket'
const calls: readonly Call[] = [
  { ...named('args_sizes_get', at.out, at.out + 4), group: 'given' },
  { ...named('args_get', at.out, at.buffer), group: 'given' },
  { ...named('environ_sizes_get', at.out, at.out + 4), group: 'given' },
  { ...named('environ_get', at.out, at.buffer), group: 'given' },
  { ...named('fd_prestat_get', ground, at.out), group: 'given', goal: [5, 6] },
  { ...named('fd_prestat_dir_name', ground, at.buffer, 1), group: 'given' },

  { ...named('clock_time_get', 1, 1n, at.out), group: 'clocks and chance', goal: [0.95, 1.25] },
  {
    name: 'clock_time_get, realtime',
    group: 'clocks and chance',
    loop: () => one('clock_time_get', 0, 1n, at.out),
  },
  { ...named('clock_res_get', 1, at.out), group: 'clocks and chance' },
  {
    name: 'random_get 16 B',
    group: 'clocks and chance',
    loop: () => one('random_get', at.buffer, 16),
    goal: [20, 25],
  },
  {
    name: 'random_get 64 KiB',
    group: 'clocks and chance',
    loop: () => one('random_get', at.buffer, 65536),
    goal: [17, 17],
  },
  { ...named('sched_yield'), group: 'clocks and chance' },

  {
    name: 'fd_tell',
    group: 'descriptors',
    loop: guest => one('fd_tell', guest.fd('data'), at.out),
    goal: [12, 13],
  },
  {
    name: 'fd_seek',
    group: 'descriptors',
    loop: guest => one('fd_seek', guest.fd('data'), 4096n, 0, at.out),
    goal: [12, 13],
  },
  {
    name: 'fd_fdstat_get',
    group: 'descriptors',
    loop: guest => one('fd_fdstat_get', guest.fd('data'), at.out),
    goal: [20, 25],
  },
  {
    name: 'fd_fdstat_set_flags',
    group: 'descriptors',
    loop: guest => one('fd_fdstat_set_flags', guest.fd('data'), 0),
  },
  {
    name: 'fd_fdstat_set_rights',
    group: 'descriptors',
    loop: guest => {
      const fd = guest.fd('file')
      guest.now('fd_fdstat_get', fd, at.out)
      return one(
        'fd_fdstat_set_rights',
        fd,
        guest.view.getBigUint64(at.out + 8, true),
        guest.view.getBigUint64(at.out + 16, true),
      )
    },
  },
  {
    name: 'path_open + fd_renumber',
    group: 'descriptors',
    loop: guest => {
      const to = guest.open('file')
      const { turn } = one('fd_renumber', load(at.out), to)
      return { turn: [opening(ground, guest.text(at.path, 'file')), ...turn] }
    },
  },

  ...io,
  {
    name: 'fd_write 64 B to /dev/null',
    group: 'read and write',
    loop: guest => ({
      turn: [
        call(
          'fd_write',
          guest.fd('null', Rights.write, Oflags.none, devices),
          ...guest.iov(64),
          at.result,
        ),
      ],
      result: 64,
    }),
    goal: [1.3, 1.4],
  },
  {
    name: 'fd_write 16 x 64 B',
    group: 'read and write',
    loop: guest => {
      const fd = guest.fd('data')
      for (let i = 0; i < 16; i++) {
        guest.view.setUint32(at.iovs + 8 * i, at.buffer + 4096 * i, true)
        guest.view.setUint32(at.iovs + 8 * i + 4, 64, true)
      }
      return {
        turn: [call('fd_write', fd, at.iovs, 16, at.result)],
        result: 1024,
        most: dataSize / 1024,
        rewind: () => guest.rewind(fd),
      }
    },
    floorGoal: 1.2,
  },
  ...positioned,

  {
    name: 'fd_filestat_get',
    group: 'files',
    loop: guest => one('fd_filestat_get', guest.fd('file'), at.out),
  },
  {
    name: 'fd_filestat_set_size',
    group: 'files',
    loop: guest => one('fd_filestat_set_size', guest.fd('file'), 4096n),
  },
  {
    name: 'fd_filestat_set_times',
    group: 'files',
    loop: guest => one('fd_filestat_set_times', guest.fd('file'), 0n, 0n, 2 | 8),
  },
  {
    name: 'fd_advise',
    group: 'files',
    loop: guest => one('fd_advise', guest.fd('file'), 0n, 4096n, 0),
  },
  {
    name: 'fd_allocate',
    group: 'files',
    loop: guest => one('fd_allocate', guest.fd('file'), 0n, 4096n),
  },
  { name: 'fd_sync', group: 'files', loop: guest => one('fd_sync', guest.fd('file')) },
  { name: 'fd_datasync', group: 'files', loop: guest => one('fd_datasync', guest.fd('file')) },

  ...depths,
  ...throughLinks,
  ...beneath,
  {
    name: 'path_open, ENOENT',
    group: 'paths: open',
    loop: guest => ({
      turn: [opening(ground, guest.text(at.path, 'missing'))],
      errno: Errno.NOENT,
    }),
    goal: [2.3, 2.3],
    floorGoal: 1.28,
    typescriptGoal: 0.5,
  },
  {
    name: 'path_open of a folder + fd_close',
    group: 'paths: open',
    loop: guest => ({
      turn: [opening(ground, guest.text(at.path, 'd'), Rights.list, Oflags.directory), closing()],
    }),
  },
  {
    name: 'path_filestat_get, through a link',
    group: 'paths: attributes',
    loop: guest => one('path_filestat_get', ground, 1, ...guest.text(at.path, 'link'), at.out),
  },
  {
    name: 'path_filestat_get, ENOENT',
    group: 'paths: attributes',
    loop: guest => ({
      turn: [call('path_filestat_get', ground, 1, ...guest.text(at.path, 'missing'), at.out)],
      errno: Errno.NOENT,
    }),
    goal: [2.9, 2.9],
  },
  {
    name: 'path_filestat_set_times',
    group: 'paths: attributes',
    loop: guest =>
      one('path_filestat_set_times', ground, 1, ...guest.text(at.path, 'file'), 0n, 0n, 2 | 8),
  },
  {
    name: 'path_readlink',
    group: 'paths: attributes',
    loop: guest => ({
      turn: [
        call('path_readlink', ground, ...guest.text(at.path, 'link'), at.buffer, 64, at.result),
      ],
      result: 4,
    }),
    goal: [1.75, 1.75],
  },

  {
    name: 'path_create_directory + path_remove_directory',
    group: 'paths: names',
    loop: guest => {
      const path = guest.text(at.path, 'made')
      return {
        turn: [
          call('path_create_directory', ground, ...path),
          call('path_remove_directory', ground, ...path),
        ],
      }
    },
    goal: [1.18, 1.18],
  },
  {
    name: 'path_rename',
    group: 'paths: names',
    units: 2,
    loop: guest => {
      const [a, b] = [guest.text(at.path, `moved-${process.pid}`), guest.text(at.path2, 'moved')]
      guest.now('fd_close', guest.open('moved', Rights.write, Oflags.creat))
      guest.text(at.path, `moved-${process.pid}`)
      return {
        turn: [
          call('path_rename', ground, ...b, ground, ...a),
          call('path_rename', ground, ...a, ground, ...b),
        ],
      }
    },
    goal: [1.25, 1.25],
  },
  {
    name: 'path_open to create + fd_close + path_unlink_file',
    group: 'paths: names',
    loop: guest => {
      const path = guest.text(at.path, 'created')
      return {
        turn: [
          opening(ground, path, Rights.write, Oflags.creat | Oflags.excl),
          closing(),
          call('path_unlink_file', ground, ...path),
        ],
      }
    },
    goal: [1.25, 1.25],
  },
  {
    name: 'path_link + path_unlink_file',
    group: 'paths: names',
    loop: guest => {
      const [from, to] = [guest.text(at.path, 'file'), guest.text(at.path2, 'linked')]
      return {
        turn: [
          call('path_link', ground, 0, ...from, ground, ...to),
          call('path_unlink_file', ground, ...to),
        ],
      }
    },
  },
  {
    name: 'path_symlink + path_unlink_file',
    group: 'paths: names',
    loop: guest => {
      const [target, path] = [guest.text(at.path, 'file'), guest.text(at.path2, 'linked')]
      return {
        turn: [
          call('path_symlink', ...target, ground, ...path),
          call('path_unlink_file', ground, ...path),
        ],
      }
    },
  },

  ...refusals,

  ...lists,

  {
    name: 'poll_oneoff, a clock at 0',
    group: 'polls and sockets',
    loop: guest => {
      subscribe(guest, 'clock')
      return polling()
    },
    goal: [600, 2000],
  },
  {
    name: 'poll_oneoff, a ready descriptor',
    group: 'polls and sockets',
    loop: guest => {
      subscribe(guest, 'read', 0)
      return polling()
    },
    goal: [35, 90],
    floorGoal: 1.5,
  },
  {
    name: 'sock_send + sock_recv 64 B',
    group: 'polls and sockets',
    loop: guest => {
      const data = guest.iov(64)
      return {
        turn: [
          // A standard stream goes one way. The far end sends, so one byte is always left to be read.
          call('sock_send', 1, ...data, 0, at.out),
          call('sock_recv', 0, ...data, 0, at.result, at.out),
        ],
        result: 64,
      }
    },
    without: { 'node:wasi': noSockets },
  },
  {
    name: 'sock_accept, nobody waits',
    group: 'polls and sockets',
    loop: guest => {
      guest.now('fd_fdstat_set_flags', 2, 4)
      return { turn: [call('sock_accept', 2, 4, at.out)], errno: Errno.AGAIN }
    },
    without: {
      'node:wasi': noSockets,
      native: 'the bench has a listener as a standard stream alone, which is none to a guest',
      typescript: 'node:fs cannot accept',
    },
  },
  {
    name: 'sock_shutdown',
    group: 'the end',
    loop: () => one('sock_shutdown', 0, 2),
    without: {
      'node:wasi': noSockets,
      native: 'the bench has sockets as standard streams alone, which a guest cannot shut down',
      typescript: 'node:fs cannot shut down',
    },
  },

  {
    name: 'proc_exit, caught by the host',
    group: 'the end',
    measure: exits,
    without: { floor: 'it would end the loop' },
  },
  {
    name: 'proc_raise',
    group: 'the end',
    without: {
      floor: 'it would end the loop',
      native: 'as proc_exit',
      typescript: 'as proc_exit',
      'node:wasi': 'it signals the process',
    },
  },
]

export const groups = [...new Set(calls.map(({ group }) => group))].map(name => ({
  name,
  rows: calls.filter(row => row.group === name),
}))
/**
 * Tells if a side can make the call at all. The floor is asked by name, and leaves out rows that it
 * does not know.
 */
export const can = (row: Call, side: Side): boolean =>
  row.without?.[side] === undefined &&
  (side === 'floor' || row.loop !== undefined || row.measure !== undefined)
export const rowOf = (name: string): Call => calls.find(row => row.name === name) as Call
