/**
 * The child process of reserve.test.ts: fills the process's descriptors up to a few below the
 * reserve, and prints how few each call of a guest can do with. Then it opens files while a guest
 * in a worker thread resolves a path deeper than the limit.
 */
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type Native, openNative } from '#lib/sys/native/sys.js'
import type { Sys } from '#lib/sys/sys.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import {
  Fdflags,
  Fixture,
  Fstflags,
  Oflags,
  openDescriptors,
  type Result,
  resultOf,
  WRITE,
} from './fixture.js'

const makers: Readonly<Record<string, () => Sys>> = {
  native: () => openNative(),
  'native by the walk': () => openNative({ resolution: 'walk' }),
  typescript: () => new TypescriptSys(),
  'typescript by the walk': () => new TypescriptSys({ places: 'uncached' }),
}
/** Directories one in another, more than the process may have descriptors in the test. */
const depth = 320

/** Opens descriptors until all below `number` are taken; closes them again. */
function withAllTaken<Result>(number: number, act: () => Result): Result {
  const taken: number[] = []
  try {
    for (;;) {
      const fd = fs.openSync('/dev/null', 'r')
      taken.push(fd)
      if (fd >= number - 1) break
    }
    return act()
  } finally {
    for (const fd of taken) fs.closeSync(fd)
  }
}

/**
 * The fewest descriptors below the reserve with which a call is not refused for want of them.
 * `undo` makes the next attempt a fresh one.
 */
function least(
  reserved: number,
  attempt: () => Result,
  undo: (answer: Result) => void,
): number | string {
  for (let left = 0; left <= 12; left++) {
    const before = openDescriptors()
    const answer = withAllTaken(reserved - left, attempt)
    undo(answer)
    if (openDescriptors() !== before)
      return `${answer}, and ${openDescriptors() - before} are left open`
    if (answer === 'MFILE') continue
    return typeof answer === 'number' ? left : `${answer} with ${left}`
  }
  return 'MFILE always'
}

