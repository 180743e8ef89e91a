/**
 * The uses of a path that leads out: a row for each call that takes one, and for each end of those
 * that take two.
 */
import type { HostcallName } from '#lib/abi/table.js'
import { Fstflags, Oflags } from '#lib/abi/values.js'
import { ALL, rights } from '../hostcalls/fixture.js'
import { type Attacker, type Place, READS } from './attacker.js'
import type { Target } from './fixture.js'

export interface Use {
  readonly call: HostcallName
  readonly action: string
  readonly target: Target
  /** It has a flag that says whether to follow a link in the last place. */
  readonly flagged?: true
  /** The name of the errno, after all that could be done with what was reached. */
  readonly run: (a: Attacker, at: Place) => string
}

const own = { dir: 3, path: 'own', follow: 0 }
const gain = { dir: 3, path: 'gain', follow: 0 }
const WRITES = rights('FD_WRITE')
const folder = { oflags: Oflags.DIRECTORY, base: ALL & ~WRITES, inheriting: ALL }
const { CREAT, EXCL, TRUNC } = Oflags

/** The errno, after the guest read what it got in the box. */
function gained(a: Attacker, errno: string): string {
  if (errno === 'SUCCESS') a.opening(gain, { base: READS }, fd => a.read(fd))
  return errno
}

// biome-ignore format: a use a line
export const uses: readonly Use[] = [
  { call: 'path_open', action: 'to read', target: 'secret', flagged: true, run: (a, at) => a.opening(at, {}, fd => a.read(fd)) },
  { call: 'path_open', action: 'to write', target: 'secret', flagged: true, run: (a, at) => a.opening(at, { base: WRITES }, fd => a.write(fd)) },
  { call: 'path_open', action: 'to create', target: 'fresh', flagged: true, run: (a, at) => a.opening(at, { oflags: CREAT, base: WRITES }, fd => a.write(fd)) },
  { call: 'path_open', action: 'to create, exclusively', target: 'fresh', flagged: true, run: (a, at) => a.opening(at, { oflags: CREAT | EXCL, base: WRITES }) },
  { call: 'path_open', action: 'to truncate', target: 'secret', flagged: true, run: (a, at) => a.opening(at, { oflags: TRUNC, base: WRITES }) },
  { call: 'path_open', action: 'a directory, and read in it', target: 'vault', flagged: true, run: (a, at) => a.opening(at, folder, dir => a.opening({ dir, path: 'secret', follow: 0 }, {}, fd => a.read(fd))) },
  { call: 'fd_readdir', action: '', target: 'vault', flagged: true, run: (a, at) => a.opening(at, folder, fd => a.list(fd)) },
  { call: 'path_create_directory', action: '', target: 'fresh', run: (a, { dir, path }) => a.call('path_create_directory', dir, ...a.path(path)) },
  { call: 'path_filestat_get', action: '', target: 'secret', flagged: true, run: (a, at) => a.statAt(at) },
  { call: 'path_filestat_set_times', action: '', target: 'secret', flagged: true, run: (a, { dir, path, follow }) => a.call('path_filestat_set_times', dir, follow, ...a.path(path), 1n, 1_000_000_000n, Fstflags.ATIM | Fstflags.MTIM) },
  { call: 'path_link', action: 'from there', target: 'secret', flagged: true, run: (a, at) => gained(a, a.link(at, gain)) },
  { call: 'path_link', action: 'to there', target: 'fresh', run: (a, at) => a.link(own, at) },
  { call: 'path_readlink', action: '', target: 'pointer', run: (a, at) => a.readlink(at) },
  { call: 'path_remove_directory', action: '', target: 'hollow', run: (a, { dir, path }) => a.call('path_remove_directory', dir, ...a.path(path)) },
  { call: 'path_rename', action: 'from there', target: 'secret', run: (a, at) => gained(a, a.rename(at, gain)) },
  { call: 'path_rename', action: 'to there', target: 'fresh', run: (a, at) => a.rename(own, at) },
  { call: 'path_symlink', action: '', target: 'fresh', run: (a, { dir, path }) => a.symlink('own', path, dir) },
  { call: 'path_unlink_file', action: '', target: 'secret', run: (a, { dir, path }) => a.call('path_unlink_file', dir, ...a.path(path)) },
]
