/**
 * Attacks on the host's log through standard output, by every door of the package; one-way streams
 * of every kind.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import type { Socket } from 'node:net'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import {
  createGuest,
  type GuestOptions,
  Pool,
  Rights,
  run,
  type StdoutOption,
  WASI,
} from 'wasi-common'
import { Errno, errnoNames } from '#lib/abi/errno.js'
import { Descriptor } from '#lib/fds/descriptor.js'
import { oneWay, Way } from '#lib/fds/oneway.js'
import type { Answer } from '#lib/sys/sys.js'
import { withSandbox } from '../os-sandbox/fixture.js'
import { call, command, type Expression, store, write } from '../wasm.js'

const backends = ['native', 'typescript'] as const
const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))

function scratch(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

// Every door.

type Attack = readonly [answer: keyof typeof Errno, attack: Expression]
const attacks = (log: number): Attack[] => [
  ['BADF', call('fd_read', log, 0x10, 1, 0x18)],
  ['BADF', call('fd_pread', log, 0x10, 1, 0n, 0x18)],
  ['SPIPE', call('fd_pwrite', log, 0x10, 1, 0n, 0x18)],
  ['SPIPE', call('fd_seek', log, 0n, 0, 0x18)],
  ['SPIPE', call('fd_tell', log, 0x18)],
  ['INVAL', call('fd_filestat_set_size', log, 0n)],
  ['SPIPE', call('fd_allocate', log, 0n, 1000n)],
  ['PERM', call('fd_filestat_set_times', log, 1n, 1n, 5)],
  ['NOTSUP', call('fd_fdstat_set_flags', log, 0)],
]
/** Attacks by stdin, which is the log, too. */
const byInput: Attack[] = [
  ['BADF', call('fd_write', 0, 0x10, 1, 0x18)],
  ['BADF', call('fd_pwrite', 0, 0x10, 1, 0n, 0x18)],
  ['INVAL', call('fd_filestat_set_size', 0, 0n)],
  ['BADF', call('fd_allocate', 0, 0n, 1000n)],
  ['PERM', call('fd_filestat_set_times', 0, 1n, 1n, 5)],
  ['NOTSUP', call('fd_fdstat_set_flags', 0, 0)],
]
const made = [...attacks(1), ...attacks(2), ...byInput]
/** Makes every attack, then writes to standard output what each was answered. */
const attacker = command([
  ...[store(0x10, 0x40), store(0x14, 4)],
  ...made.map(([, attack], i) => store(0x1000 + 4 * i, attack)),
  ...write(1, 0x1000, 4 * made.length),
])
const answered = (bytes: Buffer): string[] =>
  Array.from(
    { length: Math.floor(bytes.length / 4) },
    (_, i) => errnoNames[bytes.readUInt32LE(4 * i) as Errno] as string,
  )
const expected = made.map(([answer]) => answer as string)

/** Seeks standard input, which shares its offset with standard output, and writes then. */
const seeker = command([store(0x1000, call('fd_seek', 0, 0n, 0, 0x18)), ...write(1, 0x1000, 4)])

type Door = (program: Uint8Array, log: number, folder: string) => unknown
const streams = (log: number) => ({ stdin: log, stdout: log, stderr: log })
const doors: Record<string, Door> = {
  'run()': (program, log) => run(program, streams(log)),
  'run() with the typescript backend': (program, log) =>
    run(program, { ...streams(log), backend: 'typescript' }),
  'run() with threads': (program, log) => run(program, { ...streams(log), threads: 2 }),
  async 'a pool'(program, log) {
    const pool = new Pool({ size: 1 })
    await pool.run(program, streams(log))
    await pool.close()
  },
}
for (const backend of backends) {
  doors[`class WASI (${backend})`] = (program, log) => {
    const wasi = new WASI({ version: 'preview1', backend, ...streams(log) })
    wasi.start(
      new WebAssembly.Instance(
        new WebAssembly.Module(program as Uint8Array<ArrayBuffer>),
        wasi.getImportObject(),
      ),
    )
  }
  // Neither a strict sandbox nor threads are to be had of the other backend.
  for (const flags of backend === 'native' ? [[], ['--strict'], ['--threads=2']] : [[]]) {
    doors[`the command ${[...flags, backend].join(' ')}`] = (program, log, folder) => {
      const file = join(folder, 'program.wasm')
      fs.writeFileSync(file, program)
      const args = [main, 'run', '--backend', backend, ...flags, file]
      const { status } = spawnSync(process.execPath, args, { stdio: [log, log, log] })
      if (status !== 0) throw new Error(`exit code ${status}`)
    }
  }
}

