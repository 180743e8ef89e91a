/**
 * The trace of the command: lines of their own beside the guest's output, colours on a terminal,
 * filters, and timelines.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { colored } from '#lib/cli/trace-colors.js'
import { openTerminal, withTerminal } from '../terminal.js'
import { call, command, drop, store, trap, write } from '../wasm.js'

const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
const guests = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
test.after.always(() => fs.rmSync(guests, { recursive: true, force: true }))
const data = { 256: 'abc', 260: 'd\ne\n', 264: '../x' }
const modules = {
  /** Leaves a line of stderr open, then one of stdout, then none. */
  'open.wasm': command(
    [
      ...write(2, 0x100, 3),
      drop(call('sched_yield')),
      ...write(1, 0x100, 3),
      ...write(2, 0x104, 2),
      drop(call('sched_yield')),
    ],
    { data },
  ),
  /** Its output ends in the second of three iovecs, behind an empty one. */
  'scattered.wasm': command(
    [
      ...[store(0x20, 0x100), store(0x24, 0), store(0x28, 0x104), store(0x2c, 3)],
      drop(call('fd_write', 2, 0x20, 2, 0x40)),
      drop(call('fd_write', 2, 0x20, 1, 0x40)),
      drop(call('sched_yield')),
    ],
    { data },
  ),
  /** Its descriptor 2 is a file. */
  'moved.wasm': command(
    [
      drop(call('path_open', 3, 0, 0x100, 3, 1, 0x40n, 0n, 0, 0x50)),
      drop(call('fd_renumber', 4, 2)),
      ...write(2, 0x100, 3),
      drop(call('sched_yield')),
    ],
    { data },
  ),
  'refused.wasm': command([drop(call('path_open', 3, 0, 0x108, 4, 0, 0n, 0n, 0, 0x50))], { data }),
  'traps.wasm': command([drop(call('sched_yield')), trap]),
  'nothing.wasm': command([]),
}
for (const [name, bytes] of Object.entries(modules)) fs.writeFileSync(join(guests, name), bytes)

