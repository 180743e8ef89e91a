/**
 * The answer of every call to a wrong value of each of its arguments, derived from the table; a
 * refused call changes nothing.
 */
import test from 'ava'
import type { RightName } from '#lib/abi/rights.js'
import { type HostcallName, type Param, type Row, table } from '#lib/abi/table.js'
import { Kind } from '#lib/abi/types.js'
import { table0 } from '#lib/abi/unstable.js'
import {
  ALL,
  each,
  type Fixture,
  Oflags,
  openDescriptors,
  rights,
  snapshots,
  u8,
  u32,
} from './fixture.js'

/** The descriptors of every case: a preopen, a file, another file, and another directory. */
const DIR = 3
const FILE = 5
const FILE2 = 6
const DIR2 = 7
const names = { file: 'text', empty: 'a directory', link: 'a link to file' }
/** Addresses of chunk lists, of a subscription and of results. */
const PIECES = 0x10
const SUBSCRIPTION = 0x300
const RESULTS = 0x800

/** Arguments with which the call succeeds, without those for its results. A string is a path. */
interface Sample {
  readonly args: readonly (number | bigint | string)[]
  /** The rights that each descriptor, by its label, must hold: all of them, and no other. */
  readonly needs?: Readonly<Record<string, readonly RightName[]>>
  /** The answer of the call on a directory, if it needs a file, or the reverse. */
  readonly wrongKind?: string
  /** The answer to these arguments, for calls that cannot succeed here. */
  readonly answer?: string
}
const samples: Readonly<Record<HostcallName, Sample>> = {
  args_get: { args: [0x100, 0x200] },
  args_sizes_get: { args: [] },
  environ_get: { args: [0x100, 0x200] },
  environ_sizes_get: { args: [] },
  clock_res_get: { args: [0] },
  clock_time_get: { args: [0, 0n] },

  fd_advise: { args: [FILE, 0n, 1n, 0], needs: { fd: ['FD_ADVISE'] } },
  fd_allocate: { args: [FILE, 0n, 10n], needs: { fd: ['FD_ALLOCATE'] }, wrongKind: 'ISDIR' },
  fd_close: { args: [FILE], needs: { fd: [] } },
  fd_datasync: { args: [FILE], needs: { fd: ['FD_DATASYNC'] } },
  fd_fdstat_get: { args: [FILE], needs: { fd: [] } },
  fd_fdstat_set_flags: { args: [FILE, 1], needs: { fd: ['FD_FDSTAT_SET_FLAGS'] } },
  fd_fdstat_set_rights: { args: [FILE, 0n, 0n], needs: { fd: [] } },
  fd_filestat_get: { args: [FILE], needs: { fd: ['FD_FILESTAT_GET'] } },
  fd_filestat_set_size: {
    args: [FILE, 1n],
    needs: { fd: ['FD_FILESTAT_SET_SIZE'] },
    wrongKind: 'ISDIR',
  },
  fd_filestat_set_times: { args: [FILE, 1n, 1n, 1], needs: { fd: ['FD_FILESTAT_SET_TIMES'] } },
  fd_pread: {
    args: [FILE, PIECES, 1, 0n],
    needs: { fd: ['FD_READ', 'FD_SEEK'] },
    wrongKind: 'ISDIR',
  },
  fd_prestat_get: { args: [DIR], wrongKind: 'BADF' },
  fd_prestat_dir_name: { args: [DIR, 0x100, 10], wrongKind: 'BADF' },
  fd_pwrite: {
    args: [FILE, PIECES, 1, 0n],
    needs: { fd: ['FD_WRITE', 'FD_SEEK'] },
    wrongKind: 'ISDIR',
  },
  fd_read: { args: [FILE, PIECES, 1], needs: { fd: ['FD_READ'] }, wrongKind: 'ISDIR' },
  fd_readdir: { args: [DIR, 0x100, 100, 0n], needs: { fd: ['FD_READDIR'] }, wrongKind: 'NOTDIR' },
  fd_renumber: { args: [FILE, FILE2], needs: { fd: [], to: [] } },
  fd_seek: { args: [FILE, 1n, 0], needs: { fd: ['FD_SEEK'] }, wrongKind: 'ISDIR' },
  fd_sync: { args: [FILE], needs: { fd: ['FD_SYNC'] } },
  fd_tell: { args: [FILE], wrongKind: 'ISDIR' },
  fd_write: { args: [FILE, PIECES, 1], needs: { fd: ['FD_WRITE'] }, wrongKind: 'ISDIR' },

  path_create_directory: {
    args: [DIR, 'new'],
    needs: { fd: ['PATH_CREATE_DIRECTORY'] },
    wrongKind: 'NOTDIR',
  },
  path_filestat_get: {
    args: [DIR, 0, 'file'],
    needs: { fd: ['PATH_FILESTAT_GET'] },
    wrongKind: 'NOTDIR',
  },
  path_filestat_set_times: {
    args: [DIR, 0, 'file', 1n, 1n, 1],
    needs: { fd: ['PATH_FILESTAT_SET_TIMES'] },
    wrongKind: 'NOTDIR',
  },
  path_link: {
    args: [DIR, 0, 'file', DIR2, 'hard'],
    needs: { old_fd: ['PATH_LINK_SOURCE'], new_fd: ['PATH_LINK_TARGET'] },
    wrongKind: 'NOTDIR',
  },
  path_open: {
    args: [DIR, 0, 'created', Oflags.CREAT | Oflags.TRUNC, rights('FD_READ', 'FD_WRITE'), 0n, 0],
    needs: { fd: ['PATH_OPEN', 'PATH_CREATE_FILE', 'PATH_FILESTAT_SET_SIZE'] },
    wrongKind: 'NOTDIR',
  },
  path_readlink: {
    args: [DIR, 'link', 0x100, 10],
    needs: { fd: ['PATH_READLINK'] },
    wrongKind: 'NOTDIR',
  },
  path_remove_directory: {
    args: [DIR, 'empty'],
    needs: { fd: ['PATH_REMOVE_DIRECTORY'] },
    wrongKind: 'NOTDIR',
  },
  path_rename: {
    args: [DIR, 'file', DIR2, 'moved'],
    needs: { fd: ['PATH_RENAME_SOURCE'], new_fd: ['PATH_RENAME_TARGET'] },
    wrongKind: 'NOTDIR',
  },
  path_symlink: { args: ['x', DIR, 'sym'], needs: { fd: ['PATH_SYMLINK'] }, wrongKind: 'NOTDIR' },
  path_unlink_file: {
    args: [DIR, 'file'],
    needs: { fd: ['PATH_UNLINK_FILE'] },
    wrongKind: 'NOTDIR',
  },

  poll_oneoff: { args: [SUBSCRIPTION, 0x400, 1] },
  proc_exit: { args: [0], answer: 'exit' },
  proc_raise: { args: [0] },
  random_get: { args: [0x100, 8] },
  sched_yield: { args: [] },
  sock_accept: { args: [FILE, 0], answer: 'NOTSOCK' },
  sock_recv: { args: [FILE, PIECES, 1, 0], answer: 'NOTSOCK' },
  sock_send: { args: [FILE, PIECES, 1, 0], answer: 'NOTSOCK' },
  sock_shutdown: { args: [FILE, 1], answer: 'NOTSOCK' },
}

