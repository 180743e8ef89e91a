/**
 * Attacks by the numbers of descriptors: those of the host, those that are closed, and games with
 * fd_renumber.
 */
import { Fstflags, Oflags } from '#lib/abi/values.js'
import { ALL } from '../../hostcalls/fixture.js'
import type { Attacker, Place } from '../attacker.js'
import type { Case } from '../case.js'
import type { Fixture } from '../fixture.js'

const at = (dir: number, path: string): Place => ({ dir, path, follow: 0 })
const succeeds: Case['breach'] = (_, __, answer) => answer === 'SUCCESS'
/** Every number that the guest was not given; what it is answered, each answer once. */
function sweep(act: (fd: number) => string): string {
  const numbers = [
    ...Array.from({ length: 1019 }, (_, i) => i + 5),
    1024,
    65536,
    0x7fff_ffff,
    -1,
    -0x8000_0000,
  ]
  return [...new Set(numbers.map(act))].join(' ')
}

type Sweep = readonly [call: Case['call'], action: string, act: (a: Attacker, fd: number) => string]
// biome-ignore format: a call a line
const sweeps: readonly Sweep[] = [
  ['fd_read', '', (a, fd) => a.read(fd)],
  ['fd_pread', '', (a, fd) => a.pread(fd)],
  ['fd_write', '', (a, fd) => a.write(fd)],
  ['fd_pwrite', '', (a, fd) => a.pwrite(fd)],
  ['fd_filestat_get', '', (a, fd) => a.stat(fd)],
  ['fd_filestat_set_size', '', (a, fd) => a.call('fd_filestat_set_size', fd, 1n)],
  ['fd_filestat_set_times', '', (a, fd) => a.call('fd_filestat_set_times', fd, 1n, 1n, Fstflags.MTIM)],
  ['fd_allocate', '', (a, fd) => a.call('fd_allocate', fd, 0n, 50_000n)],
  ['fd_readdir', '', (a, fd) => a.list(fd)],
  ['path_open', 'to read', (a, fd) => a.opening(at(fd, 'secret'), {}, file => a.read(file))],
  ['path_create_directory', '', (a, fd) => a.call('path_create_directory', fd, ...a.path('new'))],
  ['path_unlink_file', '', (a, fd) => a.call('path_unlink_file', fd, ...a.path('secret'))],
  ['path_rename', 'from there', (a, fd) => a.rename(at(fd, 'secret'), at(3, 'gain'))],
  ['path_link', 'from there', (a, fd) => a.link(at(fd, 'secret'), at(3, 'gain'))],
]
const swept = sweeps.map(
  ([call, action, act]): Case => ({
    ...{ technique: 'every number that was not given', call, action, answer: 'BADF' },
    attack: a => sweep(fd => act(a, fd)),
  }),
)

const closed: Case = {
  ...{ technique: 'every number that was not given', call: 'fd_close', action: '', answer: 'BADF' },
  attack: a => sweep(fd => a.call('fd_close', fd)),
  breach: s => [...s.lent].some(fd => !s.open(fd)),
}

const lostStream = (s: Fixture): boolean => s.stdio.some(fd => !s.open(fd))
const streams = [0, 1, 2].flatMap((fd): Case[] => [
  {
    ...{
      technique: "the host's standard streams",
      call: 'fd_close',
      action: `of ${fd}`,
      answer: 'SUCCESS',
      breach: lostStream,
    },
    attack: a => a.call('fd_close', fd),
  },
  {
    ...{
      technique: "the host's standard streams",
      call: 'fd_renumber',
      action: `over ${fd}`,
      answer: 'SUCCESS',
      breach: lostStream,
    },
    prepare: a => a.given('own'),
    attack: (a, file) => a.call('fd_renumber', file, fd),
  },
])

/** A directory opened later is no preopen, and has no name that the guest should know. */
const named = (s: Fixture, a: Attacker): boolean => Buffer.from(a.bytes).includes(s.base)
type Kind = readonly [what: string, prepare: (a: Attacker) => number]
const kinds: readonly Kind[] = [
  ['a directory that was opened', a => a.directory('dir')],
  ['a directory that was opened as `.`', a => a.directory('.')],
  ['a file', a => a.given('own')],
  ['standard input', () => 0],
]
const prestat = kinds.flatMap(([what, prepare]): Case[] => [
  {
    ...{
      technique: 'what was not opened beforehand',
      call: 'fd_prestat_get',
      action: `of ${what}`,
      prepare,
      answer: 'BADF',
      breach: succeeds,
    },
    attack: (a, fd) => a.prestat(fd),
  },
  {
    ...{
      technique: 'what was not opened beforehand',
      call: 'fd_prestat_dir_name',
      action: `of ${what}`,
      prepare,
      answer: 'BADF',
    },
    attack: (a, fd) => a.call('fd_prestat_dir_name', fd, a.room(256), 256),
    breach: (s, a, answer) => named(s, a) || answer === 'SUCCESS',
  },
])

