/**
 * Attacks by names that are no names: cut at a NUL, empty, not UTF-8, or links that are planted for
 * others.
 */
import { Fstflags, Oflags } from '#lib/abi/values.js'
import { rights } from '../../hostcalls/fixture.js'
import type { Attacker, Name, Place } from '../attacker.js'
import type { Case } from '../case.js'
import type { Fixture } from '../fixture.js'

const { CREAT, DIRECTORY } = Oflags
const SET = Fstflags.ATIM | Fstflags.MTIM
const WRITES = rights('FD_WRITE')
const at = (path: Name, dir = 3, follow = 0): Place => ({ dir, path, follow })
const succeeds: Case['breach'] = (_, __, answer) => answer === 'SUCCESS'

type Action = readonly [
  call: Case['call'],
  action: string,
  run: (a: Attacker, path: Name) => string,
]
// biome-ignore format: a call a line
const making: readonly Action[] = [
  ['path_open', 'to create', (a, path) => a.opening(at(path), { oflags: CREAT })],
  ['path_create_directory', '', (a, path) => a.call('path_create_directory', 3, ...a.path(path))],
  ['path_symlink', '', (a, path) => a.symlink('own', path)],
  ['path_link', 'to there', (a, path) => a.link(at('own'), at(path))],
  ['path_rename', 'to there', (a, path) => a.rename(at('own'), at(path))],
]
// biome-ignore format: a call a line
const changing: readonly Action[] = [
  ['path_open', 'to write', (a, path) => a.opening(at(path), { base: WRITES }, fd => a.write(fd))],
  ['path_open', 'to truncate', (a, path) => a.opening(at(path), { base: WRITES, oflags: Oflags.TRUNC })],
  ['path_filestat_set_times', '', (a, path) => a.call('path_filestat_set_times', 3, 1, ...a.path(path), 1n, 1n, SET)],
  ['path_link', 'from there', (a, path) => a.link(at(path), at('gain'))],
  ['path_rename', 'from there', (a, path) => a.rename(at(path), at('gain'))],
  ['path_unlink_file', '', (a, path) => a.call('path_unlink_file', 3, ...a.path(path))],
]
// biome-ignore format: a call a line
const looking: readonly Action[] = [
  ['path_open', 'to read', (a, path) => a.opening(at(path), {})],
  ['path_filestat_get', '', (a, path) => a.statAt(at(path))],
]

/**
 * A policy of the embedder's that looks at endings, say, would judge another name than the one that
 * is used.
 */
const cut = [
  ...making.map(
    ([call, action, run]): Case => ({
      ...{ technique: 'a name that is cut at a NUL', call, action, answer: 'INVAL' },
      attack: a => run(a, 'made\0.txt'),
      breach: s => s.exists('box/made'),
    }),
  ),
  ...changing.map(
    ([call, action, run]): Case => ({
      ...{
        technique: 'a name that is cut at a NUL',
        call,
        action,
        protect: ['box/own'],
        answer: 'INVAL',
      },
      attack: a => run(a, 'own\0.txt'),
    }),
  ),
  ...[...looking].map(
    ([call, action, run]): Case => ({
      ...{
        technique: 'a name that is cut at a NUL',
        call,
        action,
        answer: 'INVAL',
        breach: succeeds,
      },
      attack: a => run(a, 'own\0'),
    }),
  ),
  {
    ...{
      technique: 'a name that is cut at a NUL',
      call: 'path_symlink',
      action: 'as target',
      answer: 'INVAL',
    },
    attack: (a: Attacker) => a.symlink('own\0.txt', 'made'),
    breach: s => s.exists('box/made'),
  } satisfies Case,
]

/** An empty name is not the directory itself. */
const empty: readonly Case[] = [
  ...[...looking].map(
    ([call, action, run]): Case => ({
      ...{ technique: 'an empty path', call, action, answer: 'NOENT', breach: succeeds },
      attack: a => run(a, ''),
    }),
  ),
  {
    ...{
      technique: 'an empty path',
      call: 'path_remove_directory',
      action: '',
      protect: ['box/empty'],
      answer: 'NOENT',
    },
    prepare: a => a.directory('empty'),
    attack: (a, dir) => a.call('path_remove_directory', dir, ...a.path('')),
  },
  {
    ...{
      technique: 'an empty path',
      call: 'path_rename',
      action: 'from there',
      protect: ['box/empty'],
      answer: 'NOENT',
    },
    prepare: a => a.directory('empty'),
    attack: (a, dir) => a.rename(at('', dir), at('gain')),
  },
  {
    ...{
      technique: 'an empty path',
      call: 'path_filestat_set_times',
      action: '',
      protect: ['box/empty'],
      answer: 'NOENT',
    },
    prepare: a => a.directory('empty'),
    attack: (a, dir) => a.call('path_filestat_set_times', dir, 1, ...a.path(''), 1n, 1n, SET),
  },
  {
    ...{
      technique: 'an empty path',
      call: 'path_open',
      action: 'a directory',
      answer: 'NOENT',
      breach: succeeds,
    },
    attack: a => a.opening(at(''), { oflags: DIRECTORY }),
  },
]

/** The replacement character that a decoder puts for bytes that are no UTF-8. */
const replaced = '\ufffd'
const bytes = Buffer.from([0xff])
const undecodable: readonly Case[] = [
  ...changing.map(
    ([call, action, run]): Case => ({
      ...{
        technique: 'a name that is not UTF-8',
        call,
        action,
        protect: [`box/${replaced}`],
        answer: 'NOENT',
      },
      populate: s => s.file(`box/${replaced}`, 'of another'),
      attack: a => run(a, bytes),
    }),
  ),
  ...making.map(
    ([call, action, run]): Case => ({
      ...{ technique: 'a name that is not UTF-8', call, action, answer: 'SUCCESS' },
      attack: a => run(a, bytes),
      breach: s => s.exists(`box/${replaced}`),
    }),
  ),
]

/** A link that leads nowhere for the guest, but out of the box for everybody else. */
const targets: Readonly<Record<string, (s: Fixture) => string>> = {
  'to an absolute path': s => s.at('outside'),
  'to an absolute path with two slashes': s => `/${s.at('outside')}`,
  'to the absolute path of the box': s => s.at('box/own'),
}
const planted = Object.entries(targets).map(
  ([action, target]): Case => ({
    ...{
      technique: 'a link that is planted for others',
      call: 'path_symlink',
      action,
      answer: 'NOTCAPABLE',
    },
    attack: (a, _, s) => a.symlink(target(s), 'made'),
    breach: s => s.exists('box/made'),
  }),
)

const circles: readonly Action[] = [...looking, changing[0], changing[2]]
const loops = circles.map(
  ([call, action]): Case => ({
    ...{ technique: 'a circle of links', call, action, answer: 'LOOP' },
    populate(s) {
      s.link('box/one', 'dir/two')
      s.link('box/dir/two', '../one')
    },
    attack(a) {
      if (call === 'path_filestat_get') return a.statAt(at('one', 3, 1))
      if (call === 'path_filestat_set_times')
        return a.call(call, 3, 1, ...a.path('one'), 1n, 1n, SET)
      return a.opening(at('one', 3, 1), {
        base: action === 'to write' ? WRITES : rights('FD_READ'),
      })
    },
    control: { why: 'the operating system goes round for no host for ever' },
  }),
)

export const names: readonly Case[] = [...cut, ...empty, ...undecodable, ...planted, ...loops]
