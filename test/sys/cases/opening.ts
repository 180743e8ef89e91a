/**
 * open: the files that it creates, truncates and refuses; and the type of the file that it opened.
 */
import { Errno } from '#lib/abi/errno.js'
import { Access } from '#lib/abi/layout.js'
import { NOT_ASKED } from '#lib/sys/block.js'
import { BOTH, type Cases, Fdflags, Filetype, Oflags, READ, text, WRITE } from '../fixture.js'

const { CREAT, DIRECTORY, EXCL, TRUNC } = Oflags

export const opening: Cases = {
  'open reports the type of the file that it opened': (t, g) => {
    g.file('f')
    g.folders('d')
    g.fifo('p')
    const { block } = g.sys
    const opened = (
      name: string,
      how: { fdflags?: number },
      [type, fdflags, terminal]: readonly number[],
      why?: string,
    ) => {
      block.opened.fill(77)
      const file = g.handle(name, how)
      t.true(block.opened[0] === type || block.opened[0] === NOT_ASKED)
      t.deepEqual([...block.opened.subarray(1)], [fdflags, terminal])
      block.opened.fill(77)
      t.is(g.sys.identify(file), 0)
      t.deepEqual([...block.opened], [type, fdflags, terminal], why)
    }
    opened('f', {}, [Filetype.REGULAR, 0, 0])
    opened('d', {}, [Filetype.DIRECTORY, 0, 0])
    opened('p', {}, [Filetype.STREAM, 0, 0], 'the nearest to a FIFO')
    t.is(g.type('p'), Filetype.STREAM)
    opened('f', { fdflags: Fdflags.APPEND | Fdflags.NONBLOCK }, [
      Filetype.REGULAR,
      Fdflags.APPEND | Fdflags.NONBLOCK,
      0,
    ])
    g.handle('d', { oflags: DIRECTORY })
    t.is(block.opened[0], Filetype.DIRECTORY, 'where it is known without asking')
    t.is(g.sys.identify(99), -Errno.BADF)
  },
  'open of a missing file is NOENT': (t, g) => {
    t.is(g.open('gone'), 'NOENT')
    t.is(g.open('gone/f'), 'NOENT')
    t.is(g.create('gone/f'), 'NOENT')
    t.is(g.open('gone', { oflags: DIRECTORY }), 'NOENT')
    t.is(g.open('gone', { oflags: TRUNC, access: WRITE }), 'NOENT')
  },
  'CREAT makes a missing file and keeps an existing one': (t, g) => {
    g.made('f')
    t.is(g.text('f'), '')
    g.fs.writeFileSync(g.host('f'), 'hello')
    t.is(typeof g.create('f'), 'number')
    t.is(g.text('f'), 'hello')
    t.is(g.fs.statSync(g.host('f')).mode & 0o111, 0, 'not to be executed')
  },
  'CREAT with read access makes a file that refuses writes': (t, g) => {
    const file = g.handle('f', { oflags: CREAT, access: READ })
    t.is(g.write(file, 'x'), 'BADF')
    t.true(g.exists('f'))
  },
  'CREAT with UNCHANGED opens existing files, and is ROFS for others': (t, g) => {
    g.file('f', 'hello')
    g.folders('d')
    const asked = (name: string, access = READ | Access.UNCHANGED, oflags = CREAT as number) =>
      g.open(name, { oflags, access })
    t.is(g.text('f'), 'hello')
    t.deepEqual(
      g.read(g.handle('f', { oflags: CREAT, access: READ | Access.UNCHANGED }), 9),
      text('hello'),
    )
    for (const name of ['new', 'd/new', 'd/../new', 'd//new']) t.is(asked(name), 'ROFS', name)
    t.is(asked('new', BOTH | Access.UNCHANGED), 'ROFS')
    t.is(asked('new', READ | Access.UNCHANGED, 0), 'NOENT', 'only CREAT would make it')
    t.is(asked('gone/new'), 'NOENT')
    t.is(asked('f/new'), 'NOTDIR')
    t.is(asked('new/'), 'ISDIR')
    t.is(asked('f/'), 'ISDIR')
    t.is(asked('../new'), 'NOTCAPABLE')
    t.false(g.exists('new') || g.exists('d/new'))
  },
  'CREAT with UNCHANGED through links makes no file': (t, g) => {
    g.file('f', 'hello')
    g.folders('d')
    g.links({
      here: 'f',
      gone: 'd/new',
      deep: 'none/new',
      slash: 'new/',
      chain: 'd/../slash',
      loop: 'loop/',
      out: '../new',
    })
    const asked = (name: string, follow = 1) =>
      g.open(name, { oflags: CREAT, access: READ | Access.UNCHANGED, follow })
    t.deepEqual(
      g.read(g.handle('here', { oflags: CREAT, access: READ | Access.UNCHANGED }), 9),
      text('hello'),
    )
    for (const name of ['gone', 'd/../gone']) t.is(asked(name), 'ROFS', name)
    for (const name of ['slash', 'chain', 'loop']) t.is(asked(name), 'ISDIR', name)
    t.is(asked('deep'), 'NOENT')
    t.is(asked('out'), 'NOTCAPABLE')
    t.is(asked('gone', 0), 'LOOP')
    t.false(g.exists('d/new') || g.exists('new'))
  },
  'EXCL refuses an existing name with EXIST': (t, g) => {
    g.file('f')
    g.folders('d')
    g.links({ l: 'f', gone: 'nowhere', out: '/etc' })
    for (const name of ['f', 'd', 'l', 'gone', 'out', '.', 'd/.']) {
      for (const follow of [0, 1]) t.is(g.create(name, { oflags: EXCL, follow }), 'EXIST', name)
    }
    t.is(typeof g.create('new', { oflags: EXCL }), 'number')
    t.is(g.create('new', { oflags: EXCL }), 'EXIST')
    t.false(g.exists('nowhere'))
  },
  'TRUNC empties a file': (t, g) => {
    g.file('f', 'hello')
    g.handle('f', { oflags: TRUNC, access: WRITE })
    t.is(g.text('f'), '')
    g.file('g', 'hello')
    g.made('g')
    t.is(typeof g.create('g', { oflags: TRUNC }), 'number')
    t.is(g.text('g'), '')
  },
  'DIRECTORY refuses anything but a directory': (t, g) => {
    g.file('f', 'hello')
    g.folders('d')
    g.links({ l: 'd', m: 'f' })
    t.is(typeof g.open('d', { oflags: DIRECTORY }), 'number')
    t.is(typeof g.open('l', { oflags: DIRECTORY }), 'number')
    t.is(g.open('l', { oflags: DIRECTORY, follow: 0 }), 'NOTDIR')
    t.is(g.open('f', { oflags: DIRECTORY }), 'NOTDIR')
    t.is(g.open('m', { oflags: DIRECTORY }), 'NOTDIR')
    t.is(g.open('f', { oflags: DIRECTORY | TRUNC, access: BOTH }), 'NOTDIR')
    t.is(g.text('f'), 'hello')
  },
  'CREAT with DIRECTORY is refused': (t, g) => {
    g.folders('d')
    t.is(g.create('new', { oflags: DIRECTORY }), 'INVAL')
    t.is(g.create('d', { oflags: DIRECTORY, access: READ }), 'INVAL')
    t.false(g.exists('new'))
  },
  'a directory opened to write is refused': (t, g) => {
    g.folders('d')
    for (const name of ['d', 'd/', '.', 'd/.', 'd/..']) {
      t.is(g.open(name, { access: WRITE }), 'ISDIR', name)
      t.is(g.open(name, { access: BOTH }), 'ISDIR', name)
      t.is(g.open(name, { oflags: TRUNC, access: WRITE }), 'ISDIR', name)
      t.is(g.open(name, { oflags: CREAT, access: READ }), 'ISDIR', name)
    }
  },
  'a directory opened with DIRECTORY to write is refused': (t, g) => {
    g.file('f', 'hello')
    g.folders('d')
    g.links({ l: 'd', m: 'f', gone: 'nowhere' })
    for (const access of [WRITE, BOTH]) {
      for (const name of ['d', 'd/', '.', 'd/.', 'd/..', 'l', 'l/', 'l/.']) {
        t.is(g.open(name, { oflags: DIRECTORY, access }), 'ISDIR', name)
        t.is(g.open(name, { oflags: DIRECTORY | TRUNC, access }), 'ISDIR', name)
        t.is(g.open(name, { access }), 'ISDIR', name)
      }
      t.is(g.open('l/', { oflags: DIRECTORY, access, follow: 0 }), 'ISDIR')
      for (const name of ['nowhere', 'gone', 'd/x', 'nowhere/x'])
        t.is(g.open(name, { oflags: DIRECTORY, access }), 'NOENT', name)
      for (const name of ['f', 'f/', 'm', 'f/x'])
        t.is(g.open(name, { oflags: DIRECTORY, access }), 'NOTDIR', name)
      t.is(g.open('l', { oflags: DIRECTORY, access, follow: 0 }), 'NOTDIR')
      t.is(g.open('..', { oflags: DIRECTORY, access }), 'NOTCAPABLE')
    }
    t.is(g.text('f'), 'hello')
  },
  'open without the follow flag refuses a symlink with LOOP': (t, g) => {
    g.file('f', 'hello')
    g.links({ l: 'f' })
    t.is(g.open('l', { follow: 0 }), 'LOOP')
    t.is(g.create('l', { follow: 0 }), 'LOOP')
    t.is(g.open('l', { follow: 0, oflags: TRUNC, access: WRITE }), 'LOOP')
    t.is(g.text('f'), 'hello')
    t.deepEqual(g.read(g.handle('l'), 10), text('hello'))
  },
  'CREAT through a dangling symlink makes its target': (t, g) => {
    g.folders('d')
    g.links({ l: 'd/new', m: 'l2', l2: 'other' })
    t.is(g.create('l', { follow: 0 }), 'LOOP')
    t.false(g.exists('d/new'))
    t.is(typeof g.create('l'), 'number')
    t.true(g.exists('d/new'))
    t.is(typeof g.create('m'), 'number')
    t.true(g.exists('other'))
  },
  'CREAT through a symlink that escapes the root is NOTCAPABLE': (t, g) => {
    g.fs.writeFileSync(g.outside('there'), 'hello')
    g.folders('d')
    g.links({
      up: '../fresh',
      abs: g.outside('fresh'),
      deep: 'd/../../fresh',
      there: '../there',
      dir: '..',
    })
    for (const name of ['up', 'abs', 'deep', 'dir/fresh', 'there']) {
      t.is(g.create(name, { oflags: TRUNC }), 'NOTCAPABLE', name)
      t.is(g.open(name, { oflags: TRUNC, access: BOTH }), 'NOTCAPABLE', name)
    }
    t.false(g.fs.existsSync(g.outside('fresh')))
    t.is(g.fs.readFileSync(g.outside('there'), 'utf8'), 'hello')
  },
  'open accepts the sync flags': (t, g) => {
    const file = g.made('f', {
      fdflags: Fdflags.DSYNC | Fdflags.SYNC | Fdflags.RSYNC | Fdflags.NONBLOCK,
    })
    t.is(g.write(file, 'x'), 1)
    t.is(g.text('f'), 'x')
  },

  'open of a FIFO without a peer returns at once': (t, g) => {
    g.fifo('p')
    t.is(g.open('p', { access: WRITE }), 'NXIO', 'no reader')
    const reader = g.handle('p')
    t.deepEqual(g.read(reader, 10), text(''), 'no writer')
    const writer = g.handle('p', { access: WRITE })
    t.is(g.write(writer, 'hello'), 5)
    t.deepEqual(g.read(reader, 10), text('hello'))
  },
  'a FIFO opened with NONBLOCK returns AGAIN while it is empty': (t, g) => {
    g.fifo('p')
    const reader = g.handle('p', { fdflags: Fdflags.NONBLOCK })
    g.handle('p', { access: WRITE })
    t.is(g.read(reader, 10), 'AGAIN')
  },
}
