/**
 * Attacks by calls whose right the guest does not hold: it was never asked for, given up, or not
 * passed on.
 */
import { type RightName, rightNames } from '#lib/abi/rights.js'
import { Fstflags, Oflags } from '#lib/abi/values.js'
import { ALL, rights } from '../../hostcalls/fixture.js'
import type { Attacker, Place } from '../attacker.js'
import type { Case } from '../case.js'

const SET = Fstflags.ATIM | Fstflags.MTIM
const at = (dir: number, path: string): Place => ({ dir, path, follow: 0 })
const succeeds: Case['breach'] = (_, __, answer) => answer === 'SUCCESS'

interface Action {
  readonly right: RightName
  readonly call: Case['call']
  readonly action?: string
  /**
   * On `dir` with the files `own` and `secret`, the link `pointer` and the directory `deep`, or on
   * its file `secret`.
   */
  readonly on: 'directory' | 'file'
  readonly run: (a: Attacker, fd: number) => string
  readonly breach?: Case['breach']
}
// biome-ignore format: one action a line
const actions: readonly Action[] = [
  { right: 'PATH_CREATE_DIRECTORY', call: 'path_create_directory', on: 'directory', run: (a, fd) => a.call('path_create_directory', fd, ...a.path('new')) },
  { right: 'PATH_CREATE_FILE', call: 'path_open', action: 'to create', on: 'directory', run: (a, fd) => a.opening(at(fd, 'new'), { oflags: Oflags.CREAT }) },
  { right: 'PATH_LINK_SOURCE', call: 'path_link', action: 'from there', on: 'directory', run: (a, fd) => a.link(at(fd, 'own'), at(3, 'gain')) },
  { right: 'PATH_LINK_TARGET', call: 'path_link', action: 'to there', on: 'directory', run: (a, fd) => a.link(at(3, 'own'), at(fd, 'new')) },
  { right: 'PATH_OPEN', call: 'path_open', action: 'to read', on: 'directory', run: (a, fd) => a.opening(at(fd, 'secret'), {}, file => a.read(file)) },
  { right: 'PATH_FILESTAT_SET_SIZE', call: 'path_open', action: 'to truncate', on: 'directory', run: (a, fd) => a.opening(at(fd, 'own'), { oflags: Oflags.TRUNC, base: rights('FD_WRITE') }) },
  { right: 'FD_READDIR', call: 'fd_readdir', on: 'directory', run: (a, fd) => a.list(fd) },
  { right: 'PATH_READLINK', call: 'path_readlink', on: 'directory', run: (a, fd) => a.readlink(at(fd, 'pointer')) },
  { right: 'PATH_RENAME_SOURCE', call: 'path_rename', action: 'from there', on: 'directory', run: (a, fd) => a.rename(at(fd, 'own'), at(3, 'gain')) },
  { right: 'PATH_RENAME_TARGET', call: 'path_rename', action: 'to there', on: 'directory', run: (a, fd) => a.rename(at(3, 'own'), at(fd, 'new')) },
  { right: 'PATH_FILESTAT_GET', call: 'path_filestat_get', on: 'directory', run: (a, fd) => a.statAt(at(fd, 'own')), breach: succeeds },
  { right: 'PATH_FILESTAT_SET_TIMES', call: 'path_filestat_set_times', on: 'directory', run: (a, fd) => a.call('path_filestat_set_times', fd, 0, ...a.path('own'), 1n, 1n, SET) },
  { right: 'PATH_SYMLINK', call: 'path_symlink', on: 'directory', run: (a, fd) => a.symlink('own', 'new', fd) },
  { right: 'PATH_REMOVE_DIRECTORY', call: 'path_remove_directory', on: 'directory', run: (a, fd) => a.call('path_remove_directory', fd, ...a.path('deep')) },
  { right: 'PATH_UNLINK_FILE', call: 'path_unlink_file', on: 'directory', run: (a, fd) => a.call('path_unlink_file', fd, ...a.path('own')) },
  { right: 'FD_FILESTAT_SET_TIMES', call: 'fd_filestat_set_times', action: 'of a directory', on: 'directory', run: (a, fd) => a.call('fd_filestat_set_times', fd, 1n, 1n, SET) },
  { right: 'FD_READ', call: 'fd_read', on: 'file', run: (a, fd) => a.read(fd) },
  { right: 'FD_READ', call: 'fd_pread', on: 'file', run: (a, fd) => a.pread(fd) },
  { right: 'FD_SEEK', call: 'fd_pread', action: 'without seeking', on: 'file', run: (a, fd) => a.pread(fd) },
  { right: 'FD_WRITE', call: 'fd_write', on: 'file', run: (a, fd) => a.write(fd) },
  { right: 'FD_WRITE', call: 'fd_pwrite', on: 'file', run: (a, fd) => a.pwrite(fd) },
  { right: 'FD_SEEK', call: 'fd_pwrite', action: 'without seeking', on: 'file', run: (a, fd) => a.pwrite(fd) },
  { right: 'FD_FILESTAT_SET_SIZE', call: 'fd_filestat_set_size', on: 'file', run: (a, fd) => a.call('fd_filestat_set_size', fd, 1n) },
  { right: 'FD_FILESTAT_SET_TIMES', call: 'fd_filestat_set_times', on: 'file', run: (a, fd) => a.call('fd_filestat_set_times', fd, 1n, 1n, SET) },
  { right: 'FD_ALLOCATE', call: 'fd_allocate', on: 'file', run: (a, fd) => a.call('fd_allocate', fd, 0n, 50_000n) },
  { right: 'FD_FILESTAT_GET', call: 'fd_filestat_get', on: 'file', run: (a, fd) => a.stat(fd), breach: succeeds },
]

