/**
 * A link in the last place, followed by the two calls that work on the name of what it leads to:
 * link and setTimesAt.
 */
import { type Cases, type Fixture, Fstflags, type Result, resultOf } from '../fixture.js'

let clock = 1_000_000_000_000_000n
/**
 * Follows the link at the end of a path by both calls, which must agree on the file: its inode, or
 * why there is none.
 */
function follow(g: Fixture, path: string, dir = g.dir): bigint | Result | string {
  clock += 1_000_000_000n
  g.setTimes(0n, clock)
  const linked = g.link(path, 'made', { follow: 1, dir })
  const set = resultOf(g.sys.setTimesAt(dir, ...g.put(path), 1, Fstflags.MTIM))
  if (linked !== 0)
    return linked === 'PERM' && set === 0
      ? marked(g, path, dir)
      : linked === set
        ? set
        : `link: ${linked}, set: ${set}`
  const made = g.fs.lstatSync(g.host('made'), { bigint: true })
  g.fs.unlinkSync(g.host('made'))
  return set === 0 && made.mtimeNs === clock
    ? made.ino
    : `link: ${linked}, set: ${set}, on ${made.mtimeNs === clock ? 'it' : 'another'}`
}
/** A directory has one name, so that it is known by the time alone that was set on it. */
function marked(g: Fixture, path: string, dir: number): bigint | string {
  g.stat(path, { dir, follow: 1 })
  return g.record.mtim === clock ? g.record.ino : 'another has the time'
}
const inode = (g: Fixture, name: string) => {
  g.stat(name)
  return g.record.ino
}

