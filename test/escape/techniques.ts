/** The ways out by a path: a row for each, which is tried with every call that takes a path. */
import type { Attacker, Name } from './attacker.js'
import type { Case } from './case.js'
import type { Fixture, Setup, Target } from './fixture.js'
import type { Carelessness } from './unguarded.js'
import { type Use, uses } from './uses.js'

interface Technique {
  readonly name: string
  /** The possible targets. Default all. */
  readonly targets?: readonly Target[]
  /**
   * Value of the flag that follows a link in the last component; only tried with calls that have
   * the flag. Default: follow, if there is one.
   */
  readonly follow?: 0 | 1
  readonly setup?: Setup
  readonly populate?: (s: Fixture, target: Target) => void
  readonly prepare?: (a: Attacker, s: Fixture, target: Target) => number
  readonly meanwhile?: (s: Fixture) => void
  readonly path: (s: Fixture, target: Target) => Name
  /** The answer of a guarded host. */
  readonly answer: Case['answer']
  /** Exceptions to that answer, by target, or by call and action. */
  readonly but?: Readonly<Record<string, Case['answer']>>
  readonly control?: Carelessness
  readonly needs?: 'proc'
}

const outside = (s: Fixture, target: Target): string => s.at(`outside/${target}`)
const go = (path: string) => (_: Fixture, target: Target) => path.replaceAll('TARGET', target)
/** Links by name in the box, made beforehand by another user. */
const links = (texts: Readonly<Record<string, string>>) => (s: Fixture, target: Target) => {
  const words = { BASE: s.base, TARGET: target, FD: String(s.hostFds.outside) }
  for (const [name, text] of Object.entries(texts)) {
    // At one go: the name of the scratch folder may have any of these letters.
    s.link(
      `box/${name}`,
      text.replace(/BASE|TARGET|FD/g, word => words[word as keyof typeof words]),
    )
  }
}
const symlinked =
  (...args: Parameters<Attacker['symlink']>) =>
  (a: Attacker) =>
    made(a.symlink(...args))
/** Asserts that a legal call of the guest succeeded. */
function made(errno: string, dir = 3): number {
  if (errno !== 'SUCCESS') throw new Error(`not prepared: ${errno}`)
  return dir
}
const at = (path: string) => ({ dir: 3, path, follow: 0 })
/** A path of this many bytes at least, which goes nowhere at first. */
const long = (bytes: number) => (_: Fixture, target: Target) =>
  `${'./'.repeat(bytes / 2)}../outside/${target}`
/**
 * The kernel counts a link twice if it must look again, so that a longer chain is now NOTCAPABLE
 * and now LOOP.
 */
const longChain = Object.fromEntries(
  Array.from({ length: 19 }, (_, i) => [`hop${i}`, i === 18 ? '../outside' : `hop${i + 1}`]),
)

const folders: readonly Target[] = ['vault', 'hollow']
/** A new file is made in the box, by a name as good as any. */
const madeInside = { fresh: 'SUCCESS' }

/** A secret in the directory above the box. */
const above = (s: Fixture): void => s.file('secret', s.mark)