/** The log grows by what the program was answered, and by no more. */
async function attacked(
  t: ExecutionContext,
  door: Door,
  program: Uint8Array,
  opened: string,
  wanted: readonly string[],
): Promise<void> {
  const folder = scratch(t)
  const file = join(folder, 'log')
  const log = fs.openSync(file, opened)
  try {
    fs.writeSync(log, 'earlier')
    await door(program, log, folder)
  } finally {
    fs.closeSync(log)
  }
  const bytes = fs.readFileSync(file)
  t.is(bytes.toString('utf8', 0, 7), 'earlier')
  t.deepEqual(answered(bytes.subarray(7)), wanted)
  t.is(bytes.length, 7 + 4 * wanted.length)
}
for (const [name, door] of Object.entries(doors)) {
  test(`a log that the host opened a+ is only appended to: ${name}`, t =>
    attacked(t, door, attacker, 'a+', expected))
  test(`a log that is stdin, too, is written where the host stands: ${name}`, t =>
    attacked(t, door, seeker, 'w+', ['SPIPE']))
}
for (const backend of backends) {
  const door: Door = (program, log) =>
    run(program, { ...streams(log), isolation: 'process', backend })
  // Without /proc, which no process in the OS sandbox has, the typescript backend knows of no flags,
  // and changes none.
  const wanted =
    backend === 'native'
      ? expected
      : expected.map(answer => (answer === 'NOTSUP' ? 'SUCCESS' : answer))
  withSandbox(
    `a log that the host opened a+ is only appended to: isolation 'process' (${backend})`,
    t => attacked(t, door, attacker, 'a+', wanted),
  )
  withSandbox(
    `a log that is stdin, too, is written where the host stands: isolation 'process' (${backend})`,
    t => attacked(t, door, seeker, 'w+', ['SPIPE']),
  )
}

// Whatever the streams are.

/**
 * A guest of these options, called from JavaScript. Spans are at 0x10; answers are names of errnos.
 */
function guestWith(t: ExecutionContext, options: Omit<GuestOptions, 'version'>) {
  const guest = createGuest({ version: 'preview1', ...options })
  t.teardown(() => guest.close())
  const memory = new WebAssembly.Memory({ initial: 1 })
  guest.bind(memory)
  const view = new DataView(memory.buffer)
  const ask = (name: string, ...args: (number | bigint)[]): string =>
    errnoNames[guest.imports[name](...args) as Errno] as string
  const span = (length: number): void => {
    view.setUint32(0x10, 0x40, true)
    view.setUint32(0x14, length, true)
  }
  span(4)
  return {
    ask,
    view,
    rightsOf(fd: number): number {
      ask('fd_fdstat_get', fd, 0x100)
      return view.getUint32(0x108, true)
    },
    read: (fd: number) => ask('fd_read', fd, 0x10, 1, 0x18),
    write: (fd: number) => ask('fd_write', fd, 0x10, 1, 0x18),
    /** The errno of the event of a descriptor that is waited for alone, and for ever. */
    wait(fd: number, type: 1 | 2): string {
      view.setUint8(0x208, type)
      view.setUint32(0x210, fd, true)
      if (ask('poll_oneoff', 0x200, 0x300, 1, 0x18) !== 'SUCCESS') throw new Error('poll_oneoff')
      return errnoNames[view.getUint16(0x308, true) as Errno] as string
    },
    /** Decides like libc's isatty: a character device without the rights to seek and to tell. */
    isatty(fd: number): boolean {
      ask('fd_fdstat_get', fd, 0x100)
      return (
        view.getUint8(0x100) === 2 &&
        (view.getUint32(0x108, true) & (Rights.FD_SEEK | Rights.FD_TELL)) === 0
      )
    },
  }
}
/** Both ends of an otherwise unused FIFO. */
function fifo(t: ExecutionContext): { reading: number; writing: number } {
  const path = join(scratch(t), 'fifo')
  spawnSync('mkfifo', [path])
  const both = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
  const [reading, writing] = [fs.openSync(path, 'r'), fs.openSync(path, 'w')]
  t.teardown(() => [both, reading, writing].forEach(fd => void fs.closeSync(fd)))
  return { reading, writing }
}

