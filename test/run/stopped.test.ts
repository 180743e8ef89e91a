/**
 * A guest is ended in time while it writes to terminals, pipes and FIFOs that are read slowly or
 * never. No output is lost.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { createGuest, Errno, run } from 'wasi-common'
import { openDescriptors } from '../hostcalls/fixture.js'
import { main, scratch } from '../programs/cli.js'
import { failing, withFailing } from '../sys/failing.js'
import { openTerminal, runOn, withTerminal } from '../terminal.js'
import { call, command, drop, store, untilFails } from '../wasm.js'

/** Writes lines for ever, many at once. */
const writes = (fd: number): Uint8Array =>
  command(
    [
      store(0x10, 0x1000),
      store(0x14, 60_000),
      drop(untilFails(call('fd_write', fd, 0x10, 1, 0x20))),
    ],
    {
      data: { 4096: `${'x'.repeat(79)}\n`.repeat(750) },
    },
  )
const writer = writes(1)
/** Reads once. */
const reader = command([
  store(0x10, 0x1000),
  store(0x14, 100),
  drop(call('fd_read', 0, 0x10, 1, 0x20)),
])

function program(t: ExecutionContext, bytes: Uint8Array): string {
  const file = join(scratch(t), 'program.wasm')
  fs.writeFileSync(file, bytes)
  return file
}

// The old bounds were for ever, and 13 to 40 seconds.
const soon = 8000

const cases: readonly (readonly [
  how: 'full' | 'stop' | 'slow',
  fds: string,
  flags: readonly string[],
  bytes?: Uint8Array,
])[] = [
  ['full', '1', []],
  ['stop', '1', []],
  ['slow', '1', []],
  ['full', '012', []],
  ['stop', '012', []],
  ['slow', '012', []],
  ['stop', '2', [], writes(2)],
  ['full', '012', ['--strict']],
  ['stop', '012', ['--strict']],
  ['slow', '012', ['--strict']],
  ['stop', '012', ['--trace']],
  ['stop', '012', ['--trace-summary']],
  ['stop', '012', ['--max-output', '1m']],
  ['stop', '012', ['--threads=2']],
  ['stop', '012', ['--isolation', 'process']],
  ['stop', '012', [], reader],
]
for (const [how, fds, flags, bytes = writer] of cases) {
  const what = bytes === reader ? 'reads' : 'writes'
  withTerminal(
    `-W timeout ends a guest that ${what} on a terminal (${how}, descriptors ${[...fds]} ${flags.join(' ')})`,
    async t => {
      const args = [
        process.execPath,
        main,
        'run',
        '-W',
        'timeout=500ms',
        ...flags,
        program(t, bytes),
      ]
      const { code, time } = await runOn(how, fds, args)
      t.is(code, 124)
      t.true(time < soon, `${time} ms`)
    },
  )
}

/** Measures the time from abort() to the end of a run. */
async function aborted(t: ExecutionContext, stdout: number, bytes = writer): Promise<void> {
  const controller = new AbortController()
  const running = run(bytes, { stdout, signal: controller.signal })
  const failed = t.throwsAsync(running, { message: 'the run was aborted: enough' })
  await new Promise(done => setTimeout(done, 1000))
  const start = performance.now()
  controller.abort(new Error('enough'))
  await failed
  const time = performance.now() - start
  t.true(time < 3000, `${time} ms`)
}

for (const how of ['full', 'stop', 'slow'] as const)
  withTerminal(`an abort ends a guest that writes to a terminal (${how})`, async t => {
    await aborted(t, (await openTerminal(t, how)).fd)
  })

