/**
 * Every call on a path: its effect on the tree, the layout of its results, the refusals of a
 * read-only directory and of the sandbox.
 */
import test from 'ava'
import type { HostcallName } from '#lib/abi/table.js'
import * as fixture from './fixture.js'
import {
  ALL,
  blank,
  each,
  Fdflags,
  FILE,
  Filetype,
  type Fixture,
  FOLLOW,
  Fstflags,
  Oflags,
  openDescriptors,
  rights,
  u32,
} from './fixture.js'

const { CREAT, DIRECTORY, EXCL, TRUNC } = Oflags
const READ = rights('FD_READ', 'FD_SEEK')
const WRITE = rights('FD_WRITE', 'FD_SEEK')
/**
 * Names below the guest's folder, what they are and what is in them, so that a case sees every
 * change.
 */
function tree(w: Fixture, below = ''): Record<string, string> {
  const found: Record<string, string> = {}
  for (const entry of w.fs.readdirSync(w.host(below), { withFileTypes: true })) {
    const name = `${below}${entry.name}`
    if (entry.isDirectory()) Object.assign(found, { [`${name}/`]: '' }, tree(w, `${name}/`))
    else
      found[name] = entry.isSymbolicLink()
        ? `-> ${w.fs.readlinkSync(w.host(name))}`
        : entry.isFile()
          ? w.text(name)
          : '?'
  }
  return found
}
/**
 * A file, a directory with a file in it, and links that lead to each, nowhere, in a circle, and out
 * of the folder.
 */
function plant(w: Fixture): Record<string, string> {
  w.write('file', 'text')
  w.fs.mkdirSync(w.host('dir'))
  w.write('dir/inner', 'inner')
  w.fs.mkdirSync(w.host('empty'))
  const links = {
    tofile: 'file',
    todir: 'dir',
    nowhere: 'missing',
    circle: 'circle',
    out: '..',
    'dir/back': '../file',
  }
  for (const [name, target] of Object.entries(links)) w.fs.symlinkSync(target, w.host(name))
  return tree(w)
}

// path_open

each(test, 'path_open: opens a file with the rights that were requested', {}, (t, w) => {
  w.write('f', 'abc')
  w.draw(0x101, 'f')
  const base = rights('FD_READ', 'FD_TELL')
  t.is(w.call('path_open', 3, FOLLOW, 0x101, 1, 0, base, 0n, Fdflags.APPEND, 0x43), 'SUCCESS')
  w.expect(0x43, u32(5))
  const line =
    'path_open(fd=3, dirflags=symlink_follow, path="f", oflags=0x0, fs_rights_base=0x22, fs_rights_inheriting=0x0, fdflags=append)'
  t.is(w.line, `${line} = SUCCESS opened_fd=5`)
  t.deepEqual(w.fdstat(5), {
    filetype: Filetype.REGULAR,
    fdflags: Fdflags.APPEND,
    base: w.checked(base, FILE & ~rights('FD_WRITE')),
    inheriting: 0n,
  })
  t.is(w.read(5), 'abc')
  t.is(w.put(5, 'x'), w.checked('NOTCAPABLE', 'BADF'))
})

each(
  test,
  'path_open: opens a directory that passes on the rights that were requested',
  {},
  (t, w) => {
    plant(w)
    const base = rights('PATH_OPEN', 'FD_READDIR')
    const dir = w.open('dir', { oflags: DIRECTORY, base, inheriting: READ })
    const held = w.checked({ base, inheriting: READ }, { base: fixture.DIRECTORY, inheriting: ALL })
    t.deepEqual(w.fdstat(dir), { filetype: Filetype.DIRECTORY, fdflags: 0, ...held })
    t.is(w.line.includes('oflags=directory'), false, 'the last call is fdstat')
    t.is(w.read(w.open('inner', { dir, base: READ })), 'inner')
    if (w.enforces) {
      t.is(w.tryOpen('inner', { dir, base: WRITE }), 'NOTCAPABLE')
      t.is(w.tryOpen('new', { dir, base: READ, oflags: CREAT }), 'NOTCAPABLE')
      t.is(w.call('path_unlink_file', dir, ...w.path('inner')), 'NOTCAPABLE')
      t.is(w.text('dir/inner'), 'inner')
    } else {
      t.is(w.put(w.open('inner', { dir, base: WRITE }), 'I'), 1)
      t.is(w.text('dir/inner'), 'Inner')
      t.is(w.read(w.open('new', { dir, base: READ, oflags: CREAT })), '')
      t.is(w.call('path_unlink_file', dir, ...w.path('inner')), 'SUCCESS')
    }
  },
)

