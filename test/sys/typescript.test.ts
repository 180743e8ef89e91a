/** The contract on the typescript backend, by each of its ways to reach a directory. */
import fs from 'node:fs'
import test from 'ava'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { contract, type Skip } from './contract.js'
import { BOTH, Fdflags, Fixture, Oflags, openDescriptors, resultOf, WRITE } from './fixture.js'

const nodeFs: Skip[] = [
  {
    reason: 'node:fs takes times as floating seconds, and cuts them to microseconds',
    cases: [
      'setTimes on a handle keeps nanoseconds',
      'setTimesAt on a path keeps nanoseconds',
      'setting one time keeps the other to the nanosecond',
    ],
  },
  {
    reason: 'node:fs has no poll',
    cases: [
      'poll reports the bytes in a pipe',
      'poll times out on an empty pipe',
      'poll returns as soon as a pipe has data',
      'poll reports the hangup of a pipe',
    ],
  },
  {
    reason: 'node:fs has no accept, no shutdown, and no flags to recv',
    cases: [
      'an accepted connection sends and receives',
      'a NONBLOCK accept without a connection returns AGAIN',
      'recv with PEEK leaves the bytes to the next recv',
      'shutdown ends the stream, and later sends return PIPE',
    ],
  },
  {
    reason: 'node:fs cannot listen',
    cases: [
      'listen on a free port accepts connections until it is closed',
      'listen on IPv6 leaves the port of IPv4 free',
      'listen refuses names, malformed addresses and foreign addresses',
      'listening returns the address of a listener, and throws for others',
      'poll reports new connections, data and hangups',
      'a NONBLOCK send without room returns AGAIN, then goes on',
      'recv with WAITALL waits until its buffer is full',
      'a blocking send sends everything as its peer reads',
    ],
  },
]

contract(test, 'typescript', () => new TypescriptSys(), nodeFs)
if (process.platform === 'linux') {
  const walking = () => new TypescriptSys({ places: 'uncached' })
  contract(test, 'typescript by the walk', walking, nodeFs)
}
contract(test, 'typescript by path strings', () => new TypescriptSys({ places: 'strings' }), [
  ...nodeFs,
  {
    reason: 'a directory that was moved is not found by its string',
    cases: [
      'a removed directory that is open is empty and refuses new names',
      'a handle still reaches its directory after that was moved',
      'a removed directory lists at most . and ..',
      '.. in a directory moved out of the root has its own inode',
    ],
  },
  {
    reason: 'only /proc/self/fd reopens a file, or tells its offset and how it was opened',
    cases: [
      ...[
        'setFlags NONBLOCK makes reads of an empty pipe return AGAIN',
        'an adopted file is read from the host’s offset',
        'an adopted file opened to append is written at its end',
      ],
      'setFlags on an adopted descriptor leaves the host’s flags unchanged',
      ...[
        'setFlags cannot stop an adopted file from appending',
        'poll of an adopted pipe in its other direction returns at once',
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

test('the string resolver refuses paths below a directory adopted without a path', t => {
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

test.serial('a file whose fstat fails after opening is closed again', t => {
  const sys = new TypescriptSys({ places: 'strings' })
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

withProc('a file whose type cannot be fetched is closed all the same', t => {
  const sys = new TypescriptSys()
  const g = new Fixture(sys)
  t.teardown(() => g.dispose())
  g.file('f', 'text')
  const before = openDescriptors()
  const file = g.handle('f')
  const { fstatSync } = fs
  const broken = () => {
    throw Object.assign(new Error('EIO: i/o error, fstat'), { code: 'EIO', syscall: 'fstat' })
  }
  fs.fstatSync = broken as typeof fstatSync
  try {
    t.is(resultOf(sys.identify(file)), 'UNEXPECTED')
    t.is(g.read(file, 4), 'UNEXPECTED')
  } finally {
    fs.fstatSync = fstatSync
  }
  t.deepEqual(g.read(file, 4), { text: 'text' })
  t.is(g.close(file), 0)
  t.is(openDescriptors(), before)
})

test('an open returns the same whether the one before it failed or succeeded', t => {
  const g = new Fixture(new TypescriptSys())
  t.teardown(() => g.dispose())
  g.file('d/f', 'text')
  if (process.platform === 'win32') return t.pass()
  g.links({ link: 'd/f', folder: 'd', dangling: 'd/new', loop: 'loop', out: '../out' })
  g.links({ chain: 'link', longer: 'chain', folders: 'folder', outer: 'out' })
  const { CREAT, DIRECTORY, EXCL } = Oflags
  const opens: readonly [name: string, answer: string | undefined, options?: object][] = [
    ['d/f', undefined],
    ['link', undefined],
    ['link', 'LOOP', { follow: 0 }],
    ['link', 'NOTDIR', { oflags: DIRECTORY }],
    ['chain', undefined],
    ['longer', undefined],
    ['folders', undefined, { oflags: DIRECTORY }],
    ['outer', 'NOTCAPABLE'],
    ['folder', undefined, { oflags: DIRECTORY }],
    ['folder', 'NOTDIR', { oflags: DIRECTORY, follow: 0 }],
    ['d/f', 'NOTDIR', { oflags: DIRECTORY }],
    ['d', 'ISDIR', { access: WRITE }],
    ['missing', 'NOENT'],
    ['dangling', 'NOENT'],
    ['dangling', 'EXIST', { oflags: CREAT | EXCL, access: WRITE }],
    ['dangling', undefined, { oflags: CREAT, access: WRITE }],
    ['loop', 'LOOP'],
    ['out', 'NOTCAPABLE'],
    ['out', 'NOTCAPABLE', { oflags: CREAT, access: WRITE }],
  ]
  for (const [before, expected] of [
    ['d/f', undefined],
    ['missing', 'NOENT'],
  ] as const) {
    for (const [name, answer, options = {}] of opens) {
      const first = g.open(before)
      t.is(typeof first === 'number' ? undefined : first, expected)
      const found = g.open(name, options)
      t.is(
        typeof found === 'number' ? undefined : found,
        answer as never,
        `${name} after ${before}`,
      )
      for (const file of [first, found]) if (typeof file === 'number') g.close(file)
      if (name === 'dangling') fs.rmSync(g.host('d/new'), { force: true })
    }
  }
})