const readers = {
  full: 'setTimeout(() => {}, 15_000)',
  slow: 'const wait = new Int32Array(new SharedArrayBuffer(4)); while (require("fs").readSync(0, Buffer.alloc(4096)) > 0) Atomics.wait(wait, 0, 0, 30)',
}
/** The command before a reader. @param before what starts it */
async function piped(
  t: ExecutionContext,
  reader: string,
  before: readonly string[] = [],
): Promise<void> {
  const script = 'reader="$1"; shift; ("$@" 2> /dev/null; echo "code $?" >&2) | "$0" -e "$reader"'
  const command = [...before, process.execPath, main, 'run', '-W', 'timeout=1s', program(t, writer)]
  const shell = spawn('sh', ['-c', script, process.execPath, reader, ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const start = performance.now()
  const [text] = await once(shell.stderr, 'data')
  const time = performance.now() - start
  t.is(String(text), 'code 124\n')
  t.true(time < soon, `${time} ms`)
  shell.stderr.destroy()
  shell.kill()
}
for (const [how, source] of Object.entries(readers)) {
  test.serial(`-W timeout ends a guest that writes to a pipe (${how})`, t => piped(t, source))

  // Simulates Linux before 6.4, before 4.6, and a filter that does not know the call.
  for (const error of ['EOPNOTSUPP', 'ENOSYS', 'EPERM'] as const)
    withFailing(
      `-W timeout ends a guest that writes to a pipe where pwritev2 answers ${error} (${how})`,
      async t => {
        await piped(t, source, [failing, 'pwritev2', String(os.constants.errno[error])])
      },
    )

  // A pipe with a name knows no RWF_NOWAIT on any Linux.
  test.serial(`an abort ends a guest that writes to a FIFO (${how})`, async t => {
    const name = join(scratch(t), 'fifo')
    execFileSync('mkfifo', [name])
    const child = spawn(
      'sh',
      ['-c', 'exec "$1" -e "$2" < "$3"', 'sh', process.execPath, source, name],
      { stdio: 'ignore' },
    )
    t.teardown(() => void child.kill('SIGKILL'))
    const fd = fs.openSync(name, 'w')
    t.teardown(() => fs.closeSync(fd))
    await aborted(t, fd)
  })
}

withTerminal(
  'what a guest and its host write to a terminal in turn comes in that order, all of it',
  async t => {
    const terminal = await openTerminal(t, 'fast')
    const guest = createGuest({ version: 'preview1', stdout: terminal.fd })
    t.teardown(() => guest.close())
    const memory = new WebAssembly.Memory({ initial: 1 })
    guest.bind(memory)
    const view = new DataView(memory.buffer)
    let expected = ''
    for (let i = 0; i < 500; i++) {
      const line = `guest ${i} ${'g'.repeat((i * 37) % 5000)}\n`
      new Uint8Array(memory.buffer).set(Buffer.from(line), 0x1000)
      view.setUint32(0x10, 0x1000, true)
      view.setUint32(0x14, line.length, true)
      t.is(guest.imports.fd_write(1, 0x10, 1, 0x20), 0)
      t.is(view.getUint32(0x20, true), line.length)
      fs.writeSync(terminal.fd, `host ${i}\n`)
      expected += `${line}host ${i}\n`
    }
    t.is(await terminal.written(), expected)
  },
)

withTerminal('all that a guest writes to a slow terminal comes out of it, once', async t => {
  const terminal = await openTerminal(t, 'slow')
  const text = Array.from({ length: 1500 }, (_, i) => `line ${i}`).join('\n')
  const bytes = command(
    [store(0x10, 0x1000), store(0x14, text.length), drop(call('fd_write', 1, 0x10, 1, 0x20))],
    { data: { 4096: text } },
  )
  t.is((await run(bytes, { stdout: terminal.fd })).exitCode, 0)
  t.is(await terminal.written(), text)
})

// A terminal opened a second time is the same terminal, with the same access.

const hello = command(
  [store(0x10, 0x1000), store(0x14, 5), drop(call('fd_write', 1, 0x10, 1, 0x20))],
  { data: { 4096: 'hello' } },
)
/** A guest whose standard output is a descriptor, with the five bytes `hello` to write. */
function guestOn(
  t: ExecutionContext,
  stdout: number,
): { write(): number; close(): void; fdClose(): number } {
  const guest = createGuest({ version: 'preview1', stdout })
  t.teardown(() => guest.close())
  const memory = new WebAssembly.Memory({ initial: 1 })
  guest.bind(memory)
  new Uint8Array(memory.buffer).set(Buffer.from('hello'), 0x1000)
  new Uint32Array(memory.buffer).set([0x1000, 5], 4)
  return {
    write: () => guest.imports.fd_write(1, 0x10, 1, 0x20) as number,
    close: () => guest.close(),
    fdClose: () => guest.imports.fd_close(1) as number,
  }
}

withTerminal('a terminal is written to, not the one that its name leads to by now', async t => {
  t.like(await runOn('alias', '1', [process.execPath, main, 'run', program(t, hello)]), {
    code: 0,
    taken: 5,
  })
})

/**
 * A program that writes five bytes to a descriptor by a guest, whose errno is in `error`, and what
 * it does then.
 */
const writing = (stdout: string, text: string, then: string): string => `
  const { createGuest } = await import(${JSON.stringify(import.meta.resolve('wasi-common'))})
  const { openSync, readSync } = await import('node:fs')
  const guest = createGuest({ version: 'preview1', stdout: ${stdout} })
  const memory = new WebAssembly.Memory({ initial: 1 })
  guest.bind(memory)
  new Uint8Array(memory.buffer).set(Buffer.from(${JSON.stringify(text)}), 0x1000)
  new Uint32Array(memory.buffer).set([0x1000, ${text.length}], 4)
  const error = guest.imports.fd_write(1, 0x10, 1, 0x20)
  ${then}`

withTerminal('the side of a terminal that reads it is written to, not the terminal', async t => {
  // The terminal shows what is typed, a control character in two.
  const then =
    "const echo = Buffer.alloc(6); readSync(3, echo); process.exit(error === 0 && String(echo) === 'hell^A' ? 7 : 3)"
  t.like(
    await runOn('master', '0', [
      process.execPath,
      '--input-type=module',
      '-e',
      writing('3', 'hell\x01', then),
    ]),
    { code: 7 },
  )
})

withFailing('a FIFO that was opened to read it is not written to where there is no pwritev2', t => {
  const name = join(scratch(t), 'fifo')
  execFileSync('mkfifo', [name])
  const source = writing(
    `(openSync(${JSON.stringify(name)}, 'r+'), openSync(${JSON.stringify(name)}, 'r'))`,
    'hello',
    'process.exit(100 + error)',
  )
  const { status } = spawnSync(failing, [
    'pwritev2',
    String(os.constants.errno.ENOSYS),
    process.execPath,
    '--input-type=module',
    '-e',
    source,
  ])
  t.is(status, 100 + Errno.BADF)
})

withFailing(
  'a FIFO is written to, not the file that its name leads to when it is opened again',
  t => {
    const folder = scratch(t)
    const [library, name, other] = ['astray.so', 'fifo', 'other'].map(file => join(folder, file))
    execFileSync('cc', [
      '-shared',
      '-fPIC',
      '-o',
      library,
      fileURLToPath(new URL('../../../test/native/astray.c', import.meta.url)),
      '-ldl',
    ])
    execFileSync('mkfifo', [name, other])
    const [fd, astray] = [name, other].map(file =>
      fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_NONBLOCK),
    )
    t.teardown(() => [fd, astray].forEach(each => void fs.closeSync(each)))
    const read = (from: number): string => {
      const bytes = Buffer.alloc(8)
      try {
        return bytes.toString('utf8', 0, fs.readSync(from, bytes))
      } catch (error) {
        return String((error as NodeJS.ErrnoException).code)
      }
    }
    const source = writing(
      `openSync(${JSON.stringify(name)}, 'w')`,
      'hello',
      'process.exit(100 + error)',
    )
    const env = { ...process.env, LD_PRELOAD: library, ASTRAY: other }
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      env,
      encoding: 'utf8',
    })
    t.is(status, 100, stderr)
    t.deepEqual([read(fd), read(astray)], ['hello', 'EAGAIN'])
  },
)