each(
  test,
  'path_open: grants the rights that the directory passes on and the file can hold',
  {},
  (t, w) => {
    w.write('f', 'abc')
    const stat = w.fdstat(3)
    if (typeof stat === 'string') return t.fail(stat)
    const fd = w.open('f', { base: stat.inheriting, inheriting: stat.inheriting })
    t.is(w.read(fd), 'abc')
    const opened = w.fdstat(fd)
    if (typeof opened === 'string') return t.fail(opened)
    t.is(opened.base & rights('PATH_OPEN', 'FD_READDIR'), 0n)
    t.is(opened.inheriting, 0n)
  },
)

each(
  test,
  'path_open: writes its result to the last bytes, and opens nothing if that is outside',
  {},
  (t, w) => {
    w.write('f', 'abc')
    const before = openDescriptors()
    const name = w.draw(w.size - 9, 'new')
    for (const at of [w.size - 3, w.size, -4, 0xffffffff]) {
      t.is(w.call('path_open', 3, 0, name, 3, CREAT, ALL, 0n, 0, at), 'FAULT')
      t.is(w.call('path_open', 3, 0, ...w.path('f'), TRUNC, ALL, 0n, 0, at), 'FAULT')
    }
    t.deepEqual(tree(w), { f: 'abc' })
    t.is(openDescriptors(), before)
    t.is(w.call('path_open', 3, 0, name, 3, CREAT, ALL, 0n, 0, w.size - 4), 'SUCCESS')
    w.expect(w.size - 4, u32(5))
    t.true(w.exists('new'))
  },
)

/** Linux's answer to an open: the name, the flags, and the errno, or the tree's change. */
const openings: readonly (readonly [
  name: string,
  oflags: number,
  base: bigint,
  answer: string,
  more?: { follow?: number; change?: object },
])[] = [
  ['missing', 0, READ, 'NOENT'],
  ['missing', CREAT, READ, 'ok', { change: { missing: '' } }],
  ['missing', CREAT | EXCL, WRITE, 'ok', { change: { missing: '' } }],
  ['missing', TRUNC, WRITE, 'NOENT'],
  ['missing', DIRECTORY, READ, 'NOENT'],
  ['missing/below', CREAT, WRITE, 'NOENT'],
  ['file', CREAT, READ, 'ok'],
  ['file', CREAT | EXCL, READ, 'EXIST'],
  ['file', CREAT | EXCL | TRUNC, WRITE, 'EXIST'],
  ['file', EXCL, READ, 'ok'],
  ['file', TRUNC, WRITE, 'ok', { change: { file: '' } }],
  ['file', CREAT | TRUNC, WRITE, 'ok', { change: { file: '' } }],
  ['file', DIRECTORY, READ, 'NOTDIR'],
  ['file/', 0, READ, 'NOTDIR'],
  ['file/below', 0, READ, 'NOTDIR'],
  ['dir', 0, READ, 'ok'],
  ['dir', DIRECTORY, READ, 'ok'],
  ['dir/', DIRECTORY, READ, 'ok'],
  ['dir', 0, WRITE, 'ISDIR'],
  ['dir', CREAT, READ, 'ISDIR'],
  ['dir', CREAT | EXCL, READ, 'EXIST'],
  ['dir', CREAT | DIRECTORY, READ, 'INVAL'],
  ['missing', CREAT | DIRECTORY, READ, 'INVAL'],
  ['tofile', 0, READ, 'ok'],
  ['tofile', 0, READ, 'LOOP', { follow: 0 }],
  ['tofile', TRUNC, WRITE, 'ok', { change: { file: '' } }],
  ['tofile', TRUNC, WRITE, 'LOOP', { follow: 0 }],
  ['tofile', CREAT | EXCL, WRITE, 'EXIST'],
  ['todir', DIRECTORY, READ, 'ok'],
  ['todir/inner', 0, READ, 'ok', { follow: 0 }],
  ['nowhere', 0, READ, 'NOENT'],
  ['nowhere', CREAT | EXCL, WRITE, 'EXIST'],
  ['circle', 0, READ, 'LOOP'],
  ['dir/../file', 0, READ, 'ok'],
  ['dir/back', 0, READ, 'ok'],
  ['./dir/./inner', 0, READ, 'ok'],
  ['dir//inner', 0, READ, 'ok'],
  ['.', DIRECTORY, READ, 'ok'],
  ['dir/..', DIRECTORY, READ, 'ok'],
  ['', 0, READ, 'NOENT'],
  ['fi\0le', 0, READ, 'INVAL'],
  ['file\0', 0, READ, 'INVAL'],
  ['x'.repeat(256), 0, READ, 'NAMETOOLONG'],
  ['x'.repeat(256), CREAT, WRITE, 'NAMETOOLONG'],
  ['./'.repeat(2000) + 'x'.repeat(96), 0, READ, 'NAMETOOLONG'],
]
for (const [name, oflags, base, answer, { follow = FOLLOW, change = {} } = {}] of openings) {
  const flags = Object.entries(Oflags)
    .filter(([, bit]) => oflags & bit)
    .map(([flag]) => flag)
  const shown = JSON.stringify(
    name.length > 30 ? `${name.slice(0, 30)}... of ${name.length}` : name,
  )
  const how = [
    ...flags,
    base === WRITE ? 'to write' : 'to read',
    ...(follow ? [] : ['not following']),
  ].join(' ')
  each(test, `path_open: ${shown} ${how} is ${answer}`, {}, (t, w) => {
    const before = plant(w)
    const opened = w.tryOpen(name, { oflags, base, follow })
    t.is(typeof opened === 'number' ? 'ok' : opened, answer)
    t.deepEqual(tree(w), { ...before, ...change })
  })
}

