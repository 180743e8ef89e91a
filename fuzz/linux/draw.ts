/**
 * Draws programs: few names that collide, links in all directions, odd paths, flags, offsets and
 * times.
 */
import type { Random } from '../random.js'
import type { Entry, Program, Step } from './program.js'

const names = ['a', 'b', 'c', 'd', 'e']
const odd = [
  '',
  '.',
  './',
  '..',
  '/',
  '//',
  '/a',
  'n'.repeat(255),
  'n'.repeat(256),
  `a/${'n'.repeat(256)}`,
]
const more = [
  '\xff\xfe',
  '\xc3\xbc',
  'a\x1b[2J',
  'a/'.repeat(2047),
  './'.repeat(2047),
  `${'a/'.repeat(2047)}bc`,
  `${'./'.repeat(2048)}a`,
]
const sizes = [0n, 0n, 1n, 9n, 4095n, 4096n, 65_536n, 70_000n, 200_000n]
/** Limits at which systems differ: 2 and 4 GiB, ext4's 16 TiB, those of a double and of a long. */
const large = [
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 40n,
  2n ** 44n - 4096n,
  2n ** 44n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 3n,
]
const huge = [2n ** 63n - 70_000n, 2n ** 63n - 2n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]
const second = 1_000_000_000n
const times = [
  0n,
  1n,
  5n,
  second - 1n,
  second,
  7n * second + 1n,
  2n ** 31n * second,
  2n ** 34n * second,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
]
const lengths = [0, 1, 9, 100, 5000, 70_000]

export class Maker {
  readonly #r: Random
  #known: readonly string[] = []
  constructor(random: Random) {
    this.#r = random
  }

