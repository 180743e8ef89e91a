/** The contract on the typescript backend, by each of its ways to reach a directory. */
import fs from 'node:fs'
import test from 'ava'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { contract, type Skip } from './contract.js'
import { BOTH, Fdflags, Fixture, openDescriptors, resultOf } from './fixture.js'

const nodeFs: Skip[] = [
  {
    reason: 'node:fs takes times as floating seconds, and cuts them to microseconds',
    cases: [
      'set on a handle, to the nanosecond',
      'set on a path, to the nanosecond',
      'set one and leave the other exactly',
    ],
  },
  {
    reason: 'node:fs has no poll',
    cases: [
      'a pipe says how much it holds',
      'an empty pipe is not ready',
      'a pipe becomes ready',
      'a pipe hangs up',
    ],
  },
  {
    reason: 'node:fs has no accept, no shutdown, and no flags to recv',
    cases: [
      'accept, recv and send',
      'accept when nobody calls',
      'recv can peek',
      'shutdown ends the sending',
    ],
  },
  {
    reason: 'node:fs cannot listen',
    cases: [
      'listen, where nobody else does',
      'listen at IPv6, and there alone',
      'listen: what cannot be',
      'listening: who does, who does not, and who is no socket',
      'poll a listener and its connections',
      'a send that finds no room',
      'recv can wait for all of it',
      'a send that may wait sends all of it, as its peer takes it',
    ],
  },
]

contract(test, 'typescript', () => new TypescriptSys(), nodeFs)
contract(test, 'typescript by path strings', () => new TypescriptSys({ places: 'strings' }), [
  ...nodeFs,
  {
    reason: 'a directory that was moved is not found by its string',
    cases: [
      'a removed directory that is open is empty, and nothing is made in it',
      'the directory of a handle may be moved',
      'a removed directory is empty',
      '.. of what was moved out of the root is itself',
    ],
  },
  {
    reason: 'only /proc/self/fd reopens a file, or tells its offset and how it was opened',
    cases: [
      ...[
        'setFlags nonblock on a pipe',
        'an adopted file goes on where the host was',
        'adopt a file that appends',
      ],
      'the flags of an adopted descriptor stay the host’s',
      ...[
        'an adopted file that appends goes on doing so',
        'an adopted end of a pipe is not waited for in the other direction',
      ],
    ],
  },
])

const withProc = fs.existsSync('/proc/self/fd') ? test.serial : test.serial.skip
withProc(
  'a close that fails while flags are set leaves the handle its new descriptor [as /proc/self/fd reopens it]',
  t => {
    const sys = new TypescriptSys()
    const g = new Fixture(sys)
    t.teardown(() => g.dispose())
    g.file('mine', 'mine')
    g.file('other', 'other')
    const before = openDescriptors()
    const handle = g.handle('mine', { access: BOTH })
    const { closeSync } = fs
    fs.closeSync = fd => {
      closeSync(fd)
      throw Object.assign(new Error('EIO: i/o error, close'), { code: 'EIO', syscall: 'close' })
    }
    try {
      t.is(resultOf(sys.setFlags(handle, Fdflags.APPEND)), 'UNEXPECTED')
    } finally {
      fs.closeSync = closeSync
    }
    // It takes the number that is free now.
    const stranger = fs.openSync(g.host('other'), 'r+')
    t.is(g.write(handle, '!'), 1)
    t.deepEqual([g.text('mine'), g.text('other')], ['mine!', 'other'])
    t.is(resultOf(sys.close(handle)), 0)
    t.is(fs.readFileSync(stranger, 'utf8'), 'other', 'it is open still')
    fs.closeSync(stranger)
    t.is(openDescriptors(), before)
  },
)

test('a seek beyond the integers of a double leaves the offset where it is', t => {
  const sys = new TypescriptSys()
  const g = new Fixture(sys)
  t.teardown(() => g.dispose())
  g.file('f', 'text')
  const file = g.handle('f')
  const last = Number.MAX_SAFE_INTEGER
  t.is(resultOf(sys.seek(file, last, 0)), last)
  t.deepEqual(
    [resultOf(sys.seek(file, 1, 1)), resultOf(sys.seek(file, last, 2))],
    ['INVAL', 'INVAL'],
  )
  t.is(resultOf(sys.seek(file, 0, 1)), last)
})

test('where no file can be opened again, only append is set and cleared, and only where it is not the descriptor’s own', t => {
  const sys = new TypescriptSys({ places: 'strings' })
  const g = new Fixture(sys)
  t.teardown(() => g.dispose())
  g.file('f', 'text')
  const file = g.handle('f', { access: BOTH })
  for (const flags of [Fdflags.NONBLOCK, Fdflags.DSYNC, Fdflags.APPEND | Fdflags.NONBLOCK])
    t.is(resultOf(sys.setFlags(file, flags)), 'NOTSUP')
  t.deepEqual(
    [resultOf(sys.setFlags(file, Fdflags.APPEND)), resultOf(sys.setFlags(file, 0))],
    [0, 0],
  )
  const appending = g.handle('f', { access: BOTH, fdflags: Fdflags.APPEND })
  t.is(resultOf(sys.setFlags(appending, 0)), 'NOTSUP')
})

test('a directory that came open, without a path, is not reached by strings', t => {
  const sys = new TypescriptSys({ places: 'strings' })
  const g = new Fixture(sys)
  t.teardown(() => g.dispose())
  g.file('f', 'text')
  const fd = fs.openSync(g.host(''), 'r')
  t.teardown(() => fs.closeSync(fd))
  const dir = sys.adopt(fd)
  t.deepEqual(
    [resultOf(sys.filestatAt(dir, ...g.put('f'), 0)), resultOf(sys.readdir(dir, 0n, 0, 100))],
    ['NOTSUP', 'NOTSUP'],
  )
})

test.serial('what was opened and cannot be asked about is closed again', t => {
  const sys = new TypescriptSys()
  const g = new Fixture(sys)
  t.teardown(() => g.dispose())
  g.file('f', 'text')
  const before = openDescriptors()
  const { fstatSync } = fs
  const broken = () => {
    throw Object.assign(new Error('EIO: i/o error, fstat'), { code: 'EIO', syscall: 'fstat' })
  }
  fs.fstatSync = broken as typeof fstatSync
  try {
    t.is(g.open('f'), 'UNEXPECTED')
    t.is(g.create('new'), 'UNEXPECTED')
    t.throws(() => sys.preopen(g.host('')), { code: 'EIO' })
  } finally {
    fs.fstatSync = fstatSync
  }
  t.is(openDescriptors(), before)
  t.is(typeof g.open('f'), 'number')
})
