/**
 * A directory given to read only answers as Linux answers below a mount that is read-only: ROFS
 * comes last.
 */
import test from 'ava'
import type { HostcallName } from '#lib/abi/table.js'
import { each, type Fixture, FOLLOW, Fstflags, Oflags, rights } from './fixture.js'

const { CREAT, EXCL, TRUNC, DIRECTORY } = Oflags
const READ = rights('FD_READ')
const WRITE = rights('FD_WRITE')
/** Descriptors: what is written to, and the same to read only. */
const BOX = 3
const RO = 4

function plant(w: Fixture): void {
  w.write('r', 'r')
  w.write('wr', 'w')
  for (const name of ['sub', 'full', 'full/x']) w.fs.mkdirSync(w.host(name))
  for (const [name, target] of [
    ['toR', 'r'],
    ['toS', 'sub'],
    ['gone', 'nowhere'],
    ['deep', 'none/n'],
    ['below', 'r/n'],
    ['slash', 'nowhere/'],
    ['chain', 'sub/../deep'],
    ['again', 'slash'],
    ['fileSlash', 'r/'],
    ['loopSlash', 'loop/'],
    ['dirSlash', 'sub/'],
    ['leads', 'sub/../../n'],
    ['loop', 'loop'],
  ])
    w.fs.symlinkSync(target, w.host(name))
}
/** Names, sizes and times of all that is there. */
const state = (w: Fixture): unknown =>
  ['', 'full'].flatMap(folder =>
    w.fs.readdirSync(w.host(folder)).map(name => {
      const stat = w.fs.lstatSync(w.host(`${folder}/${name}`), { bigint: true })
      return [name, stat.isFile() ? stat.size : 'any', stat.mtimeNs, stat.ctimeNs, stat.nlink]
    }),
  )

type Case = readonly [answer: string, call: HostcallName, ...args: (number | string | bigint)[]]
const mkdir = (answer: string, ...paths: string[]): Case[] =>
  paths.map(path => [answer, 'path_create_directory', RO, path])
const symlink = (answer: string, ...paths: string[]): Case[] =>
  paths.map(path => [answer, 'path_symlink', 'x', RO, path])
const unlink = (answer: string, ...paths: string[]): Case[] =>
  paths.map(path => [answer, 'path_unlink_file', RO, path])
const rmdir = (answer: string, ...paths: string[]): Case[] =>
  paths.map(path => [answer, 'path_remove_directory', RO, path])
const link = (answer: string, from: string, to: string, dir = RO, dir2 = RO, follow = 0): Case => [
  answer,
  'path_link',
  dir,
  follow,
  from,
  dir2,
  to,
]
const rename = (answer: string, from: string, to: string, dir = RO, dir2 = RO): Case => [
  answer,
  'path_rename',
  dir,
  from,
  dir2,
  to,
]
const times = (
  answer: string,
  path: string,
  follow: number = FOLLOW,
  flags: number = Fstflags.ATIM_NOW,
): Case => [...([answer, 'path_filestat_set_times', RO, follow, path, 1n, 1n, flags] as const)]
const open = (
  answer: string,
  path: string,
  oflags: number,
  base: bigint,
  follow: number = FOLLOW,
): Case => [...([answer, 'path_open', RO, follow, path, oflags, base, 0n, 0, 0x40] as const)]