const lost: Case['breach'] = (_, a) => a.prestat(3) !== 'SUCCESS'
const games: readonly Case[] = [
  {
    ...{
      technique: 'renumbering',
      call: 'fd_renumber',
      action: 'to the same number',
      answer: 'SUCCESS',
      breach: lost,
    },
    attack: a => a.call('fd_renumber', 3, 3),
  },
  {
    ...{
      technique: 'renumbering',
      call: 'fd_renumber',
      action: 'of what is closed',
      answer: 'BADF',
      breach: lost,
    },
    attack: a => a.call('fd_renumber', 500, 3),
  },
  {
    ...{
      technique: 'renumbering',
      call: 'fd_renumber',
      action: 'of what is not a number',
      answer: 'BADF',
      breach: lost,
    },
    attack: a => a.call('fd_renumber', -1, 3),
  },
  {
    ...{
      technique: 'renumbering',
      call: 'fd_renumber',
      action: 'to a number that is free',
      answer: 'BADF',
    },
    attack: a => a.call('fd_renumber', 3, 500),
    breach: (_, a) => a.prestat(500) === 'SUCCESS',
  },
  {
    ...{
      technique: 'renumbering',
      call: 'fd_renumber',
      action: 'to the number that will be next',
      answer: 'BADF',
      breach: succeeds,
    },
    attack: a => a.call('fd_renumber', 3, 5),
  },
  {
    ...{
      technique: 'renumbering',
      call: 'fd_renumber',
      action: 'to the number of a descriptor of the host',
      answer: 'BADF',
      breach: succeeds,
    },
    attack: (a, _, s) => a.call('fd_renumber', 3, s.hostFds.secret),
  },
  {
    ...{
      technique: 'renumbering',
      call: 'fd_renumber',
      action: 'of a descriptor of the host',
      answer: 'BADF',
    },
    attack(a, _, s) {
      const errno = a.call('fd_renumber', s.hostFds.secret, 3)
      a.read(3)
      return errno
    },
  },
  {
    ...{
      technique: 'renumbering',
      call: 'path_unlink_file',
      action: 'by a directory of few rights that takes the number of one with all',
    },
    protect: ['box/own'],
    prepare: a => a.given('.', { oflags: Oflags.DIRECTORY, base: 0n, inheriting: 0n }),
    attack(a, few) {
      a.call('fd_renumber', few, 3)
      return a.call('path_unlink_file', 3, ...a.path('own'))
    },
    answer: 'NOTCAPABLE',
  },
  {
    ...{
      technique: 'renumbering',
      call: 'path_open',
      action: 'by a file that takes the number of a directory',
      answer: 'NOTDIR',
    },
    prepare: a => a.given('own'),
    attack(a, file) {
      a.call('fd_renumber', file, 3)
      return a.opening(at(3, '../outside/secret'), {}, fd => a.read(fd))
    },
    control: { why: 'a file has no directory above it, for the operating system either' },
  },
  {
    ...{
      technique: 'descriptors without end',
      call: 'path_open',
      action: 'more often than the host allows',
      answer: 'MFILE',
    },
    attack(a) {
      for (let count = 0; count < 1100; count++) {
        const opened = a.open(at(3, 'own'))
        if (typeof opened === 'string') return opened
      }
      return 'SUCCESS'
    },
    breach: succeeds,
  },
  {
    ...{
      technique: 'descriptors without end',
      call: 'path_open',
      action: 'to create more often than the host allows',
      answer: 'MFILE',
    },
    protect: ['box/empty'],
    prepare(a) {
      for (let fd = 5; fd < 1024; fd++) a.open(at(3, 'own'))
      return 3
    },
    attack: a => a.opening(at(3, 'empty/new'), { oflags: Oflags.CREAT, base: ALL }),
  },
]

export const numbers: readonly Case[] = [...swept, closed, ...streams, ...prestat, ...games]
