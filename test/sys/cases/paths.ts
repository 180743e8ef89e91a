/** Path resolution beneath a directory: dots, bounds, lengths, odd bytes. */
import {
  type Cases,
  Filetype,
  type Fixture,
  type Name,
  Oflags,
  type Result,
  resultOf,
} from '../fixture.js'

/** The answers of all path calls to a path that resolves to nothing. */
function all(g: Fixture, name: Name): Record<string, Result | object> {
  return {
    open: g.open(name),
    create: g.create(name),
    directory: g.open(name, { oflags: Oflags.DIRECTORY }),
    stat: g.stat(name),
    statFollow: g.stat(name, { follow: 1 }),
    setTimes: resultOf(g.sys.setTimesAt(g.dir, ...g.put(name), 0, 2)),
    mkdir: g.mkdir(name),
    rmdir: g.rmdir(name),
    unlink: g.unlink(name),
    readlink: g.readlink(name),
    symlink: g.symlink('x', name),
    linkFrom: g.link(name, 'fresh'),
    linkTo: g.link('f', name),
    renameFrom: g.rename(name, 'fresh'),
    renameTo: g.rename('f', name),
  }
}
const allSay = (errno: Result) => (answers: object) =>
  Object.fromEntries(Object.keys(answers).map(call => [call, errno]))

