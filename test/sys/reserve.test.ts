/**
 * Descriptors reserved for the host: no call of a guest holds one, not even in passing, however
 * deep its path.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const child = fileURLToPath(new URL('./reserve-child.js', import.meta.url))

/**
 * Descriptors below the reserve that each call takes at most: those it holds at once, and no
 * others.
 */
const needed: Record<string, Record<string, number>> = {
  openat2: {
    'open f': 1,
    'open a/f': 1,
    'create a/new': 1,
    'create a/b/c/new': 1,
    'truncate a/b/f': 1,
    'open a/b/c/f': 1,
    'open a/b/c/up': 1,
    'stat f': 0,
    'stat a/b/c/f': 1,
    'stat a/b/c/l, followed': 1,
    'set_times a/b/c/f': 1,
    'set_times a/b/c/l, followed': 2,
    'mkdir a/b/c/new': 1,
    'rmdir a/b/c/dir': 1,
    'unlink a/b/c/f': 1,
    'symlink a/b/c/new': 1,
    'readlink a/b/c/l': 1,
    'link a/b/c/f to a/b/c/new': 2,
    'link a/b/c/l, followed, to a/b/c/new': 2,
    'rename a/b/c/f to itself': 2,
    'readdir a/b, with the inode of its parent': 1,
    'set_flags f': 0,
    accept: 1,
    'write to a FIFO of the host': 1,
  },
  walk: {
    'open f': 1,
    'open a/f': 2,
    'create a/new': 2,
    'create a/b/c/new': 3,
    'truncate a/b/f': 2,
    'open a/b/c/f': 3,
    'open a/b/c/up': 3,
    'stat f': 0,
    'stat a/b/c/f': 3,
    'stat a/b/c/l, followed': 3,
    'set_times a/b/c/f': 3,
    'set_times a/b/c/l, followed': 3,
    'mkdir a/b/c/new': 3,
    'rmdir a/b/c/dir': 3,
    'unlink a/b/c/f': 3,
    'symlink a/b/c/new': 3,
    'readlink a/b/c/l': 3,
    'link a/b/c/f to a/b/c/new': 4,
    'link a/b/c/l, followed, to a/b/c/new': 4,
    'rename a/b/c/f to itself': 4,
    'readdir a/b, with the inode of its parent': 1,
    'set_flags f': 0,
    accept: 1,
    'write to a FIFO of the host': 1,
  },
  typescript: {
    'open f': 1,
    'open a/f': 2,
    'create a/new': 2,
    'create a/b/c/new': 3,
    'truncate a/b/f': 2,
    'open a/b/c/f': 3,
    'open a/b/c/up': 3,
    'stat f': 0,
    'stat a/b/c/f': 3,
    'stat a/b/c/l, followed': 3,
    'set_times a/b/c/f': 3,
    'set_times a/b/c/l, followed': 3,
    'mkdir a/b/c/new': 3,
    'rmdir a/b/c/dir': 3,
    'unlink a/b/c/f': 3,
    'symlink a/b/c/new': 3,
    'readlink a/b/c/l': 3,
    'link a/b/c/f to a/b/c/new': 4,
    'link a/b/c/l, followed, to a/b/c/new': 4,
    'rename a/b/c/f to itself': 4,
    'readdir a/b, with the inode of its parent': 1,
    'set_flags f': 1,
  },
}

/**
 * A limit of the process, how many descriptors of it are the host's, and how many it opens at once.
 */
const limits = [
  { limit: 300, reserve: 64, files: 50 },
  { limit: 100, reserve: 50, files: 10 },
]

for (const way of ['native', 'native by the walk', 'typescript', 'typescript by the walk']) {
  for (const { limit, reserve, files } of limits) {
    const title = `of ${limit} descriptors the host keeps ${reserve}, whatever a guest's calls hold (${way})`
    if (process.platform !== 'linux') {
      test.skip(`${title} [counts descriptors by /proc]`, () => {})
      continue
    }
    test.serial(title, t => {
      const script = `ulimit -n ${limit} && exec "$0" "$@"`
      const args = [child, way, String(limit - reserve), String(files)]
      const { stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, ...args], {
        encoding: 'utf8',
      })
      t.is(stderr, '')
      const found = JSON.parse(stdout)
      t.deepEqual(found.needed, way === 'typescript' ? undefined : needed[found.by])
      t.deepEqual(
        found.crowded?.slice(0, 5),
        way === 'typescript' ? [0, 0, 0, 0, 0] : undefined,
        'cached directories are closed for a call that needs their descriptors',
      )
      t.not(found.crowded?.[5], 'EXIST', 'no file is created twice')
      t.is(
        found.late,
        way.startsWith('typescript') ? undefined : 'MFILE',
        'a connection that was taken too late is closed',
      )
      t.is(found.beside.failed, 0, 'the host opens its files while a guest is deep in a path')
      t.true(found.beside.rounds > 10)
      t.deepEqual(found.beside.answers, found.by === 'openat2' ? ['0', 'EXIST'] : ['MFILE'])
    })
  }
}