/** Runs the command with stdout and stderr in one pipe. */
async function merged(...args: readonly string[]): Promise<string> {
  const child = spawn(
    'bash',
    ['-c', 'exec "$@" 2>&1', '-', process.execPath, main, 'run', ...args],
    {
      cwd: guests,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let text = ''
  child.stdout.setEncoding('utf8').on('data', chunk => (text += chunk))
  await once(child, 'close')
  return text
}
function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'run', ...args], {
    cwd: guests,
    encoding: 'utf8',
    input: '',
  })
  return { status, stdout, stderr }
}
const scratch = (t: ExecutionContext): string => {
  const folder = fs.mkdtempSync(join(guests, 'scratch-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}
const posix = process.platform === 'win32' ? test.skip : test

const fresh = [
  'abc',
  'fd_write(fd=2, iovs=0x20+1) = SUCCESS nwritten=3',
  'sched_yield() = SUCCESS',
  'abc',
  'fd_write(fd=1, iovs=0x20+1) = SUCCESS nwritten=3',
  'd',
  'fd_write(fd=2, iovs=0x20+1) = SUCCESS nwritten=2',
  'sched_yield() = SUCCESS',
  '',
]
posix('a line begins anew where the guest has left one open', async t => {
  t.is(await merged('--trace', 'open.wasm'), fresh.join('\n'))
  const { stdout, stderr } = run('--trace', 'open.wasm')
  t.is(stdout, 'abc', 'the output itself is as without a trace')
  t.is(stderr, fresh.filter((_, i) => i !== 3).join('\n'), 'stdout is elsewhere')
})

posix('a line begins anew also where the calls that left one open are not shown', async t => {
  t.is(
    await merged('--trace', '--trace-filter', 'sched_yield', 'open.wasm'),
    'abc\nsched_yield() = SUCCESS\nabcd\nsched_yield() = SUCCESS\n',
  )
})

posix('the last byte counts that was written, among several iovecs', async t => {
  t.is(
    await merged('--trace', 'scattered.wasm'),
    'd\ne\nfd_write(fd=2, iovs=0x20+2) = SUCCESS nwritten=3\nfd_write(fd=2, iovs=0x20+1) = SUCCESS nwritten=0\nsched_yield() = SUCCESS\n',
  )
})

posix('what goes to a file under the number of a standard stream leaves no line open', async t => {
  t.is(
    await merged(
      ...[
        '--trace',
        '--trace-filter',
        'sched_yield,fd_*',
        '--dir',
        `${scratch(t)}::/x`,
        'moved.wasm',
      ],
    ),
    'fd_renumber(fd=4</x/abc>, to=2) = SUCCESS\nfd_write(fd=2</x/abc>, iovs=0x20+1) = SUCCESS nwritten=3\nsched_yield() = SUCCESS\n',
  )
})

// The trace of workers is written by another thread, after the output.
for (const flags of [['-W', 'timeout=1m'], ['--threads'], ['--max-output', '10k']])
  posix(`no line is glued to output (${flags.join(' ')})`, async t => {
    const text = await merged('--trace', ...flags, 'open.wasm')
    const lines = text.split('\n').filter(line => line.includes('('))
    t.is(lines.length, 5, text)
    for (const line of lines) t.regex(line, /^(\[tid 0\] )?(fd_write|sched_yield)\(/)
  })

posix('a trace in a file of its own has no other lines', async t => {
  const file = join(scratch(t), 'trace')
  t.is(await merged(`--trace=${file}`, 'open.wasm'), 'abcabcd\n')
  t.is(
    fs.readFileSync(file, 'utf8'),
    fresh.filter(line => line === '' || line.includes('(')).join('\n'),
  )
})

withTerminal('on a terminal lines have colours, unless the user wants none', async t => {
  for (const [env, flags, colours] of [
    [{ TERM: 'xterm-256color' }, [], true],
    [{ TERM: 'xterm-256color', NO_COLOR: '1' }, [], false],
    [{ TERM: 'dumb' }, [], false],
    [{ TERM: 'xterm-256color' }, ['--trace-format', 'json'], false],
    [{ TERM: 'xterm-256color' }, ['-W', 'timeout=1m'], true],
  ] as const) {
    const { fd, written } = await openTerminal(t, 'fast')
    const child = spawn(
      process.execPath,
      [main, 'run', '--dir', '.', '--trace', ...flags, 'refused.wasm'],
      {
        cwd: guests,
        env: { PATH: process.env.PATH, ...env },
        stdio: ['ignore', 'ignore', fd],
      },
    )
    await once(child, 'close')
    const text = await written()
    t.true(text.includes('path_open'), text)
    t.is(text.includes('\x1b'), colours, text)
  }
})

test('nothing but a terminal gets colours', t => {
  const { stderr } = spawnSync(process.execPath, [main, 'run', '--trace', 'traps.wasm'], {
    cwd: guests,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, TERM: 'xterm-256color' },
  })
  t.true(stderr.startsWith('sched_yield() = SUCCESS\n'), stderr)
})

test('colours: the parts of a line stay in their order, and a guest cannot choose where they end', t => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences of colours
  const bare = (text: string): string => text.replace(/\x1b\[\d+m/g, '')
  const lines = [
    'sched_yield() = SUCCESS',
    '[tid 12] fd_read(fd=4</a>, iovs=0x20+1) = SUCCESS nread=3 <0.000012>',
    'path_open(fd=3</>, path="x) = SUCCESS", oflags=creat) = NOENT',
    'path_open(fd=3</a) = SUCCESS>, path="\\") = SUCCESS"...) = NOTCAPABLE (component 1, "..", leads above fd 3</x) = SUCCESS>) <0.000001>',
    'proc_exit(rval=3) = exit 3',
    'fd_sync(fd=3) = Error: mine',
    'fd_close(fd=3) = 1234',
    'descriptor.open-at(self=1</a>, path="x) = ok", flags=read|write) = not-permitted (the path is absolute)',
    'input-stream.read(self=2<stdin>, len=3) = last-operation-failed io <0.000001>',
    'wall-clock.now() = ok 5.000000001',
    'no call at all',
    `x(${'"'.repeat(100_000)}`,
  ]
  for (const line of lines) t.is(bare(colored(line)), line)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequence of red
  const red = (line: string): string | undefined => /\x1b\[31m(.*?)\x1b/.exec(colored(line))?.[1]
  t.deepEqual(lines.map(red), [
    undefined,
    undefined,
    'NOENT',
    'NOTCAPABLE',
    undefined,
    'Error',
    '1234',
    'not-permitted',
    'last-operation-failed',
    undefined,
    undefined,
    undefined,
  ])
})

test('--trace-filter: only these hostcalls, and a mistake suggests the nearest', t => {
  const filtered = (list: string) => run('--trace', '--trace-filter', list, 'open.wasm').stderr
  t.is(filtered('sched_*'), 'abc\nsched_yield() = SUCCESS\nd\nsched_yield() = SUCCESS\n')
  t.is(filtered('fd_*, !fd_write'), 'abcd\n')
  for (const [list, message] of [
    ['fd_*,pth_*', "no hostcall matches 'pth_*'\n  did you mean path_*?\n"],
    ['fd_raed', "no hostcall matches 'fd_raed'\n  did you mean fd_read?\n"],
    ['', "no hostcall matches ''\n"],
    ['!*', ' !*: the patterns select no hostcall\n'],
  ]) {
    const { status, stderr } = run('--trace', '--trace-filter', list, 'open.wasm')
    t.is(status, 2)
    t.true(stderr.startsWith('wasi-common: --trace-filter'), stderr)
    t.true(stderr.includes(message.trim().split('\n')[0]), stderr)
  }
  t.is(
    run('--trace-filter', 'fd_read', 'open.wasm').stderr,
    'wasi-common: --trace-filter needs --trace\n',
  )
})

test('--trace-format perfetto: an array of events in a file, also of a guest that traps', t => {
  const file = join(scratch(t), 'trace.json')
  for (const [guest, flags, calls] of [
    ['open.wasm', [], 5],
    ['open.wasm', ['--threads'], 5],
    ['traps.wasm', [], 1],
  ] as const) {
    run(`--trace=${file}`, '--trace-format', 'perfetto', ...flags, guest)
    const events = JSON.parse(fs.readFileSync(file, 'utf8'))
    t.is(events.length, 2 + calls)
    t.is(events[0].args.name, guest)
    t.true(
      events.slice(2).every(({ ph, ts, dur }: Record<string, unknown>) => ph === 'X' && ts && dur),
    )
  }
  run(`--trace=${file}`, '--trace-format', 'perfetto', 'nothing.wasm')
  t.deepEqual(JSON.parse(fs.readFileSync(file, 'utf8')), [])
  t.is(
    run('--trace', '--trace-format', 'perfetto', 'open.wasm').stderr,
    'wasi-common: --trace-format perfetto: expected a file for the timeline\n  write --trace=FILE\n',
  )
  const full = run('--trace=/dev/full', '--trace-format', 'perfetto', 'open.wasm')
  if (process.platform === 'linux') t.regex(full.stderr, /ENOSPC/)
})