const withFifos = process.platform === 'win32' ? test.skip : test
for (const backend of backends) {
  withFifos(`pipes: the wrong direction is BADF at once (${backend})`, t => {
    const { reading, writing } = fifo(t)
    const { ask, read, write, wait, rightsOf } = guestWith(t, {
      backend,
      stdin: reading,
      stdout: writing,
      stderr: writing,
    })
    for (const fd of [0, 1]) {
      t.is(rightsOf(fd) & (Rights.FD_SEEK | Rights.FD_TELL | Rights.FD_ADVISE), 0)
      t.deepEqual([ask('fd_tell', fd, 0x18), ask('fd_advise', fd, 0n, 0n, 0)], ['SPIPE', 'SPIPE'])
    }
    t.deepEqual([read(1), read(2), write(0)], ['BADF', 'BADF', 'BADF'])
    t.deepEqual([wait(1, 1), wait(2, 1), wait(0, 2)], ['BADF', 'BADF', 'BADF'])
    t.deepEqual([write(1), read(0)], ['SUCCESS', 'SUCCESS'])
  })
  withFifos(`pipes given the wrong way round: BADF at once (${backend})`, t => {
    const { reading, writing } = fifo(t)
    const { read, write, wait } = guestWith(t, {
      backend,
      stdin: writing,
      stdout: reading,
      stderr: reading,
    })
    t.deepEqual([read(0), write(1), write(2)], ['BADF', 'BADF', 'BADF'])
    t.deepEqual([wait(0, 1), wait(1, 2)], ['BADF', 'BADF'])
    t.deepEqual([read(1), write(0)], ['BADF', 'BADF'])
  })
  withFifos(`a socket as all three streams: each has its direction (${backend})`, async t => {
    const peer = spawn('cat <&3 >&3', {
      shell: true,
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    })
    const end = peer.stdio[3] as Socket
    const { fd } = (end as unknown as { _handle: { fd: number } })._handle
    const { ask, read, write, wait } = guestWith(t, { backend, ...streams(fd) })
    t.deepEqual([read(1), read(2), write(0)], ['BADF', 'BADF', 'BADF'])
    t.deepEqual([wait(1, 1), wait(2, 1), wait(0, 2)], ['BADF', 'BADF', 'BADF'])
    t.deepEqual([ask('sock_shutdown', 1, 2), ask('sock_shutdown', 0, 1)], ['NOTSOCK', 'NOTSOCK'])
    // A socket cannot be opened a second time, so its flags stay on a backend that would need that
    // to set them.
    t.is(ask('fd_fdstat_set_flags', 1, 4), backend === 'native' ? 'SUCCESS' : 'NOTSUP')
    t.is(ask('fd_fdstat_set_flags', 1, 0), 'SUCCESS')
    if (backend === 'typescript')
      t.is(ask('sock_recv', 0, 0x10, 1, 1, 0x18, 0x1c), 'NOTSUP', 'node:fs cannot peek')
    t.deepEqual([write(1), read(0)], ['SUCCESS', 'SUCCESS'])
    end.destroy()
    await once(peer, 'exit')
  })

  test(`a device that is no terminal is not taken for one (${backend})`, t => {
    const fd = fs.openSync(os.devNull, 'r+')
    t.teardown(() => fs.closeSync(fd))
    const { ask, read, write, isatty } = guestWith(t, { backend, ...streams(fd) })
    t.deepEqual([isatty(0), isatty(1), isatty(2)], [false, false, false])
    t.deepEqual([read(0), read(1), write(0), write(1)], ['SUCCESS', 'BADF', 'BADF', 'SUCCESS'])
    t.deepEqual(
      [
        ask('fd_tell', 1, 0x18),
        ask('fd_seek', 1, 0n, 1, 0x18),
        ask('fd_pwrite', 1, 0x10, 1, 0n, 0x18),
      ],
      ['SPIPE', 'SPIPE', 'SPIPE'],
    )
  })

  test(`one file as stdin and stdout has one offset, and two directions (${backend})`, t => {
    const file = join(scratch(t), 'both')
    fs.writeFileSync(file, 'abcdefgh')
    const fd = fs.openSync(file, 'r+')
    t.teardown(() => fs.closeSync(fd))
    const { ask, read, write, view } = guestWith(t, { backend, ...streams(fd) })
    t.is(read(0), 'SUCCESS')
    t.is(view.getUint32(0x18, true), 4)
    t.is(Buffer.from(view.buffer).toString('latin1', 0x40, 0x44), 'abcd')
    t.is(write(1), 'SUCCESS')
    t.is(fs.readFileSync(file, 'utf8'), 'abcdabcd')
    t.deepEqual([write(0), read(1), read(2)], ['BADF', 'BADF', 'BADF'])
    // Calls by which the guest would choose the offset at which the other descriptor writes.
    t.deepEqual(
      [
        ask('fd_seek', 0, 0n, 0, 0x18),
        ask('fd_tell', 0, 0x18),
        ask('fd_pread', 0, 0x10, 1, 0n, 0x18),
      ],
      ['SPIPE', 'SPIPE', 'SPIPE'],
    )
    t.is(write(1), 'SUCCESS')
    t.is(fs.readFileSync(file, 'utf8'), 'abcdabcdabcd')
    t.is(ask('fd_renumber', 0, 1), 'SUCCESS')
    t.deepEqual([write(1), read(1)], ['BADF', 'SUCCESS'])
  })

  test(`stdin is sought where no output is written by its offset (${backend})`, t => {
    const file = join(scratch(t), 'file')
    fs.writeFileSync(file, 'abcdefgh')
    const [reads, appends, writes] = ['r', 'a', 'r+'].map(flags => fs.openSync(file, flags))
    t.teardown(() => [reads, appends, writes].forEach(fd => void fs.closeSync(fd)))
    const sought = (options: Omit<GuestOptions, 'version'>): string =>
      guestWith(t, { backend, ...options }).ask('fd_seek', 0, 2n, 0, 0x18)
    t.is(sought({ stdin: reads, stdout: () => {}, stderr: () => {} }), 'SUCCESS')
    t.is(sought({ stdin: reads, stdout: appends, stderr: appends }), 'SUCCESS')
    t.is(sought({ stdin: reads, stdout: writes, stderr: appends }), 'SPIPE')
    t.is(sought({ stdin: writes, stdout: appends, stderr: writes }), 'SPIPE')
  })

  test(`a directory as a standard stream is neither read nor written (${backend})`, t => {
    const fd = fs.openSync(scratch(t), 'r')
    t.teardown(() => fs.closeSync(fd))
    const { ask, read, write } = guestWith(t, { backend, ...streams(fd) })
    t.deepEqual([read(0), write(0), read(1)], ['ISDIR', 'BADF', 'BADF'])
    t.not(write(1), 'SUCCESS')
    for (const stream of [0, 1, 2]) {
      t.is(ask('fd_readdir', stream, 0x400, 100, 0n, 0x18), 'NOTCAPABLE')
      t.is(ask('path_unlink_file', stream, 0x40, 1), 'NOTCAPABLE')
      t.is(ask('path_open', stream, 0, 0x40, 1, 1, 2n, 0n, 0, 0x18), 'NOTCAPABLE')
    }
  })
}