each(test, 'path_open: accepts a name that ends at the end of memory', {}, (t, w) => {
  w.write('f', 'abc')
  const at = w.draw(w.size - 1, 'f')
  t.is(w.ask('path_open', 3, 0, at, 1, 0, READ, 0n, 0), 5)
  t.is(w.ask('path_open', 3, 0, at, 2, 0, READ, 0n, 0), 'FAULT')
  t.is(
    w.line,
    'path_open(fd=3, dirflags=0x0, path=0xffff+2, oflags=0x0, fs_rights_base=0x6, fs_rights_inheriting=0x0, fdflags=0x0) = FAULT',
  )
  t.is(
    w.ask('path_open', 3, 0, w.size, 0, 0, READ, 0n, 0),
    'NOENT',
    'an empty name at the very end',
  )
  t.is(w.ask('path_open', 3, 0, 8, -1, 0, READ, 0n, 0), 'FAULT')
})

// Attributes

each(
  test,
  'path_filestat_get: writes the layout of the snapshot, for a link or its target',
  {},
  (t, w) => {
    plant(w)
    t.is(w.call('path_filestat_get', 3, FOLLOW, ...w.path('tofile'), 0x11), 'SUCCESS')
    w.expect(0x11, ...w.filestat('file'))
    t.is(w.line, 'path_filestat_get(fd=3, flags=symlink_follow, path="tofile") = SUCCESS buf=0x11')
    t.is(w.call('path_filestat_get', 3, 0, ...w.path('tofile'), 0x81), 'SUCCESS')
    w.expect(0x81, ...w.filestat('tofile'))
    t.is(w.call('path_filestat_get', 3, 0, ...w.path('dir'), w.size - w.filestatSize), 'SUCCESS')
    w.expect(w.size - w.filestatSize, ...w.filestat('dir'))
    t.is(w.call('path_filestat_get', 3, 0, ...w.path('dir'), w.size - w.filestatSize + 1), 'FAULT')
    t.is(w.call('path_filestat_get', 3, FOLLOW, ...w.path('nowhere'), 0x10), 'NOENT')
    t.is(
      w.call('path_filestat_get', 3, 0, ...w.path('todir/'), 0x11),
      'SUCCESS',
      'a slash follows the link',
    )
    w.expect(0x11, ...w.filestat('dir'))
  },
)

each(test, 'path_filestat_set_times: resolves the name even without flags', {}, (t, w) => {
  w.write('file')
  const set = (name: string) =>
    w.call('path_filestat_set_times', 3, FOLLOW, ...w.path(name), 1n, 1n, 0)
  t.is(set('file'), 'SUCCESS')
  for (const name of ['gone', 'gone/x']) t.is(set(name), 'NOENT', name)
  t.is(set('file/'), 'NOTDIR')
})