const pathOf = ({ on }: Action): string => (on === 'directory' ? 'dir' : 'dir/secret')
const oflagsOf = ({ on }: Action): number => (on === 'directory' ? Oflags.DIRECTORY : 0)
const inheritingOf = ({ on }: Action): bigint => (on === 'directory' ? ALL : 0n)
/** No directory is opened to write. */
const ofFolder = ALL & ~rights('FD_WRITE')
const allOf = ({ on }: Action): bigint => (on === 'directory' ? ofFolder : ALL)
const lacking = (action: Action): bigint => allOf(action) & ~rights(action.right)
const open = (a: Attacker, action: Action, base: bigint): number =>
  a.given(pathOf(action), { oflags: oflagsOf(action), base, inheriting: inheritingOf(action) })
/** Only what a descriptor holds can be kept: what fits both kinds, and what fits its own. */
const shared: readonly RightName[] = ['FD_FILESTAT_GET', 'FD_FILESTAT_SET_TIMES']
const ofFiles: readonly RightName[] = [
  'FD_READ',
  'FD_WRITE',
  'FD_SEEK',
  'FD_TELL',
  'FD_ALLOCATE',
  'FD_FILESTAT_SET_SIZE',
]
const ofDirectories = rightNames.filter(name => name.startsWith('PATH_') || name === 'FD_READDIR')
const holdable = ({ on }: Action): bigint =>
  rights(...shared, ...(on === 'directory' ? ofDirectories : ofFiles))
const giveUp = (a: Attacker, fd: number, action: Action): string =>
  a.call('fd_fdstat_set_rights', fd, holdable(action) & ~rights(action.right), inheritingOf(action))

/** The ways in which a descriptor comes to lack the right. */
const ways: Readonly<Record<string, (a: Attacker, action: Action) => number>> = {
  'a right that was not asked for': (a, action) => open(a, action, lacking(action)),
  'a right that was given up': (a, action) => {
    const fd = open(a, action, allOf(action))
    held(giveUp(a, fd, action))
    return fd
  },
  'a right that was given up and is asked for again': (a, action) => {
    const fd = open(a, action, allOf(action))
    held(giveUp(a, fd, action))
    a.call('fd_fdstat_set_rights', fd, ALL, ALL)
    a.call('fd_fdstat_set_rights', fd, holdable(action), inheritingOf(action))
    return fd
  },
  'a right that was given up, by another number': (a, action) => {
    const fd = open(a, action, allOf(action))
    held(giveUp(a, fd, action))
    held(a.call('fd_renumber', fd, 2))
    return 2
  },
}
function held(errno: string): void {
  if (errno !== 'SUCCESS') throw new Error(`rights are not given up: ${errno}`)
}

const dir: Case['populate'] = s => {
  s.file('box/dir/secret', s.mark.padEnd(1000, '.'))
  s.file(`box/dir/name-${s.mark}`)
  s.link('box/dir/pointer', `gone-${s.mark}`)
}

const withoutRight = Object.entries(ways).flatMap(([technique, prepare]) =>
  actions.map((row): Case => {
    const { call, action = '', run, breach } = row
    return {
      ...{
        technique,
        call,
        action,
        protect: ['box/dir'],
        populate: dir,
        answer: 'NOTCAPABLE',
        control: 'generous',
        attack: run,
      },
      prepare: a => prepare(a, row),
      ...(breach && { breach }),
    }
  }),
)

/**
 * Opens through a directory that passes a right on to nothing. Returns the descriptor that holds it
 * nevertheless, or the name of the errno.
 */
const gains: Readonly<
  Record<string, (a: Attacker, fd: number, action: Action) => number | string>
> = {
  'a right that is not passed on': (a, fd, action) =>
    a.open(at(fd, pathOf(action)), {
      oflags: oflagsOf(action),
      base: allOf(action),
      inheriting: inheritingOf(action),
    }),
  'a right that is not passed on, asked for to be passed on': (a, fd, action) => {
    const again = a.open(at(fd, '.'), {
      oflags: Oflags.DIRECTORY,
      base: rights('PATH_OPEN') & ~rights(action.right),
      inheriting: ALL,
    })
    if (typeof again === 'string') return again
    return a.open(at(again, pathOf(action)), {
      oflags: oflagsOf(action),
      base: allOf(action),
      inheriting: inheritingOf(action),
    })
  },
}
const notInherited = Object.entries(gains).flatMap(([technique, gain]) =>
  actions.map((row): Case => {
    const { right, call, action = '', run, breach } = row
    return {
      ...{
        technique,
        call,
        action,
        protect: ['box/dir'],
        populate: dir,
        answer: 'NOTCAPABLE',
        control: 'generous',
      },
      prepare: a =>
        a.given('.', {
          oflags: Oflags.DIRECTORY,
          base: ofFolder,
          inheriting: ALL & ~rights(right),
        }),
      attack(a, fd) {
        const opened = gain(a, fd, row)
        return typeof opened === 'string' ? opened : run(a, opened)
      },
      ...(breach && { breach }),
    }
  }),
)

export const missingRights: readonly Case[] = [...withoutRight, ...notInherited]