export const following: Cases = {
  'a last link deep in the tree is followed through links on the way': (t, g) => {
    g.file('a/b/c/f')
    g.links({
      m: 'a/b',
      'a/b/n': '../b/c',
      'a/b/c/l': 'f',
      'a/b/c/far': '../../../m/n/l',
      'a/further': '../m/../b/n/far',
    })
    for (const path of [
      'a/b/c/l',
      'm/c/l',
      'm/n/l',
      'a/b/n/far',
      'm/n/far',
      'a/further',
      'm/n/../../further',
    ]) {
      t.is(follow(g, path), inode(g, 'a/b/c/f'), path)
    }
  },
  'a last link whose target goes up within the root is followed': (t, g) => {
    g.file('top')
    g.file('a/near')
    g.file('a/b/c/f')
    g.links({
      'a/b/c/up': '../../../top',
      'a/b/c/half': '../../near',
      'a/b/c/round': '../../../a/b/../b/c/f',
      m: 'a/b/c',
    })
    for (const base of ['a/b/c', 'm', 'a/../m', 'm/../c']) {
      t.is(follow(g, `${base}/up`), inode(g, 'top'), base)
      t.is(follow(g, `${base}/half`), inode(g, 'a/near'), base)
      t.is(follow(g, `${base}/round`), inode(g, 'a/b/c/f'), base)
    }
    // Inside is beneath the directory that the guest named.
    const [a, b] = [g.handle('a'), g.handle('a/b')]
    t.is(follow(g, 'b/c/half', a), inode(g, 'a/near'))
    t.is(follow(g, 'b/c/up', a), 'NOTCAPABLE')
    t.is(follow(g, 'c/half', b), 'NOTCAPABLE')
    t.is(follow(g, 'c/round', b), 'NOTCAPABLE')
  },
  'a last link deep in the tree that leaves the root is refused': (t, g) => {
    g.fs.writeFileSync(g.outside('secret'), '')
    g.fs.utimesSync(g.outside('secret'), 1, 1)
    g.file('a/b/f')
    g.links({
      'a/b/out': '../../../secret',
      'a/b/again': '../../../root/a/b/f',
      'a/b/abs': g.host('a/b/f'),
      'a/b/chain': 'out',
    })
    g.links({ 'a/b/root': '/', 'a/b/parent': '../../..', m: 'a/b' })
    for (const name of ['out', 'again', 'abs', 'chain', 'root', 'parent']) {
      for (const base of ['a/b', 'm']) t.is(follow(g, `${base}/${name}`), 'NOTCAPABLE', name)
    }
    t.is(g.fs.statSync(g.outside('secret'), { bigint: true }).mtimeNs, 1_000_000_000n)
    t.is(g.fs.statSync(g.outside('secret')).nlink, 1)
  },
  'a last link counts together with links on the way': (t, g) => {
    g.file('a/f')
    g.links({ m: 'a' })
    for (let index = 1; index <= 41; index++) {
      g.links({
        [`a/l${index}`]: index === 1 ? 'f' : `l${index - 1}`,
        [`a/n${index}`]: index === 1 ? 'f' : `../m/n${index - 1}`,
      })
    }
    const file = inode(g, 'a/f')
    t.is(follow(g, 'a/l40'), file)
    t.is(follow(g, 'm/l39'), file)
    t.is(follow(g, 'a/l41'), 'LOOP')
    t.is(follow(g, 'm/l40'), 'LOOP')
    t.is(follow(g, 'a/n20'), file, '20 of the last, 19 on the way')
    t.is(follow(g, 'm/n20'), file, '20 and 20')
    t.is(follow(g, 'a/n21'), 'LOOP', '21 and 20')
    t.is(follow(g, 'm/../m/n20'), 'LOOP', '20 and 21')
    g.links({ 'a/self': 'self', 'a/ping': '../a/pong', 'a/pong': '../m/ping' })
    for (const name of ['self', 'ping', 'pong']) t.is(follow(g, `a/${name}`), 'LOOP', name)
  },
  'a last link whose target ends in a slash or dots must reach a directory': (t, g) => {
    g.file('a/b/f')
    g.folders('a/b/d/e')
    g.links({
      'a/b/d2': 'd/',
      'a/b/d3': 'd//',
      'a/b/d4': 'd/.',
      'a/b/d5': 'd/e/..',
      'a/b/d6': 'd2',
      'a/b/d7': 'd6/e/../',
    })
    g.links({
      'a/b/here': '.',
      'a/b/up': '..',
      'a/b/top': '../..',
      'a/b/f2': 'f/',
      'a/b/f3': 'f/.',
      'a/b/gone': 'new/',
      m: 'a/b',
    })
    for (const base of ['a/b', 'm']) {
      for (const name of ['d2', 'd3', 'd4', 'd5', 'd6', 'd7'])
        t.is(follow(g, `${base}/${name}`), inode(g, 'a/b/d'), name)
      t.is(follow(g, `${base}/here`), inode(g, 'a/b'))
      t.is(follow(g, `${base}/up`), inode(g, 'a'))
      t.is(follow(g, `${base}/top`), inode(g, '.'))
      for (const name of ['f2', 'f3']) t.is(follow(g, `${base}/${name}`), 'NOTDIR', name)
      t.is(follow(g, `${base}/gone`), 'NOENT')
    }
    t.false(g.exists('a/b/new'))
  },
  'a dangling last link is NOENT': (t, g) => {
    g.file('a/f')
    g.links({ 'a/gone': 'nowhere', 'a/far': 'no/where', 'a/through': 'f/x', 'a/chain': 'gone' })
    t.is(follow(g, 'a/gone'), 'NOENT')
    t.is(follow(g, 'a/far'), 'NOENT')
    t.is(follow(g, 'a/chain'), 'NOENT')
    t.is(follow(g, 'a/through'), 'NOTDIR')
    t.false(g.exists('a/nowhere'))
  },
  'a last link whose target is too long behind its path is still followed': (t, g) => {
    const base = 'd'.repeat(200)
    const deep = Array(15).fill(base).join('/')
    g.file(`${deep}/f`)
    g.links({
      [`${deep}/l`]: `${'./'.repeat(1000)}f`,
      [`${deep}/up`]: `${'../'.repeat(15)}${deep}/f`,
    })
    t.is(follow(g, `${deep}/l`), inode(g, `${deep}/f`))
    t.is(follow(g, `${deep}/up`), inode(g, `${deep}/f`))
    t.is(g.type(`${deep}/l`, 1), g.type(`${deep}/f`))
  },
}
