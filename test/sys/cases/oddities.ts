/**
 * Calls that file systems and hosts answer in ways of their own: one answer each, Linux's where it
 * has one.
 */
import {
  BOTH,
  type Cases,
  Fdflags,
  Filetype,
  type Fixture,
  Fstflags,
  Oflags,
  resultOf,
  text,
} from '../fixture.js'

const { APPEND, DSYNC, NONBLOCK, RSYNC, SYNC } = Fdflags

const near = (time: bigint): boolean => time > BigInt(Date.now() - 60_000) * 1_000_000n
/**
 * True where reading makes an access time new: mounts without access times have none for a guest
 * either.
 */
function datesReading(g: Fixture): boolean {
  g.file('probe', 'text')
  g.fs.utimesSync(g.host('probe'), 1000, 2000)
  g.fs.readFileSync(g.host('probe'))
  return near(g.fs.lstatSync(g.host('probe'), { bigint: true }).atimeNs)
}

export const oddities: Cases = {
  'a removed directory that is open is empty and refuses new names': (t, g) => {
    g.folders('d')
    g.file('f')
    const dir = g.handle('d')
    t.is(g.rmdir('d'), 0)
    t.deepEqual(g.list(dir), [], 'not even . and ..')
    t.is(resultOf(g.sys.filestat(dir)), 0)
    t.is(g.record.type, Filetype.DIRECTORY)
    t.is(g.mkdir('x', dir), 'NOENT')
    t.is(g.create('x', { dir }), 'NOENT')
    t.is(g.open('x', { dir }), 'NOENT')
    t.is(g.stat('x', { dir }), 'NOENT')
    t.is(g.symlink('f', 'x', dir), 'NOENT')
    t.is(g.link('f', 'x', { dir2: dir }), 'NOENT')
    // Elsewhere a directory is refused as such first.
    if (process.platform === 'linux' || g.sys.name === 'memfs')
      t.is(g.link('.', 'x', { dir2: dir }), 'NOENT')
    t.is(g.rename('f', 'x', { dir2: dir }), 'NOENT')
    t.is(g.unlink('x', dir), 'NOENT')
    t.is(g.rmdir('x', dir), 'NOENT')
    t.is(g.stat('.', { dir }), 0)
    const again = g.handle('.', { dir })
    t.deepEqual(g.list(again), [])
    t.is(g.close(dir), 0)
    t.true(g.exists('f'))
  },
  'setFlags leaves the sync flags of an open file unchanged': (t, g) => {
    g.file('f', 'hello')
    const file = g.handle('f', { access: BOTH })
    for (const flags of [SYNC, DSYNC, RSYNC, SYNC | APPEND, SYNC | NONBLOCK])
      t.is(resultOf(g.sys.setFlags(file, flags)), 'NOTSUP', `${flags}`)
    t.is(resultOf(g.sys.setFlags(file, APPEND)), 0, 'and what was refused changed nothing')
    t.is(g.write(file, '!'), 1)
    t.is(g.text('f'), 'hello!')
    const syncing = g.handle('f', { access: BOTH, fdflags: SYNC | DSYNC })
    for (const flags of [0, SYNC, DSYNC, APPEND])
      t.is(resultOf(g.sys.setFlags(syncing, flags)), 'NOTSUP', `${flags}`)
    t.is(resultOf(g.sys.setFlags(syncing, SYNC | DSYNC | APPEND)), 0)
    t.is(g.write(syncing, '?'), 1)
    t.is(g.text('f'), 'hello!?')
    t.is(resultOf(g.sys.setFlags(g.dir, SYNC)), 'NOTSUP')
  },
  'a hard link to a directory is PERM, whatever its new name': (t, g) => {
    g.folders('d', 'e', 'e/inner')
    g.file('f')
    for (const to of ['new', 'e/new', 'd/new']) t.is(g.link('d', to), 'PERM', to)
    t.is(g.link('e/inner', 'new'), 'PERM')
    t.is(g.link('.', 'new'), 'PERM')
    t.is(g.link('d', 'f'), 'EXIST')
    t.is(g.link('d', 'gone/new'), 'NOENT')
    t.false(g.exists('new'))
  },
  'following or reading a symlink updates its access time': (t, g) => {
    g.file('f')
    g.folders('d')
    const memory = g.sys.name === 'memfs'
    const kept = memory || datesReading(g)
    const uses: readonly (readonly [string, string, () => unknown])[] = [
      ['stat', 'f', () => g.stat('stat', { follow: 1 })],
      ['open', 'f', () => typeof g.open('open', { follow: 1 }) === 'number' && 0],
      ['within', 'd', () => g.mkdir('within/new')],
      ['readlink', 'f', () => typeof g.readlink('readlink') === 'object' && 0],
      ['loop', 'loop', () => g.stat('loop', { follow: 1 }) === 'LOOP' && 0],
      ['none', 'f', () => g.stat('none')],
    ]
    for (const [name, target, use] of uses) {
      t.is(g.symlink(target, name), 0)
      g.setTimes(1000n, 2000n)
      t.is(resultOf(g.sys.setTimesAt(g.dir, ...g.put(name), 0, Fstflags.ATIM | Fstflags.MTIM)), 0)
      t.is(use(), 0, name)
      t.is(g.stat(name), 0)
      // Other systems have rules of their own for symlinks on their disks.
      if (memory || process.platform === 'linux')
        t.is(near(g.record.atim), kept && name !== 'none', name)
      t.false(near(g.record.mtim), name)
    }
  },
  'reading updates an access time that is not later than the last change': (t, g) => {
    const read = (name: string): bigint => {
      g.file(name, 'text')
      g.fs.utimesSync(g.host(name), 1000, 2000)
      const file = g.handle(name)
      t.deepEqual(g.read(file, 2), text('te'))
      t.is(resultOf(g.sys.filestat(file)), 0)
      t.is(g.record.mtim, 2_000_000_000_000n)
      return g.record.atim
    }
    const kept = datesReading(g)
    const memory = g.sys.name === 'memfs'
    t.is(near(read('f')), kept)
    const dated = g.handle('f', { access: BOTH })
    for (const offset of [0, 4, 100]) {
      g.setTimes(1000n, 2000n)
      t.is(resultOf(g.sys.setTimes(dated, Fstflags.ATIM | Fstflags.MTIM)), 0)
      g.pread(dated, offset, 10)
      t.is(resultOf(g.sys.filestat(dated)), 0)
      t.is(near(g.record.atim), kept || memory, `from ${offset} on`)
    }
    g.folders('d')
    const dir = g.handle('d')
    g.setTimes(1000n, 2000n)
    t.is(resultOf(g.sys.setTimes(dir, Fstflags.ATIM | Fstflags.MTIM)), 0)
    g.list(dir)
    t.is(resultOf(g.sys.filestat(dir)), 0)
    if (memory || process.platform === 'linux')
      t.is(near(g.record.atim), kept || memory, 'a listing')
    g.fs.utimesSync(g.host('f'), 1000, 2000)
    const later = BigInt(Date.now() - 3_600_000) * 1_000_000n
    const file = g.handle('f', { access: BOTH })
    g.setTimes(later, 0n)
    t.is(resultOf(g.sys.setTimes(file, 1)), 0)
    t.is(resultOf(g.sys.filestat(file)), 0)
    t.is(g.record.atim / 1000n, later / 1000n)
    t.is(g.record.mtim, 2_000_000_000_000n)
  },
  'names of bytes that are no UTF-8 work in every call': (t, g) => {
    const name = Uint8Array.from([0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80])
    const other = Uint8Array.from([0xfe])
    t.is(g.mkdir(name), 0)
    t.is(g.mkdir(name), 'EXIST')
    t.is(g.rename(name, other), 0)
    t.is(g.stat(name), 'NOENT')
    t.is(g.symlink(name, 'l'), 0)
    const file = g.handle(name, { access: BOTH, oflags: Oflags.CREAT })
    t.is(g.write(file, 'x'), 1)
    t.deepEqual(g.read(g.handle('l'), 2), text('x'), 'through a link')
    const { bytes } = g.readdir(g.dir, 0n, 4096)
    for (const each of [name, other]) t.true(bytes.includes(Buffer.from(each)))
    const into = g.room(10)
    t.is(g.sys.readlink(g.dir, ...g.put('l'), into, 10), name.length)
    t.deepEqual([...g.bytes(into, name.length)], [...name])
    t.is(g.link(name, Uint8Array.from([0x80])), 0)
    for (const each of [name, 'l', Uint8Array.from([0x80])]) t.is(g.unlink(each), 0)
    t.is(g.rmdir(other), 0)
  },
}
