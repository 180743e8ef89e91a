/** Attacks on a directory that was given to read only, beside one that may be written to. */
import { Fdflags, Fstflags, Oflags } from '#lib/abi/values.js'
import { ALL, rights } from '../../hostcalls/fixture.js'
import { type Attacker, type Place, READS } from '../attacker.js'
import type { Case } from '../case.js'

const { CREAT, EXCL, TRUNC } = Oflags
const WRITES = rights('FD_WRITE')
const CHANGES =
  READS | rights('FD_ALLOCATE', 'FD_FILESTAT_SET_SIZE', 'FD_FILESTAT_SET_TIMES', 'FD_DATASYNC')
const SET = Fstflags.ATIM | Fstflags.MTIM

/** A change to what is in a directory: `book`, `room` with a `page`, and `bare`. */
type Change = readonly [
  call: Case['call'],
  action: string,
  run: (a: Attacker, at: (path: string) => Place) => string,
]
const box = (path: string): Place => ({ dir: 3, path, follow: 0 })

// biome-ignore format: a change a line
const changes: readonly Change[] = [
  ['path_open', 'to create', (a, at) => a.opening(at('new'), { oflags: CREAT, base: WRITES }, fd => a.write(fd))],
  ['path_open', 'to create, exclusively', (a, at) => a.opening(at('new'), { oflags: CREAT | EXCL })],
  ['path_open', 'to create, with no rights', (a, at) => a.opening(at('new'), { oflags: CREAT, base: 0n })],
  ['path_open', 'to truncate', (a, at) => a.opening(at('book'), { oflags: TRUNC, base: WRITES })],
  ['path_open', 'to truncate, with rights to read', (a, at) => a.opening(at('book'), { oflags: TRUNC })],
  ['path_open', 'to truncate or create', (a, at) => a.opening(at('book'), { oflags: TRUNC | CREAT })],
  ['path_open', 'to write', (a, at) => a.opening(at('book'), { base: WRITES }, fd => a.write(fd))],
  ['path_open', 'to read and write', (a, at) => a.opening(at('book'), { base: READS | WRITES }, fd => a.write(fd))],
  ['path_open', 'to append', (a, at) => a.opening(at('book'), { base: WRITES, fdflags: Fdflags.APPEND }, fd => a.write(fd))],
  ['path_filestat_set_times', '', (a, at) => a.call('path_filestat_set_times', at('').dir, 0, ...a.path('book'), 1n, 1n, SET)],
  ['path_filestat_set_times', 'to now', (a, at) => a.call('path_filestat_set_times', at('').dir, 1, ...a.path('room'), 0n, 0n, Fstflags.MTIM_NOW)],
  ['path_create_directory', '', (a, at) => a.call('path_create_directory', at('').dir, ...a.path('new'))],
  ['path_remove_directory', '', (a, at) => a.call('path_remove_directory', at('').dir, ...a.path('bare'))],
  ['path_unlink_file', '', (a, at) => a.call('path_unlink_file', at('').dir, ...a.path('book'))],
  ['path_symlink', '', (a, at) => a.symlink('book', 'new', at('').dir)],
  ['path_rename', 'within', (a, at) => a.rename(at('book'), at('new'))],
  ['path_rename', 'out of it', (a, at) => a.rename(at('book'), box('gain'))],
  ['path_rename', 'of a directory out of it', (a, at) => a.rename(at('room'), box('gain'))],
  ['path_rename', 'into it', (a, at) => a.rename(box('own'), at('new'))],
  ['path_rename', 'over what is in it', (a, at) => a.rename(box('own'), at('book'))],
  ['path_link', 'within', (a, at) => a.link(at('book'), at('new'))],
  ['path_link', 'into it', (a, at) => a.link(box('own'), at('new'))],
  ['path_link', 'out of it, and write there', (a, at) => {
    const errno = a.link(at('book'), box('gain'))
    a.opening(box('gain'), { base: WRITES }, fd => a.write(fd))
    return errno
  }],
]

/** The ways in which the guest gets a number for the directory. */
const ways: Readonly<Record<string, (a: Attacker) => number>> = {
  'a read-only directory': () => 4,
  'a read-only directory, opened as `.`': a => a.directory('.', 4),
  'a read-only directory, opened by a detour': a => a.directory('room/..', 4),
  'a read-only directory, moved to another number': a => {
    const fd = a.given('dir/own')
    a.call('fd_renumber', 4, fd)
    return fd
  },
}

const changed = Object.entries(ways).flatMap(([technique, prepare]) =>
  changes.map(
    ([call, action, change]): Case => ({
      ...{ technique, call, action, prepare, answer: 'ROFS' },
      attack: (a, dir) => change(a, path => ({ dir, path, follow: 0 })),
      // A file that exists need not be created.
      ...(action === 'to create, exclusively' && {
        breach: (s: { exists(name: string): boolean }) => s.exists('shelf/new'),
      }),
    }),
  ),
)

