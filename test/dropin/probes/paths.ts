/** Path resolution below the preopen and out of it, for each call that takes a path. */
import { type Any, calls, type Probe, type Ready } from '../probe.js'

const shown = (path: string): string =>
  JSON.stringify(path.length > 40 ? `${path.slice(0, 6)}...` : path) +
  (path.length > 40 ? ` of ${path.length}` : '')

// biome-ignore format: a list
const paths = [
  'nothing', 'nothing/', 'a.txt/', 'a.txt/x', '', '.', '..', './.', 'dir/..', 'dir/../..', '/', '/nowhere', '/a.txt', 'dir/../a.txt', 'loop', 'out',
  'out/secret', 'up', 'up/secret', 'link', 'link/', 'a.txt\0b', '\0', 'x'.repeat(255), 'x'.repeat(256), 'd/'.repeat(2050), 'dir//b', './/dir/./b', 'é', '../a.txt',
  'dir/../../a.txt', 'nothing/..', 'a.txt/..', 'dir/b/.', 'dir/', 'loop/x', 'link/x',
]
const filestat = ({ call, path, bytes, u64 }: Ready, text: string, follow: number): unknown => {
  const errno = call.path_filestat_get(3, follow, ...path(text), 0)
  return errno === 'SUCCESS' ? { type: bytes[16], size: bytes[16] === 4 ? u64(32) : 'any' } : errno
}
const stats: readonly Probe[] = [
  ...paths.flatMap(text => [
    calls(`path_filestat_get ${shown(text)}`, ready => filestat(ready, text, 0)),
    calls(`path_filestat_get ${shown(text)}, following`, ready => filestat(ready, text, 1)),
  ]),
  ...[2, 2 ** 32 - 1].map(flags =>
    calls(`path_filestat_get, lookup flags ${flags}`, ({ call, path }) =>
      call.path_filestat_get(3, flags, ...path('a.txt'), 0),
    ),
  ),
  calls(
    'path_filestat_get, unstable',
    ({ call, path, bytes, u32, u64 }) => [
      call.path_filestat_get(3, 0, ...path('a.txt'), 0),
      bytes[16],
      u32(20),
      u64(24),
    ],
    { version: 'unstable' },
  ),
]

type Opening = readonly [
  label: string,
  path: string,
  oflags?: number,
  rights?: bigint,
  fdflags?: number,
]
const [CREAT, DIRECTORY, EXCL, TRUNC] = [1, 2, 4, 8]
// FD_FILESTAT_GET too, to see what was opened.
const READ = 0x200002n
const WRITE = 0x200042n
const openings: readonly Opening[] = [
  ['a file', 'a.txt'],
  ['nothing', 'no'],
  ['a folder', 'dir'],
  ['a folder to write', 'dir', 0, WRITE],
  ['a folder with the rights of files', 'dir', DIRECTORY, 0x0fffffffn],
  ['a folder as such', 'dir', DIRECTORY, 0n],
  ['a folder by slash', 'dir/'],
  ['a file as a folder', 'a.txt', DIRECTORY, 0n],
  ['a file by slash', 'a.txt/'],
  ['create', 'new', CREAT, WRITE],
  ['create over', 'a.txt', CREAT, WRITE],
  ['create exclusively', 'new', CREAT | EXCL, WRITE],
  ['create exclusively over', 'a.txt', CREAT | EXCL, WRITE],
  ['create exclusively over a link', 'link', CREAT | EXCL, WRITE],
  ['create a folder', 'new', CREAT | DIRECTORY, 0n],
  ['create by slash', 'new/', CREAT, WRITE],
  ['create below nothing', 'no/new', CREAT, WRITE],
  ['create through a link out', 'out/new', CREAT | EXCL, WRITE],
  ['truncate', 'a.txt', TRUNC, WRITE],
  ['truncate to read', 'a.txt', TRUNC],
  ['truncate a folder', 'dir', TRUNC, WRITE],
  ['with unknown oflags', 'a.txt', 16],
  ['with unknown fdflags', 'a.txt', 0, READ, 32],
  ['to append', 'a.txt', 0, WRITE, 1],
  ['dsync', 'a.txt', 0, WRITE, 2],
  ['nonblock', 'a.txt', 0, READ, 4],
  ['rsync', 'a.txt', 0, READ, 8],
  ['sync', 'a.txt', 0, WRITE, 16],
  ['with no rights', 'a.txt', 0, 0n],
  ['with all rights', 'a.txt', 0, 2n ** 64n - 1n],
  ['a link', 'link'],
  ['a looping link', 'loop'],
  ['a link out', 'out'],
  ['through a link out', 'out/secret'],
  ['a link up', 'up'],
  ['through a link up', 'up/secret'],
  ['.', '.', DIRECTORY],
  ['..', '..', DIRECTORY],
  ['absolute', '/a.txt'],
  ['an empty path', ''],
  ['a path with NUL', 'a.txt\0b'],
]
/** The number that was assigned, and the file behind it. */
const opened = ({ open, call, bytes }: Ready, path: string, options: Any): unknown => {
  const fd = open(path, options)
  return typeof fd === 'number' ? [fd, call.fd_filestat_get(fd, 0), bytes[16]] : fd
}
const opens: readonly Probe[] = openings.flatMap(
  ([label, path, oflags = 0, rights = READ, fdflags = 0]) =>
    [false, true].map(follow =>
      calls(`path_open ${label}${follow ? ', following' : ''}`, ready =>
        opened(ready, path, { oflags, rights, fdflags, follow }),
      ),
    ),
)

