/**
 * The typescript backend's cached directories: a path through one starts there, and never finds
 * anything that the walk would not find.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers'
import { setImmediate } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { procfsWorks } from '#lib/sys/typescript/procfs.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { Fixture, Oflags, openDescriptors, READ, type Result, WRITE } from './fixture.js'

const O_PATH = 0o10000000
const onLinux = fs.existsSync('/proc/self/fd') ? test.serial : test.serial.skip

/** Returns the names of the directories that the walk entered during a call. */
function entered(act: () => unknown): string[] {
  const names: string[] = []
  const { openSync } = fs
  fs.openSync = (path, flags, mode) => {
    if ((Number(flags) & O_PATH) !== 0) names.push(`${path}`.replace(/.*\//, ''))
    return openSync(path, flags, mode)
  }
  try {
    act()
  } finally {
    fs.openSync = openSync
  }
  return names
}

/** Milliseconds that pass only when a test lets them: a cached directory expires. */
let time = 0
const { now } = performance
test.before(() => {
  performance.now = () => time
})
test.after.always(() => {
  performance.now = now
})

/** A root with the files `f`, `a/f`, `a/b/f`, `a/b/c/f`, whose texts are their paths. */
function fixture(t: ExecutionContext): Fixture {
  const g = new Fixture(new TypescriptSys())
  t.teardown(() => g.dispose())
  for (const path of ['f', 'a/f', 'a/b/f', 'a/b/c/f']) g.file(path, path)
  return g
}
/** Opens and reads a file: its text, or the errno. */
function text(g: Fixture, path: string, dir = g.dir): string {
  const file = g.open(path, { dir })
  if (typeof file !== 'number') return file
  const read = g.read(file, 100)
  g.close(file)
  return typeof read === 'string' ? read : read.text
}
/** Asserts that a path starts at a cached directory. */
const cached = (t: ExecutionContext, g: Fixture, path: string): void => {
  t.deepEqual(
    entered(() => text(g, path)),
    [],
    `${path} starts at a cached directory`,
  )
}

/** Lets the guest sleep, which takes real time. */
function sleep(g: Fixture): void {
  performance.now = now
  g.sys.poll(0, 1000)
  performance.now = () => time
}
const primed = (t: ExecutionContext, g: Fixture, path: string): void => {
  text(g, path)
  cached(t, g, path)
}

/** Calls `act` again and again on the way back from the end of the stack. */
function outOfStack(act: () => void): void {
  const down = (): number => {
    let calls = 0
    try {
      calls = down()
    } catch {
      // This is the end, or `act` did not begin.
    }
    if (calls < 400) act()
    return calls + 1
  }
  down()
}

// First in this file: compiled functions would take less stack.
onLinux('a call that overflows the stack leaves no directory open', async t => {
  const none = openDescriptors()
  const g = new Fixture(new TypescriptSys())
  g.file('a/b/c/f')
  const [at, length] = g.put('a/b/c/f')
  let overflows = 0
  for (let round = 0; round < 5; round++) {
    // The real clock, which takes stack, too.
    performance.now = now
    outOfStack(() => {
      try {
        g.sys.open(g.dir, at, length, 0, 0, 0, READ)
      } catch {
        overflows++
      }
    })
    sleep(g)
  }
  performance.now = () => time
  t.true(overflows > 0)
  g.dispose()
  await setImmediate()
  t.is(openDescriptors(), none)
})

onLinux('each call on a path starts at the directory that a call before it has entered', t => {
  const g = fixture(t)
  const other = g.made('other')
  const times = () => g.sys.setTimesAt(g.dir, ...g.put('a/b/c/f'), 0, 0)
  const calls: Record<string, () => Result | object> = {
    open: () => g.open('a/b/c/f'),
    'open a directory': () => g.open('a/b/c/.'),
    create: () => g.create('a/b/c/new', { oflags: Oflags.EXCL }),
    truncate: () => g.open('a/b/c/new', { access: WRITE, oflags: Oflags.TRUNC }),
    stat: () => g.stat('a/b/c/f'),
    'stat, with many slashes': () => g.stat('a/b/c///f'),
    'set times': times,
    mkdir: () => g.mkdir('a/b/c/dir/'),
    rmdir: () => g.rmdir('a/b/c/dir/'),
    symlink: () => g.symlink('f', 'a/b/c/l'),
    readlink: () => g.readlink('a/b/c/l'),
    follow: () => g.open('a/b/c/l'),
    link: () => g.link('a/b/c/f', 'a/b/c/g'),
    rename: () => g.rename('a/b/c/g', 'a/b/c/h'),
    unlink: () => g.unlink('a/b/c/h'),
  }
  text(g, 'a/b/c/f')
  for (const [call, act] of Object.entries(calls)) {
    let answer: Result | object = 0
    const names = entered(() => {
      answer = act()
    })
    t.false(typeof answer === 'string', `${call}: ${answer}`)
    t.deepEqual(names, [], call)
  }
  g.close(other)
})

onLinux('a path goes on from the nearest cached directory', t => {
  const g = fixture(t)
  text(g, 'a/f')
  t.deepEqual(
    entered(() => text(g, 'a/b/c/f')),
    ['b', 'c'],
  )
  t.deepEqual(
    entered(() => text(g, 'a/b/c/f')),
    [],
  )
})

onLinux('a directory reached by `..` and symlinks is cached by its own path', t => {
  const g = fixture(t)
  g.folders('a/x/y')
  g.links({ l: 'a/x', 'a/x/up': '../b' })
  const paths = ['a/x/../b/f', 'a/b/./c/f', 'l/../b/f', 'l/up/c/f', 'a/x/y/../../f']
  for (const [i, same] of ['a/b/f', 'a/b/c/f', 'a/b/f', 'a/b/c/f', 'a/f'].entries()) {
    sleep(g)
    t.is(text(g, paths[i] as string), same)
    cached(t, g, same)
  }
})

onLinux('a cached directory is closed once, whatever calls have used it', t => {
  const g = fixture(t)
  const before = openDescriptors()
  t.is(g.rename('a/b/c/f', 'a/b/c/g'), 0)
  t.is(openDescriptors(), before + 1, 'two walks entered it')
  t.is(text(g, 'a/b/c/g'), 'a/b/c/f')
  t.is(g.mkdir('a/b/c/d'), 0)
  t.is(g.open('a/b/c/d/missing'), 'NOENT', 'on from it')
  t.is(g.open('a/b/c/missing/f'), 'NOENT')
  t.is(g.open('a/b/c/../../../../f'), 'NOTCAPABLE')
  t.is(g.link('a/b/c/g', 'a/missing/g'), 'NOENT')
  sleep(g)
  t.is(openDescriptors(), before)
})

onLinux('a path that leads above a cached directory is walked from its start', t => {
  const g = fixture(t)
  g.links({ 'a/b/c/up': '../../f', 'a/b/c/out': '../../../../f' })
  fs.writeFileSync(g.outside('f'), 'secret')
  primed(t, g, 'a/b/c/f')
  t.is(text(g, 'a/b/c/../f'), 'a/b/f')
  t.is(text(g, 'a/b/c/../../../f'), 'f')
  t.is(text(g, 'a/b/c/up'), 'a/f')
  t.is(text(g, 'a/b/c/../../../../f'), 'NOTCAPABLE')
  t.is(text(g, 'a/b/c/out'), 'NOTCAPABLE')
  t.is(text(g, 'a/b/c/../../../../root/f'), 'NOTCAPABLE')
  t.is(text(g, 'a/b/c/./../c/f'), 'a/b/c/f')
})

/** Changes of each directory on the way, and the text that the path then leads to. */
const changes: Record<string, (g: Fixture, path: string) => string> = {
  'was renamed': (g, path) => {
    fs.renameSync(g.host(path), g.host('elsewhere'))
    return 'NOENT'
  },
  'was moved out of the root': (g, path) => {
    fs.renameSync(g.host(path), g.outside('elsewhere'))
    return 'NOENT'
  },
  'was removed': (g, path) => {
    fs.rmSync(g.host(path), { recursive: true })
    return 'NOENT'
  },
  'was replaced by another directory': (g, path) => {
    fs.renameSync(g.host(path), g.host('elsewhere'))
    fs.mkdirSync(g.host('a/b/c'), { recursive: true })
    fs.writeFileSync(g.host('a/b/c/f'), 'new')
    return 'new'
  },
  'was replaced by a file': (g, path) => {
    fs.renameSync(g.host(path), g.host('elsewhere'))
    fs.writeFileSync(g.host(path), '')
    return 'NOTDIR'
  },
  'was replaced by a symlink to it': (g, path) => {
    fs.renameSync(g.host(path), g.host('elsewhere'))
    const up = '../'.repeat(path.split('/').length - 1)
    fs.symlinkSync(`${up}elsewhere`, g.host(path))
    return 'a/b/c/f'
  },
  'was replaced by a symlink that leads out': (g, path) => {
    const up = '../'.repeat(path.split('/').length)
    fs.mkdirSync(g.outside('out/b/c'), { recursive: true })
    for (const secret of ['out/b/c/f', 'out/c/f', 'out/f']) {
      fs.mkdirSync(g.outside(secret.replace('/f', '')), { recursive: true })
      fs.writeFileSync(g.outside(secret), 'secret')
    }
    fs.renameSync(g.host(path), g.host('elsewhere'))
    fs.symlinkSync(`${up}out`, g.host(path))
    return 'NOTCAPABLE'
  },
  'was replaced by a symlink that leads out and back to it': (g, path) => {
    const up = '../'.repeat(path.split('/').length)
    fs.renameSync(g.host(path), g.host('elsewhere'))
    fs.symlinkSync(`${up}root/elsewhere`, g.host(path))
    return 'NOTCAPABLE'
  },
}
for (const [change, act] of Object.entries(changes)) {
  onLinux(`a cached path whose directory ${change} leads where the walk leads`, t => {
    // Once before its location was compared, and once after.
    for (const uses of [1, 2]) {
      for (const path of ['a', 'a/b', 'a/b/c']) {
        const g = fixture(t)
        for (let use = 0; use < uses; use++) t.is(text(g, 'a/b/c/f'), 'a/b/c/f')
        const expected = act(g, path)
        t.is(text(g, 'a/b/c/f'), expected, path)
        const errno = expected.startsWith('NO') ? expected : 0
        t.is(g.stat('a/b/c/f', { follow: 1 }), errno as Result, path)
      }
    }
  })
}

onLinux('a guess of the root’s name is refused alike whether it is right or wrong', t => {
  const g = fixture(t)
  primed(t, g, 'a/b/c/f')
  g.rename('a', 'moved')
  for (const guess of ['root', 'wrong']) {
    t.is(g.symlink(`../${guess}/moved`, 'a'), 0)
    t.is(text(g, 'a/b/c/f'), 'NOTCAPABLE', guess)
    t.is(g.create('a/b/c/new'), 'NOTCAPABLE', guess)
    t.is(g.stat('a/b/c/f'), 'NOTCAPABLE', guess)
    g.unlink('a')
  }
})

onLinux('a root that was renamed or replaced by another directory keeps its own files', t => {
  const g = fixture(t)
  for (const path of ['a/f', 'a/b/f', 'a/b/c/f']) primed(t, g, path)
  fs.renameSync(g.host(), g.outside('old'))
  t.is(text(g, 'a/b/c/f'), 'a/b/c/f')
  fs.cpSync(g.outside('old'), g.host(), { recursive: true })
  for (const path of ['a/f', 'a/b/f', 'a/b/c/f']) {
    fs.writeFileSync(g.host(path), 'secret')
    t.is(text(g, path), path)
    t.is(text(g, path), path)
  }
})

onLinux('a name that looks like a removed directory is not cached', t => {
  const g = fixture(t)
  g.file('c (deleted)/f', 'old')
  t.is(text(g, 'c (deleted)/f'), 'old')
  fs.rmSync(g.host('c (deleted)/f'))
  fs.renameSync(g.host('c (deleted)'), g.host('c'))
  fs.rmdirSync(g.host('c'))
  g.file('c (deleted)/f', 'new')
  t.is(text(g, 'c (deleted)/f'), 'new')
})

onLinux('a directory is entered anew some time after it was cached', t => {
  const g = fixture(t)
  primed(t, g, 'a/b/c/f')
  time += 99
  t.deepEqual(
    entered(() => text(g, 'a/b/c/f')),
    [],
  )
  time++
  t.deepEqual(
    entered(() => text(g, 'a/b/c/f')),
    ['a', 'b', 'c'],
  )
})

onLinux('guests and handles share no cached directory', t => {
  const [g, h] = [fixture(t), fixture(t)]
  h.file('a/b/c/f', 'of the other')
  primed(t, g, 'a/b/c/f')
  t.is(text(h, 'a/b/c/f'), 'of the other')
  g.file('a/a/b/c/f', 'deeper')
  const dir = g.handle('a', { oflags: Oflags.DIRECTORY })
  t.is(text(g, 'a/b/c/f', dir), 'deeper')
  t.is(text(g, 'a/b/c/f'), 'a/b/c/f')
})

onLinux('no cached directory stays open while the guest sleeps or its thread is idle', async t => {
  const g = fixture(t)
  const before = openDescriptors()
  primed(t, g, 'a/b/c/f')
  t.is(openDescriptors(), before + 1)
  sleep(g)
  t.is(openDescriptors(), before, 'asleep')
  primed(t, g, 'a/b/c/f')
  await setImmediate()
  t.is(openDescriptors(), before, 'idle')
  primed(t, g, 'a/b/c/f')
  t.is(openDescriptors(), before + 1)
  await setImmediate()
  t.is(openDescriptors(), before, 'idle again')
})

onLinux('closing a directory and disposing of a guest close what is cached below', t => {
  const none = openDescriptors()
  const g = new Fixture(new TypescriptSys())
  g.file('a/b/c/f')
  const before = openDescriptors()
  const dir = g.handle('a', { oflags: Oflags.DIRECTORY })
  text(g, 'b/c/f', dir)
  text(g, 'b/c/f', dir)
  t.is(openDescriptors(), before + 2)
  g.close(dir)
  t.is(openDescriptors(), before)
  const lazy = g.handle('a')
  text(g, 'b/c/f', lazy)
  t.is(openDescriptors(), before + 2)
  g.close(lazy)
  text(g, 'a/b/c/f')
  g.dispose()
  t.is(openDescriptors(), none)
})

onLinux('a guest that uses many directories has a few of them cached', t => {
  const g = fixture(t)
  const before = openDescriptors()
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 40; i++) {
      g.file(`many/${i}/f`, `${i}`)
      t.is(text(g, `many/${i}/f`), `${i}`)
    }
  }
  t.is(openDescriptors(), before + 16)
  t.deepEqual(
    entered(() => text(g, 'many/39/f')),
    [],
    'those used last',
  )
})

