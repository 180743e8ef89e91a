/**
 * Handles: what they may be used for, closed ones, the embedder's own descriptors, unexpected
 * errors.
 */
import fs from 'node:fs'
import os from 'node:os'
import type { Handle, Sys } from '#lib/sys/sys.js'
import {
  BOTH,
  type Cases,
  Fdflags,
  Filetype,
  type Fixture,
  openDescriptors,
  type Result,
  resultOf,
  text,
  Whence,
} from '../fixture.js'

type Calls = Record<string, (sys: Sys, h: Handle, g: Fixture) => number>
const onFiles: Calls = {
  readv: (sys, h, g) => sys.readv(h, g.spans(1)),
  preadv: (sys, h, g) => sys.preadv(h, g.spans(1), 0),
  writev: (sys, h, g) => sys.writev(h, g.texts('x')),
  pwritev: (sys, h, g) => sys.pwritev(h, g.texts('x'), 0),
  seek: (sys, h) => sys.seek(h, 0, 0),
  filestat: (sys, h) => sys.filestat(h),
  setSize: (sys, h) => sys.setSize(h, 0),
  setTimes: (sys, h) => sys.setTimes(h, 2),
  allocate: (sys, h) => sys.allocate(h, 0, 1),
  advise: (sys, h) => sys.advise(h, 0, 0, 0),
  sync: (sys, h) => sys.sync(h),
  datasync: (sys, h) => sys.datasync(h),
  setFlags: (sys, h) => sys.setFlags(h, 0),
}
const onDirectories: Calls = {
  readdir: (sys, h, g) => sys.readdir(h, 0n, g.room(100), 100),
  open: (sys, h, g) => sys.open(h, ...g.put('x'), 0, 0, 0, 1),
  filestatAt: (sys, h, g) => sys.filestatAt(h, ...g.put('x'), 0),
  setTimesAt: (sys, h, g) => sys.setTimesAt(h, ...g.put('x'), 0, 2),
  mkdir: (sys, h, g) => sys.mkdir(h, ...g.put('x')),
  rmdir: (sys, h, g) => sys.rmdir(h, ...g.put('x')),
  unlink: (sys, h, g) => sys.unlink(h, ...g.put('x')),
  readlink: (sys, h, g) => sys.readlink(h, ...g.put('x'), g.room(10), 10),
  symlink: (sys, h, g) => sys.symlink(...g.put('t'), h, ...g.put('x')),
  linkFrom: (sys, h, g) => sys.link(h, ...g.put('x'), 0, g.dir, ...g.put('y')),
  linkTo: (sys, h, g) => sys.link(g.dir, ...g.put('f'), 0, h, ...g.put('y')),
  renameFrom: (sys, h, g) => sys.rename(h, ...g.put('x'), g.dir, ...g.put('y')),
  renameTo: (sys, h, g) => sys.rename(g.dir, ...g.put('f'), h, ...g.put('y')),
}
const onSockets: Calls = {
  accept: (sys, h) => sys.accept(h, 0),
  recv: (sys, h, g) => sys.recv(h, g.spans(1), 0),
  send: (sys, h, g) => sys.send(h, g.texts('x'), 0),
  shutdown: (sys, h) => sys.shutdown(h, 3),
}
const answers = (calls: Calls, g: Fixture, h: Handle) =>
  Object.fromEntries(
    Object.entries(calls).map(([name, call]) => [name, resultOf(call(g.sys, h, g))]),
  )
const each = (calls: Calls, answer: Result) =>
  Object.fromEntries(Object.keys(calls).map(name => [name, answer]))
const everything = { ...onFiles, ...onDirectories, ...onSockets }