const cases: readonly Case[] = [
  ...mkdir(
    'EXIST',
    'sub',
    'sub/',
    'r',
    'r/',
    '.',
    'sub/.',
    'sub/..',
    'toR',
    'toS',
    'gone',
    'gone/',
    'full/x',
  ),
  ...mkdir('ROFS', 'new', 'new/', 'sub/new', 'toS/new', 'full//new'),
  ...mkdir('NOENT', '', 'none/x', 'new/.', 'gone/x'),
  ...mkdir('NOTDIR', 'r/x', 'toR/x'),
  ...mkdir('LOOP', 'loop/x'),
  ...mkdir('NOTCAPABLE', '..', '../x', '/x', '/', 'sub/../../x'),
  ...mkdir('NAMETOOLONG', 'x'.repeat(256)),
  ...symlink('EXIST', 'r', 'r/', 'sub', 'sub/', 'gone', '.', 'full/x'),
  ...symlink('ROFS', 'n', 'sub/n'),
  ...symlink('NOENT', '', 'n/', 'none/n', 'none/n/'),
  ...symlink('NOTDIR', 'r/x'),
  ...symlink('NOTCAPABLE', '../n'),
  ['NOTCAPABLE', 'path_symlink', '/x', RO, 'n'],
  ['NOENT', 'path_symlink', '', RO, 'n'],
  link('EXIST', 'r', 'sub'),
  link('EXIST', 'r', 'r'),
  link('EXIST', 'r', 'gone'),
  link('ROFS', 'r', 'n'),
  link('ROFS', 'sub', 'n'),
  link('ROFS', 'gone', 'n'),
  link('NOENT', 'gone', 'n', RO, RO, FOLLOW),
  link('ROFS', 'toR', 'n'),
  link('NOENT', 'none', 'n'),
  link('NOENT', 'none', 'sub'),
  link('NOENT', 'none', 'none/n'),
  link('NOENT', 'r', 'n/'),
  link('NOENT', 'r', 'none/n'),
  link('NOTDIR', 'r/', 'n'),
  link('ROFS', 'wr', 'n', BOX, RO),
  link('EXIST', 'wr', 'r', BOX, RO),
  link('NOENT', 'none', 'n', BOX, RO),
  link('NOENT', 'wr', 'none/n', BOX, RO),
  link('EXIST', 'r', 'wr', RO, BOX),
  link('NOENT', 'none', 'n', RO, BOX),
  link('ROFS', 'r', 'n', RO, BOX),
  ...unlink('ROFS', 'none', 'r', 'sub', 'sub/', 'r/', 'gone', 'toR/', 'none/', 'full/x'),
  ...unlink('NOENT', 'none/x', ''),
  ...unlink('NOTDIR', 'r/x'),
  ...unlink('NOTCAPABLE', '../r'),
  ...rmdir('ROFS', 'sub', 'none', 'r', 'r/', 'full', 'toS', 'toS/', 'full/x'),
  ...rmdir('NOENT', 'none/x', ''),
  ...rmdir('NOTCAPABLE', '../r'),
  rename('ROFS', 'none', 'x'),
  rename('ROFS', 'r', 'x'),
  rename('ROFS', 'r', 'r'),
  rename('ROFS', 'sub', 'sub/x'),
  rename('ROFS', 'r', 'sub'),
  rename('ROFS', 'sub', 'full'),
  rename('NOENT', 'r', 'none/x'),
  rename('NOENT', 'none/x', 'y'),
  rename('NOTDIR', 'r/x', 'y'),
  rename('NOTCAPABLE', 'r', '../y'),
  ...rmdir('INVAL', '.', 'sub/.'),
  ...rmdir('NOTEMPTY', 'sub/..'),
  ...unlink('ISDIR', '.', 'sub/.', 'sub/..'),
  rename('BUSY', '.', 'x'),
  rename('BUSY', 'none', 'sub/..'),
  rename('ROFS', 'r', 'n', RO, BOX),
  rename('ROFS', 'wr', 'n', BOX, RO),
  rename('NOENT', 'r', 'none/x', RO, BOX),
  times('NOENT', 'none'),
  times('NOENT', 'none/x'),
  times('ROFS', 'r'),
  times('ROFS', '.'),
  times('NOTDIR', 'r/'),
  times('NOENT', 'gone'),
  times('ROFS', 'gone', 0),
  times('SUCCESS', 'r', FOLLOW, 0),
  times('NOENT', 'none', FOLLOW, 0),
  times('INVAL', 'r', FOLLOW, 3),
  open('ROFS', 'r', 0, WRITE),
  open('ROFS', 'r', 0, READ | WRITE),
  open('NOENT', 'none', 0, READ | WRITE),
  open('NOENT', 'none', TRUNC, WRITE),
  open('ROFS', 'r', TRUNC, READ),
  open('ROFS', 'n', CREAT, READ),
  open('ROFS', 'n', CREAT | EXCL, READ),
  open('EXIST', 'r', CREAT | EXCL, READ | WRITE),
  open('EXIST', 'sub', CREAT | EXCL, READ),
  open('EXIST', 'gone', CREAT | EXCL, READ),
  open('ROFS', 'gone', CREAT, READ),
  open('LOOP', 'gone', CREAT, READ, 0),
  open('NOENT', 'deep', CREAT, READ),
  open('NOENT', 'deep', 0, READ),
  open('NOENT', 'chain', CREAT, READ | WRITE),
  open('NOTDIR', 'below', CREAT, READ),
  ...['slash', 'again', 'sub/../slash', 'fileSlash', 'loopSlash', 'dirSlash'].map(path =>
    open('ISDIR', path, CREAT, READ),
  ),
  open('EXIST', 'slash', CREAT | EXCL, READ),
  open('NOTCAPABLE', 'leads', CREAT, READ),
  open('ISDIR', 'sub', 0, READ | WRITE),
  open('ISDIR', 'sub', 0, WRITE),
  open('ISDIR', 'sub', DIRECTORY, READ | WRITE),
  open('ISDIR', 'sub', CREAT, READ),
  open('ISDIR', 'sub', CREAT, READ | WRITE),
  open('ISDIR', 'sub', TRUNC, READ),
  open('ISDIR', 'toS', CREAT, READ),
  open('ISDIR', '.', CREAT, READ),
  open('ISDIR', 'n/', CREAT, READ),
  open('ISDIR', 'r/', CREAT, READ),
  open('ISDIR', 'sub/', CREAT, READ),
  open('ISDIR', 'sub/', CREAT | EXCL, READ),
  open('ISDIR', './', CREAT, READ),
  open('ISDIR', 'sub/../', CREAT, READ),
  open('NOENT', 'none/./', CREAT, READ),
  ...['.', './', 'sub/.', 'sub/./', 'sub/..', 'sub/../'].map(path =>
    open('EXIST', path, CREAT | EXCL, READ | WRITE),
  ),
  open('NOENT', 'none/./', CREAT | EXCL, READ),
  open('NOTCAPABLE', '../', CREAT | EXCL, READ),
  open('NOENT', 'none/n', CREAT, READ),
  open('NOENT', 'none/n/', CREAT, READ),
  open('NOENT', 'none/n', CREAT | EXCL, WRITE),
  open('NOTDIR', 'r/x', CREAT, READ),
  open('LOOP', 'loop', CREAT, READ),
  open('LOOP', 'toR', CREAT, READ, 0),
  open('ROFS', 'r', CREAT | TRUNC, READ),
  open('NOTCAPABLE', '../n', CREAT, READ),
]

