/** The ways out by a path: a row for each, which is tried with every call that takes a path. */
import type { Attacker, Name } from './attacker.js'
import type { Case } from './case.js'
import type { Aim, Ground, Scene } from './scene.js'
import type { Carelessness } from './unguarded.js'
import { type Use, uses } from './uses.js'

interface Technique {
  readonly name: string
  /** What it can aim at. Default all. */
  readonly aims?: readonly Aim[]
  /**
   * Whether to ask that a link in the last place be followed: only tried with calls that can be
   * asked. Default yes, where one can.
   */
  readonly follow?: 0 | 1
  readonly ground?: Ground
  readonly furnish?: (s: Scene, aim: Aim) => void
  readonly prepare?: (a: Attacker, s: Scene, aim: Aim) => number
  readonly meanwhile?: (s: Scene) => void
  readonly path: (s: Scene, aim: Aim) => Name
  /** What a guarded host answers. */
  readonly answer: Case['answer']
  /** What it answers instead, by what is aimed at, or by call and deed. */
  readonly but?: Readonly<Record<string, Case['answer']>>
  readonly twin?: Carelessness
  readonly needs?: 'proc'
}

const outside = (s: Scene, aim: Aim): string => s.at(`outside/${aim}`)
const go = (path: string) => (_: Scene, aim: Aim) => path.replaceAll('AIM', aim)
/** Links by name in the box, made beforehand by somebody else. */
const links = (targets: Readonly<Record<string, string>>) => (s: Scene, aim: Aim) => {
  const words = { BASE: s.base, AIM: aim, FD: String(s.bait.outside) }
  for (const [name, target] of Object.entries(targets)) {
    // At one go: the name of the scratch folder may have any of these letters.
    s.link(
      `box/${name}`,
      target.replace(/BASE|AIM|FD/g, word => words[word as keyof typeof words]),
    )
  }
}
const symlinked =
  (...args: Parameters<Attacker['symlink']>) =>
  (a: Attacker) =>
    made(a.symlink(...args))
/** What a guest may do, it could do. */
function made(errno: string, dir = 3): number {
  if (errno !== 'SUCCESS') throw new Error(`not prepared: ${errno}`)
  return dir
}
const at = (path: string) => ({ dir: 3, path, follow: 0 })
/** A path of this many bytes at least, which goes nowhere at first. */
const long = (bytes: number) => (_: Scene, aim: Aim) => `${'./'.repeat(bytes / 2)}../outside/${aim}`
/**
 * The kernel counts a link twice if it must look again, so that a longer chain is now NOTCAPABLE
 * and now LOOP.
 */
const longChain = Object.fromEntries(
  Array.from({ length: 19 }, (_, i) => [`hop${i}`, i === 18 ? '../outside' : `hop${i + 1}`]),
)

const folders: readonly Aim[] = ['vault', 'hollow']
/** What is made anew is made in the box, by a name as good as any. */
const madeInside = { fresh: 'SUCCESS' }

/** What a guest would find in the directory above the box. */
const above = (s: Scene): void => s.file('secret', s.mark)