const targets = [
  'dir',
  'dir/',
  'a.txt',
  'a.txt/',
  'empty',
  'empty/',
  'new',
  'new/',
  'no/new',
  '.',
  '..',
  '/',
  '',
  'link',
  'link/',
  'loop',
  'out',
  'out/',
  'out/new',
  'out/secret',
  'up/new',
  'up/secret',
  'dir/.',
  'dir/..',
]
const one = (
  ['path_create_directory', 'path_remove_directory', 'path_unlink_file'] as const
).flatMap(name =>
  targets.map(target =>
    calls(`${name} ${shown(target)}`, ({ call, path }) => call[name](3, ...path(target))),
  ),
)
const readlinks = [
  ...['link', 'a.txt', 'dir', 'no', 'loop', 'up', '', 'link/', 'out/x', 'up/x', '..'].map(target =>
    calls(`path_readlink ${shown(target)}`, ({ call, path, u32, text }) => {
      const errno = call.path_readlink(3, ...path(target), 64, 32, 0)
      return errno === 'SUCCESS' ? text(64, u32(0)) : errno
    }),
  ),
  ...[0, 1, 4, 5, 6].map(room =>
    calls(`path_readlink into ${room} of 5 bytes`, ({ call, path, u32 }) => {
      const errno = call.path_readlink(3, ...path('link'), 64, room, 0)
      return errno === 'SUCCESS' ? u32(0) : errno
    }),
  ),
]

// biome-ignore format: pairs
const renames = [
  ['no', 'x'], ['a.txt', 'x'], ['a.txt', 'dir'], ['dir', 'a.txt'], ['dir', 'empty'], ['empty', 'dir'], ['a.txt', 'a.txt'], ['a.txt', '../x'], ['../x', 'y'], ['dir', 'dir/x'],
  ['a.txt', 'x/'], ['a.txt/', 'x'], ['dir', 'x/'], ['dir/', 'x'], ['', 'x'], ['a.txt', ''], ['link', 'x'], ['out/secret', 'x'], ['up/secret', 'x'], ['a.txt', 'up/x'], ['a.txt', 'no/x'], ['.', 'x'],
]
// biome-ignore format: pairs
const links = [
  ['no', 'x'], ['a.txt', 'x'], ['a.txt', 'dir'], ['dir', 'x'], ['link', 'x'], ['a.txt', '../x'], ['../x', 'y'], ['a.txt', 'x/'], ['loop', 'x'], ['out', 'x'], ['up/secret', 'x'], ['a.txt', 'up/x'], ['', 'x'], ['a.txt', ''],
]
// biome-ignore format: pairs
const symlinks = [
  ['a.txt', 'x'], ['a.txt', 'dir'], ['/nowhere', 'x'], ['../x', 'y'], ['', 'x'], ['a', ''], ['a', '../x'], ['a', 'x/'], ['a', 'no/x'], ['nowhere', 'x'], ['a', 'out/x'], ['a', 'up/x'],
]
const pair = ([from, to]: readonly string[]): string => `${shown(from)} to ${shown(to)}`
const two: readonly Probe[] = [
  ...renames.map(names =>
    calls(`path_rename ${pair(names)}`, ({ call, path }) =>
      call.path_rename(3, ...path(names[0]), 3, ...path(names[1], 2048)),
    ),
  ),
  ...[0, 1].flatMap(follow =>
    links.map(names =>
      calls(`path_link ${pair(names)}${follow ? ', following' : ''}`, ({ call, path }) =>
        call.path_link(3, follow, ...path(names[0]), 3, ...path(names[1], 2048)),
      ),
    ),
  ),
  ...symlinks.map(names =>
    calls(`path_symlink ${pair(names)}`, ({ call, path }) =>
      call.path_symlink(...path(names[0]), 3, ...path(names[1], 2048)),
    ),
  ),
]

export const pathProbes: readonly Probe[] = [
  ...stats,
  ...opens,
  ...one,
  ...readlinks,
  ...two,
  calls('path_create_directory, not UTF-8', ({ call, bytes }) => {
    bytes.set([0xff, 0xfe], 1024)
    return call.path_create_directory(3, 1024, 2)
  }),
]
