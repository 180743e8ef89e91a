/**
 * Two hundred spellings of paths: each backend gives Linux's own answer, which node:fs has for the
 * same tree.
 */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { Block } from '#lib/sys/block.js'
import { MemfsSys } from '#lib/sys/memfs/sys.js'
import { Tree } from '#lib/sys/memfs/tree.js'
import { openNative } from '#lib/sys/native/sys.js'
import type { Sys } from '#lib/sys/sys.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { BOTH, Fixture, type HostFs, Oflags, type Result } from './fixture.js'
import { overlay, quota, treeFs } from './treefs.js'

const heads = [
  'f',
  'd',
  'absent',
  'dlink',
  'flink',
  'deep',
  'dangling',
  'loop',
  'dslash',
  'fslash',
  'd/up',
  './/d/.',
]
const tails = [
  '',
  '/',
  '//',
  '/.',
  '/./',
  '/..',
  '/../',
  '/../f',
  '/../f/',
  '/e',
  '/e/',
  '/e/g',
  '/e/g/',
  '/e/g/.',
  '/absent',
  '/absent/',
]
const more = ['/../dlink/e', '//e//g', '/./e/../e/g', '/.../x', '/e/../../f']
/** None leads out of the root: there is no Linux answer to compare with. */
const spellings = heads
  .flatMap(head => [...tails, ...more].map(tail => head + tail))
  .filter(path => !/up\/+\.\./.test(path))

const ways: Readonly<Record<string, () => { readonly sys: Sys; readonly fs: HostFs }>> = {
  openat2: () => ({ sys: openNative(), fs }),
  walk: () => ({ sys: openNative({ resolution: 'walk' }), fs }),
  typescript: () => ({ sys: new TypescriptSys(), fs }),
  memory: () => {
    const tree = new Tree(quota)
    return { sys: new MemfsSys(new Block(), tree), fs: treeFs(tree) }
  },
  overlay: () => overlay(() => openNative()),
}

/** Makes the same tree below the guest's root and below the folder that Linux is asked about. */
function plant(host: HostFs, root: string): void {
  host.mkdirSync(join(root, 'd/e'), { recursive: true })
  host.writeFileSync(join(root, 'f'), 'file')
  host.writeFileSync(join(root, 'd/e/g'), 'inner')
  const links = {
    dlink: 'd',
    flink: 'f',
    deep: 'd/e',
    dangling: 'absent',
    loop: 'loop',
    dslash: 'd/',
    fslash: 'f/',
    'd/up': '..',
  }
  for (const [name, target] of Object.entries(links)) host.symlinkSync(target, join(root, name))
}

/** The outcome of a call on Linux: 0, or the name of its errno without the E. */
function asked(call: () => unknown): Result {
  try {
    call()
    return 0
  } catch (error) {
    return (error as NodeJS.ErrnoException).code?.slice(1) as Result
  }
}
const { O_DIRECTORY, O_RDONLY, O_RDWR } = fs.constants
const opened = (path: string, flags: number) => asked(() => fs.closeSync(fs.openSync(path, flags)))
const closing = (g: Fixture, answer: Result): Result =>
  typeof answer === 'number' ? g.close(answer) : answer

/**
 * Each call as the guest makes it, and as Linux does. The last ones change the tree, which is then
 * planted anew.
 */
const calls: Readonly<
  Record<
    string,
    readonly [
      ours: (g: Fixture, path: string) => Result,
      linux: (path: string) => Result,
      changes?: true,
    ]
  >
> = {
  lstat: [(g, path) => g.stat(path), path => asked(() => fs.lstatSync(path))],
  stat: [(g, path) => g.stat(path, { follow: 1 }), path => asked(() => fs.statSync(path))],
  read: [(g, path) => closing(g, g.open(path)), path => opened(path, O_RDONLY)],
  write: [(g, path) => closing(g, g.open(path, { access: BOTH })), path => opened(path, O_RDWR)],
  directory: [
    (g, path) => closing(g, g.open(path, { oflags: Oflags.DIRECTORY })),
    path => opened(path, O_DIRECTORY),
  ],
  readlink: [
    (g, path) => {
      const answer = g.readlink(path)
      return typeof answer === 'object' ? 0 : answer
    },
    path => asked(() => fs.readlinkSync(path)),
  ],
  mkdir: [(g, path) => g.mkdir(path), path => asked(() => fs.mkdirSync(path)), true],
  unlink: [(g, path) => g.unlink(path), path => asked(() => fs.unlinkSync(path)), true],
  rmdir: [(g, path) => g.rmdir(path), path => asked(() => fs.rmdirSync(path)), true],
}

/** The answer to each spelling. A call that changed the tree is followed by `renew`. */
const each = (changes: boolean, ask: (path: string) => Result, renew: () => void): Result[] =>
  spellings.map(path => {
    const answer = ask(path)
    if (changes && answer === 0) renew()
    return answer
  })

/** Linux's answers, which are the same for each backend. */
const answers = new Map<string, readonly Result[]>()
function linuxAnswers(call: string): readonly Result[] {
  const known = answers.get(call)
  if (known !== undefined) return known
  const folder = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'wasi-common-'))
  const root = join(folder, 'root')
  const renew = (): void => {
    fs.rmSync(root, { recursive: true, force: true })
    plant(fs, root)
  }
  try {
    renew()
    const [, theirs, changes = false] = calls[call]
    const made = each(changes, path => theirs(`${root}/${path}`), renew)
    answers.set(call, made)
    return made
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

for (const [way, make] of Object.entries(ways)) {
  for (const [call, [ours, , changes = false]] of Object.entries(calls)) {
    const title = `${call} of ${spellings.length} spellings answers as Linux does (${way})`
    if (process.platform !== 'linux') {
      test.skip(`${title} [this is no Linux]`, () => {})
      continue
    }
    test(title, t => {
      let g: Fixture | undefined
      const renew = (): void => {
        g?.dispose()
        const { sys, fs: host } = make()
        g = new Fixture(sys, host)
        plant(host, g.host())
      }
      t.teardown(() => g?.dispose())
      renew()
      const expected = linuxAnswers(call)
      const given = each(changes, path => ours(g as Fixture, path), renew)
      const differing = spellings.flatMap((path, i) =>
        given[i] === expected[i] ? [] : [`${path}: ${given[i]}, Linux ${expected[i]}`],
      )
      t.deepEqual(differing, [])
      t.true(new Set(expected).size > 2, 'Linux gives answers of several kinds')
      t.true(spellings.length > 200)
    })
  }
}
