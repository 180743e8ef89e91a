/**
 * Directories that a guest opens to write: ISDIR as Linux says, and as one that is read on Windows.
 */
import test from 'ava'
import { ALL, each, FOLLOW, Oflags, rights } from './fixture.js'

const { CREAT, DIRECTORY, TRUNC } = Oflags
const windows = process.platform === 'win32'
const READ = rights('FD_READ', 'FD_READDIR')
const writing = [rights('FD_WRITE'), rights('FD_READ', 'FD_WRITE'), ALL]

each(
  test,
  'path_open: a directory with FD_WRITE is ISDIR, or on Windows opened to read where DIRECTORY asks for one',
  {},
  (t, w) => {
    w.write('f', 'text')
    w.fs.mkdirSync(w.host('d'))
    for (const dir of [3, 4]) {
      for (const base of writing) {
        for (const name of ['d', 'd/', '.', 'd/..']) {
          const opened = w.tryOpen(name, { dir, base, oflags: DIRECTORY })
          if (windows) t.is(typeof opened, 'number', name)
          else t.is(opened, 'ISDIR', name)
          t.is(w.tryOpen(name, { dir, base }), 'ISDIR', name)
          t.is(w.tryOpen(name, { dir, base, oflags: TRUNC }), 'ISDIR', name)
        }
        t.is(w.tryOpen('gone', { dir, base, oflags: DIRECTORY }), 'NOENT')
        t.is(w.tryOpen('f', { dir, base, oflags: DIRECTORY }), 'NOTDIR')
        t.is(w.tryOpen('f/', { dir, base }), 'NOTDIR')
        t.is(w.tryOpen('d', { dir, base, oflags: DIRECTORY | CREAT }), 'INVAL')
      }
      for (const base of [READ, 0n])
        t.is(typeof w.tryOpen('d', { dir, base, oflags: DIRECTORY }), 'number')
    }
    t.is(w.text('f'), 'text')
  },
)

each(test, 'path_open: a directory with FD_WRITE through links of both kinds', {}, (t, w) => {
  w.fs.mkdirSync(w.host('d'))
  w.fs.symlinkSync('d', w.host('todir'))
  if (windows) return
  for (const dir of [3, 4]) {
    for (const base of writing) {
      t.is(w.tryOpen('todir', { dir, base, oflags: DIRECTORY, follow: FOLLOW }), 'ISDIR')
      t.is(w.tryOpen('todir/', { dir, base, oflags: DIRECTORY, follow: 0 }), 'ISDIR')
      t.is(w.tryOpen('todir', { dir, base, oflags: DIRECTORY, follow: 0 }), 'NOTDIR')
      t.is(w.tryOpen('todir', { dir, base, follow: FOLLOW }), 'ISDIR')
      t.is(w.tryOpen('todir/', { dir, base, follow: 0 }), 'ISDIR')
    }
  }
})

each(
  test,
  'path_open: a preopen opened as itself, with its own rights, with none, to read and to write',
  {},
  (t, w) => {
    const stat = w.fdstat(3)
    if (typeof stat === 'string') throw new Error(stat)
    t.is(
      typeof w.tryOpen('.', { follow: 0, base: stat.base, inheriting: stat.inheriting }),
      'number',
    )
    t.is(typeof w.tryOpen('.', { follow: 0, base: 0n }), 'number')
    t.is(typeof w.tryOpen('.', { follow: 0, base: 0n, oflags: DIRECTORY }), 'number')
    t.is(typeof w.tryOpen('.', { follow: 0, base: rights('FD_READ'), oflags: DIRECTORY }), 'number')
    const written = w.tryOpen('.', {
      follow: 0,
      base: rights('FD_READ', 'FD_WRITE'),
      oflags: DIRECTORY,
    })
    t.is(windows ? typeof written : written, windows ? 'number' : 'ISDIR')
  },
)