export const paths: Cases = {
  'a path of 50 directories is resolved': (t, g) => {
    const deep = Array.from({ length: 50 }, (_, index) => `d${index}`).join('/')
    g.file(`${deep}/f`, 'deep')
    t.is(g.type(`${deep}/f`), Filetype.REGULAR)
    t.is(g.type(deep), Filetype.DIRECTORY)
    t.is(g.mkdir(`${deep}/new`), 0)
    t.true(g.exists(`${deep}/new`))
  },
  'a NUL is refused at each place of a path of each length': (t, g) => {
    for (const length of [...Array(21).keys(), 63, 64, 65, 130]) {
      for (let place = 0; place < length; place++) {
        const path = new Uint8Array(length).fill(0x6e)
        path[place] = 0
        t.is(g.open(path), 'INVAL', `${place} of ${length}`)
        t.is(g.stat(path), 'INVAL', `${place} of ${length}`)
      }
    }
  },
  'names of each length are told apart by each of their bytes': (t, g) => {
    for (const length of [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 64, 65, 255]) {
      const name = Array.from({ length }, (_, i) => String.fromCharCode(0x61 + (i % 26))).join('')
      g.close(g.made(name))
      t.deepEqual(g.fs.readdirSync(g.host()), [name])
      for (let place = 0; place < length; place++)
        t.is(g.stat(`${name.slice(0, place)}#${name.slice(place + 1)}`), 'NOENT', name)
      t.is(g.unlink(name), 0)
    }
  },
  '. and .. within the root are resolved': (t, g) => {
    g.file('a/b/f', 'x')
    for (const name of [
      'a/b/f',
      './a/b/f',
      'a/./b/./f',
      'a/../a/b/f',
      'a/b/../b/f',
      'a//b///f',
      'a/b/../../a/b/f',
      './/./a/b/f',
    ]) {
      t.is(g.type(name), Filetype.REGULAR, name)
    }
    for (const name of ['.', './', 'a/..', 'a/../', 'a/b/../..', 'a/b/../../.', './.']) {
      t.is(g.stat(name), 0, name)
      t.is(g.record.ino, g.fs.statSync(g.host(), { bigint: true }).ino, name)
      t.is(typeof g.open(name), 'number', name)
    }
  },
  'dots behind a file are NOTDIR, behind a missing name NOENT': (t, g) => {
    g.file('f')
    for (const name of ['f/.', 'f/..', 'f/../f', 'f/', 'f/x']) t.is(g.stat(name), 'NOTDIR', name)
    for (const name of ['gone/.', 'gone/..', 'gone/../f', 'gone/', 'gone/x'])
      t.is(g.stat(name), 'NOENT', name)
    t.is(g.mkdir('gone/x'), 'NOENT')
    t.is(g.mkdir('f/x'), 'NOTDIR')
  },
  'paths above the root are refused with NOTCAPABLE': (t, g) => {
    g.file('f')
    g.folders('a')
    g.fs.writeFileSync(g.outside('x'), 'x')
    for (const name of [
      '..',
      '../',
      '../x',
      '../root',
      '../root/f',
      'a/../..',
      'a/../../x',
      './../x',
      '../..',
      'a/../../root/f',
      '../.',
    ]) {
      const answers = all(g, name)
      t.deepEqual(answers, allSay('NOTCAPABLE')(answers), name)
    }
    t.deepEqual(g.fs.readdirSync(g.folder).sort(), ['root', 'x'])
  },
  'paths above the directory of a handle are refused with NOTCAPABLE': (t, g) => {
    g.file('a/b/f')
    const dir = g.handle('a')
    t.is(g.stat('b/f', { dir }), 0)
    t.is(g.stat('b/..', { dir }), 0)
    t.is(g.stat('..', { dir }), 'NOTCAPABLE', 'though it is inside the root')
    t.is(g.stat('../a/b/f', { dir }), 'NOTCAPABLE')
  },
  'absolute paths are refused with NOTCAPABLE': (t, g) => {
    g.file('f')
    for (const name of ['/', '//', '/f', '/etc/passwd', g.host('f'), '/.', '/..']) {
      const answers = all(g, name)
      t.deepEqual(answers, allSay('NOTCAPABLE')(answers), name)
    }
  },
  'the empty path is NOENT': (t, g) => {
    g.file('f')
    const answers = all(g, '')
    t.deepEqual(answers, allSay('NOENT')(answers))
  },
  'a path with a NUL is refused with INVAL': (t, g) => {
    g.file('f')
    for (const name of ['f\0', 'f\0x', '\0', 'a/\0/f', 'gone\0/f']) {
      const answers = all(g, name)
      t.deepEqual(answers, allSay('INVAL')(answers), JSON.stringify(name))
    }
    t.is(g.symlink('x\0y', 'l'), 'INVAL')
    t.true(g.exists('f'))
  },
  'a name of 255 bytes is accepted, one of 256 is NAMETOOLONG': (t, g) => {
    g.file('f')
    t.is(typeof g.create('x'.repeat(255)), 'number')
    t.is(g.stat('x'.repeat(255)), 0)
    const answers = all(g, 'x'.repeat(256))
    t.deepEqual(answers, allSay('NAMETOOLONG')(answers))
    t.is(g.stat(`${'x'.repeat(256)}/f`), 'NAMETOOLONG')
    t.is(g.unlink('x'.repeat(255)), 0)
  },
  'a path of 4095 bytes is resolved, one of 4096 is NAMETOOLONG': (t, g) => {
    g.file('f')
    const long = (length: number) => `${'./'.repeat(2047)}f`.padStart(length, '.')
    t.is(g.stat(`${'./'.repeat(2047)}f`), 0)
    t.is(`${'./'.repeat(2047)}f`.length, 4095)
    t.is(long(4096).length, 4096)
    const answers = all(g, `${'./'.repeat(2047)}f/`)
    t.deepEqual(answers, allSay('NAMETOOLONG')(answers))
    t.is(g.stat('x'.repeat(100_000)), 'NAMETOOLONG')
    t.is(g.symlink('x'.repeat(4096), 'l'), 'NAMETOOLONG')
  },
  'names that are not UTF-8 are kept byte for byte': (t, g) => {
    const name = Uint8Array.from([0xff, 0xfe, 0x80])
    const path = Buffer.concat([Buffer.from('d/'), name])
    g.folders('d')
    t.is(typeof g.create(path), 'number')
    t.deepEqual(g.fs.readdirSync(g.host('d'), 'buffer'), [Buffer.from(name)])
    t.is(g.stat(path), 0)
    t.is(g.rename(path, name), 0)
    t.is(g.symlink(name, 'l'), 0)
    t.deepEqual(g.fs.readlinkSync(g.host('l'), 'buffer'), Buffer.from(name))
    t.is(g.type('l', 1), Filetype.REGULAR)
    t.is(g.unlink(name), 0)
  },
  'names beyond ASCII are kept as UTF-8': (t, g) => {
    t.is(g.mkdir('äöü'), 0)
    t.is(typeof g.create('äöü/日本語'), 'number')
    t.deepEqual(g.fs.readdirSync(g.host('äöü')), ['日本語'])
  },
  'names special to other systems are ordinary names': (t, g) => {
    for (const name of [
      'a:b',
      'a\\b',
      '..\\x',
      '...',
      ' ',
      'trailing.',
      'CON',
      '~',
      '*',
      '$HOME',
      '%2e%2e',
      '-rf',
      '\n',
      'C:',
      '\\\\?\\x',
    ]) {
      t.is(typeof g.create(name), 'number', name)
      t.true(g.fs.readdirSync(g.host()).includes(name), name)
      t.is(g.unlink(name), 0)
    }
    t.deepEqual(g.fs.readdirSync(g.folder), ['root'])
  },
  'a handle still reaches its directory after that was moved': (t, g) => {
    g.file('a/b/f', 'x')
    const dir = g.handle('a/b')
    g.fs.renameSync(g.host('a'), g.host('moved'))
    g.file('a/b/other')
    t.is(g.stat('f', { dir }), 0, 'the handle stands for the directory, not for its name')
    t.is(g.stat('other', { dir }), 'NOENT')
  },
  'a handle never reaches a directory that took the place of its own': (t, g) => {
    g.file('a/b/f', 'x')
    const dir = g.handle('a/b')
    g.fs.renameSync(g.host('a'), g.outside('taken'))
    g.fs.mkdirSync(g.outside('other/b'), { recursive: true })
    g.fs.writeFileSync(g.outside('other/b/secret'), '')
    g.fs.symlinkSync('../other', g.host('a'))
    t.not(g.stat('secret', { dir }), 0)
    t.not(g.create('new', { dir }), 0)
    t.not(g.stat('../secret', { dir }), 0)
    t.false(g.fs.existsSync(g.outside('other/b/new')))
  },
}