const withTerminal = process.platform === 'linux' ? test : test.skip
withTerminal('a terminal is one description to read and write, and three one-way streams', t => {
  const index = new URL('../../../dist/index.js', import.meta.url).href
  const program = `
    import { createGuest, Rights } from ${JSON.stringify(index)}
    for (const backend of ['native', 'typescript']) for (const allowTerminalEscapes of [true, false]) {
      const { imports, bind } = createGuest({ version: 'preview1', backend, allowTerminalEscapes })
      const memory = new WebAssembly.Memory({ initial: 1 })
      bind(memory)
      const view = new DataView(memory.buffer)
      view.setUint32(0x10, 0x40, true)
      view.setUint32(0x14, 1, true)
      const waits = (fd, type) => {
        view.setUint8(0x208, type)
        view.setUint32(0x210, fd, true)
        imports.poll_oneoff(0x200, 0x300, 1, 0x18)
        return view.getUint16(0x308, true)
      }
      const told = [0, 1, 2].map(fd => {
        imports.fd_fdstat_get(fd, 0x100)
        return [view.getUint8(0x100), view.getUint32(0x108, true).toString(16)]
      })
      told.push(imports.fd_read(1, 0x10, 1, 0x18), imports.fd_read(2, 0x10, 1, 0x18), imports.fd_write(0, 0x10, 1, 0x18))
      told.push(waits(1, 1), waits(0, 2), imports.fd_tell(1, 0x18), imports.fd_filestat_set_times(0, 1n, 1n, 5))
      told.push(imports.fd_fdstat_set_flags(0, 4), imports.fd_fdstat_set_flags(1, 4))
      console.log(told.flat().join(' '))
    }`
  const file = join(scratch(t), 'terminal.mjs')
  fs.writeFileSync(file, program)
  const { stdout, stderr } = spawnSync(
    'script',
    ['-qec', `'${process.execPath}' '${file}'`, '/dev/null'],
    { encoding: 'utf8', input: '' },
  )
  const input =
    Rights.FD_DATASYNC |
    Rights.FD_READ |
    Rights.FD_FDSTAT_SET_FLAGS |
    Rights.FD_SYNC |
    Rights.FD_ADVISE |
    Rights.FD_FILESTAT_GET
  const output =
    Rights.FD_DATASYNC |
    Rights.FD_FDSTAT_SET_FLAGS |
    Rights.FD_SYNC |
    Rights.FD_WRITE |
    Rights.FD_FILESTAT_GET
  const [i, o] = [input, output].map(rights => (rights | Rights.POLL_FD_READWRITE).toString(16))
  const { BADF, SPIPE, PERM } = Errno
  const line = [2, i, 2, o, 2, o, BADF, BADF, BADF, BADF, BADF, SPIPE, PERM, 0, 0].join(' ')
  t.is(stdout.replaceAll('\r', ''), `${line}\n`.repeat(4), stderr)
})