/** By the text of the path alone. */
const dots: readonly Technique[] = [
  { name: '`..` itself', aims: ['vault'], furnish: above, path: go('..'), answer: 'NOTCAPABLE' },
  {
    name: '`..` itself, with a slash',
    aims: ['vault'],
    furnish: above,
    path: go('../'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` itself, with `.` behind it',
    aims: ['vault'],
    furnish: above,
    path: go('../.'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` itself, from below',
    aims: ['vault'],
    furnish: above,
    path: go('dir/./../..'),
    answer: 'NOTCAPABLE',
  },
  { name: '`..` first', path: go('../outside/AIM'), answer: 'NOTCAPABLE' },
  { name: '`.`, then `..`', path: go('./../outside/AIM'), answer: 'NOTCAPABLE' },
  { name: 'one down and two up', path: go('dir/../../outside/AIM'), answer: 'NOTCAPABLE' },
  {
    name: 'two down and three up',
    path: go('dir/deep/../../../outside/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'down and up with many slashes',
    path: go('dir//..//..//outside///AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`.` between all steps',
    path: go('././dir/./../.././outside/./AIM'),
    answer: 'NOTCAPABLE',
  },
  { name: 'up, back in by name, up', path: go('../box/../outside/AIM'), answer: 'NOTCAPABLE' },
  {
    name: '`..` with a slash at the end',
    aims: folders,
    path: go('../outside/AIM/'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` with slashes at the end',
    aims: folders,
    path: go('../outside/AIM//'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` with `.` at the end',
    aims: ['vault'],
    path: go('../outside/AIM/.'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` with `..` at the end',
    aims: ['vault'],
    path: go('../outside/hollow/../AIM/../AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'up to the root of the host, and down',
    path: (s, aim) => '../'.repeat(64) + outside(s, aim).slice(1),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` behind what is not there',
    path: go('nothing/../../outside/AIM'),
    answer: 'NOENT',
    twin: 'shortens',
  },
  {
    name: '`..` behind a file',
    path: go('own/../../outside/AIM'),
    answer: 'NOTDIR',
    twin: 'shortens',
  },
  {
    name: 'a sibling whose name begins alike',
    path: go('../box-secret/AIM'),
    answer: 'NOTCAPABLE',
    twin: 'compares',
  },
  { name: 'an absolute path', path: outside, answer: 'NOTCAPABLE' },
  {
    name: 'an absolute path with two slashes',
    path: (s, aim) => `/${outside(s, aim)}`,
    answer: 'NOTCAPABLE',
  },
  {
    name: "the guest's own name of the box, then `..`",
    path: go('/box/../outside/AIM'),
    answer: 'NOTCAPABLE',
    twin: 'maps',
  },
  { name: 'a long path', path: long(3800), answer: 'NOTCAPABLE' },
  {
    name: 'a path longer than the host takes',
    path: long(4096),
    answer: 'NAMETOOLONG',
    twin: 'shortens',
  },
  { name: 'a path longer than any', path: long(100_000), answer: 'NAMETOOLONG', twin: 'shortens' },
  { name: 'a NUL behind it', path: go('../outside/AIM\0.txt'), answer: 'INVAL' },
  {
    name: 'a NUL in front of what is innocent',
    path: go('../outside/AIM\0/../../box/own'),
    answer: 'INVAL',
  },
  {
    name: 'backslashes',
    path: go('..\\outside\\AIM'),
    answer: 'NOENT',
    but: madeInside,
    twin: 'backslashes',
  },
  {
    name: '`%2e%2e`',
    path: go('%2e%2e%2foutside%2fAIM'),
    answer: 'NOENT',
    but: madeInside,
    twin: 'decodes',
  },
  {
    name: '`..` in UTF-8 of too many bytes',
    path: (_, aim) => Buffer.from(`\xc0\xae\xc0\xae\xc0\xafoutside\xc0\xaf${aim}`, 'latin1'),
    answer: 'NOENT',
    but: madeInside,
    twin: 'overlong',
  },
]

/** By a link on the way, which others have put into the box. */
const onTheWay: readonly Technique[] = [
  {
    name: 'an absolute link on the way',
    furnish: links({ out: 'BASE/outside' }),
    path: go('out/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a relative link on the way',
    furnish: links({ out: '../outside' }),
    path: go('out/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link deeper on the way',
    furnish: links({ 'dir/out': '../../outside' }),
    path: go('dir/out/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link to `..`',
    furnish: links({ up: '..' }),
    path: go('up/outside/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link to `..`, twice',
    furnish: links({ 'dir/up': '..' }),
    path: go('dir/up/dir/up/../outside/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link whose target ends in a slash',
    furnish: links({ out: '../outside/' }),
    path: go('out/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link whose target has doubled slashes',
    furnish: links({ out: '..//outside' }),
    path: go('out//AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link whose target goes down first',
    furnish: links({ out: 'dir/../../outside' }),
    path: go('out/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a chain of links',
    furnish: links({ one: 'dir/two', 'dir/two': '../three', three: './four', four: '../outside' }),
    path: go('one/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a chain of 19 links',
    furnish: links(longChain),
    path: go('hop0/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link within the target of a link',
    furnish: links({ one: 'dir/back/outside', 'dir/back': '../..' }),
    path: go('one/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a legal link, then `..` from where it leads',
    furnish: links({ in: 'dir/deep' }),
    path: go('in/../../../outside/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a legal link to the box, then `..`',
    furnish: links({ 'dir/deep/back': '../..' }),
    path: go('dir/deep/back/../outside/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link that leads out and back in, then `..`',
    furnish: links({ around: '../box' }),
    path: go('around/../outside/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'an absolute link to the box, then `..`',
    furnish: links({ home: 'BASE/box' }),
    path: go('home/../outside/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link through a neighbour whose name begins alike',
    furnish: links({ out: '../box-secret' }),
    path: go('out/AIM'),
    answer: 'NOTCAPABLE',
    twin: 'compares',
  },
  {
    name: 'a link to /proc/self/root',
    furnish: links({ out: '/proc/self/rootBASE/outside' }),
    path: go('out/AIM'),
    answer: 'NOTCAPABLE',
    needs: 'proc',
  },
  {
    name: 'a link to /proc/self/fd',
    furnish: links({ out: '/proc/self/fd/FD' }),
    path: go('out/AIM'),
    answer: 'NOTCAPABLE',
    needs: 'proc',
  },
  {
    name: 'a link to /proc/thread-self/fd',
    furnish: links({ out: '/proc/thread-self/fd/FD' }),
    path: go('out/AIM'),
    answer: 'NOTCAPABLE',
    needs: 'proc',
  },
  {
    name: 'a link to /dev/fd',
    furnish: links({ out: '/dev/fd/FD' }),
    path: go('out/AIM'),
    answer: 'NOTCAPABLE',
    needs: 'proc',
  },
  {
    name: 'a link to /proc/self/cwd',
    furnish: s => s.link('box/out', `/proc/self/cwd/${s.fromCwd('outside')}`),
    path: go('out/AIM'),
    answer: 'NOTCAPABLE',
    needs: 'proc',
  },
]

/** By a link that the guest makes itself, of what it may do. */
const madeByGuest: readonly Technique[] = [
  {
    name: 'a relative link that the guest makes',
    prepare: symlinked('../outside', 'made'),
    path: go('made/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'an absolute link that the guest makes',
    prepare: (a, s) => {
      a.symlink(s.at('outside'), 'made')
      return 3
    },
    path: go('made/AIM'),
    answer: 'NOENT',
  },
  {
    name: 'a link that the guest makes by two links',
    prepare: a => {
      made(a.symlink('..', 'up'))
      return made(a.symlink('up/outside', 'made'))
    },
    path: go('made/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a legal link that the guest renames to where it leads out',
    prepare: a => {
      made(a.symlink('../outside', 'dir/made'))
      return made(a.rename(at('dir/made'), at('made')))
    },
    path: go('made/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a hard link of a legal link, where it leads out',
    prepare: a => {
      made(a.symlink('../outside', 'dir/made'))
      return made(a.link(at('dir/made'), at('made')))
    },
    path: go('made/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a directory with a legal link, which the guest renames to where it leads out',
    prepare: a => {
      made(a.symlink('../../outside', 'dir/deep/made'))
      return made(a.rename(at('dir/deep'), at('shallow')))
    },
    path: go('shallow/made/AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a legal link, from a directory where it leads above',
    prepare: a => {
      made(a.symlink('../../outside', 'dir/made'))
      return a.directory('dir')
    },
    path: go('made/AIM'),
    answer: 'NOTCAPABLE',
  },
]

type Part = Omit<Technique, 'path' | 'answer'> & Partial<Technique>
/** Rows that have more in common than not. */
const alike = (common: Omit<Technique, 'name'>, rows: readonly Part[]): Technique[] =>
  rows.map(row => ({ ...common, ...row }))

/** By a link in the last place. */
const last = alike(
  {
    follow: 1,
    path: go('last'),
    answer: 'NOTCAPABLE',
    but: { 'path_open to create, exclusively': 'EXIST' },
    twin: 'canonizes',
  },
  [
    { name: 'a relative link in the last place', furnish: links({ last: '../outside/AIM' }) },
    { name: 'an absolute link in the last place', furnish: links({ last: 'BASE/outside/AIM' }) },
    {
      name: 'a chain of links in the last place',
      furnish: links({ last: 'dir/two', 'dir/two': '../three', three: '../outside/AIM' }),
    },
    {
      name: 'a link in the last place whose target goes down first',
      furnish: links({ last: 'dir/../../outside/AIM' }),
    },
    {
      name: 'a link in the last place of a directory',
      path: go('dir/last'),
      furnish: links({ 'dir/last': '../../outside/AIM' }),
    },
    {
      name: 'a link in the last place behind `./`',
      path: go('./last'),
      furnish: links({ last: '../outside/AIM' }),
    },
    {
      name: 'a link in the last place through a link',
      furnish: links({ last: 'up/outside/AIM', up: '..' }),
    },
    {
      name: 'a link in the last place that the guest makes',
      prepare: (a, _, aim) => made(a.symlink(`../outside/${aim}`, 'last')),
    },
    {
      name: 'a link in the last place to `..`',
      aims: ['vault'],
      furnish(s, aim) {
        above(s)
        links({ last: '..' })(s, aim)
      },
    },
    {
      name: 'a link in the last place to /proc/self/root',
      aims: ['secret', 'vault'],
      furnish: links({ last: '/proc/self/rootBASE/outside/AIM' }),
      needs: 'proc',
    },
    {
      name: 'a link in the last place to /proc/self/fd',
      aims: ['secret'],
      furnish: s => s.link('box/last', `/proc/self/fd/${s.bait.secret}`),
      needs: 'proc',
    },
  ],
)

/** What works on the link itself succeeds, and does no harm. */
const keptAnswers: Technique['but'] = {
  ...{
    'path_open a directory, and read in it': 'NOTDIR',
    fd_readdir: 'NOTDIR',
    path_remove_directory: 'NOTDIR',
  },
  ...{
    'path_open to create, exclusively': 'EXIST',
    path_create_directory: 'EXIST',
    'path_link to there': 'EXIST',
    path_symlink: 'EXIST',
  },
  ...{
    path_filestat_get: 'SUCCESS',
    path_filestat_set_times: 'SUCCESS',
    'path_link from there': 'SUCCESS',
    path_unlink_file: 'SUCCESS',
  },
  ...{ 'path_rename from there': 'SUCCESS', 'path_rename to there': 'SUCCESS' },
}
/** The same, where nobody asked to follow it. To read the link is no attack. */
const notFollowed = {
  follow: 0,
  path: go('last'),
  answer: 'LOOP',
  but: keptAnswers,
  twin: 'canonizes',
} as const
const lastKept = alike({ ...notFollowed, aims: ['secret', 'fresh', ...folders] }, [
  {
    name: 'a relative link in the last place, not to be followed',
    furnish: links({ last: '../outside/AIM' }),
  },
  {
    name: 'an absolute link in the last place, not to be followed',
    furnish: links({ last: 'BASE/outside/AIM' }),
  },
  {
    name: 'a link in the last place with a slash in its target, not to be followed',
    aims: folders,
    furnish: links({ last: '../outside/AIM/' }),
  },
  {
    name: 'a link in the last place of a directory, not to be followed',
    path: go('dir/last'),
    furnish: links({ 'dir/last': '../../outside/AIM' }),
  },
  {
    name: 'a link in the last place behind `./`, not to be followed',
    path: go('./last'),
    furnish: links({ last: '../outside/AIM' }),
  },
])

/** What makes something that is no directory is told of the slash. */
const slashAnswers: Technique['but'] = {
  ...{
    'path_open to create': 'ISDIR',
    'path_open to create, exclusively': 'ISDIR',
    'path_rename to there': 'NOTDIR',
  },
  ...{
    path_create_directory: 'EXIST',
    'path_link to there': 'EXIST',
    path_symlink: 'EXIST',
    path_remove_directory: 'NOTDIR',
  },
}
/** With a slash behind the link, by which the kernel follows it even when told not to. */
const lastSlash = alike(
  {
    path: go('last/'),
    answer: 'NOTCAPABLE',
    but: slashAnswers,
    furnish: links({ last: '../outside/AIM' }),
    twin: 'canonizes',
  },
  [
    { name: 'a link in the last place with a slash', aims: [...folders, 'fresh'], follow: 1 },
    {
      name: 'a link in the last place with a slash, not to be followed',
      aims: [...folders, 'fresh'],
      follow: 0,
    },
    {
      name: 'a link in the last place of a directory, with a slash, not to be followed',
      aims: [...folders, 'fresh'],
      follow: 0,
      path: go('dir/last/'),
      furnish: links({ 'dir/last': '../../outside/AIM' }),
    },
    {
      name: 'a link in the last place with slashes, not to be followed',
      aims: [...folders, 'fresh'],
      follow: 0,
      path: go('last//'),
    },
    {
      name: 'a link in the last place with `.` behind it, not to be followed',
      aims: ['vault'],
      follow: 0,
      path: go('last/.'),
    },
    {
      name: 'a link in the last place with a slash in its target',
      aims: folders,
      follow: 1,
      path: go('last'),
      furnish: links({ last: '../outside/AIM/' }),
    },
  ],
)

/** By a directory that is moved while the guest has it. */
const moved: readonly Technique[] = [
  {
    name: 'an open directory, moved out of the box',
    prepare: a => a.directory('dir'),
    meanwhile: s => s.move('box/dir', 'outside/dir'),
    path: go('../AIM'),
    answer: 'NOTCAPABLE',
    twin: 'holds',
  },
  {
    name: 'an open directory, whose parent is moved out of the box',
    prepare: a => a.directory('dir/deep'),
    meanwhile: s => s.move('box/dir', 'outside/dir'),
    path: go('../../AIM'),
    answer: 'NOTCAPABLE',
    twin: 'holds',
  },
  {
    name: 'an open directory, moved deeper',
    prepare: a => a.directory('dir'),
    meanwhile: s => s.move('box/dir', 'box/empty/dir'),
    path: go('../../../outside/AIM'),
    answer: 'NOTCAPABLE',
    twin: 'holds',
  },
  {
    name: 'an open directory, moved to where `..` of a path in it leads higher',
    prepare: a => a.directory('dir'),
    meanwhile: s => s.move('box/dir/deep', 'box/deep'),
    furnish: s => s.link('box/dir/deep/out', '../../outside'),
    path: go('../deep/out/AIM'),
    answer: 'NOTCAPABLE',
    twin: 'holds',
  },
  {
    name: 'the box itself, moved',
    meanwhile: s => s.move('box', 'outside/box'),
    path: go('../AIM'),
    answer: 'NOTCAPABLE',
    twin: 'holds',
  },
  {
    name: 'an open directory, whose name became a link',
    prepare: a => a.directory('dir'),
    meanwhile: s => {
      s.move('box/dir', 'box/old')
      s.link('box/dir', '../outside')
    },
    path: go('AIM'),
    answer: 'NOENT',
    but: madeInside,
  },
  {
    name: 'the box itself, whose name became a link',
    meanwhile: s => {
      s.move('box', 'old')
      s.link('box', 'outside')
      s.file('outside/own')
    },
    path: go('AIM'),
    answer: 'NOENT',
    but: madeInside,
  },
]

/** By a number that is no directory of the guest's. */
const numbers: readonly Technique[] = [
  {
    name: 'the working directory of the host, by AT_FDCWD',
    prepare: () => -100,
    path: (s, aim) => s.fromCwd(`outside/${aim}`),
    answer: 'BADF',
  },
  {
    name: 'the number of a descriptor of the host',
    prepare: (_, s) => s.bait.outside,
    path: go('AIM'),
    answer: 'BADF',
  },
  {
    name: 'standard input that is a directory',
    ground: { stdin: 'outside' },
    prepare: () => 0,
    path: go('AIM'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a guest without directories, which has the working directory of the host',
    aims: [...folders, 'pointer'],
    ground: { preopens: false },
    prepare: () => -100,
    path: (s, aim) => s.fromCwd(`outside/${aim}`),
    answer: 'BADF',
  },
]

const techniques: readonly Technique[] = [
  ...dots,
  ...onTheWay,
  ...madeByGuest,
  ...last,
  ...lastKept,
  ...lastSlash,
  ...moved,
  ...numbers,
]

/**
 * What a technique is tried with: what it can aim at; and where it is about the flag, what has one,
 * or else what needs none.
 */
const fits = ({ aims, follow }: Technique, { aim, flagged }: Use): boolean =>
  (aims?.includes(aim) ?? true) && (follow !== 1 || flagged === true)

export const byPath: readonly Case[] = techniques.flatMap(technique =>
  uses
    .filter(use => fits(technique, use))
    .map((use): Case => {
      const {
        name,
        follow = 1,
        ground,
        furnish,
        prepare,
        meanwhile,
        path,
        answer,
        but = {},
        twin,
        needs,
      } = technique
      const { call, deed, aim, run } = use
      return {
        ...{ technique: name, call, deed },
        ...(ground && { ground }),
        ...(furnish && { furnish: s => furnish(s, aim) }),
        ...(prepare && { prepare: (a, s) => prepare(a, s, aim) }),
        ...(meanwhile && { meanwhile }),
        attack: (a, dir, s) => run(a, { dir, path: path(s, aim), follow }),
        answer: but[`${call} ${deed}`.trim()] ?? but[aim] ?? answer,
        ...(twin && { twin }),
        ...(needs && { needs }),
      }
    }),
)