  program(calls: number): Program {
    const entries = this.#tree()
    const steps = Array.from({ length: calls }, () => this.#step())
    return { entries, steps: [...this.#opened(entries), ...steps, ['tree']] }
  }

  #tree(): Entry[] {
    const r = this.#r
    const entries: Entry[] = []
    const dirs = ['']
    for (let left = 2 + r.below(9); left > 0; left--) {
      const path = r.pick(dirs) + r.pick(names)
      if (entries.some(entry => entry.path === path)) continue
      const kind = r.pick(['dir', 'dir', 'file', 'file', 'link', 'link'] as const)
      if (kind === 'link') entries.push({ kind, path, target: this.#target() })
      else
        entries.push(
          kind === 'file' ? { kind, path, size: r.pick([0, 9, 4096, 70_000]) } : { kind, path },
        )
      if (kind === 'dir') dirs.push(`${path}/`)
    }
    // A chain of links, longer than may be followed.
    if (r.onceIn(12)) {
      for (let i = 0; i < 43; i++)
        entries.push({
          kind: 'link',
          path: `k${i}`,
          target: i === 0 ? r.pick(['a', '.', 'b/']) : `k${i - 1}`,
        })
      this.#known = ['k38', 'k39', 'k39', 'k40', 'k41', 'k42']
    }
    this.#known = [
      ...this.#known,
      ...entries.map(({ path }) => path).filter(path => !path.startsWith('k')),
    ]
    return entries
  }
  /** A file and two directories, so that few calls meet an empty slot. */
  #opened(entries: readonly Entry[]): Step[] {
    const r = this.#r
    const of = (kind: Entry['kind'], or: string): string =>
      r.pick([or, ...entries.filter(e => e.kind === kind).map(({ path }) => path)])
    return [
      [
        'path_open',
        3,
        1,
        of('file', 'a'),
        r.pick([0, 1]),
        r.pick([1, 2, 3, 3, 3]),
        r.pick([0, 0, 1]),
        4,
      ],
      ['path_open', 3, 1, of('dir', '.'), 2, 1, 0, 5],
      ['path_open', 3, 1, of('dir', '.'), 2, r.below(2), 0, 6],
    ]
  }
  /**
   * Draws the target of a link: a file, a directory, nothing, a parent or the link itself; seldom a
   * path out of the folder, which ends in NOTCAPABLE.
   */
  #target(): string {
    const r = this.#r
    if (r.onceIn(40)) return r.pick(['/a', '/', '../../a', '../..'])
    if (r.onceIn(8))
      return r.pick(['.', './', '..', '../a', '../b/', 'a/..', 'nowhere', 'nowhere/'])
    return (
      (r.onceIn(3) ? '../' : '') +
      r.pick(names) +
      r.pick(['', '', '', '/', '/a', '/b', '/.', '/..'])
    )
  }
  #path(): string {
    const r = this.#r
    if (r.onceIn(50)) return r.pick(r.onceIn(3) ? more : odd)
    if (this.#known.length > 0 && r.onceIn(2)) {
      const tail = r.pick([
        '',
        '',
        '',
        '',
        '/',
        '/.',
        '/..',
        '//',
        `/${r.pick(names)}`,
        `/../${r.pick(names)}`,
      ])
      return r.pick(['', '', '', './']) + r.pick(this.#known) + tail
    }
    let path = r.pick(names)
    for (let left = r.pick([0, 0, 1, 1, 2]); left > 0; left--)
      path += r.pick(['/', '/', '/', '//', '/./']) + r.pick([...names, ...names, '..'])
    return r.onceIn(8) ? path + r.pick(['/', '//', '/.', '/..']) : path
  }
  #dir(): number {
    return this.#r.pick([3, 3, 3, 3, 4, 5, 6])
  }
  #fd(): number {
    return this.#r.pick([3, 4, 4, 4, 4, 4, 5, 5, 6, 7])
  }
  #size(): bigint {
    const r = this.#r
    return r.onceIn(4) ? r.pick(r.onceIn(3) ? huge : large) : r.pick(sizes)
  }
  #fdflags(): number {
    return this.#r.pick([0, 0, 0, 0, 1, 1, 4, 5, 2, 16])
  }
  #times(): [bigint, bigint, number] {
    const r = this.#r
    return [r.pick(times), r.pick(times), r.pick([0, 1, 2, 4, 8, 5, 5, 5, 6, 9, 10, 3, 12, 15])]
  }

  #step(): Step {
    const r = this.#r
    const call = r.below(32)
    if (call < 9) return this.#open()
    return call < 20 ? this.#onPath(call - 9) : this.#onDescriptor()
  }
  #open(): Step {
    const r = this.#r
    const oflags = r.pick([0, 0, 0, 1, 1, 1, 2, 2, 5, 8, 9, 13, 10, 3, 4])
    const access = r.pick([1, 1, 2, 3, 3])
    const directory = (oflags & 2) !== 0 && !r.onceIn(4)
    return [
      'path_open',
      this.#dir(),
      r.below(2),
      this.#path(),
      oflags,
      directory ? r.below(2) : access,
      this.#fdflags(),
      r.pick([4, 4, 5, 5, 6]),
    ]
  }
  #onPath(call: number): Step {
    const r = this.#r
    switch (call) {
      case 0:
        return ['path_create_directory', this.#dir(), this.#path()]
      case 1:
        return ['path_remove_directory', this.#dir(), this.#path()]
      case 2:
        return ['path_unlink_file', this.#dir(), this.#path()]
      case 3:
      case 4:
        return ['path_rename', this.#dir(), this.#path(), this.#dir(), this.#path()]
      case 5:
        return ['path_link', this.#dir(), r.below(2), this.#path(), this.#dir(), this.#path()]
      case 6:
        return ['path_symlink', this.#target(), this.#dir(), this.#path()]
      case 7:
        return ['path_readlink', this.#dir(), this.#path(), r.pick([0, 1, 2, 3, 100, 5000])]
      case 8:
        return ['path_filestat_set_times', this.#dir(), r.below(2), this.#path(), ...this.#times()]
      default:
        return ['path_filestat_get', this.#dir(), r.below(2), this.#path()]
    }
  }
  #onDescriptor(): Step {
    const r = this.#r
    const fd = this.#fd()
    return r.pick<() => Step>([
      () => ['fd_read', fd, r.pick(lengths)],
      () => ['fd_pread', fd, r.pick(lengths), this.#size()],
      () => ['fd_write', fd, r.pick(lengths)],
      () => ['fd_write', fd, r.pick(lengths)],
      () => ['fd_pwrite', fd, r.pick(lengths), this.#size()],
      () => ['fd_seek', fd, BigInt.asIntN(64, this.#size() * r.pick([1n, 1n, -1n])), r.below(3)],
      () => ['fd_tell', fd],
      () => ['fd_filestat_set_size', fd, this.#size()],
      // No more than is quickly given back: a disk may be filled by what a call allocates.
      () => [
        'fd_allocate',
        fd,
        r.pick(r.onceIn(6) ? huge : sizes),
        r.pick(r.onceIn(6) ? huge : sizes),
      ],
      () => ['fd_advise', fd, this.#size(), this.#size(), r.below(6)],
      () => ['fd_filestat_get', fd],
      () => ['fd_filestat_set_times', fd, ...this.#times()],
      () => ['fd_fdstat_get', fd],
      () => ['fd_fdstat_set_flags', fd, this.#fdflags()],
      () => [r.pick(['fd_sync', 'fd_datasync'] as const), fd],
      () => ['fd_readdir', fd, r.pick([280, 330, 5000])],
      () =>
        r.onceIn(2)
          ? ['fd_close', r.pick([4, 5, 6])]
          : ['fd_renumber', r.pick([4, 5, 6]), r.pick([4, 5, 6])],
    ])()
  }
}
