/**
 * The child process of fallback.test.ts: path calls on a small tree. Prints the resolver, and each
 * answer.
 */
import fs from 'node:fs'
import { openNative } from '#lib/sys/native/sys.js'
import { Fixture, Oflags } from './fixture.js'

const sys = openNative()
const g = new Fixture(sys)
fs.writeFileSync(g.outside('secret'), 'secret')
g.file('a/b/f', 'hello')
g.links({
  up: '..',
  out: '../secret',
  abs: '/etc',
  in: 'a/b',
  'a/round': '../in',
  loop: 'loop',
  gone: 'a/new',
})
const answers = {
  resolve: g.stat('a/b/f'),
  plain: g.stat('a'),
  through: g.type('in/f'),
  round: g.type('a/round/f'),
  last: g.type('a/round', 1),
  lastKept: g.type('a/round'),
  slash: g.type('in/'),
  dots: g.type('a/b/../../in/f'),
  above: g.stat('a/../../secret'),
  up: g.stat('up/secret'),
  out: g.open('out'),
  outKept: g.open('out', { follow: 0 }),
  abs: g.open('abs/passwd'),
  loop: g.stat('loop/x'),
  notdir: g.stat('a/b/f/x'),
  create: typeof g.create('a/b/new'),
  createThroughLink: typeof g.create('gone'),
  createThroughSlash: g.create('in/'),
  created: g.exists('a/new'),
  exclusive: g.create('gone', { oflags: Oflags.EXCL }),
  mkdir: g.mkdir('in/dir'),
  rename: g.rename('in/new', 'a/round/dir/moved'),
  link: g.link('in/f', 'a/g', { follow: 1 }),
  unlink: g.unlink('in/f'),
  rmdir: g.rmdir('a/b/dir'),
}
console.log(JSON.stringify({ resolver: sys.resolver, answers }))
g.dispose()
