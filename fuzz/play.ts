/**
 * Plays a sequence of calls on one backend, on a fixture of its own: what each answered, and what
 * the tree is afterwards.
 */
import fs from 'node:fs'
import type { Sys } from '#lib/sys/sys.js'
import {
  Fixture,
  Fstflags,
  type HostFs,
  Oflags,
  openDescriptors,
  READ,
  resultOf,
} from '../test/sys/fixture.js'
import type { Made } from '../test/sys/treefs.js'
import { Model } from './model.js'
import type { Call, Entry } from './trees.js'

export interface Played {
  /** An answer for each call, with all that the guest learned. */
  readonly answers: readonly string[]
  /** The tree afterwards, a line for each name. */
  readonly tree: readonly string[]
  /** Broken invariants, whatever the other backends answer. */
  readonly faults: readonly string[]
}

const secret = 'what nobody may read'
/** Seconds since 1970 that `times` sets. */
const mark = 5
const both = Fstflags.ATIM | Fstflags.MTIM

function build(g: Fixture, tree: readonly Entry[]): void {
  fs.mkdirSync(g.outside('out/sub'), { recursive: true })
  fs.writeFileSync(g.outside('out/secret'), secret)
  for (const entry of tree) {
    const at = `${g.host()}/${entry.path}`
    if (entry.kind === 'dir') fs.mkdirSync(at)
    else if (entry.kind === 'file') fs.writeFileSync(at, `text of ${entry.path}`)
    else fs.symlinkSync(entry.target.replace('@', g.folder), at)
  }
}

function lines(folder: string, below = '', host: HostFs = fs): string[] {
  return host
    .readdirSync(`${folder}/${below}`)
    .sort()
    .flatMap(name => {
      const path = below + name
      const stats = host.lstatSync(`${folder}/${path}`)
      const marked = stats.mtimeMs === mark * 1000 ? ' @' : ''
      if (stats.isDirectory()) return [`${path}/${marked}`, ...lines(folder, `${path}/`, host)]
      const holds = stats.isSymbolicLink()
        ? host.readlinkSync(`${folder}/${path}`)
        : host.readFileSync(`${folder}/${path}`, 'latin1')
      return [`${path} = ${holds} x${stats.nlink}${marked}`]
    })
}

/**
 * An overlay leaves its folder as it is, so that nothing can be found out there of what a call met.
 */
export function play(
  makeSys: () => Sys | Made,
  tree: readonly Entry[],
  calls: readonly Call[],
): Played {
  const before = openDescriptors()
  const made = makeSys()
  const over = 'sys' in made
  const g = over ? new Fixture(made.sys, made.fs) : new Fixture(made)
  build(g, tree)
  const untouched = lines(g.host()).join('\n')
  const model = new Model(g.host())
  const held = [
    g.dir,
    g.handle('.', { oflags: Oflags.DIRECTORY }),
    g.handle('.', { oflags: Oflags.DIRECTORY }),
  ]
  const outside = lines(g.outside('out')).join('\n')
  const faults: string[] = []

  const detail = (): string => {
    const { type, nlink, size } = g.record
    return type === 3 ? 'directory' : `type ${type} x${nlink} ${size} bytes`
  }
  const same = (call: Call): void => {
    if (!over && g.record.ino !== model.inode(call))
      faults.push(`${call.call} met another file than realpath does`)
  }
  const answer = (call: Call): string => {
    const dir = held[call.dir] as number
    const dir2 = held[call.dir2] as number
    const { path, path2, follow } = call
    switch (call.call) {
      case 'open': {
        const opened = g.open(path, {
          dir,
          follow,
          oflags: call.oflags,
          fdflags: call.fdflags,
          access: call.access,
        })
        if (typeof opened !== 'number') return opened
        g.sys.filestat(opened)
        const found = `0 ${detail()}`
        const read = g.pread(opened, 0, 3000)
        const written = g.write(opened, 'W!')
        g.close(opened)
        return `${found}, read ${JSON.stringify(read)}, write ${written}`
      }
      case 'opendir': {
        const opened = g.open(path, { dir, follow, oflags: Oflags.DIRECTORY, access: READ })
        if (typeof opened !== 'number') return opened
        g.sys.filestat(opened)
        same(call)
        g.close(held[call.slot] as number)
        held[call.slot] = opened
        if (!over) model.hold(call)
        return '0'
      }
      case 'stat': {
        const answered = g.stat(path, { dir, follow })
        if (answered !== 0) return `${answered}`
        same(call)
        return `0 ${detail()}`
      }
      case 'times':
        g.setTimes(BigInt(mark) * 1_000_000_000n, BigInt(mark) * 1_000_000_000n)
        return `${resultOf(g.sys.setTimesAt(dir, ...g.put(path), follow, both))}`
      case 'readlink': {
        const read = g.readlink(path, call.room, dir)
        return typeof read === 'string' ? read : `0 ${read.text.replaceAll(g.folder, '@')}`
      }
      case 'mkdir':
        return `${g.mkdir(path, dir)}`
      case 'rmdir':
        return `${g.rmdir(path, dir)}`
      case 'unlink':
        return `${g.unlink(path, dir)}`
      case 'symlink':
        return `${g.symlink(call.target, path, dir)}`
      case 'link':
        return `${g.link(path, path2, { follow, dir, dir2 })}`
      case 'rename':
        return `${g.rename(path, path2, { dir, dir2 })}`
    }
  }

  const given = (call: Call): string => {
    const out = !over && model.leadsOut(call)
    const told = answer(call)
    if (out && told.startsWith('0')) faults.push(`${call.call} succeeds, and realpath leads out`)
    if (told === 'UNEXPECTED') faults.push(`${call.call}: ${g.sys.failure().message}`)
    return told
  }
  const finish = (): Omit<Played, 'faults'> => {
    try {
      const answers = calls.map(given)
      if (answers.some(told => told.includes(secret))) faults.push('the secret was read')
      if (lines(g.outside('out')).join('\n') !== outside) faults.push('something changed outside')
      if (over && lines(g.host()).join('\n') !== untouched)
        faults.push('something changed below the overlay')
      return {
        answers,
        tree: lines(g.host(), '', g.fs).map(line => line.replaceAll(g.folder, '@')),
      }
    } finally {
      model.dispose()
      g.dispose()
    }
  }
  const played = finish()
  if (openDescriptors() !== before) faults.push('a descriptor was not given back')
  return { ...played, faults }
}