onLinux('a refused call leaves a cached directory usable', t => {
  const g = fixture(t)
  primed(t, g, 'a/b/c/f')
  const before = openDescriptors()
  t.is(g.open('a/b/c/missing'), 'NOENT')
  t.is(g.open('a/b/c/f/g'), 'NOTDIR')
  t.is(g.create('a/b/c/f', { oflags: Oflags.EXCL }), 'EXIST')
  t.is(g.open(`a/b/c/${'x'.repeat(256)}`), 'NAMETOOLONG')
  t.is(g.link('a/b/c/f', 'a/b/c/missing/g'), 'NOENT')
  t.is(openDescriptors(), before)
  t.deepEqual(
    entered(() => t.is(text(g, 'a/b/c/f'), 'a/b/c/f')),
    [],
  )
})

const overflow = { instanceOf: RangeError, message: /call stack/ }

onLinux('an error of closing a directory closes none twice, and leaves none open', t => {
  const g = fixture(t)
  g.file('a/b/c/d/e/f')
  const before = openDescriptors()
  const { closeSync } = fs
  for (const path of ['a/b/c/d/e/f', 'a/b/c/d/missing/f', 'a/f', 'a/b/c/d/e/f']) {
    let failures = 0
    const again: number[] = []
    // The overflow of the stack behind the system call.
    fs.closeSync = fd => {
      try {
        closeSync(fd)
      } catch {
        again.push(fd)
      }
      if (failures++ === 0) throw new RangeError('Maximum call stack size exceeded')
    }
    try {
      t.throws(() => text(g, path), overflow, path)
    } finally {
      fs.closeSync = closeSync
    }
    t.deepEqual(again, [], path)
  }
  sleep(g)
  t.is(openDescriptors(), before)
})