test('streams of the embedder: rights, terminals, and what is refused', t => {
  const said: string[] = []
  const outputs: [StdoutOption, boolean][] = [
    [chunk => void said.push(String(chunk)), false],
    [{ isTTY: true, write: chunk => void said.push(String(chunk)) }, true],
  ]
  for (const [stdout, tty] of outputs) {
    const { ask, read, write, wait, isatty, rightsOf } = guestWith(t, {
      input: 'abcdefgh',
      stdout,
      stderr: stdout,
    })
    t.deepEqual([isatty(0), isatty(1), isatty(2)], [false, tty, tty])
    t.deepEqual([read(1), read(2), write(0)], ['BADF', 'BADF', 'BADF'])
    t.deepEqual(
      [wait(1, 1), wait(0, 2), wait(1, 2), wait(0, 1)],
      ['BADF', 'BADF', 'SUCCESS', 'SUCCESS'],
    )
    t.deepEqual([read(0), write(1)], ['SUCCESS', 'SUCCESS'])
    t.is(said.pop(), 'abcd')
    t.is(
      rightsOf(0) &
        (Rights.FD_WRITE | Rights.FD_SEEK | Rights.SOCK_SHUTDOWN | Rights.FD_FILESTAT_SET_TIMES),
      0,
    )
    t.is(
      rightsOf(1) &
        (Rights.FD_READ | Rights.FD_SEEK | Rights.SOCK_SHUTDOWN | Rights.FD_FILESTAT_SET_SIZE),
      0,
    )
    t.not(rightsOf(0) & Rights.FD_READ, 0)
    t.not(rightsOf(1) & Rights.FD_WRITE, 0)
    for (const fd of [0, 1, 2]) {
      t.is(ask('fd_filestat_set_times', fd, 1n, 1n, 5), 'PERM')
      t.is(ask('sock_shutdown', fd, 3), 'NOTSOCK')
      t.is(ask('fd_fdstat_set_flags', fd, 4), 'SUCCESS')
    }
  }
})

// The guard behind the rights.

/** A descriptor that can do everything, and says what was done. */
class Willing extends Descriptor {
  readonly done: string[] = []
  constructor(filetype: number) {
    super({ filetype, fdflags: 0, fitting: Rights.ALL, base: Rights.ALL, inheriting: Rights.ALL })
    const methods = Object.getOwnPropertyNames(Descriptor.prototype).filter(
      name => !['constructor', 'known', 'unfit'].includes(name),
    )
    for (const name of methods)
      Object.defineProperty(this, name, { value: () => this.done.push(name) && 1 })
  }
}
const harmless = ['close', 'filestat', 'sync', 'datasync', 'setFlags', 'waiting', 'wait']
for (const [way, name, own] of [
  [Way.IN, 'stdin that is a pipe', ['readv', 'recv']],
  [Way.SOUGHT_IN, 'stdin that is a file', ['readv', 'preadv', 'seek', 'advise', 'recv']],
  [Way.OUT, 'stdout', ['writev', 'send']],
] as const) {
  test(`${name} refuses by itself, too: no method but these reaches the descriptor behind`, t => {
    for (const filetype of [0, 1, 2, 3, 4, 5, 6]) {
      const behind = new Willing(filetype)
      const stream = oneWay(way, behind) as unknown as Record<
        string,
        (...args: unknown[]) => Answer
      >
      const methods = Object.getOwnPropertyNames(Descriptor.prototype).filter(
        method => !['constructor', 'known', 'unfit'].includes(method),
      )
      for (const method of methods) stream[method](0, 0, 0, 0, 0, 0, 0, 0)
      t.deepEqual([...behind.done].sort(), [...harmless, ...own].sort())
    }
  })
}
