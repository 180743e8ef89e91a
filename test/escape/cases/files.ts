/**
 * Attacks by special files: files that would block the host, entries that describe a parent
 * directory, and times out of range.
 */
import { Fstflags, Oflags } from '#lib/abi/values.js'
import { rights } from '../../hostcalls/fixture.js'
import { type Attacker, type Opening, type Place, READS } from '../attacker.js'
import type { Case, NoControl } from '../case.js'
import type { Fixture } from '../fixture.js'

const WRITES = rights('FD_WRITE')
const at = (path: string, dir = 3): Place => ({ dir, path, follow: 1 })

/** A special file opens as such, except below an overlay. */
const special = (answer: string): Case['answer'] => ({
  openat2: answer,
  access: answer,
  walk: answer,
  thread: answer,
  typescript: answer,
  typescriptWalk: answer,
  overlay: 'ACCES',
})

/** A FIFO whose other end is closed. A host that waits for it waits for ever. */
type OnFifo = readonly [action: string, answer: string, opening: Opening]
const fifos: readonly OnFifo[] = [
  ['to read', 'SUCCESS', { base: READS }],
  ['to write', 'NXIO', { base: WRITES }],
  ['to truncate', 'NXIO', { base: WRITES, oflags: Oflags.TRUNC }],
  ['to create', 'NXIO', { base: WRITES, oflags: Oflags.CREAT }],
]
const fifo = (s: Fixture): void => s.special('box/fifo', 'p')
const waiting: readonly Case[] = [
  ...fifos.map(
    ([action, answer, opening]): Case => ({
      ...{
        technique: 'a FIFO',
        call: 'path_open',
        action,
        answer: special(answer),
        control: { hangs: true },
      },
      populate: fifo,
      attack: a => a.opening(at('fifo'), opening),
    }),
  ),
  {
    ...{
      technique: 'a FIFO behind a link',
      call: 'path_open',
      action: 'to read',
      answer: special('SUCCESS'),
      control: { hangs: true },
    },
    populate(s) {
      fifo(s)
      s.link('box/dir/last', '../fifo')
    },
    attack: a => a.opening(at('dir/last')),
  },
  ...[READS, WRITES].map(
    (base, i): Case => ({
      ...{
        technique: 'a socket',
        call: 'path_open',
        action: ['to read', 'to write'][i],
        answer: special('NXIO'),
      },
      populate: s => s.socket('box/socket'),
      attack: a => a.opening(at('socket'), { base }),
      control: { why: 'a socket cannot be opened, by no host' },
    }),
  ),
  {
    ...{
      technique: 'a device',
      call: 'path_open',
      action: 'to read',
      answer: special('SUCCESS'),
      setup: { devices: true },
      needs: 'devices',
    },
    populate: s => s.special('box/zero', 'c', '1', '5'),
    attack: a => a.opening(at('zero'), {}, fd => a.read(fd)),
    control: {
      why: 'a device in a directory is given with it, and which one would make the host wait depends on the machine',
    },
  },
]

/** Directory entries that could name the inode of what is above. */
type Listed = readonly [action: string, prepare: (a: Attacker) => number]
const listed: readonly Listed[] = [
  ['of the box', () => 3],
  ['of the box, opened as `.`', a => a.directory('.')],
  ['of the box, opened by a detour', a => a.directory('dir/..')],
  ['of the read-only directory', () => 4],
  ['of the read-only directory, opened as `.`', a => a.directory('.', 4)],
]
const listing: readonly Case[] = [
  ...listed.map(
    ([action, prepare]): Case => ({
      ...{ technique: 'the entry `..`', call: 'fd_readdir', action, prepare, answer: 'SUCCESS' },
      attack: (a, dir) => a.list(dir),
    }),
  ),
  {
    ...{
      technique: 'the entry `..`',
      call: 'fd_readdir',
      action: 'of an open directory that was moved out of the box',
      answer: 'SUCCESS',
    },
    prepare: a => a.directory('dir'),
    meanwhile: s => s.move('box/dir', 'outside/dir'),
    attack: (a, dir) => a.list(dir),
  },
  {
    ...{
      technique: 'the entry `..`',
      call: 'fd_readdir',
      action: 'of the box, moved',
      answer: 'SUCCESS',
    },
    meanwhile: s => s.move('box', 'outside/box'),
    attack: a => a.list(3),
  },
  ...[1n << 63n, (1n << 64n) - 1n, 0x1234_5678_9abcn, 3n].map(
    (cookie): Case => ({
      ...{
        technique: 'an invented cookie',
        call: 'fd_readdir',
        action: `of 0x${cookie.toString(16)}`,
        answer: 'SUCCESS',
      },
      attack: a => a.list(3, cookie),
      control: {
        why: 'no host that lists by node:fs has cookies that mean anything to the operating system',
      },
    }),
  ),
]

/** Nanoseconds which a signed number does not hold. */
const extremes = [1n << 63n, (1n << 63n) + 1n, (1n << 64n) - 1n, (1n << 64n) - 1_000_000_000n]
const SET = Fstflags.ATIM | Fstflags.MTIM
/**
 * All of them are later. A file system may know none so late, and take its last one; an overlay
 * leaves the file as it is.
 */
const wrapped: Case['breach'] = s => !s.overlaid && s.changed('box/own') < Date.UTC(2200)
const times = extremes.flatMap((time): Case[] => [
  {
    ...{
      technique: 'a time beyond all bounds',
      call: 'path_filestat_set_times',
      action: `of 0x${time.toString(16)}`,
      answer: 'SUCCESS',
    },
    attack: a => a.call('path_filestat_set_times', 3, 0, ...a.path('own'), time, time, SET),
    breach: wrapped,
  },
  {
    ...{
      technique: 'a time beyond all bounds',
      call: 'fd_filestat_set_times',
      action: `of 0x${time.toString(16)}`,
      answer: 'SUCCESS',
    },
    prepare: a => a.given('own', { base: rights('FD_FILESTAT_SET_TIMES') }),
    attack: (a, fd) => a.call('fd_filestat_set_times', fd, time, time, SET),
    breach: wrapped,
  },
])

const nothingToTake: NoControl = { why: 'the operating system cuts no directory, for no host' }
const directories: readonly Case[] = [
  ...[Oflags.TRUNC, Oflags.TRUNC | Oflags.CREAT].map(
    (oflags): Case => ({
      ...{
        technique: 'a directory opened as a file',
        call: 'path_open',
        action: `with oflags ${oflags}`,
        answer: 'ISDIR',
        protect: ['box/dir'],
      },
      attack: a => a.opening(at('dir'), { oflags, base: WRITES }),
      control: nothingToTake,
    }),
  ),
]

export const files: readonly Case[] = [...waiting, ...listing, ...times, ...directories]
