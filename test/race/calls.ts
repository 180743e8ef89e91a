/**
 * The calls that the guest tries while names change under it, and the same call by a host that
 * looks at a path first and then uses it.
 */
import fs from 'node:fs'
import { type Fixture, Oflags, type Result, resultOf, WRITE } from '../sys/fixture.js'

/** The observations of a call that succeeded: texts, names, numbers of files. */
export type Seen = readonly (string | bigint)[]
export type Refusal = Exclude<Result, number>

export interface Call {
  readonly title: string
  /** The last name of the path; `populate` puts what the call needs there. */
  readonly name: string
  /**
   * True if the call follows a link in the last component. Only such calls meet a name that changes
   * places with a link.
   */
  readonly follows: boolean
  /** The call by way of the sandbox. */
  guest(g: Fixture, dir: number, path: string): Seen | Refusal
  /** The same by node:fs, after the path was found to be good. Throws where it fails. */
  naive(path: string, own: string): Seen
  /** Makes good what a success changed in the directory that was meant, and in the guest's own. */
  restore?(inside: string, own: string): void
}

/**
 * Fills the directory that the path is meant to reach, and the one outside, which differ in `text`.
 */
export function populate(folder: string, text: string): void {
  for (const name of ['dir', 'empty']) fs.mkdirSync(`${folder}/${name}`, { recursive: true })
  for (const name of ['f', 'victim', `dir/${text}`]) fs.writeFileSync(`${folder}/${name}`, text)
}

const O_PATH = 0o10000000
/** Resolves a path of the host: realpath, as fast as the platform offers it. */
export function whereabouts(path: string): string {
  const fd = fs.openSync(path, O_PATH)
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`)
  } finally {
    fs.closeSync(fd)
  }
}

const remove = (path: string) => fs.rmSync(path, { recursive: true, force: true })
const nothing: Seen = []
const done = (answer: Result): Seen | Refusal => (typeof answer === 'number' ? nothing : answer)

/** Reads what an open file, or an open directory, reveals. */
function peek(g: Fixture, opened: Result): Seen | Refusal {
  if (typeof opened !== 'number') return opened
  const read = g.read(opened, 100)
  g.sys.filestat(opened)
  g.close(opened)
  return [g.record.ino, typeof read === 'string' ? read : read.text]
}
function entries(g: Fixture, opened: Result): Seen | Refusal {
  if (typeof opened !== 'number') return opened
  const room = g.room(4096)
  const filled = resultOf(g.sys.readdir(opened, 0n, room, 4096))
  g.sys.filestat(opened)
  g.close(opened)
  if (typeof filled !== 'number') return filled
  return [
    g.record.ino,
    ...(g
      .bytes(room, filled)
      .toString('latin1')
      .match(/inside|secret/g) ?? []),
  ]
}

export const calls: readonly Call[] = [
  {
    title: 'open, to read',
    name: 'f',
    follows: true,
    guest: (g, dir, path) => peek(g, g.open(path, { dir })),
    naive: path => [fs.readFileSync(path, 'utf8')],
  },
  {
    title: 'open, creating',
    name: 'new',
    follows: true,
    guest: (g, dir, path) => peek(g, g.create(path, { dir })),
    naive(path) {
      fs.closeSync(fs.openSync(path, 'a'))
      return nothing
    },
    restore: inside => remove(`${inside}/new`),
  },
  {
    title: 'open, truncating',
    name: 'f',
    follows: true,
    guest: (g, dir, path) => peek(g, g.open(path, { dir, access: WRITE, oflags: Oflags.TRUNC })),
    naive(path) {
      fs.truncateSync(path)
      return nothing
    },
  },
  {
    title: 'stat',
    name: 'f',
    follows: true,
    guest(g, dir, path) {
      const answer = g.stat(path, { dir, follow: 1 })
      return answer === 0 ? [g.record.ino] : done(answer)
    },
    naive: path => [fs.statSync(path, { bigint: true }).ino],
  },
  {
    title: 'set times',
    name: 'f',
    follows: true,
    guest(g, dir, path) {
      g.setTimes(5n, 5n)
      return done(resultOf(g.sys.setTimesAt(dir, ...g.put(path), 1, 5)))
    },
    naive(path) {
      fs.utimesSync(path, 5, 5)
      return nothing
    },
  },
  {
    title: 'list',
    name: 'dir',
    follows: true,
    guest: (g, dir, path) => entries(g, g.open(path, { dir, oflags: Oflags.DIRECTORY })),
    naive: path => fs.readdirSync(path),
  },
  {
    title: 'link from',
    name: 'f',
    follows: true,
    guest(g, dir, path) {
      const answer = done(g.link(path, 'fresh', { dir, follow: 1, dir2: g.dir }))
      if (typeof answer === 'string') return answer
      g.stat('fresh')
      return [g.record.ino]
    },
    naive(path, own) {
      // link(2) follows no link, so this host asks once more where it leads.
      fs.linkSync(whereabouts(path), `${own}/fresh`)
      return nothing
    },
    restore: (_, own) => remove(`${own}/fresh`),
  },
  {
    title: 'link to',
    name: 'new',
    follows: false,
    guest: (g, dir, path) => done(g.link('source', path, { dir: g.dir, dir2: dir })),
    naive(path, own) {
      fs.linkSync(`${own}/source`, path)
      return nothing
    },
    restore: inside => remove(`${inside}/new`),
  },
  {
    title: 'rename from',
    name: 'victim',
    follows: false,
    guest: (g, dir, path) => done(g.rename(path, 'stolen', { dir, dir2: g.dir })),
    naive(path, own) {
      fs.renameSync(path, `${own}/stolen`)
      return nothing
    },
    restore(inside, own) {
      remove(`${own}/stolen`)
      populate(inside, 'inside')
    },
  },
  {
    title: 'rename to',
    name: 'new',
    follows: false,
    guest: (g, dir, path) => done(g.rename('source', path, { dir: g.dir, dir2: dir })),
    naive(path, own) {
      fs.renameSync(`${own}/source`, path)
      return nothing
    },
    restore(inside, own) {
      remove(`${inside}/new`)
      fs.writeFileSync(`${own}/source`, '')
    },
  },
  {
    title: 'symlink',
    name: 'new',
    follows: false,
    guest: (g, dir, path) => done(g.symlink('f', path, dir)),
    naive(path) {
      fs.symlinkSync('f', path)
      return nothing
    },
    restore: inside => remove(`${inside}/new`),
  },
  {
    title: 'mkdir',
    name: 'new',
    follows: false,
    guest: (g, dir, path) => done(g.mkdir(path, dir)),
    naive(path) {
      fs.mkdirSync(path)
      return nothing
    },
    restore: inside => remove(`${inside}/new`),
  },
  {
    title: 'rmdir',
    name: 'empty',
    follows: false,
    guest: (g, dir, path) => done(g.rmdir(path, dir)),
    naive(path) {
      fs.rmdirSync(path)
      return nothing
    },
    restore: inside => populate(inside, 'inside'),
  },
  {
    title: 'unlink',
    name: 'victim',
    follows: false,
    guest: (g, dir, path) => done(g.unlink(path, dir)),
    naive(path) {
      fs.unlinkSync(path)
      return nothing
    },
    restore: inside => populate(inside, 'inside'),
  },
]