each(
  test,
  'path_filestat_set_times: sets the times of a file, and of a link itself',
  {},
  (t, w) => {
    plant(w)
    const { ATIM, MTIM, ATIM_NOW, MTIM_NOW } = Fstflags
    const times = (name: string): bigint[] => {
      const { atimeNs, mtimeNs } = w.fs.lstatSync(w.host(name), { bigint: true })
      return [atimeNs, mtimeNs]
    }
    // Following a link sets its access time.
    const [, link] = times('tofile')
    t.is(
      w.call(
        'path_filestat_set_times',
        3,
        FOLLOW,
        ...w.path('tofile'),
        5_000n,
        7_000n,
        ATIM | MTIM,
      ),
      'SUCCESS',
    )
    const line =
      'path_filestat_set_times(fd=3, flags=symlink_follow, path="tofile", atim=5000, mtim=7000, fst_flags=atim|mtim)'
    t.is(w.line, `${line} = SUCCESS`)
    t.deepEqual(times('file'), [5_000n, 7_000n])
    t.is(times('tofile')[1], link)
    t.is(
      w.call('path_filestat_set_times', 3, 0, ...w.path('tofile'), 1_000n, 2_000n, ATIM | MTIM),
      'SUCCESS',
    )
    t.deepEqual(times('tofile'), [1_000n, 2_000n])
    t.deepEqual(times('file'), [5_000n, 7_000n])
    const before = BigInt(Date.now() - 1000) * 1_000_000n
    t.is(
      w.call('path_filestat_set_times', 3, 0, ...w.path('dir'), 1_000n, 0n, ATIM | MTIM_NOW),
      'SUCCESS',
    )
    t.is(times('dir')[0], 1_000n)
    t.true(times('dir')[1] > before)
    for (const both of [ATIM | ATIM_NOW, MTIM | MTIM_NOW]) {
      t.is(w.call('path_filestat_set_times', 3, 0, ...w.path('file'), 1n, 1n, both), 'INVAL')
    }
    t.deepEqual(times('file'), [5_000n, 7_000n])
  },
)

// Names: each call with its paths, what it answers, and how the tree changes. `undefined` is a name
// that is gone.