async function needs(sys: Sys, reserved: number) {
  const g = new Fixture(sys)
  g.file('a/b/c/f')
  g.file('f')
  g.file('a/b/f', 'kept')
  g.links({ 'a/b/c/l': '../c/./f', 'a/b/c/up': '../../b' })
  fs.mkdirSync(g.host('a/b/c/dir'))
  const dir = g.handle('a/b')
  const file = g.made('f')
  const parent = fs.statSync(g.host('a'), { bigint: true }).ino
  const parentOf = () => {
    const answer = resultOf(sys.readdir(dir, 0n, 0, 4096))
    return answer === 'MFILE'
      ? answer
      : g.readdir(dir, 0n, 4096).entries.find(({ name }) => name === '..')?.ino
  }
  const nothing = () => {}
  const close = (answer: Result) => void (typeof answer === 'number' && g.close(answer))
  const both = Fstflags.ATIM | Fstflags.MTIM
  const times = (name: string, follow: number) =>
    resultOf(sys.setTimesAt(g.dir, ...g.put(name), follow, both))
  const readlink = (name: string) => resultOf(sys.readlink(g.dir, ...g.put(name), g.room(100), 100))
  const gone = (name: string) => () => fs.rmSync(g.host(name), { recursive: true, force: true })
  /** Refused calls change nothing. */
  const create = (name: string) => {
    const answer = g.create(name)
    return answer === 'MFILE' && g.exists(name) ? 'EXIST' : answer
  }
  const remove = (answer: Result) => {
    close(answer)
    for (const name of ['a/new', 'a/b/c/new']) fs.rmSync(g.host(name), { force: true })
  }
  const truncate = () => {
    const answer = g.open('a/b/f', { oflags: Oflags.TRUNC, access: WRITE })
    return answer === 'MFILE' && fs.statSync(g.host('a/b/f')).size === 0 ? 'IO' : answer
  }
  const calls: Record<string, [attempt: () => Result, undo: (answer: Result) => void]> = {
    'open f': [() => g.open('f'), close],
    'open a/f': [() => g.create('a/f'), close],
    'open a/b/c/f': [() => g.open('a/b/c/f'), close],
    'open a/b/c/up': [() => g.open('a/b/c/up'), close],
    'create a/new': [() => create('a/new'), remove],
    'create a/b/c/new': [() => create('a/b/c/new'), remove],
    'truncate a/b/f': [truncate, close],
    'stat f': [() => g.stat('f'), nothing],
    'stat a/b/c/f': [() => g.stat('a/b/c/f'), nothing],
    'stat a/b/c/l, followed': [() => g.stat('a/b/c/l', { follow: 1 }), nothing],
    'set_times a/b/c/f': [() => times('a/b/c/f', 0), nothing],
    'set_times a/b/c/l, followed': [() => times('a/b/c/l', 1), nothing],
    'mkdir a/b/c/new': [() => g.mkdir('a/b/c/new'), gone('a/b/c/new')],
    'rmdir a/b/c/dir': [
      () => g.rmdir('a/b/c/dir'),
      answer => void (answer === 0 && fs.mkdirSync(g.host('a/b/c/dir'))),
    ],
    'unlink a/b/c/f': [() => g.unlink('a/b/c/f'), () => g.file('a/b/c/f')],
    'symlink a/b/c/new': [() => g.symlink('f', 'a/b/c/new'), gone('a/b/c/new')],
    'readlink a/b/c/l': [() => readlink('a/b/c/l'), nothing],
    'link a/b/c/f to a/b/c/new': [() => g.link('a/b/c/f', 'a/b/c/new'), gone('a/b/c/new')],
    'link a/b/c/l, followed, to a/b/c/new': [
      () => g.link('a/b/c/l', 'a/b/c/new', { follow: 1 }),
      gone('a/b/c/new'),
    ],
    'rename a/b/c/f to itself': [() => g.rename('a/b/c/f', 'a/b/c/f'), nothing],
    'readdir a/b, with the inode of its parent': [
      () => (parentOf() === parent ? 0 : 'MFILE'),
      nothing,
    ],
    'set_flags f': [
      () => resultOf(sys.setFlags(file, Fdflags.APPEND)),
      answer => void (answer === 0 && sys.setFlags(file, 0)),
    ],
  }
  const needed: Record<string, number | string> = {}
  for (const [title, [attempt, undo]] of Object.entries(calls))
    needed[title] = least(reserved, attempt, undo)
  if (sys.name === 'native') needed.accept = await acceptNeeds(g, reserved)
  if (sys.name === 'native') needed['write to a FIFO of the host'] = fifoNeeds(g, reserved)
  const late = sys.name === 'native' ? await acceptedLate(g, reserved) : undefined
  // A container may forbid openat2.
  const by = (sys as Native).resolver ?? sys.name
  g.dispose()
  return { by, needed, late }
}

/**
 * Counts the descriptors of a write to a FIFO that cannot be opened a second time: it goes by
 * poll(2), which has room for PIPE_BUF alone.
 */
function fifoNeeds(g: Fixture, reserved: number): number | string {
  g.fifo('pipe')
  const host = fs.openSync(g.host('pipe'), 'r+')
  const pipe = g.sys.adopt(host)
  g.sys.setFlags(pipe, Fdflags.NONBLOCK)
  const text = 'x'.repeat(20_000)
  const all = Buffer.alloc(text.length)
  const write = () => (g.write(pipe, text) === text.length ? 0 : 'MFILE')
  const found = least(reserved, write, () => void fs.readSync(host, all))
  g.close(pipe)
  fs.closeSync(host)
  return found
}

async function acceptNeeds(g: Fixture, reserved: number): Promise<number | string> {
  const listener = g.sys.listen('127.0.0.1', 0) as number
  const [, port] = g.sys.listening(listener) as readonly [string, number]
  const client = net.connect(port, '127.0.0.1')
  await new Promise(done => client.on('connect', done))
  // Its one client waits for as long as the guest is refused.
  g.sys.setFlags(listener, Fdflags.NONBLOCK)
  const accept = () => resultOf(g.sys.accept(listener, 0))
  const found = least(
    reserved,
    accept,
    answer => void (typeof answer === 'number' && g.close(answer)),
  )
  client.destroy()
  return found
}

/**
 * The answer where the host opened all below the reserve since the guest's last call, which had a
 * low number.
 */
async function acceptedLate(g: Fixture, reserved: number): Promise<Result> {
  const listener = g.sys.listen('127.0.0.1', 0) as number
  const [, port] = g.sys.listening(listener) as readonly [string, number]
  const client = net.connect(port, '127.0.0.1')
  await new Promise(done => client.on('connect', done))
  g.sys.setFlags(listener, Fdflags.NONBLOCK)
  g.close(g.open('f') as number)
  const before = openDescriptors()
  const answer = withAllTaken(reserved, () => resultOf(g.sys.accept(listener, 0)))
  const left = openDescriptors() - before
  client.destroy()
  return left === 0 ? answer : 'IO'
}

