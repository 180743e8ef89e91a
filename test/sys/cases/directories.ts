/** Listing directories: entries, cookies, cut entries, changes in between. */
import { type Cases, type Entry, Filetype, type Fixture, names, resultOf } from '../fixture.js'

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => `entry-${index}-${'x'.repeat(index % 40)}`)
function fill(g: Fixture, count: number): string[] {
  const all = many(count)
  for (const name of all) g.fs.writeFileSync(g.host(name), '')
  return ['.', '..', ...all].sort()
}

export const directories: Cases = {
  'an empty directory lists . and ..': (t, g) => {
    t.deepEqual(names(g.list(g.dir)), ['.', '..'])
  },
  'entries have the types and inodes of their files': (t, g) => {
    g.file('f')
    g.folders('d')
    g.links({ l: 'gone' })
    g.fifo('p')
    const found = new Map(g.list(g.dir).map(entry => [entry.name, entry]))
    t.deepEqual([...found.keys()].sort(), ['.', '..', 'd', 'f', 'l', 'p'])
    const types = {
      f: Filetype.REGULAR,
      d: Filetype.DIRECTORY,
      l: Filetype.LINK,
      '.': Filetype.DIRECTORY,
      '..': Filetype.DIRECTORY,
    }
    for (const [name, type] of Object.entries(types)) t.is(found.get(name)?.type, type, name)
    for (const name of ['f', 'd', 'l', '.'])
      t.is(found.get(name)?.ino, g.fs.lstatSync(g.host(name), { bigint: true }).ino, name)
    t.is(g.stat('p'), 0)
    t.is(found.get('p')?.type, g.record.type, 'as filestat says')
  },
  '.. in the root has the inode of the root': (t, g) => {
    const found = new Map(g.list(g.dir).map(entry => [entry.name, entry.ino]))
    t.is(found.get('..'), g.fs.statSync(g.host(), { bigint: true }).ino)
  },
  '.. in a subdirectory has the inode of its parent': (t, g) => {
    g.folders('d')
    const found = new Map(g.list(g.handle('d')).map(entry => [entry.name, entry.ino]))
    t.is(found.get('..'), g.fs.statSync(g.host(), { bigint: true }).ino)
    t.is(found.get('.'), g.fs.statSync(g.host('d'), { bigint: true }).ino)
  },
  '.. has the inode of its parent in whatever order directories are listed': (t, g) => {
    const all = Array.from({ length: 12 }, (_, depth) => `d${depth}`)
    g.folders(all.join('/'))
    for (const depth of [1, 12, 3, 2, 3, 4, 11, 1, 6]) {
      const [path, parent] = [all.slice(0, depth), all.slice(0, depth - 1)].map(part =>
        part.join('/'),
      ) as [string, string]
      const found = new Map(g.list(g.handle(path)).map(entry => [entry.name, entry.ino]))
      t.is(found.get('..'), g.fs.statSync(g.host(parent), { bigint: true }).ino, path)
    }
  },
  '.. deep below the root has the inode of its parent': (t, g) => {
    g.folders('a/b/c/d')
    const found = new Map(g.list(g.handle('a/b/c/d')).map(entry => [entry.name, entry.ino]))
    t.is(found.get('..'), g.fs.statSync(g.host('a/b/c'), { bigint: true }).ino)
  },
  '.. in a directory moved out of the root has its own inode': (t, g) => {
    g.folders('a/b')
    const handles = [g.handle('a'), g.handle('a/b')]
    g.fs.renameSync(g.host('a'), g.outside('a'))
    for (const handle of handles) {
      const found = new Map(g.list(handle).map(entry => [entry.name, entry.ino]))
      t.is(found.get('..'), found.get('.'))
    }
  },
  'a small buffer lists 1000 entries exactly once': (t, g) => {
    const all = fill(g, 1000)
    t.deepEqual(names(g.list(g.dir, 200)), all)
  },
  'a large buffer lists 1000 entries exactly once, again and again': (t, g) => {
    const all = fill(g, 1000)
    t.deepEqual(names(g.list(g.dir, 100_000)), all)
    t.deepEqual(names(g.list(g.dir, 4096)), all, 'and once more')
  },
  'deleting each entry while listing skips none': (t, g) => {
    const all = fill(g, 500)
    const seen = g.list(g.dir, 200, entry => {
      if (entry.name.startsWith('entry')) t.is(g.unlink(entry.name), 0)
    })
    t.deepEqual(names(seen), all)
    t.deepEqual(names(g.list(g.dir)), ['.', '..'])
  },
  'one cookie used twice returns the same bytes': (t, g) => {
    fill(g, 50)
    const { entries } = g.readdir(g.dir, 0n, 500)
    const once = g.readdir(g.dir, entries[2].next, 300)
    g.readdir(g.dir, entries[4].next, 300)
    t.deepEqual(g.readdir(g.dir, entries[2].next, 300).bytes, once.bytes)
    t.is(once.entries[0].name, entries[3].name)
  },
  'a cookie resumes a listing on another handle of the directory': (t, g) => {
    g.folders('d')
    for (const name of many(20)) g.fs.writeFileSync(g.host(`d/${name}`), '')
    const one = g.handle('d')
    const two = g.handle('d')
    const all = g.list(one)
    const rest = g.readdir(two, all[4].next, 4096).entries
    t.deepEqual(
      rest.map(entry => entry.name),
      all.slice(5).map(entry => entry.name),
    )
  },
  'a buffer is filled to its last byte, and the last entry cut': (t, g) => {
    fill(g, 20)
    const whole = g.readdir(g.dir, 0n, 4096).bytes
    for (const room of [1, 8, 24, 25, 26, 60, 100, 201]) {
      const { length, bytes } = g.readdir(g.dir, 0n, room)
      t.is(length, room)
      t.deepEqual(bytes, whole.subarray(0, room))
    }
  },
  'an empty buffer returns no bytes': (t, g) => {
    t.is(resultOf(g.sys.readdir(g.dir, 0n, g.room(0), 0)), 0)
  },
  'a listing shorter than its buffer has reached the end': (t, g) => {
    const { length, entries } = g.readdir(g.dir, 0n, 4096)
    t.is(length, 2 * 24 + 3)
    t.is(g.readdir(g.dir, (entries.at(-1) as Entry).next, 4096).length, 0)
  },
  'padding in entries is zero': (t, g) => {
    g.memory.fill(0xff)
    const { bytes } = g.readdir(g.dir, 0n, 4096)
    t.deepEqual([...bytes.subarray(21, 24)], [0, 0, 0])
  },
  'cookie 0 starts over and lists new names': (t, g) => {
    g.file('one')
    t.deepEqual(names(g.list(g.dir)), ['.', '..', 'one'])
    g.file('two')
    g.fs.rmSync(g.host('one'))
    t.deepEqual(names(g.list(g.dir)), ['.', '..', 'two'])
  },
  'two handles of one directory list independently': (t, g) => {
    fill(g, 30)
    const one = g.handle('.')
    const two = g.handle('.')
    const first = g.readdir(one, 0n, 200)
    g.list(two)
    const next = g.readdir(one, (first.entries.at(-1) as Entry).next, 200)
    const order = g.list(one, 200).map(entry => entry.name)
    t.is(next.entries[0].name, order[first.entries.length])
  },
  'names that are not UTF-8 are kept byte for byte': (t, g) => {
    g.fs.writeFileSync(Buffer.concat([Buffer.from(`${g.host()}/`), Buffer.from([0xff, 0x61])]), '')
    const { bytes } = g.readdir(g.dir, 0n, 4096)
    t.true(bytes.includes(Buffer.from([0xff, 0x61])))
  },
  'a removed directory lists at most . and ..': (t, g) => {
    g.folders('d')
    const dir = g.handle('d')
    t.is(g.rmdir('d'), 0)
    // Linux says ENOENT here, and readdir(3) makes an end of it, as POSIX wants it:
    // https://sourceware.org/bugzilla/show_bug.cgi?id=10165
    const at = g.room(100)
    const answer = resultOf(g.sys.readdir(dir, 0n, at, 100))
    const elsewhere = process.platform !== 'linux' && answer === 'NOENT'
    t.true(elsewhere || (typeof answer === 'number' && answer <= 2 * 24 + 3), String(answer))
  },
  'directory calls on a file are refused with NOTDIR': (t, g) => {
    g.file('f')
    t.is(resultOf(g.sys.readdir(g.handle('f'), 0n, g.room(100), 100)), 'NOTDIR')
  },
}
