/** Changes of names under a guest: the tree, the attacker's moves, and the paths that meet them. */
import fs from 'node:fs'
import type { Fixture } from '../sys/fixture.js'
import { populate } from './calls.js'

export interface Technique {
  readonly title: string
  /** The attacker's task. Its paths are below the fixture's folder. */
  readonly attack: readonly [how: 'exchange' | 'move', ...paths: string[]]
  /** The directory below `root` from which the guest's paths start. */
  readonly start: string
  /** The directories before the last name; the guest takes one after the other. */
  readonly prefixes: readonly string[]
  /**
   * Directories before the attack: one that the paths are meant to reach, and one that they must
   * not.
   */
  readonly inside: string
  readonly outside: string
  /** True if the last name itself changes, so that only calls that follow it are worth trying. */
  readonly last: boolean
  build(g: Fixture): void
}

const below = (g: Fixture, ...paths: string[]) => {
  for (const path of paths) fs.mkdirSync(g.outside(path), { recursive: true })
}

export const techniques: readonly Technique[] = [
  {
    title: 'a directory changes places with a link to outside',
    attack: ['exchange', 'root/d', 'root/x'],
    start: '.',
    prefixes: ['d/', './d/./', 'd/../d/', 'd/dir/../'],
    inside: 'root/d',
    outside: 'out',
    last: false,
    build(g) {
      below(g, 'root/d', 'out')
      fs.symlinkSync('../out', g.host('x'))
    },
  },
  {
    title: 'a directory changes places with a link that leads out and back in',
    attack: ['exchange', 'root/d/e', 'root/d/x'],
    start: '.',
    prefixes: ['d/e/', 'd/e/dir/../'],
    inside: 'root/d/e',
    // Within the root, and still not to be reached by a path that leaves it.
    outside: 'root/other',
    last: false,
    build(g) {
      below(g, 'root/d/e', 'root/other')
      fs.symlinkSync('../../root/other', g.host('d/x'))
    },
  },
  {
    title: 'a last name changes places with a link to outside',
    attack: [
      'exchange',
      'root/d/f',
      'root/d/f.link',
      'root/d/new',
      'root/d/new.link',
      'root/d/dir',
      'root/d/dir.link',
    ],
    start: 'd',
    prefixes: ['', './', 'e/../'],
    // A call is undone in an unused directory: the names must stay for the attacker.
    inside: 'root/spare',
    outside: 'out',
    last: true,
    build(g) {
      below(g, 'root/d/e', 'root/spare', 'out')
      populate(g.host('d'), 'inside')
      fs.writeFileSync(g.host('d/new'), 'inside')
      for (const name of ['f', 'new', 'dir'])
        fs.symlinkSync(`../../out/${name}`, g.host(`d/${name}.link`))
    },
  },
  {
    title: 'a directory moves to outside and back while `..` leads out of it',
    attack: ['move', 'root/d/q/r', 'out/far/r'],
    start: 'd',
    // Beneath out/far, as many `..` lead to `out`. The longer it takes to go there the better.
    prefixes: ['q/r/s/../../../', 'q/r/../../', `q/r/s/${'t/../'.repeat(60)}../../../`],
    inside: 'root/d',
    outside: 'out',
    last: false,
    build(g) {
      below(g, 'root/d/q/r/s/t', 'out/far')
    },
  },
]
