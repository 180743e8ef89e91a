/** Making, removing and renaming names: single components, trailing slashes, final dots. */
import { type Cases, type Fixture, type Result, text } from '../fixture.js'

/** A file, an empty and a full directory, and links to each. */
function populate(g: Fixture) {
  g.file('file', 'hello')
  g.file('full/f')
  g.folders('dir')
  g.links({ tofile: 'file', todir: 'dir', dangling: 'gone' })
}
const before = ['dangling', 'dir', 'file', 'full', 'todir', 'tofile']
const here = (g: Fixture) => g.fs.readdirSync(g.host()).sort()

/** A call's answers to several names, none of which may change anything. */
function refusals(
  t: { deepEqual(a: unknown, b: unknown): unknown },
  g: Fixture,
  call: (name: string) => Result,
  expected: Record<string, Result>,
) {
  populate(g)
  t.deepEqual(Object.fromEntries(Object.keys(expected).map(name => [name, call(name)])), expected)
  t.deepEqual(here(g), before)
}

export const names: Cases = {
  'mkdir makes a directory': (t, g) => {
    g.folders('a')
    g.links({ l: 'a' })
    for (const name of ['d', 'slash/', 'slashes///', 'a/b', 'a/../e', 'l/c', './x'])
      t.is(g.mkdir(name), 0, name)
    t.deepEqual(here(g), ['a', 'd', 'e', 'l', 'slash', 'slashes', 'x'])
    t.deepEqual(g.fs.readdirSync(g.host('a')).sort(), ['b', 'c'])
  },
  'mkdir refuses existing names and missing parents': (t, g) => {
    refusals(t, g, name => g.mkdir(name), {
      file: 'EXIST',
      'file/': 'EXIST',
      dir: 'EXIST',
      'dir/': 'EXIST',
      todir: 'EXIST',
      'todir/': 'EXIST',
      dangling: 'EXIST',
      'dangling/': 'EXIST',
      '.': 'EXIST',
      './': 'EXIST',
      'dir/.': 'EXIST',
      'dir/..': 'EXIST',
      'gone/new': 'NOENT',
      'file/new': 'NOTDIR',
    })
    t.deepEqual(g.fs.readdirSync(g.host('dir')), [])
  },
  'rmdir removes an empty directory': (t, g) => {
    g.folders('a', 'b', 'c/d', 'e')
    for (const name of ['a', 'b/', 'c/d//', 'c/../e']) t.is(g.rmdir(name), 0, name)
    t.deepEqual(here(g), ['c'])
  },
  'rmdir refuses files, symlinks, full directories and dots': (t, g) => {
    refusals(t, g, name => g.rmdir(name), {
      full: 'NOTEMPTY',
      'full/': 'NOTEMPTY',
      file: 'NOTDIR',
      'file/': 'NOTDIR',
      tofile: 'NOTDIR',
      todir: 'NOTDIR',
      'todir/': 'NOTDIR',
      dangling: 'NOTDIR',
      'dangling/': 'NOTDIR',
      '.': 'INVAL',
      './': 'INVAL',
      'dir/.': 'INVAL',
      'dir/..': 'NOTEMPTY',
      'dir/../': 'NOTEMPTY',
      gone: 'NOENT',
      'gone/': 'NOENT',
      'gone/x': 'NOENT',
      'file/x': 'NOTDIR',
    })
  },
  'unlink removes a file, a symlink or a FIFO': (t, g) => {
    populate(g)
    g.fifo('pipe')
    for (const name of ['file', 'tofile', 'todir', 'dangling', 'dir/../pipe', 'full/f'])
      t.is(g.unlink(name), 0, name)
    t.deepEqual(here(g), ['dir', 'full'])
    t.deepEqual(g.fs.readdirSync(g.host('full')), [])
  },
  'unlink refuses directories, missing names and trailing slashes': (t, g) => {
    refusals(t, g, name => g.unlink(name), {
      dir: 'ISDIR',
      'dir/': 'ISDIR',
      full: 'ISDIR',
      'full/': 'ISDIR',
      'file/': 'NOTDIR',
      'todir/': 'NOTDIR',
      'tofile/': 'NOTDIR',
      'dangling/': 'NOTDIR',
      '.': 'ISDIR',
      'dir/.': 'ISDIR',
      'dir/..': 'ISDIR',
      gone: 'NOENT',
      'gone/': 'NOENT',
      'gone/x': 'NOENT',
      'file/x': 'NOTDIR',
    })
  },
  'an unlinked file is usable while it is open': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f')
    t.is(g.unlink('f'), 0)
    t.deepEqual(g.read(file, 10), text('hello'))
    t.is(g.sys.filestat(file), 0)
    t.is(g.record.nlink, 0n)
  },

  'rename moves files, directories and symlinks': (t, g) => {
    populate(g)
    t.is(g.rename('file', 'full/g'), 0)
    t.is(g.text('full/g'), 'hello')
    t.is(g.rename('full', 'dir/deep'), 0)
    t.is(g.text('dir/deep/g'), 'hello')
    t.is(g.rename('dir/deep/g', './f'), 0)
    t.is(g.rename('todir', 'link'), 0)
    t.is(g.fs.readlinkSync(g.host('link')), 'dir')
    t.deepEqual(here(g), ['dangling', 'dir', 'f', 'link', 'tofile'])
  },
  'rename accepts a trailing slash for a directory': (t, g) => {
    g.file('a/f')
    t.is(g.rename('a/', 'b'), 0)
    t.is(g.rename('b', 'c/'), 0)
    t.is(g.rename('c/', 'd/'), 0)
    t.deepEqual(here(g), ['d'])
  },
  'rename replaces a file, an empty directory or a symlink': (t, g) => {
    populate(g)
    g.file('other', 'other')
    t.is(g.rename('other', 'file'), 0)
    t.is(g.text('file'), 'other')
    t.is(g.rename('full', 'dir'), 0, 'an empty directory')
    t.is(g.rename('file', 'todir'), 0, 'a link itself')
    t.deepEqual(here(g), ['dangling', 'dir', 'todir', 'tofile'])
    t.is(g.text('todir'), 'other')
    t.deepEqual(g.fs.readdirSync(g.host('dir')), ['f'])
  },
  'rename of a file onto itself changes nothing': (t, g) => {
    g.file('f', 'hello')
    t.is(g.link('f', 'g'), 0)
    t.is(g.rename('f', 'f'), 0)
    t.is(g.rename('f', 'g'), 0, 'one file under two names')
    t.deepEqual(here(g), ['f', 'g'])
  },
  'rename refuses sources that are dots, missing, or files with a slash': (t, g) => {
    refusals(t, g, name => g.rename(name, 'new'), {
      'file/': 'NOTDIR',
      'tofile/': 'NOTDIR',
      'todir/': 'NOTDIR',
      'dangling/': 'NOTDIR',
      '.': 'BUSY',
      'dir/.': 'BUSY',
      'dir/..': 'BUSY',
      gone: 'NOENT',
      'gone/': 'NOENT',
      'gone/x': 'NOENT',
      'file/x': 'NOTDIR',
    })
  },
  'rename refuses to put a file over a directory': (t, g) => {
    refusals(t, g, name => g.rename('file', name), {
      'new/': 'NOTDIR',
      dir: 'ISDIR',
      'dir/': 'NOTDIR',
      full: 'ISDIR',
      'todir/': 'NOTDIR',
      '.': 'BUSY',
      'dir/..': 'BUSY',
      'gone/x': 'NOENT',
      'tofile/x': 'NOTDIR',
    })
  },
  'rename refuses to put a directory over a file or a full directory': (t, g) => {
    refusals(t, g, name => g.rename('dir', name), {
      full: 'NOTEMPTY',
      'full/': 'NOTEMPTY',
      file: 'NOTDIR',
      todir: 'NOTDIR',
      'todir/': 'NOTDIR',
      'dir/sub': 'INVAL',
      '.': 'BUSY',
      'full/..': 'BUSY',
    })
  },

  'link and rename check two wrong names in a fixed order': (t, g) => {
    t.is(g.link('missing', '../out'), 'NOENT')
    t.is(g.link('missing', 'a\0'), 'NOENT')
    t.is(g.link('../out', 'a\0'), 'NOTCAPABLE')
    t.is(g.rename('../out', 'a\0'), 'NOTCAPABLE')
    t.is(g.rename('missing', '../out'), 'NOTCAPABLE', 'rename looks for the file last')
  },
  'link and rename look at both names before they compare the types': (t, g) => {
    const long = 'n'.repeat(256)
    g.file('file')
    g.folders('dir')
    for (const name of ['file', 'file/', 'dir', 'dir/'])
      for (const other of [long, `${long}/`])
        t.is(g.rename(name, other), 'NAMETOOLONG', `${name} to ${other.slice(255)}`)
    // On Windows, a name that no file system holds is refused before any file is looked for.
    const missing = process.platform === 'win32' ? 'NAMETOOLONG' : 'NOENT'
    for (const name of ['gone', 'gone/']) t.is(g.rename(name, long), missing, name)
    for (const name of [`${long}/`, long]) t.is(g.rename(name, 'file/'), 'NAMETOOLONG')
    t.is(g.rename('dir', `dir/${long}`), 'NAMETOOLONG')
    for (const name of ['file', 'dir']) {
      t.is(g.link(name, long), 'NAMETOOLONG', name)
      t.is(g.link(name, `${long}/`), 'NAMETOOLONG', name)
    }
    t.is(g.link('gone', long), 'NOENT')
    t.deepEqual(here(g), ['dir', 'file'])
  },
  'rename looks at both names before it refuses a symlink with a slash': (t, g) => {
    populate(g)
    for (const name of ['tofile/', 'todir/', 'dangling/'])
      t.is(g.rename(name, 'n'.repeat(256)), 'NAMETOOLONG', name)
    t.deepEqual(here(g), before)
  },
  'link and rename work between two directory handles': (t, g) => {
    g.file('a/f', 'hello')
    g.folders('b')
    const dir = g.handle('a')
    const dir2 = g.handle('b')
    t.is(g.link('f', 'g', { dir, dir2 }), 0)
    t.is(g.text('b/g'), 'hello')
    t.is(g.rename('f', 'h', { dir, dir2 }), 0)
    t.deepEqual(g.fs.readdirSync(g.host('a')), [])
    t.deepEqual(g.fs.readdirSync(g.host('b')).sort(), ['g', 'h'])
    t.is(g.rename('f', '../b/x', { dir, dir2 }), 'NOTCAPABLE')
    t.is(g.rename('../b/h', 'x', { dir, dir2 }), 'NOTCAPABLE')
  },
  'link and rename work between two roots': (t, g) => {
    g.fs.mkdirSync(g.outside('second'))
    const dir2 = g.sys.preopen(g.outside('second'))
    g.file('f', 'hello')
    t.is(g.link('f', 'linked', { dir2 }), 0)
    t.is(g.rename('f', 'moved', { dir2 }), 0)
    t.deepEqual(g.fs.readdirSync(g.outside('second')).sort(), ['linked', 'moved'])
    t.is(g.rename('moved', 'back', { dir: dir2, dir2: g.dir }), 0)
    t.deepEqual(here(g), ['back'])
    t.is(g.rename('../root/back', 'x', { dir: dir2 }), 'NOTCAPABLE')
  },
}