/** The answer of a host that enforces rights, and of one that does not. */
const unlessAccess = (answer: string, access: string): Case['answer'] => ({
  ...{ openat2: answer, walk: answer, thread: answer, overlay: answer, access },
  ...{ typescript: answer, typescriptWalk: answer },
})
/** A change by a file in it, which may be opened to read with rights that a writer has. */
const book = (a: Attacker): number => a.given('book', { base: CHANGES }, 4)
type OnFile = readonly [
  call: Case['call'],
  answer: Case['answer'],
  run: (a: Attacker, fd: number) => string,
]
// biome-ignore format: a change a line
const onFile: readonly OnFile[] = [
  ['fd_write', unlessAccess('NOTCAPABLE', 'BADF'), (a, fd) => a.write(fd)],
  ['fd_pwrite', unlessAccess('NOTCAPABLE', 'BADF'), (a, fd) => a.pwrite(fd)],
  ['fd_filestat_set_size', 'INVAL', (a, fd) => a.call('fd_filestat_set_size', fd, 0n)],
  ['fd_allocate', 'BADF', (a, fd) => a.call('fd_allocate', fd, 0n, 100n)],
  ['fd_filestat_set_times', 'ROFS', (a, fd) => a.call('fd_filestat_set_times', fd, 1n, 1n, SET)],
]
const throughFile = onFile.flatMap(([call, answer, attack]): Case[] => [
  {
    technique: 'a file of a read-only directory',
    call,
    action: '',
    prepare: book,
    attack,
    answer,
    control: 'generous',
  },
  {
    ...{
      technique: 'a file of a read-only directory, moved over standard output',
      call,
      action: '',
      answer,
      control: 'generous',
    },
    prepare(a) {
      a.call('fd_renumber', book(a), 1)
      return 1
    },
    attack,
  },
  {
    ...{
      technique: 'a file of a read-only directory, with rights asked for later',
      call,
      action: '',
      answer,
      control: 'generous',
    },
    prepare: book,
    attack(a, fd) {
      a.call('fd_fdstat_set_rights', fd, ALL, 0n)
      return attack(a, fd)
    },
  },
])

const others: readonly Case[] = [
  {
    ...{
      technique: 'a read-only directory that takes the number of a writable one',
      call: 'path_open',
      action: 'to create',
    },
    attack(a) {
      a.call('fd_renumber', 4, 3)
      return a.opening(box('new'), { oflags: CREAT, base: WRITES })
    },
    answer: 'ROFS',
  },
  {
    ...{
      technique: 'a read-only directory whose number a writable one takes',
      call: 'path_unlink_file',
      action: 'by the old number',
    },
    prepare: a => a.directory('.', 4),
    attack(a, dir) {
      a.call('fd_renumber', 3, 4)
      return a.call('path_unlink_file', dir, ...a.path('book'))
    },
    answer: 'ROFS',
  },
  {
    ...{
      technique: 'a read-only directory, by a directory in it',
      call: 'path_open',
      action: 'to truncate',
    },
    prepare: a => a.directory('room', 4),
    attack: (a, dir) =>
      a.opening({ dir, path: 'page', follow: 0 }, { oflags: TRUNC, base: WRITES }),
    answer: 'ROFS',
  },
  {
    ...{
      technique: 'a read-only directory, by a directory in it',
      call: 'path_rename',
      action: 'into the writable one',
    },
    prepare: a => a.directory('room', 4),
    attack: (a, dir) => a.rename({ dir, path: 'page', follow: 0 }, box('gain')),
    answer: 'ROFS',
  },
  {
    ...{
      technique: 'a read-only directory, by `..` from the writable one',
      call: 'path_open',
      action: 'to write',
    },
    attack: a => a.opening(box('../shelf/book'), { base: WRITES }, fd => a.write(fd)),
    answer: 'NOTCAPABLE',
  },
  {
    ...{
      technique: 'a read-only directory, by a link in the writable one',
      call: 'path_open',
      action: 'to write',
    },
    prepare: a => {
      a.symlink('../shelf', 'made')
      return 3
    },
    attack: a => a.opening(box('made/book'), { base: WRITES }, fd => a.write(fd)),
    answer: 'NOTCAPABLE',
  },
  {
    ...{
      technique: 'a writable directory, by a link in the read-only one',
      call: 'path_open',
      action: 'to write',
    },
    protect: ['box/own'],
    populate: s => s.link('shelf/out', '../box'),
    attack: a =>
      a.opening({ dir: 4, path: 'out/own', follow: 1 }, { base: WRITES }, fd => a.write(fd)),
    answer: 'NOTCAPABLE',
  },
  {
    ...{
      technique: 'a directory of a read-only one, opened with rights to write',
      call: 'path_open',
      action: 'to create in it',
    },
    prepare: a => a.directory('room', 4),
    attack: (a, dir) => a.opening({ dir, path: 'new', follow: 0 }, { oflags: CREAT, base: ALL }),
    answer: 'ROFS',
  },
]

export const readOnly: readonly Case[] = [...changed, ...throughFile, ...others]