onLinux('directories are closed on idle though an earlier call could not arrange that', async t => {
  const g = fixture(t)
  await setImmediate()
  const before = openDescriptors()
  const original = timers.setImmediate
  timers.setImmediate = (() => {
    throw new RangeError('Maximum call stack size exceeded')
  }) as unknown as typeof original
  syncBuiltinESMExports()
  try {
    t.throws(() => g.stat('a/b/f'), overflow)
  } finally {
    timers.setImmediate = original
    syncBuiltinESMExports()
  }
  t.is(g.stat('a/b/c/f', { follow: 1 }), 0 as Result)
  await setImmediate()
  t.is(openDescriptors(), before)
})

onLinux('a path whose location is longer than a page is walked', t => {
  const g = fixture(t)
  const names = Array.from({ length: 20 }, () => 'n'.repeat(250))
  let dir = g.dir
  for (const name of names) {
    t.is(g.mkdir(name, dir), 0)
    dir = g.handle(name, { dir, oflags: Oflags.DIRECTORY })
  }
  const half = names.slice(0, 10).join('/')
  // The host cannot remove it where it is.
  t.teardown(() => fs.renameSync(g.host(half), g.outside('rest')))
  const start = g.handle(half, { oflags: Oflags.DIRECTORY })
  const rest = names.slice(10).join('/')
  g.close(g.handle('f', { dir, access: READ | WRITE, oflags: Oflags.CREAT }))
  for (let use = 0; use < 3; use++) t.is(text(g, `${rest}/f`, start), '')
})

onLinux('a directory that only looks like /proc is not used', t => {
  t.true(procfsWorks())
  const { lstatSync } = fs
  // Each number is a symlink to the host's root there.
  fs.lstatSync = ((path: string, options: fs.BigIntOptions) =>
    lstatSync(path.replace(/^\/proc\/self\/fd\/\d+/, '/'), options)) as typeof lstatSync
  try {
    t.false(procfsWorks())
  } finally {
    fs.lstatSync = lstatSync
  }
})
