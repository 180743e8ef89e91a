/** Symbolic links on the way and in the last place; readlink, symlink and link. */
import { type Cases, Filetype, Oflags, resultOf, text } from '../fixture.js'

export const links: Cases = {
  'symlinks on the way are followed': (t, g) => {
    g.file('a/b/f')
    g.links({ l: 'a', 'a/up': '..', 'a/b/far': '../../a/b', m: 'l/b' })
    for (const name of [
      'l/b/f',
      'a/up/a/b/f',
      'a/b/far/f',
      'm/f',
      'm/far/../up/m/f',
      'l/up/l/b/f',
    ]) {
      t.is(g.type(name), Filetype.REGULAR, name)
    }
    t.is(g.type('a/../l/b'), Filetype.DIRECTORY)
  },
  'a symlink in the last component is followed only with the flag': (t, g) => {
    g.file('f', 'hello')
    g.folders('d')
    g.links({ l: 'f', m: 'd', gone: 'nowhere' })
    t.is(g.type('l'), Filetype.LINK)
    t.is(g.record.size, 1n)
    t.is(g.type('l', 1), Filetype.REGULAR)
    t.is(g.type('m'), Filetype.LINK)
    t.is(g.type('m', 1), Filetype.DIRECTORY)
    t.is(g.type('gone'), Filetype.LINK)
    t.is(g.type('gone', 1), 'NOENT')
  },
  'a symlink on the way is confined whatever the length of its name': (t, g) => {
    g.fs.mkdirSync(g.outside('there'))
    g.fs.writeFileSync(g.outside('there/f'), '')
    g.file('in/f', 'in')
    // A path is checked for slashes by words of 8 bytes, and of 4, of which the last two may overlap.
    for (let length = 1; length <= 70; length++) {
      const [out, inside] = [`o${'n'.repeat(length - 1)}`, `i${'n'.repeat(length - 1)}`]
      g.links({ [out]: '../there' })
      if (inside !== 'in') g.links({ [inside]: 'in' })
      for (const path of [`${out}/f`, `${out}/`, `${out}/./f`, `${out}/../there/f`]) {
        t.is(g.open(path), 'NOTCAPABLE', path)
        t.is(g.stat(path), 'NOTCAPABLE', path)
      }
      t.is(g.type(`${inside}/f`), Filetype.REGULAR, inside)
      t.is(g.type(`${inside}/`), Filetype.DIRECTORY, inside)
    }
  },
  'a name that was a symlink is followed for what it is now': (t, g) => {
    g.fs.mkdirSync(g.outside('there'))
    g.fs.writeFileSync(g.outside('there/f'), '')
    g.file('f', 'one')
    g.folders('d')
    const name = 'link'
    const opened = () => {
      const file = g.handle(name)
      const read = g.read(file, 8)
      g.close(file)
      return read
    }
    const followed = (target: string, count = 3) => {
      t.is(g.symlink(target, name), 0)
      for (let call = 0; call < count; call++) {
        t.deepEqual(opened(), text('one'), target)
        t.is(g.type(name, 1), Filetype.REGULAR, target)
      }
      t.is(g.type(name), Filetype.LINK, 'not followed without the flag')
      t.is(g.open(name, { follow: 0 }), 'LOOP', 'not followed without the flag')
      t.is(g.create(name, { oflags: Oflags.EXCL }), 'EXIST')
      t.is(g.unlink(name), 0)
    }
    // More calls than a hint lasts for.
    followed('f', 150)
    t.is(g.open(name), 'NOENT')
    t.is(g.type(name, 1), 'NOENT')
    followed('d/../f')
    const another = g.made(name)
    g.write(another, 'another')
    g.close(another)
    t.deepEqual(opened(), text('another'))
    t.is(g.type(name, 1), Filetype.REGULAR)
    t.is(g.record.size, 7n)
    t.is(g.unlink(name), 0)
    followed('f')
    t.is(g.symlink('../there/f', name), 0)
    t.is(g.open(name), 'NOTCAPABLE')
    t.is(g.type(name, 1), 'NOTCAPABLE')
    t.is(g.unlink(name), 0)
    followed('f')
    t.is(g.mkdir(name), 0)
    t.is(g.type(name, 1), Filetype.DIRECTORY)
    g.close(g.handle(name, { oflags: Oflags.DIRECTORY }))
    t.is(g.rmdir(name), 0)
    followed('f')
    g.close(g.made(name))
    t.deepEqual(opened(), text(''), 'a new file is not the old target')
    t.is(g.unlink(name), 0)
    followed('f')
  },
  '.. after a symlink is the parent of its target': (t, g) => {
    g.file('a/b/f')
    g.file('a/here')
    g.file('here', 'root')
    g.links({ l: 'a/b' })
    t.is(g.stat('l/../here'), 0)
    t.is(g.record.size, 0n, 'a/here')
    t.is(g.stat('l/../../here'), 0)
    t.is(g.record.size, 4n)
  },
  'symlinks that escape the root are refused with NOTCAPABLE': (t, g) => {
    g.fs.mkdirSync(g.outside('there'))
    g.fs.writeFileSync(g.outside('there/f'), '')
    g.folders('a')
    g.links({
      up: '..',
      f: '../there/f',
      dir: '../there',
      deep: 'a/../../there',
      'a/up': '../..',
      chain: 'up',
      again: '../root',
      out: 'a/up/there/f',
    })
    for (const name of ['up', 'f', 'dir', 'deep', 'a/up', 'chain', 'again', 'out']) {
      t.is(g.type(name), Filetype.LINK, name)
      t.is(g.type(name, 1), 'NOTCAPABLE', name)
      t.is(g.open(name), 'NOTCAPABLE', name)
      t.is(g.open(name, { oflags: Oflags.DIRECTORY }), 'NOTCAPABLE', name)
      t.is(g.stat(`${name}/`), 'NOTCAPABLE', `${name}/`)
      t.is(g.stat(`${name}/.`), 'NOTCAPABLE', `${name}/.`)
      t.is(g.stat(`${name}/f`), 'NOTCAPABLE', `${name}/f`)
      t.is(g.open(`${name}/`, { follow: 0 }), 'NOTCAPABLE', `${name}/`)
      t.is(g.mkdir(`${name}/new`), 'NOTCAPABLE', name)
      t.is(g.unlink(`${name}/f`), 'NOTCAPABLE', name)
      t.is(g.rename(`${name}/f`, 'mine'), 'NOTCAPABLE', name)
      t.is(g.rename('a', `${name}/mine`), 'NOTCAPABLE', name)
      t.is(g.link(`${name}/f`, 'mine'), 'NOTCAPABLE', name)
      t.is(g.symlink('x', `${name}/mine`), 'NOTCAPABLE', name)
      t.is(g.readlink(`${name}/f`), 'NOTCAPABLE', name)
    }
    t.is(g.link('f', 'mine', { follow: 1 }), 'NOTCAPABLE')
    t.deepEqual(g.fs.readdirSync(g.outside('there')), ['f'])
  },
  'absolute symlinks are refused with NOTCAPABLE': (t, g) => {
    g.file('f')
    g.links({ root: '/', etc: '/etc', inside: g.host('f'), proc: '/proc/self/root' })
    for (const name of ['root', 'etc', 'inside', 'proc']) {
      t.is(g.type(name, 1), 'NOTCAPABLE', name)
      t.is(g.stat(`${name}/`), 'NOTCAPABLE', name)
      t.is(g.stat(`${name}/passwd`), 'NOTCAPABLE', name)
    }
  },
  'a chain of 40 symlinks is followed, one of 41 is LOOP': (t, g) => {
    g.file('f')
    g.folders('d')
    g.file('d/f')
    for (let index = 1; index <= 41; index++) {
      g.links({
        [`l${index}`]: index === 1 ? 'f' : `l${index - 1}`,
        [`m${index}`]: index === 1 ? 'd' : `m${index - 1}`,
      })
    }
    t.is(g.type('l40', 1), Filetype.REGULAR)
    t.is(g.type('l41', 1), 'LOOP')
    t.is(g.type('l41'), Filetype.LINK)
    t.is(g.type('m40/f'), Filetype.REGULAR)
    t.is(g.type('m41/f'), 'LOOP')
    t.is(g.type('m20/../m20/f'), Filetype.REGULAR, '40 in all')
    t.is(g.type('m20/../m21/f'), 'LOOP', '41 in all')
    t.is(g.create('l41'), 'LOOP')
  },
  'symlinks in a cycle are LOOP': (t, g) => {
    g.links({ self: 'self', ping: 'pong', pong: 'ping', deep: 'deep/deep', dot: './dot' })
    for (const name of ['self', 'ping', 'deep', 'dot']) {
      t.is(g.type(name), Filetype.LINK, name)
      t.is(g.type(name, 1), 'LOOP', name)
      t.is(g.open(name), 'LOOP', name)
      t.is(g.stat(`${name}/`), 'LOOP', name)
      t.is(g.mkdir(`${name}/x`), 'LOOP', name)
    }
  },
  'a symlink whose target ends in a slash must reach a directory': (t, g) => {
    g.file('f')
    g.file('d/f')
    g.links({ d2: 'd/', f2: 'f/', gone: 'new/' })
    t.is(g.type('d2'), Filetype.LINK)
    t.is(g.type('d2', 1), Filetype.DIRECTORY)
    t.is(g.type('d2/f'), Filetype.REGULAR)
    t.is(g.type('d2/'), Filetype.DIRECTORY)
    t.is(g.type('f2', 1), 'NOTDIR')
    t.is(g.open('f2'), 'NOTDIR')
    t.is(g.type('gone', 1), 'NOENT')
    t.is(g.create('gone'), 'ISDIR')
    t.is(g.create('f2'), 'ISDIR')
    t.false(g.exists('new'))
  },
  'symlinks to . and .. are followed within the root': (t, g) => {
    g.file('a/f')
    g.links({ 'a/here': '.', 'a/up': '..', 'a/round': '../a/.' })
    t.is(g.type('a/here', 1), Filetype.DIRECTORY)
    t.is(g.type('a/here/here/f'), Filetype.REGULAR)
    t.is(g.type('a/up/a/f'), Filetype.REGULAR)
    t.is(g.type('a/round/f'), Filetype.REGULAR)
    t.is(typeof g.open('a/up'), 'number')
  },
  'a symlink with a trailing slash is followed without the flag': (t, g) => {
    g.file('f')
    g.folders('d')
    g.links({ l: 'd', m: 'f', gone: 'nowhere' })
    for (const follow of [0, 1]) {
      t.is(g.type('l/', follow), Filetype.DIRECTORY)
      t.is(g.type('l//', follow), Filetype.DIRECTORY)
      t.is(g.type('l/.', follow), Filetype.DIRECTORY)
      t.is(g.type('m/', follow), 'NOTDIR')
      t.is(g.type('gone/', follow), 'NOENT')
      t.is(g.sys.identify(g.handle('l/', { follow })), 0)
      t.is(g.sys.block.opened[0], Filetype.DIRECTORY)
      t.is(g.open('m/', { follow }), 'NOTDIR')
      t.is(g.open('gone/', { follow }), 'NOENT')
    }
  },

  'too many symlinks are LOOP, even if the last one dangles': (t, g) => {
    g.file('f')
    g.symlink('nowhere', 'none')
    g.symlink('f', 'file')
    for (const end of ['none', 'file']) {
      g.symlink(`${end}/`, `${end}0`)
      for (let i = 1; i < 40; i++) g.symlink(`${end}${i - 1}`, `${end}${i}`)
      const wrong = end === 'none' ? 'NOENT' : 'NOTDIR'
      for (const [i, wanted] of [
        [38, wrong],
        [39, 'LOOP'],
      ] as const) {
        const name = `${end}${i}`
        t.is(g.stat(name, { follow: 1 }), wanted, name)
        t.is(g.open(name, { follow: 1 }), wanted, name)
        t.is(resultOf(g.sys.setTimesAt(g.dir, ...g.put(name), 1, 0)), wanted, name)
        t.is(g.link(name, 'new', { follow: 1 }), wanted, name)
      }
    }
  },
  'readlink returns the target': (t, g) => {
    g.links({ l: 'some/where', abs: '/etc/passwd', slash: 'x/' })
    g.folders('d')
    g.links({ 'd/l': '../l' })
    t.deepEqual(g.readlink('l'), text('some/where'))
    t.deepEqual(g.readlink('abs'), text('/etc/passwd'))
    t.deepEqual(g.readlink('slash'), text('x/'))
    t.deepEqual(g.readlink('d/l'), text('../l'))
  },
  'readlink cuts the target to its buffer': (t, g) => {
    g.links({ l: 'some/where' })
    t.deepEqual(g.readlink('l', 4), text('some'))
    t.deepEqual(g.readlink('l', 10), text('some/where'))
    g.memory.fill(0xaa)
    t.is(g.sys.readlink(g.dir, ...g.put('l'), 100_000, 4), 4)
    t.deepEqual(g.bytes(100_000, 5), Buffer.from('some\xaa', 'latin1'))
  },
  'readlink of anything but a symlink is refused': (t, g) => {
    g.file('f')
    g.folders('d')
    g.links({ l: 'd', m: 'f' })
    for (const name of ['f', 'd', 'd/', '.', 'd/.', 'd/..', 'l/', 'l/.'])
      t.is(g.readlink(name), 'INVAL', name)
    for (const name of ['f/', 'm/', 'f/.']) t.is(g.readlink(name), 'NOTDIR', name)
    t.is(g.readlink('gone'), 'NOENT')
  },

  'symlink stores any target unchanged': (t, g) => {
    g.folders('d')
    for (const [index, target] of [
      'f',
      'gone/far',
      '../../outside',
      './x/../y',
      'ends/',
      '..',
      'a//b',
    ].entries()) {
      t.is(g.symlink(target, `d/l${index}`), 0, target)
      t.is(g.fs.readlinkSync(g.host(`d/l${index}`)), target)
    }
  },
  'symlink refuses absolute targets, existing names and missing parents': (t, g) => {
    g.file('f')
    g.folders('d')
    g.links({ l: 'gone' })
    t.is(g.symlink('/etc', 'new'), 'NOTCAPABLE')
    t.is(g.symlink('/', 'new'), 'NOTCAPABLE')
    t.is(g.symlink('', 'new'), 'NOENT')
    for (const name of ['f', 'd', 'l', 'd/', 'f/', '.', 'd/..'])
      t.is(g.symlink('x', name), 'EXIST', name)
    t.is(g.symlink('x', 'new/'), 'NOENT')
    t.is(g.symlink('x', 'gone/new'), 'NOENT')
    t.is(g.symlink('x', 'f/new'), 'NOTDIR')
    t.false(g.exists('new'))
  },

  'link gives a file a second name': (t, g) => {
    g.file('f', 'hello')
    g.folders('d')
    t.is(g.link('f', 'd/g'), 0)
    t.is(g.stat('d/g'), 0)
    t.is(g.record.nlink, 2n)
    t.is(g.record.ino, g.fs.statSync(g.host('f'), { bigint: true }).ino)
  },
  'link follows a symlink only with the flag': (t, g) => {
    g.file('f', 'hello')
    g.links({ l: 'f', gone: 'nowhere' })
    t.is(g.link('l', 'kept', { follow: 0 }), 0)
    t.is(g.type('kept'), Filetype.LINK)
    t.is(g.link('l', 'followed', { follow: 1 }), 0)
    t.is(g.type('followed'), Filetype.REGULAR)
    t.is(g.link('gone', 'x', { follow: 0 }), 0)
    t.is(g.link('gone', 'y', { follow: 1 }), 'NOENT')
  },
  'link refuses directories, missing files and existing names': (t, g) => {
    g.file('f')
    g.folders('d')
    g.links({ l: 'd', gone: 'nowhere' })
    for (const name of ['d', 'd/', '.', 'd/.', 'l/']) t.is(g.link(name, 'new'), 'PERM', name)
    t.is(g.link('l', 'new', { follow: 1 }), 'PERM')
    t.is(g.link('missing', 'new'), 'NOENT')
    t.is(g.link('missing/', 'new'), 'NOENT')
    t.is(g.link('f/', 'new'), 'NOTDIR')
    t.is(g.link('f', 'new/'), 'NOENT')
    for (const name of ['f', 'd', 'd/', 'gone', '.', 'd/..']) t.is(g.link('f', name), 'EXIST', name)
    t.is(g.link('f', 'missing/new'), 'NOENT')
    t.is(g.link('f', 'f/new'), 'NOTDIR')
    t.false(g.exists('new'))
    t.false(g.exists('nowhere'))
  },
}