/** Techniques that use the text of the path alone. */
const dots: readonly Technique[] = [
  {
    name: '`..` itself',
    targets: ['vault'],
    populate: above,
    path: go('..'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` itself, with a slash',
    targets: ['vault'],
    populate: above,
    path: go('../'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` itself, with `.` behind it',
    targets: ['vault'],
    populate: above,
    path: go('../.'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` itself, from below',
    targets: ['vault'],
    populate: above,
    path: go('dir/./../..'),
    answer: 'NOTCAPABLE',
  },
  { name: '`..` first', path: go('../outside/TARGET'), answer: 'NOTCAPABLE' },
  { name: '`.`, then `..`', path: go('./../outside/TARGET'), answer: 'NOTCAPABLE' },
  { name: 'one down and two up', path: go('dir/../../outside/TARGET'), answer: 'NOTCAPABLE' },
  {
    name: 'two down and three up',
    path: go('dir/deep/../../../outside/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'down and up with many slashes',
    path: go('dir//..//..//outside///TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`.` between all steps',
    path: go('././dir/./../.././outside/./TARGET'),
    answer: 'NOTCAPABLE',
  },
  { name: 'up, back in by name, up', path: go('../box/../outside/TARGET'), answer: 'NOTCAPABLE' },
  {
    name: '`..` with a slash at the end',
    targets: folders,
    path: go('../outside/TARGET/'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` with slashes at the end',
    targets: folders,
    path: go('../outside/TARGET//'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` with `.` at the end',
    targets: ['vault'],
    path: go('../outside/TARGET/.'),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` with `..` at the end',
    targets: ['vault'],
    path: go('../outside/hollow/../TARGET/../TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'up to the root of the host, and down',
    path: (s, target) => '../'.repeat(64) + outside(s, target).slice(1),
    answer: 'NOTCAPABLE',
  },
  {
    name: '`..` behind what is not there',
    path: go('nothing/../../outside/TARGET'),
    answer: 'NOENT',
    control: 'shortens',
  },
  {
    name: '`..` behind a file',
    path: go('own/../../outside/TARGET'),
    answer: 'NOTDIR',
    control: 'shortens',
  },
  {
    name: 'a sibling whose name begins alike',
    path: go('../box-secret/TARGET'),
    answer: 'NOTCAPABLE',
    control: 'compares',
  },
  { name: 'an absolute path', path: outside, answer: 'NOTCAPABLE' },
  {
    name: 'an absolute path with two slashes',
    path: (s, target) => `/${outside(s, target)}`,
    answer: 'NOTCAPABLE',
  },
  {
    name: "the guest's own name of the box, then `..`",
    path: go('/box/../outside/TARGET'),
    answer: 'NOTCAPABLE',
    control: 'maps',
  },
  { name: 'a long path', path: long(3800), answer: 'NOTCAPABLE' },
  {
    name: 'a path longer than the host takes',
    path: long(4096),
    answer: 'NAMETOOLONG',
    control: 'shortens',
  },
  {
    name: 'a path longer than any',
    path: long(100_000),
    answer: 'NAMETOOLONG',
    control: 'shortens',
  },
  { name: 'a NUL behind it', path: go('../outside/TARGET\0.txt'), answer: 'INVAL' },
  {
    name: 'a NUL in front of what is innocent',
    path: go('../outside/TARGET\0/../../box/own'),
    answer: 'INVAL',
  },
  {
    name: 'backslashes',
    path: go('..\\outside\\TARGET'),
    answer: 'NOENT',
    but: madeInside,
    control: 'backslashes',
  },
  {
    name: '`%2e%2e`',
    path: go('%2e%2e%2foutside%2fTARGET'),
    answer: 'NOENT',
    but: madeInside,
    control: 'decodes',
  },
  {
    name: '`..` in UTF-8 of too many bytes',
    path: (_, target) => Buffer.from(`\xc0\xae\xc0\xae\xc0\xafoutside\xc0\xaf${target}`, 'latin1'),
    answer: 'NOENT',
    but: madeInside,
    control: 'overlong',
  },
]

/** Techniques that use a link on the way, put into the box by others. */
const onTheWay: readonly Technique[] = [
  {
    name: 'an absolute link on the way',
    populate: links({ out: 'BASE/outside' }),
    path: go('out/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a relative link on the way',
    populate: links({ out: '../outside' }),
    path: go('out/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link deeper on the way',
    populate: links({ 'dir/out': '../../outside' }),
    path: go('dir/out/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link to `..`',
    populate: links({ up: '..' }),
    path: go('up/outside/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link to `..`, twice',
    populate: links({ 'dir/up': '..' }),
    path: go('dir/up/dir/up/../outside/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link whose target ends in a slash',
    populate: links({ out: '../outside/' }),
    path: go('out/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link whose target has doubled slashes',
    populate: links({ out: '..//outside' }),
    path: go('out//TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link whose target goes down first',
    populate: links({ out: 'dir/../../outside' }),
    path: go('out/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a chain of links',
    populate: links({ one: 'dir/two', 'dir/two': '../three', three: './four', four: '../outside' }),
    path: go('one/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a chain of 19 links',
    populate: links(longChain),
    path: go('hop0/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link within the target of a link',
    populate: links({ one: 'dir/back/outside', 'dir/back': '../..' }),
    path: go('one/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a legal link, then `..` from where it leads',
    populate: links({ in: 'dir/deep' }),
    path: go('in/../../../outside/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a legal link to the box, then `..`',
    populate: links({ 'dir/deep/back': '../..' }),
    path: go('dir/deep/back/../outside/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link that leads out and back in, then `..`',
    populate: links({ around: '../box' }),
    path: go('around/../outside/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'an absolute link to the box, then `..`',
    populate: links({ home: 'BASE/box' }),
    path: go('home/../outside/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a link through a neighbour whose name begins alike',
    populate: links({ out: '../box-secret' }),
    path: go('out/TARGET'),
    answer: 'NOTCAPABLE',
    control: 'compares',
  },
  {
    name: 'a link to /proc/self/root',
    populate: links({ out: '/proc/self/rootBASE/outside' }),
    path: go('out/TARGET'),
    answer: 'NOTCAPABLE',
    needs: 'proc',
  },
  {
    name: 'a link to /proc/self/fd',
    populate: links({ out: '/proc/self/fd/FD' }),
    path: go('out/TARGET'),
    answer: 'NOTCAPABLE',
    needs: 'proc',
  },
  {
    name: 'a link to /proc/thread-self/fd',
    populate: links({ out: '/proc/thread-self/fd/FD' }),
    path: go('out/TARGET'),
    answer: 'NOTCAPABLE',
    needs: 'proc',
  },
  {
    name: 'a link to /dev/fd',
    populate: links({ out: '/dev/fd/FD' }),
    path: go('out/TARGET'),
    answer: 'NOTCAPABLE',
    needs: 'proc',
  },
  {
    name: 'a link to /proc/self/cwd',
    populate: s => s.link('box/out', `/proc/self/cwd/${s.fromCwd('outside')}`),
    path: go('out/TARGET'),
    answer: 'NOTCAPABLE',
    needs: 'proc',
  },
]

/** Techniques that use a link which the guest may make itself. */
const madeByGuest: readonly Technique[] = [
  {
    name: 'a relative link that the guest makes',
    prepare: symlinked('../outside', 'made'),
    path: go('made/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'an absolute link that the guest makes',
    prepare: (a, s) => {
      a.symlink(s.at('outside'), 'made')
      return 3
    },
    path: go('made/TARGET'),
    answer: 'NOENT',
  },
  {
    name: 'a link that the guest makes by two links',
    prepare: a => {
      made(a.symlink('..', 'up'))
      return made(a.symlink('up/outside', 'made'))
    },
    path: go('made/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a legal link that the guest renames to where it leads out',
    prepare: a => {
      made(a.symlink('../outside', 'dir/made'))
      return made(a.rename(at('dir/made'), at('made')))
    },
    path: go('made/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a hard link of a legal link, where it leads out',
    prepare: a => {
      made(a.symlink('../outside', 'dir/made'))
      return made(a.link(at('dir/made'), at('made')))
    },
    path: go('made/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a directory with a legal link, which the guest renames to where it leads out',
    prepare: a => {
      made(a.symlink('../../outside', 'dir/deep/made'))
      return made(a.rename(at('dir/deep'), at('shallow')))
    },
    path: go('shallow/made/TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a legal link, from a directory where it leads above',
    prepare: a => {
      made(a.symlink('../../outside', 'dir/made'))
      return a.directory('dir')
    },
    path: go('made/TARGET'),
    answer: 'NOTCAPABLE',
  },
]

type Part = Omit<Technique, 'path' | 'answer'> & Partial<Technique>
/** Rows that have more in common than not. */
const alike = (common: Omit<Technique, 'name'>, rows: readonly Part[]): Technique[] =>
  rows.map(row => ({ ...common, ...row }))

/** Techniques that use a link in the last component. */
const last = alike(
  {
    follow: 1,
    path: go('last'),
    answer: 'NOTCAPABLE',
    but: { 'path_open to create, exclusively': 'EXIST' },
    control: 'canonizes',
  },
  [
    { name: 'a relative link in the last place', populate: links({ last: '../outside/TARGET' }) },
    {
      name: 'an absolute link in the last place',
      populate: links({ last: 'BASE/outside/TARGET' }),
    },
    {
      name: 'a chain of links in the last place',
      populate: links({ last: 'dir/two', 'dir/two': '../three', three: '../outside/TARGET' }),
    },
    {
      name: 'a link in the last place whose target goes down first',
      populate: links({ last: 'dir/../../outside/TARGET' }),
    },
    {
      name: 'a link in the last place of a directory',
      path: go('dir/last'),
      populate: links({ 'dir/last': '../../outside/TARGET' }),
    },
    {
      name: 'a link in the last place behind `./`',
      path: go('./last'),
      populate: links({ last: '../outside/TARGET' }),
    },
    {
      name: 'a link in the last place through a link',
      populate: links({ last: 'up/outside/TARGET', up: '..' }),
    },
    {
      name: 'a link in the last place that the guest makes',
      prepare: (a, _, target) => made(a.symlink(`../outside/${target}`, 'last')),
    },
    {
      name: 'a link in the last place to `..`',
      targets: ['vault'],
      populate(s, target) {
        above(s)
        links({ last: '..' })(s, target)
      },
    },
    {
      name: 'a link in the last place to /proc/self/root',
      targets: ['secret', 'vault'],
      populate: links({ last: '/proc/self/rootBASE/outside/TARGET' }),
      needs: 'proc',
    },
    {
      name: 'a link in the last place to /proc/self/fd',
      targets: ['secret'],
      populate: s => s.link('box/last', `/proc/self/fd/${s.hostFds.secret}`),
      needs: 'proc',
    },
  ],
)

/** Calls that work on the link itself succeed, and do no harm. */
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
/** The same without a request to follow the link. Reading the link is no attack. */
const notFollowed = {
  follow: 0,
  path: go('last'),
  answer: 'LOOP',
  but: keptAnswers,
  control: 'canonizes',
} as const
const lastKept = alike({ ...notFollowed, targets: ['secret', 'fresh', ...folders] }, [
  {
    name: 'a relative link in the last place, not to be followed',
    populate: links({ last: '../outside/TARGET' }),
  },
  {
    name: 'an absolute link in the last place, not to be followed',
    populate: links({ last: 'BASE/outside/TARGET' }),
  },
  {
    name: 'a link in the last place with a slash in its target, not to be followed',
    targets: folders,
    populate: links({ last: '../outside/TARGET/' }),
  },
  {
    name: 'a link in the last place of a directory, not to be followed',
    path: go('dir/last'),
    populate: links({ 'dir/last': '../../outside/TARGET' }),
  },
  {
    name: 'a link in the last place behind `./`, not to be followed',
    path: go('./last'),
    populate: links({ last: '../outside/TARGET' }),
  },
])

/** Calls that make anything but a directory refuse the slash. */
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
/**
 * Techniques with a slash behind the link, which makes the kernel follow it even without the flag.
 */
const lastSlash = alike(
  {
    path: go('last/'),
    answer: 'NOTCAPABLE',
    but: slashAnswers,
    populate: links({ last: '../outside/TARGET' }),
    control: 'canonizes',
  },
  [
    { name: 'a link in the last place with a slash', targets: [...folders, 'fresh'], follow: 1 },
    {
      name: 'a link in the last place with a slash, not to be followed',
      targets: [...folders, 'fresh'],
      follow: 0,
    },
    {
      name: 'a link in the last place of a directory, with a slash, not to be followed',
      targets: [...folders, 'fresh'],
      follow: 0,
      path: go('dir/last/'),
      populate: links({ 'dir/last': '../../outside/TARGET' }),
    },
    {
      name: 'a link in the last place with slashes, not to be followed',
      targets: [...folders, 'fresh'],
      follow: 0,
      path: go('last//'),
    },
    {
      name: 'a link in the last place with `.` behind it, not to be followed',
      targets: ['vault'],
      follow: 0,
      path: go('last/.'),
    },
    {
      name: 'a link in the last place with a slash in its target',
      targets: folders,
      follow: 1,
      path: go('last'),
      populate: links({ last: '../outside/TARGET/' }),
    },
  ],
)

/** Techniques that move a directory while the guest has it open. */
const moved: readonly Technique[] = [
  {
    name: 'an open directory, moved out of the box',
    prepare: a => a.directory('dir'),
    meanwhile: s => s.move('box/dir', 'outside/dir'),
    path: go('../TARGET'),
    answer: 'NOTCAPABLE',
    control: 'holds',
  },
  {
    name: 'an open directory, whose parent is moved out of the box',
    prepare: a => a.directory('dir/deep'),
    meanwhile: s => s.move('box/dir', 'outside/dir'),
    path: go('../../TARGET'),
    answer: 'NOTCAPABLE',
    control: 'holds',
  },
  {
    name: 'an open directory, moved deeper',
    prepare: a => a.directory('dir'),
    meanwhile: s => s.move('box/dir', 'box/empty/dir'),
    path: go('../../../outside/TARGET'),
    answer: 'NOTCAPABLE',
    control: 'holds',
  },
  {
    name: 'an open directory, moved to where `..` of a path in it leads higher',
    prepare: a => a.directory('dir'),
    meanwhile: s => s.move('box/dir/deep', 'box/deep'),
    populate: s => s.link('box/dir/deep/out', '../../outside'),
    path: go('../deep/out/TARGET'),
    answer: 'NOTCAPABLE',
    control: 'holds',
  },
  {
    name: 'the box itself, moved',
    meanwhile: s => s.move('box', 'outside/box'),
    path: go('../TARGET'),
    answer: 'NOTCAPABLE',
    control: 'holds',
  },
  {
    name: 'an open directory, whose name became a link',
    prepare: a => a.directory('dir'),
    meanwhile: s => {
      s.move('box/dir', 'box/old')
      s.link('box/dir', '../outside')
    },
    path: go('TARGET'),
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
    path: go('TARGET'),
    answer: 'NOENT',
    but: madeInside,
  },
]

/** Techniques that use a number which is no directory of the guest's. */
const numbers: readonly Technique[] = [
  {
    name: 'the working directory of the host, by AT_FDCWD',
    prepare: () => -100,
    path: (s, target) => s.fromCwd(`outside/${target}`),
    answer: 'BADF',
  },
  {
    name: 'the number of a descriptor of the host',
    prepare: (_, s) => s.hostFds.outside,
    path: go('TARGET'),
    answer: 'BADF',
  },
  {
    name: 'standard input that is a directory',
    setup: { stdin: 'outside' },
    prepare: () => 0,
    path: go('TARGET'),
    answer: 'NOTCAPABLE',
  },
  {
    name: 'a guest without directories, which has the working directory of the host',
    targets: [...folders, 'pointer'],
    setup: { preopens: false },
    prepare: () => -100,
    path: (s, target) => s.fromCwd(`outside/${target}`),
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
 * Returns true if a technique applies to a use: its targets include the use's, and a technique
 * about the flag is tried only with calls that have one.
 */
const fits = ({ targets, follow }: Technique, { target, flagged }: Use): boolean =>
  (targets?.includes(target) ?? true) && (follow !== 1 || flagged === true)

export const byPath: readonly Case[] = techniques.flatMap(technique =>
  uses
    .filter(use => fits(technique, use))
    .map((use): Case => {
      const {
        name,
        follow = 1,
        setup,
        populate,
        prepare,
        meanwhile,
        path,
        answer,
        but = {},
        control,
        needs,
      } = technique
      const { call, action, target, run } = use
      return {
        ...{ technique: name, call, action },
        ...(setup && { setup }),
        ...(populate && { populate: s => populate(s, target) }),
        ...(prepare && { prepare: (a, s) => prepare(a, s, target) }),
        ...(meanwhile && { meanwhile }),
        attack: (a, dir, s) => run(a, { dir, path: path(s, target), follow }),
        answer: but[`${call} ${action}`.trim()] ?? but[target] ?? answer,
        ...(control && { control }),
        ...(needs && { needs }),
      }
    }),
)
