/** Trees and calls on them, made by chance: many links, few names, so that paths meet. */
import type { Random } from './random.js'

/**
 * Something that lies in the tree when a sequence begins. `@` in a link's target stands for the
 * folder that holds root and out.
 */
export type Entry =
  | { readonly kind: 'dir'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

/**
 * A call of Sys. `dir` and `dir2` are which of three directories the guest holds open it starts
 * from.
 */
export interface Call {
  readonly call:
    | 'open'
    | 'opendir'
    | 'stat'
    | 'times'
    | 'mkdir'
    | 'rmdir'
    | 'unlink'
    | 'readlink'
    | 'symlink'
    | 'link'
    | 'rename'
  readonly dir: number
  readonly path: string
  readonly follow: number
  /** open. */
  readonly oflags: number
  readonly fdflags: number
  readonly access: number
  /** opendir: which directory to hold instead. */
  readonly slot: number
  /** readlink: bytes of room. */
  readonly room: number
  /** symlink. */
  readonly target: string
  /** link, rename. */
  readonly dir2: number
  readonly path2: string
}

const names = ['a', 'b', 'c', 'd', 'e']
const long = 'n'.repeat(255)
const odd = [
  ...[
    '',
    '/',
    '//',
    '.',
    '..',
    './',
    '../',
    long,
    `${long}n`,
    'n'.repeat(1030),
    'n'.repeat(4095),
    'n'.repeat(4096),
    '/etc',
    'a\0b',
    'a/\0',
  ],
  ...[
    'a/'.repeat(2000),
    `${'a/'.repeat(2047)}b`,
    `${'./'.repeat(2047)}a`,
    `a/${long}n/b`,
    `${long}n/..`,
  ],
]
const targets = [
  '/',
  '@/out',
  '@/out/secret',
  '@/root/a',
  '../out',
  '../out/',
  '../out/secret',
  '..',
  '../..',
  '.',
  './',
  'a/../../out/secret',
  '../root/a',
]

export class Maker {
  readonly #random: Random
  #known: readonly string[] = []
  constructor(random: Random) {
    this.#random = random
  }

  tree(): Entry[] {
    const r = this.#random
    const entries: Entry[] = []
    const dirs = ['']
    for (let left = 4 + r.below(14); left > 0; left--) {
      const path = r.pick(dirs) + r.pick(names)
      if (entries.some(entry => entry.path === path)) continue
      const kind = r.pick(['dir', 'dir', 'file', 'link', 'link'] as const)
      entries.push(kind === 'link' ? { kind, path, target: this.#target() } : { kind, path })
      if (kind === 'dir') dirs.push(`${path}/`)
    }
    // A chain of links, longer than may be followed.
    if (r.onceIn(8)) {
      entries.push({ kind: 'link', path: 'k0', target: r.pick(['a', 'b', '.', 'a/']) })
      for (let i = 1; i < 42; i++)
        entries.push({
          kind: 'link',
          path: `k${i}`,
          target: `k${i - 1}${r.pick(['', '', '', '/'])}`,
        })
    }
    this.#known = entries.map(({ path }) => path)
    return entries
  }

  call(): Call {
    const r = this.#random
    return {
      call: r.pick([
        'open',
        'open',
        'open',
        'opendir',
        'stat',
        'stat',
        'times',
        'mkdir',
        'rmdir',
        'unlink',
        'readlink',
        'symlink',
        'link',
        'rename',
      ]),
      dir: r.pick([0, 0, 0, 1, 2]),
      path: this.#path(),
      follow: r.below(2),
      oflags: r.pick([0, 0, 0, 1, 1, 2, 4, 5, 8, 9, 13, 10, 12]),
      fdflags: r.pick([0, 0, 1]),
      access: r.pick([1, 1, 2, 3]),
      slot: 1 + r.below(2),
      room: r.pick([0, 1, 5, 4096, 70000]),
      target: r.onceIn(30) ? this.#path() : this.#target(),
      dir2: r.pick([0, 0, 1, 2]),
      path2: this.#path(),
    }
  }

  #path(): string {
    const r = this.#random
    if (r.onceIn(60)) return r.pick(odd)
    if (r.onceIn(25)) return `k${36 + r.below(6)}${r.pick(['', '/', '/a', '/..'])}`
    if (this.#known.length > 0 && !r.onceIn(3)) {
      const known = r.pick(this.#known)
      const tails = [
        '',
        '',
        '',
        '/',
        '/..',
        '/.',
        '//',
        `/${r.pick(names)}`,
        `/${r.pick(this.#known)}`,
        `/../${r.pick(names)}`,
      ]
      return r.pick(['', '', '', './', `${r.pick(this.#known)}/../`]) + known + r.pick(tails)
    }
    let path = r.pick([...names, '..', '.'])
    for (let left = r.below(4); left > 0; left--)
      path += r.pick(['/', '/', '//']) + r.pick([...names, ...names, '.', '..', '..'])
    return r.onceIn(5) ? path + r.pick(['/', '//', '/.', '/..']) : path
  }
  #target(): string {
    const r = this.#random
    if (r.onceIn(4)) return r.pick(targets)
    // Keeps the part that the host can store in a link.
    const target = this.#path().replaceAll('\0', '').replace(/^\/+/, '')
    return target === '' || target.length > 4095 ? 'a' : target
  }
}