withTerminal('a terminal that was opened to read it is not written to', async t => {
  const terminal = await openTerminal(t, 'fast')
  const fd = fs.openSync(
    `/proc/self/fd/${terminal.fd}`,
    fs.constants.O_RDONLY | fs.constants.O_NOCTTY,
  )
  t.teardown(() => fs.closeSync(fd))
  t.is(guestOn(t, fd).write(), Errno.BADF)
  t.is(await terminal.written(), '')
})

withTerminal('a descriptor that the host opened anew is written to as what it is now', async t => {
  const terminal = await openTerminal(t, 'fast')
  const folder = scratch(t)
  const fd = fs.openSync(`/proc/self/fd/${terminal.fd}`, 'r+')
  const guest = guestOn(t, fd)
  t.is(guest.write(), 0)
  fs.closeSync(fd)
  const file = fs.openSync(join(folder, 'file'), 'w')
  t.is(file, fd, 'the lowest that is free')
  t.is(guest.write(), 0)
  fs.closeSync(file)
  t.is(guest.write(), Errno.BADF)
  t.is(fs.readFileSync(join(folder, 'file'), 'utf8'), 'hello')
  t.is(await terminal.written(), 'hello')
})

withTerminal(
  'what was opened of a terminal is closed with the guest, and with its descriptor',
  async t => {
    const { fd } = await openTerminal(t, 'fast')
    const before = openDescriptors()
    for (const close of ['close', 'fdClose'] as const) {
      const guest = guestOn(t, fd)
      const open = openDescriptors()
      t.true(open > before)
      guest[close]()
      t.is(openDescriptors(), close === 'close' ? before : open - 1)
      guest.close()
    }
  },
)

withTerminal(
  'no descriptor that is kept for the host is taken to open a terminal a second time; it is written to all the same',
  async t => {
    const terminal = await openTerminal(t, 'fast')
    const then = 'process.exit(error === 0 && open() === before ? 7 : 3)'
    const source = `
    import { readdirSync } from 'node:fs'
    const open = () => readdirSync('/proc/self/fd').length
    const path = ${JSON.stringify(fs.readlinkSync(`/proc/self/fd/${terminal.fd}`))}
    ${writing('fd, stderr: fd, stdin: fd', 'hello', then).replace('const guest =', "let fd; do fd = openSync(path, 'r+'); while (fd < 100); const before = open(); const guest =")}`
    // The guest may have the descriptors below 96 of 160.
    const { status } = spawnSync('sh', [
      '-c',
      'ulimit -n 160; exec "$0" --input-type=module -e "$1"',
      process.execPath,
      source,
    ])
    t.is(status, 7)
    t.is(await terminal.written(), 'hello')
  },
)