each(
  test,
  'read-only: each call returns what Linux does on a read-only mount, and changes nothing',
  {},
  (t, w) => {
    plant(w)
    const before = state(w)
    for (const [wanted, call, ...args] of cases) {
      const answer = w.call(
        call,
        ...args.flatMap(arg => (typeof arg === 'string' ? w.path(arg) : [arg])),
      )
      t.is(answer, wanted, w.line)
    }
    t.deepEqual(state(w), before)
  },
)

each(test, 'read-only: CREAT opens an existing file, which refuses writes', {}, (t, w) => {
  plant(w)
  const before = state(w)
  for (const name of ['r', 'toR'])
    t.is(w.read(w.open(name, { dir: RO, oflags: CREAT, base: READ | rights('FD_SEEK') })), 'r')
  const fd = w.open('r', { dir: RO, base: rights('FD_READ', 'FD_FILESTAT_SET_TIMES') })
  t.is(w.call('fd_filestat_set_times', fd, 1n, 1n, Fstflags.ATIM), 'ROFS')
  t.is(w.call('fd_filestat_set_times', fd, 1n, 1n, 0), 'SUCCESS')
  t.is(w.call('fd_filestat_set_times', fd, 1n, 1n, 3), 'INVAL')
  t.deepEqual(state(w), before)
})