export const handles: Cases = {
  'every call on a closed handle returns BADF': (t, g) => {
    g.file('f')
    const file = g.handle('f')
    t.is(g.close(file), 0)
    t.is(g.close(file), 'BADF')
    t.deepEqual(answers(everything, g, file), each(everything, 'BADF'))
  },
  'every call on a handle that was never returned is BADF': (t, g) => {
    g.file('f')
    for (const h of [1000, 2 ** 31 - 1, -1]) {
      t.is(g.close(h), 'BADF')
      t.deepEqual(answers(everything, g, h), each(everything, 'BADF'), String(h))
    }
  },
  'numbers of the host’s descriptors are refused as handles': (t, g) => {
    const fd = fs.openSync(os.tmpdir(), 'r')
    try {
      const given = new Set([g.dir])
      for (let h = 0; h <= fd; h++)
        if (!given.has(h)) t.is(resultOf(g.sys.filestat(h)), 'BADF', String(h))
    } finally {
      fs.closeSync(fd)
    }
  },
  'directory calls on a file are refused with NOTDIR': (t, g) => {
    g.file('f')
    const file = g.handle('f', { access: BOTH })
    t.deepEqual(answers(onDirectories, g, file), each(onDirectories, 'NOTDIR'))
  },
  'socket calls on files and directories return NOTSOCK': (t, g) => {
    g.file('f')
    g.fifo('p')
    for (const h of [g.handle('f'), g.dir, g.handle('p', { access: BOTH })]) {
      t.deepEqual(answers(onSockets, g, h), each(onSockets, 'NOTSOCK'))
    }
  },
  '100 handles closed in any order stay distinct': (t, g) => {
    const open = Array.from({ length: 100 }, (_, index) => g.made(`f${index}`))
    t.is(new Set([g.dir, ...open]).size, 101)
    for (const [index, file] of open.entries()) if (index % 2 === 0) t.is(g.close(file), 0)
    for (const [index, file] of open.entries())
      if (index % 2 === 1) t.is(g.write(file, `${index}`), `${index}`.length)
    const again = Array.from({ length: 60 }, (_, index) => g.made(`g${index}`))
    t.is(new Set([g.dir, ...again, ...open.filter((_, index) => index % 2 === 1)]).size, 111)
    t.is(g.text('f51'), '51')
  },
  'path calls that fail leave no descriptor open': (t, g) => {
    g.file('a/b/c/f')
    g.links({ l: 'a/b', 'a/b/c/out': '../../../..', loop: 'a/../loop' })
    const count = openDescriptors()
    for (const name of [
      'a/b/c/gone',
      'a/b/c/f/x',
      'l/c/out/x',
      'loop/x',
      'l/c/../../../..',
      `a/b/${'x'.repeat(300)}/y`,
      'a/b/c/f/',
    ]) {
      t.is(typeof g.open(name), 'string', name)
      t.is(typeof g.stat(name), 'string', name)
      t.is(typeof g.rename('a', name), 'string', name)
      t.is(typeof g.rename(name, 'a/b/c/new'), 'string', name)
      t.is(typeof g.link(name, 'a/b/c/new'), 'string', name)
    }
    // The typescript backend holds directories open until the guest sleeps.
    g.sys.poll(0, 1)
    t.is(openDescriptors(), count)
  },

  'preopen reports the type of the directory that it opened': (t, g) => {
    g.fs.symlinkSync('root', g.outside('link'))
    const dir = g.sys.preopen(g.outside('link'))
    t.deepEqual([...g.sys.block.opened], [Filetype.DIRECTORY, 0, 0])
    g.file('f')
    t.is(g.stat('f', { dir }), 0, 'links of the host are followed')
    t.is(g.close(dir), 0)
  },
  'preopen of a missing path or of a file throws with code and path': (t, g) => {
    g.file('f')
    const missing = t.throws(() => g.sys.preopen(g.host('gone')), {
      instanceOf: Error,
      code: 'ENOENT',
    })
    t.is(typeof (missing as NodeJS.ErrnoException).syscall, 'string')
    t.is((missing as NodeJS.ErrnoException).path, g.host('gone'))
    t.throws(() => g.sys.preopen(g.host('f')), { instanceOf: Error, code: 'ENOTDIR' })
    t.throws(() => g.sys.preopen(g.host('f/x')), { instanceOf: Error, code: 'ENOTDIR' })
  },
  'preopen of an unreadable folder throws EACCES': (t, g) => {
    if (process.getuid?.() === 0) {
      t.pass('root may read every folder')
      return
    }
    g.folders('secret')
    fs.chmodSync(g.host('secret'), 0)
    t.throws(() => g.sys.preopen(g.host('secret')), { instanceOf: Error, code: 'EACCES' })
  },

  'an adopted file is used, and left open at the end': (t, g) => {
    g.file('f', 'hello')
    const fd = fs.openSync(g.host('f'), 'r+')
    try {
      const file = g.sys.adopt(fd)
      t.is(g.sys.block.opened[0], Filetype.REGULAR)
      t.is(g.sys.block.opened[2], 0)
      t.deepEqual(g.read(file, 2), text('he'))
      t.is(g.write(file, 'LL'), 2)
      t.is(g.close(file), 0)
      t.is(resultOf(g.sys.filestat(file)), 'BADF')
      t.is(fs.fstatSync(fd).size, 5, 'the host has it still')
      t.is(g.text('f'), 'heLLo')
    } finally {
      fs.closeSync(fd)
    }
  },
  'an adopted file is read from the host’s offset': (t, g) => {
    g.file('f', '0123456789')
    const fd = fs.openSync(g.host('f'), 'r+')
    try {
      fs.readSync(fd, Buffer.alloc(3))
      const file = g.sys.adopt(fd)
      t.is(g.seek(file, 0, Whence.CUR), 3)
      t.deepEqual(g.read(file, 2), text('34'))
      t.is(g.seek(file, 0, Whence.CUR), 5)
      const rest = Buffer.alloc(2)
      fs.readSync(fd, rest)
      t.is(rest.toString(), '56', 'and the host where the guest was')
      t.is(g.seek(file, 1, Whence.SET), 1)
      t.deepEqual(g.read(file, 2), text('12'))
      t.is(g.seek(file, -1, Whence.END), 9)
      t.deepEqual(g.read(file, 2), text('9'))
    } finally {
      fs.closeSync(fd)
    }
  },
  'an adopted file opened to append is written at its end': (t, g) => {
    g.file('f', 'hello')
    const fd = fs.openSync(g.host('f'), 'a')
    try {
      const file = g.sys.adopt(fd)
      t.is(g.sys.block.opened[1] & Fdflags.APPEND, Fdflags.APPEND)
      t.is(g.write(file, '!'), 1)
      t.is(g.text('f'), 'hello!')
    } finally {
      fs.closeSync(fd)
    }
  },
  'setFlags cannot stop an adopted file from appending': (t, g) => {
    g.file('f', 'hello')
    const fd = fs.openSync(g.host('f'), 'a')
    try {
      const file = g.sys.adopt(fd)
      for (const flags of [Fdflags.APPEND | Fdflags.NONBLOCK, Fdflags.APPEND]) {
        t.is(resultOf(g.sys.setFlags(file, flags)), 0)
        t.is(resultOf(g.sys.setFlags(file, flags & ~Fdflags.APPEND)), 'NOTSUP')
        t.is(resultOf(g.sys.setFlags(file, flags | Fdflags.SYNC)), 'NOTSUP')
      }
      t.is(g.write(file, '!'), 1)
      t.is(g.text('f'), 'hello!')
    } finally {
      fs.closeSync(fd)
    }
  },
  'setFlags of an adopted file keeps the offset that it shares with the host': (t, g) => {
    g.file('f', '0123456789')
    const fd = fs.openSync(g.host('f'), 'r+')
    try {
      const file = g.sys.adopt(fd)
      t.is(resultOf(g.sys.setFlags(file, Fdflags.APPEND)), 'NOTSUP')
      t.is(resultOf(g.sys.setFlags(file, Fdflags.NONBLOCK)), 0)
      t.is(g.write(file, 'ab'), 2)
      t.is(fs.writeSync(fd, 'cd'), 2)
      t.is(g.write(file, 'ef'), 2)
      t.is(g.text('f'), 'abcdef6789')
    } finally {
      fs.closeSync(fd)
    }
  },
  'setFlags on an adopted descriptor leaves the host’s flags unchanged': (t, g) => {
    g.file('f', 'hello')
    const fd = fs.openSync(g.host('f'), 'a+')
    // Elsewhere than on Linux there is no way to ask for them.
    const flags = () =>
      fs.existsSync('/proc/self/fdinfo')
        ? fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').match(/flags:.*/)?.[0]
        : fd
    try {
      const before = flags()
      const file = g.sys.adopt(fd)
      for (const fdflags of [Fdflags.APPEND | Fdflags.NONBLOCK, Fdflags.APPEND]) {
        t.is(resultOf(g.sys.setFlags(file, fdflags)), 0)
        t.is(flags(), before)
      }
      t.is(resultOf(g.sys.setFlags(file, 0)), 'NOTSUP')
      t.is(flags(), before)
      g.close(file)
    } finally {
      fs.closeSync(fd)
    }
  },
  'an adopted pipe is read and written': (t, g) => {
    g.fifo('p')
    const fd = fs.openSync(g.host('p'), fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
    try {
      const pipe = g.sys.adopt(fd)
      t.is(g.write(pipe, 'hello'), 5)
      t.deepEqual(g.read(pipe, 10), text('hello'))
      t.is(g.seek(pipe, 0, Whence.CUR), 'SPIPE')
      t.is(g.close(pipe), 0)
      t.is(fs.writeSync(fd, 'x'), 1)
    } finally {
      fs.closeSync(fd)
    }
  },
  'an adopted device reports its type, and is read and written': (t, g) => {
    const fd = fs.openSync(os.devNull, 'r+')
    try {
      const file = g.sys.adopt(fd)
      t.deepEqual([...g.sys.block.opened], [Filetype.CHARACTER, 0, 0])
      t.is(g.write(file, 'gone'), 4)
      t.deepEqual(g.read(file, 10), text(''))
    } finally {
      fs.closeSync(fd)
    }
  },
  'adopt of a closed descriptor throws EBADF': (t, g) => {
    t.throws(() => g.sys.adopt(99_999), { instanceOf: Error, code: 'EBADF' })
  },

  'dispose closes every descriptor, and later calls return BADF': (t, g) => {
    const file = g.handle('f', { oflags: 1, access: BOTH })
    const before = openDescriptors()
    g.sys.dispose()
    t.is(openDescriptors(), before - 2)
    // The host opens files of its own, which get the numbers that have become free.
    const own = [fs.openSync(os.devNull, 'r'), fs.openSync(os.devNull, 'r')]
    g.sys.bind(g.memory)
    t.is(g.read(file, 10), 'BADF')
    t.is(resultOf(g.sys.readdir(g.dir, 0n, g.room(100), 100)), 'BADF')
    t.is(resultOf(g.sys.close(file)), 'BADF')
    g.sys.dispose()
    for (const fd of own) t.notThrows(() => fs.closeSync(fd))
  },

  'an error without a WASI errno is UNEXPECTED, with its cause': (t, g) => {
    if (!fs.existsSync('/proc/self/mem')) {
      t.pass('no /proc/self/mem, whose address 0 answers EIO')
      return
    }
    const dir = g.sys.preopen('/proc/self')
    const file = g.handle('mem', { dir })
    t.is(g.pread(file, 0, 1), 'UNEXPECTED')
    const error = g.sys.failure() as NodeJS.ErrnoException
    t.true(error instanceof Error)
    t.is(error.code, 'EIO')
    t.regex(error.syscall as string, /^p?readv?$/)
    t.is(Math.abs(error.errno as number), 5)
    t.is(g.stat('gone', { dir }), 'NOENT', 'and the next call is itself again')
  },
}