type Change = Readonly<Record<string, string | undefined>>
type Step = readonly [
  call: HostcallName,
  args: readonly (number | string)[],
  answer: string,
  change?: Change,
]
const NOFOLLOW = 0
const steps: readonly Step[] = [
  ['path_create_directory', [3, 'new'], 'SUCCESS', { 'new/': '' }],
  ['path_create_directory', [3, 'dir/new/'], 'SUCCESS', { 'dir/new/': '' }],
  ['path_create_directory', [3, 'file'], 'EXIST'],
  ['path_create_directory', [3, 'dir'], 'EXIST'],
  ['path_create_directory', [3, 'nowhere'], 'EXIST'],
  ['path_create_directory', [3, 'missing/new'], 'NOENT'],
  ['path_create_directory', [3, 'file/new'], 'NOTDIR'],
  ['path_create_directory', [3, 'todir/new'], 'SUCCESS', { 'dir/new/': '' }],
  ['path_create_directory', [3, ''], 'NOENT'],
  ['path_create_directory', [3, '.'], 'EXIST'],

  ['path_remove_directory', [3, 'empty'], 'SUCCESS', { 'empty/': undefined }],
  ['path_remove_directory', [3, 'empty/'], 'SUCCESS', { 'empty/': undefined }],
  ['path_remove_directory', [3, 'dir'], 'NOTEMPTY'],
  ['path_remove_directory', [3, 'file'], 'NOTDIR'],
  ['path_remove_directory', [3, 'todir'], 'NOTDIR'],
  ['path_remove_directory', [3, 'missing'], 'NOENT'],
  ['path_remove_directory', [3, '.'], 'INVAL'],

  ['path_unlink_file', [3, 'file'], 'SUCCESS', { file: undefined }],
  ['path_unlink_file', [3, 'dir/inner'], 'SUCCESS', { 'dir/inner': undefined }],
  ['path_unlink_file', [3, 'tofile'], 'SUCCESS', { tofile: undefined }],
  ['path_unlink_file', [3, 'out'], 'SUCCESS', { out: undefined }],
  ['path_unlink_file', [3, 'empty'], 'ISDIR'],
  ['path_unlink_file', [3, 'dir'], 'ISDIR'],
  ['path_unlink_file', [3, 'file/'], 'NOTDIR'],
  ['path_unlink_file', [3, 'missing'], 'NOENT'],

  ['path_symlink', ['any target\\', 3, 'new'], 'SUCCESS', { new: '-> any target\\' }],
  ['path_symlink', ['../..', 3, 'new'], 'SUCCESS', { new: '-> ../..' }],
  ['path_symlink', ['x', 3, 'file'], 'EXIST'],
  ['path_symlink', ['x', 3, 'missing/new'], 'NOENT'],
  ['path_symlink', ['/etc', 3, 'new'], 'NOTCAPABLE'],
  ['path_symlink', ['', 3, 'new'], 'NOENT'],
  ['path_symlink', ['a\0b', 3, 'new'], 'INVAL'],

  ['path_link', [3, NOFOLLOW, 'file', 3, 'dir/new'], 'SUCCESS', { 'dir/new': 'text' }],
  ['path_link', [3, NOFOLLOW, 'tofile', 3, 'new'], 'SUCCESS', { new: '-> file' }],
  ['path_link', [3, FOLLOW, 'tofile', 3, 'new'], 'SUCCESS', { new: 'text' }],
  ['path_link', [3, NOFOLLOW, 'file', 3, 'dir/inner'], 'EXIST'],
  ['path_link', [3, NOFOLLOW, 'dir', 3, 'new'], 'PERM'],
  ['path_link', [3, NOFOLLOW, 'missing', 3, 'new'], 'NOENT'],
  ['path_link', [3, NOFOLLOW, 'file', 3, 'missing/new'], 'NOENT'],

  ['path_rename', [3, 'file', 3, 'new'], 'SUCCESS', { file: undefined, new: 'text' }],
  ['path_rename', [3, 'file', 3, 'dir/inner'], 'SUCCESS', { file: undefined, 'dir/inner': 'text' }],
  ['path_rename', [3, 'file', 3, 'file'], 'SUCCESS'],
  ['path_rename', [3, 'tofile', 3, 'new'], 'SUCCESS', { tofile: undefined, new: '-> file' }],
  ['path_rename', [3, 'file', 3, 'tofile'], 'SUCCESS', { file: undefined, tofile: 'text' }],
  ['path_rename', [3, 'empty', 3, 'new'], 'SUCCESS', { 'empty/': undefined, 'new/': '' }],
  ['path_rename', [3, 'empty', 3, 'dir'], 'NOTEMPTY'],
  ['path_rename', [3, 'dir', 3, 'dir/below'], 'INVAL'],
  ['path_rename', [3, 'file', 3, 'dir'], 'ISDIR'],
  ['path_rename', [3, 'dir', 3, 'file'], 'NOTDIR'],
  ['path_rename', [3, 'missing', 3, 'new'], 'NOENT'],
  ['path_rename', [3, 'file', 3, 'missing/new'], 'NOENT'],
]
const passed = (w: Fixture, args: readonly (number | string)[]) =>
  args.flatMap(arg => (typeof arg === 'string' ? w.path(arg) : [arg]))
const shown = (args: readonly (number | string)[]): string => JSON.stringify(args).slice(1, -1)

for (const [call, args, answer, change = {}] of steps) {
  each(test, `${call}(${shown(args)}) is ${answer}`, {}, (t, w) => {
    const before = plant(w)
    t.is(w.call(call, ...passed(w, args)), answer)
    const after: Record<string, string | undefined> = { ...before, ...change }
    for (const name of Object.keys(after)) if (after[name] === undefined) delete after[name]
    t.deepEqual(tree(w), after)
  })
}

each(test, 'the trace of calls with two paths has both', {}, (t, w) => {
  plant(w)
  w.call('path_rename', 3, ...w.path('file'), 3, ...w.path('new'))
  t.is(w.line, 'path_rename(fd=3, old_path="file", new_fd=3, new_path="new") = SUCCESS')
  w.call('path_link', 3, FOLLOW, ...w.path('new'), 3, ...w.path('dir'))
  t.is(
    w.line,
    'path_link(old_fd=3, old_flags=symlink_follow, old_path="new", new_fd=3, new_path="dir") = EXIST',
  )
  w.call('path_symlink', ...w.path('a'), 3, ...w.path('l'))
  t.is(w.line, 'path_symlink(old_path="a", fd=3, new_path="l") = SUCCESS')
  w.call('path_create_directory', 3, ...w.path('d'))
  t.is(w.line, 'path_create_directory(fd=3, path="d") = SUCCESS')
  w.call('path_remove_directory', 3, ...w.path('d'))
  t.is(w.line, 'path_remove_directory(fd=3, path="d") = SUCCESS')
  w.call('path_unlink_file', 3, ...w.path('l'))
  t.is(w.line, 'path_unlink_file(fd=3, path="l") = SUCCESS')
})