const setup = { options: { args: ['one', 'two'], env: { ONE: '1', TWO: '2' } } }
function furnish(w: Fixture): void {
  w.write('file', names.file)
  w.write('other', '')
  w.fs.mkdirSync(w.host('empty'))
  w.fs.symlinkSync('file', w.host('link'))
  openAgain(w, FILE)
  w.open('other', { base: ALL })
  openAgain(w, DIR)
  w.draw(PIECES, u32(0x100, 4))
  w.draw(SUBSCRIPTION, u8(...Array.from({ length: 56 }, () => 0)))
}
/** A fresh descriptor for what this one of the samples is, with every right. */
const writing = rights('FD_DATASYNC', 'FD_WRITE', 'FD_ALLOCATE', 'FD_FILESTAT_SET_SIZE')
const openAgain = (w: Fixture, fd: number): number =>
  fd === FILE || fd === FILE2
    ? w.open(fd === FILE ? 'file' : 'other', { base: ALL })
    : w.open('.', { oflags: Oflags.DIRECTORY, base: ALL & ~writing, inheriting: ALL })

/** The parameter that a wasm value belongs to. */
interface Slot {
  readonly param: Param
  /** True if this is the length of a list or path. */
  readonly length: boolean
  readonly result: boolean
}
const slotsOf = (row: Row): Slot[] => [
  ...row.params.flatMap(param => {
    const pair = param.type.kind === Kind.List || param.type.kind === Kind.Path
    return [false, true].slice(0, pair ? 2 : 1).map(length => ({ param, length, result: false }))
  }),
  ...row.results.map(param => ({ param, length: false, result: true })),
]
/** The wasm values of a sample, its results at odd places. */
const valuesOf = (w: Fixture, row: Row, { args }: Sample): (number | bigint)[] => [
  ...args.flatMap(arg => (typeof arg === 'string' ? w.path(arg) : [arg])),
  ...row.results.map((_, i) => RESULTS + 0x81 * i),
]