/** Path `d/d/d ... /l`, whose last component is a link to the directory that contains it. */
const deep = (end: string) => `${'d/'.repeat(depth)}${end}`

/** A guest that follows the link at the end of the path until it is stopped; counts its answers. */
function guest(): void {
  const { way, folder, stop } = workerData as { way: string; folder: string; stop: Int32Array }
  const sys = makers[way]()
  const memory = new Uint8Array(65536)
  sys.bind(memory)
  const dir = sys.preopen(folder)
  const { length } = deep('l')
  memory.set(Buffer.from(deep('l')))
  const answers: Record<string, number> = {}
  do {
    for (const answer of [
      resultOf(sys.setTimesAt(dir, 0, length, 1, Fstflags.ATIM_NOW)),
      resultOf(sys.filestatAt(dir, 0, length, 1)),
      resultOf(sys.link(dir, 0, length, 0, dir, 0, length - 1)),
      resultOf(sys.mkdir(dir, 0, length)),
    ]) {
      answers[answer] = (answers[answer] ?? 0) + 1
    }
  } while (Atomics.load(stop, 0) === 0)
  sys.dispose()
  parentPort?.postMessage(Object.keys(answers).sort())
}

/** Opens what is the host's to open, again and again, while the guest is at work. */
async function beside(way: string, files: number) {
  const folder = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'wasi-common-'))
  const stop = new Int32Array(new SharedArrayBuffer(4))
  try {
    fs.mkdirSync(join(folder, deep('')), { recursive: true })
    fs.symlinkSync('.', join(folder, deep('l')))
    const worker = new Worker(new URL(import.meta.url), { workerData: { way, folder, stop } })
    const answers = new Promise((resolve, reject) =>
      worker.on('message', resolve).on('error', reject),
    )
    await new Promise(done => worker.on('online', done))
    let failed = 0
    let rounds = 0
    for (const end = Date.now() + 1500; Date.now() < end; rounds++) {
      const mine: number[] = []
      for (let index = 0; index < files; index++) {
        try {
          mine.push(fs.openSync('/dev/null', 'r'))
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error
          failed++
        }
      }
      for (const fd of mine) fs.closeSync(fd)
    }
    Atomics.store(stop, 0, 1)
    return { rounds, failed, answers: await answers }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Returns the answers of calls that find everything below the reserve taken, some of it by cached
 * directories.
 */
function crowded(sys: Sys, reserved: number): readonly Result[] {
  const g = new Fixture(sys)
  g.file('f')
  g.folders('n/o')
  const calls = [
    () => g.open('f'),
    () => g.create('new'),
    () => g.open('f', { oflags: Oflags.TRUNC, access: WRITE }),
    () => g.open('a1/b/f'),
    // The directory that it moves from is cached, and is in use while there is no room.
    () => (g.rename('a7/b/f', 'n/o/f') === 0 ? g.open('f') : 'IO'),
  ]
  const answers = calls.map(call =>
    // The numbers of the cached directories are close to the reserve.
    withAllTaken(reserved - 16, () => {
      for (let i = 0; i < 8; i++) {
        g.file(`a${i}/b/f`)
        g.close(g.handle(`a${i}/b/f`))
      }
      const answer = withAllTaken(reserved, call)
      if (typeof answer !== 'number') return answer
      g.close(answer)
      return 0
    }),
  )
  // After a low number nothing is checked beforehand. The file is made, and must not be made again.
  g.close(g.handle('a1/b/f'))
  g.close(g.handle('f'))
  const exclusive = () => g.create('own', { oflags: Oflags.EXCL })
  const late = withAllTaken(reserved, exclusive)
  g.dispose()
  return [...answers, typeof late === 'number' ? 0 : late]
}

if (isMainThread) {
  const [way, reserved, files] = process.argv.slice(2)
  // Cached directories would be counted as left open.
  const found =
    way === 'typescript'
      ? { by: way, crowded: crowded(makers[way](), Number(reserved)) }
      : await needs(makers[way](), Number(reserved))
  console.log(JSON.stringify({ ...found, beside: await beside(way, Number(files)) }))
} else {
  guest()
}