each(test, 'path_rename and path_link: work from one directory into another', {}, (t, w) => {
  plant(w)
  const dir = w.open('dir', {
    oflags: DIRECTORY,
    base: rights('PATH_RENAME_TARGET', 'PATH_LINK_TARGET'),
  })
  t.is(w.call('path_link', 3, 0, ...w.path('file'), dir, ...w.path('linked')), 'SUCCESS')
  t.is(w.call('path_rename', 3, ...w.path('file'), dir, ...w.path('moved')), 'SUCCESS')
  t.is(w.fs.statSync(w.host('dir/moved')).ino, w.fs.statSync(w.host('dir/linked')).ino)
  t.false(w.exists('file'))
  t.is(
    w.call('path_rename', dir, ...w.path('moved'), 3, ...w.path('file')),
    w.checked('NOTCAPABLE', 'SUCCESS'),
    'it may not give',
  )
  t.is(
    w.call('path_link', dir, 0, ...w.path('linked'), 3, ...w.path('again')),
    w.checked('NOTCAPABLE', 'SUCCESS'),
  )
})

each(test, 'path_readlink: returns the target, cut to its buffer', {}, (t, w) => {
  w.fs.symlinkSync('some/target', w.host('l'))
  const name = w.path('l')
  t.is(w.call('path_readlink', 3, ...name, 0x101, 100, 0x43), 'SUCCESS')
  w.expect(0x101, 'some/target')
  w.expect(0x43, u32(11))
  t.is(w.line, 'path_readlink(fd=3, path="l", buf=0x101+100) = SUCCESS bufused=11')
  t.is(w.call('path_readlink', 3, ...name, 0x201, 4, 0x43), 'SUCCESS')
  w.expect(0x201, 'some')
  w.expect(0x43, u32(4))
  t.is(w.call('path_readlink', 3, ...name, w.size - 11, 11, 0x43), 'SUCCESS')
  w.expect(w.size - 11, 'some/target')
  w.expect(0x43, u32(11))
  t.is(w.call('path_readlink', 3, ...name, w.size, 0, 0x43), 'SUCCESS')
  w.expect(0x43, u32(0))
  t.is(w.call('path_readlink', 3, ...name, w.size - 10, 11, 0x43), 'FAULT')
  t.is(w.call('path_readlink', 3, ...name, 0x101, 11, w.size - 3), 'FAULT')
  t.is(w.call('path_readlink', 3, ...w.path('none'), 0x101, 11, 0x43), 'NOENT')
  w.write('f')
  t.is(w.call('path_readlink', 3, ...w.path('f'), 0x101, 11, 0x43), 'INVAL')
})

// The sandbox: whatever a path does, the answer is the guest's NOTCAPABLE and never the host's
// XDEV.

const escapes = [
  '/',
  '/etc/passwd',
  '..',
  '../box',
  'dir/../..',
  'dir/../../box/file',
  'out/box',
  'out/box/file',
  'todir/../../box',
] as const
const through: readonly (readonly [
  HostcallName,
  (path: string) => readonly (number | string | bigint)[],
])[] = [
  ['path_open', path => [3, FOLLOW, path, 0, READ, 0n, 0, 0x40]],
  ['path_open', path => [3, 0, path, CREAT, WRITE, 0n, 0, 0x40]],
  ['path_filestat_get', path => [3, 0, path, 0x40]],
  ['path_filestat_get', path => [3, FOLLOW, path, 0x40]],
  ['path_filestat_set_times', path => [3, FOLLOW, path, 1n, 1n, Fstflags.ATIM]],
  ['path_readlink', path => [3, path, 0x100, 10, 0x40]],
  ['path_create_directory', path => [3, path]],
  ['path_remove_directory', path => [3, path]],
  ['path_unlink_file', path => [3, path]],
  ['path_symlink', path => ['x', 3, path]],
  ['path_link', path => [3, FOLLOW, path, 3, 'new']],
  ['path_link', path => [3, 0, 'file', 3, path]],
  ['path_rename', path => [3, path, 3, 'new']],
  ['path_rename', path => [3, 'file', 3, path]],
]
each(test, 'no path leads out of the preopen', {}, (t, w) => {
  const before = plant(w)
  const outside = w.fs.readdirSync(w.host('..'))
  for (const [call, args] of through) {
    for (const path of escapes) {
      const answer = w.call(
        call,
        ...args(path).flatMap(arg => (typeof arg === 'string' ? w.path(arg) : [arg])),
      )
      t.is(answer, 'NOTCAPABLE', w.line)
    }
  }
  t.deepEqual(tree(w), before)
  t.deepEqual(w.fs.readdirSync(w.host('..')), outside)
})