const outside = (size: number, bytes: number): number[] => [
  -1,
  size - bytes + 1,
  size,
  0x7fffffff,
  -0x80000000,
]
const bits = (known: number): number[] =>
  Array.from({ length: 32 - known }, (_, i) => 2 ** (known + i))

type Wrong = readonly [value: unknown, answer: string]
const all = (values: readonly unknown[], answer: string): Wrong[] =>
  values.map(value => [value, answer])

const noNumber = all(
  [undefined, null, '1', 1n, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32, true, {}],
  'INVAL',
)
const noBigint = all([undefined, null, '1', 1, 1.5, Number.NaN, true, {}], 'INVAL')

/** Every value that is wrong in this place, and what the call must answer to it. */
function wrongs({ param: { type }, length, result }: Slot, size: number): Wrong[] {
  if (result) return [...all(outside(size, type.size), 'FAULT'), ...noNumber]
  switch (type.kind) {
    case Kind.Flags:
      return [...all([...bits(type.labels.length), -1], 'INVAL'), ...noNumber]
    case Kind.Enum:
      return [...all([type.labels.length, 255, 256, 65536, -1], 'INVAL'), ...noNumber]
    case Kind.Size64:
    case Kind.Place64:
      return [...all([2n ** 63n, 2n ** 64n - 1n, -1n, -(2n ** 63n)], 'INVAL'), ...noBigint]
    case Kind.Delta64:
      return [...all([2n ** 53n, 2n ** 63n - 1n, -(2n ** 53n), -(2n ** 63n)], 'INVAL'), ...noBigint]
    case Kind.Rights:
    case Kind.Raw64:
    case Kind.Far64:
      return noBigint
    case Kind.List:
      if (length) return [...all([-1, 0x7fffffff], 'FAULT'), ...noNumber]
      return [...all(outside(size, 2), 'FAULT'), ...noNumber]
    case Kind.Path:
      return [...all(length ? [-1, 0x7fffffff, size] : outside(size, 1), 'FAULT'), ...noNumber]
    default:
      if (type.name === 'fd')
        return [...all([99, 1024, 0x7fffffff, -1, -0x80000000], 'BADF'), ...noNumber]
      if (type.name === 'pointer') return [...all(outside(size, 2), 'FAULT'), ...noNumber]
      return noNumber
  }
}

