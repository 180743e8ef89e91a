/** Attacks on what the host had logged, by a guest whose standard output and error that log is. */
import { Fstflags, Whence } from '#lib/abi/values.js'
import { ALL } from '../../hostcalls/fixture.js'
import type { Attacker } from '../attacker.js'
import type { Case } from '../case.js'
import type { Fixture, Setup } from '../fixture.js'

const SET = Fstflags.ATIM | Fstflags.MTIM
const NOW = Fstflags.ATIM_NOW | Fstflags.MTIM_NOW
type Try = readonly [
  call: Case['call'],
  action: string,
  answer: string,
  run: (a: Attacker, fd: number) => string,
]

// biome-ignore format: an attack a line
const byOutput: readonly Try[] = [
  ['fd_read', '', 'BADF', (a, fd) => a.read(fd)],
  ['fd_pread', '', 'BADF', (a, fd) => a.pread(fd)],
  ['fd_filestat_set_size', 'to nothing', 'INVAL', (a, fd) => a.call('fd_filestat_set_size', fd, 0n)],
  ['fd_filestat_set_size', 'to more', 'INVAL', (a, fd) => a.call('fd_filestat_set_size', fd, 100_000n)],
  ['fd_allocate', '', 'SPIPE', (a, fd) => a.call('fd_allocate', fd, 0n, 100_000n)],
  ['fd_filestat_set_times', '', 'PERM', (a, fd) => a.call('fd_filestat_set_times', fd, 1n, 1n, SET)],
  ['fd_filestat_set_times', 'to now', 'PERM', (a, fd) => a.call('fd_filestat_set_times', fd, 0n, 0n, NOW)],
]
/** At the start of a log that is not opened to append. One that is would append this, too. */
// biome-ignore format: an attack a line
const overwriting: readonly Try[] = [
  ['fd_pwrite', '', 'SPIPE', (a, fd) => a.pwrite(fd)],
  ['fd_pwrite', 'behind its end', 'SPIPE', (a, fd) => a.pwrite(fd, 'attack', 1000n)],
]
// biome-ignore format: an attack a line
const byInput: readonly Try[] = [
  ['fd_write', '', 'BADF', (a, fd) => a.write(fd)],
  ['fd_pwrite', '', 'BADF', (a, fd) => a.pwrite(fd)],
  ['fd_filestat_set_size', '', 'INVAL', (a, fd) => a.call('fd_filestat_set_size', fd, 0n)],
  ['fd_allocate', '', 'BADF', (a, fd) => a.call('fd_allocate', fd, 0n, 100_000n)],
  ['fd_filestat_set_times', '', 'PERM', (a, fd) => a.call('fd_filestat_set_times', fd, 1n, 1n, SET)],
]

type Way = readonly [how: string, prepare: (a: Attacker) => number]
const ways: readonly Way[] = [
  ['by standard output', () => 1],
  ['by standard error', () => 2],
  ['by standard output, moved to another number', a => {
    const fd = a.given('own')
    a.call('fd_renumber', 1, fd)
    return fd
  }],
  ['by standard error, moved to the number of standard input', a => {
    a.call('fd_renumber', 2, 0)
    return 0
  }],
  ['by standard output, with rights asked for later', a => {
    a.call('fd_fdstat_set_rights', 1, ALL, 0n)
    return 1
  }],
] // biome-ignore format: a way a line

const casesOf = (tries: readonly Try[], what: string, [how, prepare]: Way, setup: Setup): Case[] =>
  tries.map(([call, action, answer, attack]) => ({
    ...{ technique: `${what}, ${how}`, call, action, answer, setup, prepare, attack },
    protect: ['in', 'out', 'err'],
  }))

/**
 * Attempts to move the host's own offset, or to make it take effect again. A write after that may
 * only append to the log.
 */
const moving = (how: string, prepare: Way[1]): Case[] => [
  {
    ...{
      technique: `a log that is open to write, ${how}`,
      call: 'fd_seek',
      action: 'to its start',
      answer: 'SPIPE',
    },
    ...{ setup: { log: 'w+' }, prepare, breach: overwritten },
    attack: (a, fd) => thenWrites(a, fd, a.call('fd_seek', fd, 0n, Whence.SET, a.room(8))),
  },
  {
    ...{
      technique: `a log that is open to append, ${how}`,
      call: 'fd_fdstat_set_flags',
      action: 'to append no more',
      answer: 'NOTSUP',
    },
    ...{ setup: { log: 'a+' }, prepare, breach: overwritten },
    attack: (a, fd) => thenWrites(a, fd, a.call('fd_fdstat_set_flags', fd, 0)),
  },
]
function thenWrites(a: Attacker, fd: number, errno: string): string {
  a.write(fd)
  return errno
}
const overwritten = (s: Fixture): boolean =>
  ['out', 'err'].some(name => !s.text(name).startsWith(s.mark))

export const log: readonly Case[] = [
  ...ways.flatMap(way => [
    ...casesOf([...byOutput, ...overwriting], 'a log that is open to read and write', way, {
      log: 'r+',
    }),
    ...casesOf(byOutput, 'a log that is open to append', way, { log: 'a+' }),
    ...moving(...way),
  ]),
  ...casesOf(byInput, 'a file that is open to read and write', ['by standard input', () => 0], {
    log: 'r+',
  }),
]