each(test, 'a link that leads out is read, and never followed', {}, (t, w) => {
  plant(w)
  t.is(w.ask('path_readlink', 3, ...w.path('out'), 0x100, 2), 2)
  w.expect(0x100, '..')
  for (const path of ['out', 'out/', 'out/.'])
    t.is(w.tryOpen(path, { oflags: DIRECTORY, base: READ }), 'NOTCAPABLE', path)
  t.is(w.call('path_filestat_get', 3, FOLLOW, ...w.path('out'), 0x40), 'NOTCAPABLE')
  t.is(w.call('path_filestat_get', 3, 0, ...w.path('out/'), 0x40), 'NOTCAPABLE')
})

// A directory that was given to read only.

const changes: readonly (readonly [HostcallName, readonly (number | string | bigint)[]])[] = [
  ['path_create_directory', [4, 'new']],
  ['path_remove_directory', [4, 'empty']],
  ['path_unlink_file', [4, 'file']],
  ['path_symlink', ['x', 4, 'new']],
  ['path_filestat_set_times', [4, 0, 'file', 1n, 1n, Fstflags.ATIM | Fstflags.MTIM]],
  ['path_filestat_set_times', [4, FOLLOW, 'file', 1n, 1n, Fstflags.ATIM_NOW]],
  ['fd_filestat_set_times', [4, 1n, 1n, Fstflags.ATIM]],
  ['path_link', [4, 0, 'file', 4, 'new']],
  ['path_link', [4, 0, 'file', 3, 'new']],
  ['path_link', [3, 0, 'file', 4, 'new']],
  ['path_rename', [4, 'file', 4, 'new']],
  ['path_rename', [4, 'file', 3, 'new']],
  ['path_rename', [3, 'file', 4, 'new']],
]
each(test, 'read-only: every change is ROFS, even from and to a writable directory', {}, (t, w) => {
  const before = plant(w)
  const stamps = (name: string): bigint[] => {
    const { size, mtimeNs, ctimeNs, nlink } = w.fs.statSync(w.host(name), { bigint: true })
    return [size, mtimeNs, ctimeNs, nlink]
  }
  const stat = [stamps('file'), stamps('')]
  for (const [call, args] of changes) {
    t.is(
      w.call(call, ...args.flatMap(arg => (typeof arg === 'string' ? w.path(arg) : [arg]))),
      'ROFS',
      w.line,
    )
  }
  t.deepEqual(tree(w), before)
  t.deepEqual([stamps('file'), stamps('')], stat)
})

/**
 * The answers of a disk mounted read-only, except that a file opened to write is refused before the
 * name is looked up.
 */
const readOnly: readonly (readonly [name: string, oflags: number, base: bigint, answer: string])[] =
  [
    ['file', 0, READ, 'ok'],
    ['file', 0, WRITE, 'ROFS'],
    ['file', 0, READ | WRITE, 'ROFS'],
    ['file', 0, rights('FD_ALLOCATE'), 'ROFS'],
    ['file', 0, rights('FD_FILESTAT_SET_SIZE'), 'ROFS'],
    ['file', TRUNC, READ, 'ROFS'],
    ['file', TRUNC, WRITE, 'ROFS'],
    ['file', CREAT, READ, 'ok'],
    ['file', CREAT, WRITE, 'ROFS'],
    ['file', CREAT | TRUNC, READ, 'ROFS'],
    ['file', CREAT | EXCL, READ, 'EXIST'],
    ['file', CREAT | EXCL, WRITE, 'EXIST'],
    ['file', CREAT | EXCL | TRUNC, WRITE, 'EXIST'],
    ['missing', 0, READ, 'NOENT'],
    ['missing', CREAT, READ, 'ROFS'],
    ['missing', CREAT, WRITE, 'ROFS'],
    ['missing', CREAT | EXCL, WRITE, 'ROFS'],
    ['missing', CREAT | TRUNC, WRITE, 'ROFS'],
    ['nowhere', CREAT, WRITE, 'ROFS'],
    ['nowhere', CREAT | EXCL, WRITE, 'EXIST'],
    ['out', CREAT | EXCL, WRITE, 'EXIST'],
    ['tofile', TRUNC, READ, 'ROFS'],
    ['dir', DIRECTORY, READ, 'ok'],
    ['dir', DIRECTORY, READ | WRITE, process.platform === 'win32' ? 'ok' : 'ISDIR'],
    ['dir', DIRECTORY | TRUNC, READ, 'ISDIR'],
    ['dir', 0, WRITE, 'ISDIR'],
    ['dir', CREAT | EXCL, READ, 'EXIST'],
    ['../file', CREAT, READ, 'NOTCAPABLE'],
  ]