/** All of the host and of the guest's descriptors that a refused call must leave as it was. */
function state(w: Fixture): unknown {
  const found = w.fs.readdirSync(w.host()).map(name => {
    const { ino, size, mtimeNs, ctimeNs, nlink } = w.fs.lstatSync(w.host(name), { bigint: true })
    return [name, ino, size, mtimeNs, ctimeNs, nlink]
  })
  const fds = [0, 1, 2, DIR, 4, FILE, FILE2, DIR2, 8].map(fd => w.fdstat(fd))
  return [found, fds, w.tell(FILE), openDescriptors()]
}
function answerOf(w: Fixture, call: HostcallName, values: readonly unknown[]): string {
  let answer = 'exit'
  w.guest.run(() => {
    answer = w.call(call, ...values)
  })
  return answer
}
const shown = (value: unknown): string =>
  typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))

for (const [name, row] of Object.entries(table) as [HostcallName, Row][]) {
  const sample = samples[name]
  const { answer = 'SUCCESS', needs = {}, wrongKind } = sample
  const here = {
    ...setup,
    snapshots: snapshots.filter(snapshot => snapshot === 'preview1' || name in table0),
  }

  each(
    test,
    `${name}: a wrong value of each argument returns its errno and changes nothing`,
    here,
    (t, w) => {
      furnish(w)
      const values = valuesOf(w, row, sample)
      const before = state(w)
      const slots = slotsOf(
        (w.version === 'unstable' ? (table0 as Partial<Record<HostcallName, Row>>)[name] : row) ??
          row,
      )
      t.is(slots.length, values.length, 'the sample has the arguments of the row')
      for (const [i, slot] of slots.entries()) {
        for (const [wrong, expected] of wrongs(slot, w.size)) {
          const why = `${slot.result ? 'result ' : ''}${slot.param.label}${slot.length ? '.length' : ''} = ${shown(wrong)}`
          const said = answerOf(w, name, values.with(i, wrong as number))
          // A call may refuse a descriptor that is no socket before it looks at the chunks.
          if (said !== 'NOTSOCK' || slot.param.type.kind !== Kind.List) t.is(said, expected, why)
          w.check()
        }
        t.deepEqual(state(w), before, `${slot.param.label}: nothing has changed`)
      }
      t.is(answerOf(w, name, values), answer, 'and with the right arguments it works')
      w.any(0, w.size)
    },
  )

  const fds = row.params.filter(({ type }) => type.name === 'fd')
  if (wrongKind !== undefined) {
    each(test, `${name}: on the wrong kind of descriptor is ${wrongKind}`, here, (t, w) => {
      furnish(w)
      const values = valuesOf(w, row, sample)
      const before = state(w)
      for (const { label } of fds) {
        const at = slotsOf(row).findIndex(({ param }) => param.label === label)
        const other = values[at] === FILE ? [DIR, DIR2] : [FILE, FILE2, 0]
        for (const fd of other)
          t.is(answerOf(w, name, values.with(at, fd)), wrongKind, `${label} = ${fd}`)
      }
      t.deepEqual(state(w), before)
    })
  }

  for (const [label, needed] of Object.entries(needs)) {
    const title = `${name}: ${label} needs ${needed.length === 0 ? 'no right' : needed.join(' and ')}`
    each(test, title, here, (t, w) => {
      furnish(w)
      const values = valuesOf(w, row, sample)
      const at = slotsOf(row).findIndex(({ param }) => param.label === label)
      const holding = (base: bigint): number => {
        const fd = openAgain(w, values[at] as number)
        const stat = w.fdstat(fd)
        if (typeof stat === 'string') throw new Error(stat)
        t.is(w.call('fd_fdstat_set_rights', fd, base & stat.base, stat.inheriting), 'SUCCESS')
        return fd
      }
      const checked = needed.filter(
        right => w.enforces || right === 'FD_READ' || right === 'FD_WRITE',
      )
      for (const right of checked) {
        const fd = holding(ALL & ~rights(right))
        const before = state(w)
        t.is(
          answerOf(w, name, values.with(at, fd)),
          w.checked('NOTCAPABLE', 'BADF'),
          `without ${right}`,
        )
        t.deepEqual(state(w), before)
      }
      const fd = holding(rights(...checked))
      t.is(answerOf(w, name, values.with(at, fd)), answer, 'and no other')
      w.any(0, w.size)
    })
  }
}