for (const [name, oflags, base, answer] of readOnly) {
  const flags = Object.entries(Oflags)
    .filter(([, bit]) => oflags & bit)
    .map(([flag]) => flag)
  const how = [...flags, base === READ ? 'to read' : 'to write'].join(' ')
  each(
    test,
    `read-only: path_open ${name} ${how}, rights 0x${base.toString(16)}, is ${answer}`,
    {},
    (t, w) => {
      const before = plant(w)
      const descriptors = openDescriptors()
      const opened = w.tryOpen(name, { dir: 4, oflags, base })
      // Only FD_WRITE opens to write where the other rights that need it are not checked.
      const wanted = w.checked(answer, (base & (READ | WRITE)) === 0n ? 'ok' : answer)
      t.is(typeof opened === 'number' ? 'ok' : opened, wanted)
      if (wanted !== 'ok') t.is(openDescriptors(), descriptors, 'nothing stays open')
      t.deepEqual(tree(w), before)
    },
  )
}

each(test, 'read-only: files and directories opened below it are read-only', {}, (t, w) => {
  const before = plant(w)
  const base = rights(
    'FD_READ',
    'FD_SEEK',
    'FD_TELL',
    'FD_FILESTAT_GET',
    'FD_FILESTAT_SET_TIMES',
    'FD_ADVISE',
    'FD_FDSTAT_SET_FLAGS',
    'FD_SYNC',
  )
  const file = w.open('file', { dir: 4, base })
  t.is(w.read(file), 'text')
  t.is(w.call('fd_filestat_set_times', file, 1n, 1n, Fstflags.MTIM), 'ROFS')
  t.is(w.put(file, 'x'), w.checked('NOTCAPABLE', 'BADF'))
  t.is(w.call('fd_filestat_set_size', file, 0n), w.checked('NOTCAPABLE', 'INVAL'))
  t.is(w.call('fd_allocate', file, 0n, 100n), w.checked('NOTCAPABLE', 'BADF'))
  const writes = rights('FD_DATASYNC', 'FD_WRITE', 'FD_ALLOCATE', 'FD_FILESTAT_SET_SIZE')
  // Go programs open files that they only read with these rights.
  const asked = w.open('file', {
    dir: 4,
    base: base | rights('FD_DATASYNC', 'FD_ALLOCATE', 'FD_FILESTAT_SET_SIZE'),
  })
  t.is(
    w.call('fd_allocate', asked, 0n, 100n),
    'BADF',
    'as Linux has it of a file that is open to read',
  )
  t.is(w.call('fd_filestat_set_size', asked, 0n), 'INVAL')
  const dir = w.open('dir', { dir: 4, oflags: DIRECTORY, base: ALL & ~writes, inheriting: ALL })
  t.is(w.tryOpen('inner', { dir, base: WRITE }), 'ROFS')
  t.is(w.tryOpen('new', { dir, oflags: CREAT }), 'ROFS')
  t.is(w.call('path_unlink_file', dir, ...w.path('inner')), 'ROFS')
  t.is(w.call('path_rename', dir, ...w.path('inner'), 3, ...w.path('new')), 'ROFS')
  t.is(w.call('path_link', dir, 0, ...w.path('inner'), 3, ...w.path('new')), 'ROFS')
  t.is(w.read(w.open('inner', { dir })), 'inner')
  t.deepEqual(tree(w), before)
})

each(test, 'read-only: every call that only looks succeeds', {}, (t, w) => {
  plant(w)
  t.is(w.call('path_filestat_get', 4, 0, ...w.path('dir/inner'), 0x101), 'SUCCESS')
  w.expect(0x101, ...w.filestat('dir/inner'))
  t.is(w.ask('path_readlink', 4, ...w.path('tofile'), 0x40, 10), 4)
  w.expect(0x40, 'file')
  t.true((w.ask('fd_readdir', 4, w.draw(0x200, blank(1000)), 1000, 0n) as number) > 100)
  w.any(0x200, 1000)
  t.is(w.call('fd_sync', 4), 'SUCCESS')
})
