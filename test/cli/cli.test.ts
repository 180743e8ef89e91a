/** The command line: the effect of each option, the message of each mistake, and the exit codes. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { throws } from '../exceptions.js'
import {
  add,
  assemble,
  call,
  command,
  drop,
  type Expression,
  load,
  param,
  store,
  trap,
  untilFails,
  write,
} from '../wasm.js'

const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
const root = dirname(dirname(dirname(main)))

/** Write all arguments, each ended by NUL, or all variables. */
const tell = (what: 'args' | 'environ'): Expression[] => [
  drop(call(`${what}_sizes_get`, 0x10, 0x14)),
  drop(call(`${what}_get`, 0x100, 0x1000)),
  ...write(1, 0x1000, load(0x14)),
]
const exits = (code: Expression): Uint8Array => command([call('proc_exit', code)])
/** Write the same 4096 bytes to standard output for ever, and end with the errno that stops it. */
const floods = command([
  store(0x20, 0x1000),
  store(0x24, 4096),
  call('proc_exit', untilFails(call('fd_write', 1, 0x20, 1, 0x28))),
])
const readsOnce: Expression[] = [
  store(0x30, 0x2000),
  store(0x34, 0x1000),
  drop(call('fd_read', 0, 0x30, 1, 0x38)),
]

const i32 = ['i32'] as const
const library = assemble({
  functions: {
    _initialize: { body: [store(0x40, 100)] },
    sum: { params: ['i32', 'i32'], results: i32, body: [add(param(0), param(1))] },
    state: { results: i32, body: [load(0x40)] },
    long: { params: ['i64'], results: ['i64'], body: [param(0)] },
    half: { params: ['f64'], results: ['f64'], body: [param(0)] },
    two: { results: ['i32', 'i32'], body: [1, 2] },
    nothing: { body: [] },
    leave: { params: i32, body: [call('proc_exit', param(0))] },
    fail: { body: [trap] },
  },
})

/** The guests of these tests, each a file of its name. */
const modules: Readonly<Record<string, string | Uint8Array>> = {
  'args.wasm': command(tell('args')),
  'environ.wasm': command(tell('environ')),
  'echo.wasm': command([...readsOnce, ...write(1, 0x2000, load(0x38))]),
  // Its exit code is how much it read, or the errno.
  'reads.wasm': command([...readsOnce, call('proc_exit', load(0x38))]),
  'mkdir.wasm': command([call('proc_exit', call('path_create_directory', 3, 0x40, 3))], {
    data: { 64: 'new' },
  }),
  // Its exit code is the errno for descriptor 3, 8 if there is none; the name of the directory goes
  // to standard output.
  'prestat.wasm': command([
    drop(call('fd_prestat_get', 3, 0x40)),
    ...[drop(call('fd_prestat_dir_name', 3, 0x1000, load(0x44))), ...write(1, 0x1000, load(0x44))],
    call('proc_exit', call('fd_prestat_get', 3, 0x40)),
  ]),
  // Its exit code is the errno of accepting a connection on descriptor 3 without waiting for one:
  // AGAIN, where it listens.
  'accepts.wasm': command([
    drop(call('fd_fdstat_set_flags', 3, 4)),
    call('proc_exit', call('sock_accept', 3, 0, 0x10)),
  ]),
  // Their exit codes are the errnos of what no standard stream may do.
  'reads-output.wasm': command([
    store(0x30, 0x2000),
    store(0x34, 1),
    call('proc_exit', call('fd_read', 1, 0x30, 1, 0x38)),
  ]),
  'writes-input.wasm': command([
    store(0x30, 0x40),
    store(0x34, 1),
    call('proc_exit', call('fd_write', 0, 0x30, 1, 0x38)),
  ]),
  'truncates-output.wasm': command([
    drop(call('fd_fdstat_set_flags', 1, 0)),
    call('proc_exit', call('fd_filestat_set_size', 1, 0n)),
  ]),
  /** Its exit code is the errno of a sync of a file that it opened with FD_READ alone. */
  'syncs.wasm': command(
    [
      drop(call('path_open', 3, 0, 0x40, 1, 0, 2n, 0n, 0, 0x10)),
      call('proc_exit', call('fd_sync', load(0x10))),
    ],
    {
      data: { 64: 'f' },
    },
  ),
  /** Writes the names of three preopens, each ended by NUL. */
  'prestats.wasm': command(
    [3, 4, 5].flatMap(fd => [
      store(0x14, 0),
      store(0x1000, 0),
      drop(call('fd_prestat_get', fd, 0x10)),
      drop(call('fd_prestat_dir_name', fd, 0x1000, load(0x14))),
      ...write(1, 0x1000, add(load(0x14), 1)),
    ]),
  ),
  'nothing.wasm': command([]),
  'writes.wasm': command([...write(1, 0x40, 6), ...write(2, 0x46, 6)], {
    data: { 64: 'to outto err' },
  }),
  'floods.wasm': floods,
  'one-write.wasm': command([
    store(0x20, 0x40),
    store(0x24, 5),
    call('proc_exit', call('fd_write', 1, 0x20, 1, 0x28)),
  ]),
  'traps.wasm': assemble({
    functions: { _start: { body: [call('inner')] }, inner: { body: [trap] } },
  }),
  'throws.wasm': throws(false),
  'throws-at-start.wasm': throws(true),
  'outside.wasm': command([drop(load(0x20000))]),
  'abort.wasm': command([drop(call('proc_raise', 6))]),
  'kill.wasm': command([drop(call('proc_raise', 9))]),
  'unstable.wasm': command([call('proc_exit', 33)], { from: 'wasi_unstable' }),
  'library.wasm': library,
  'bare-library.wasm': assemble({
    functions: { sum: { params: ['i32', 'i32'], results: i32, body: [add(param(0), param(1))] } },
  }),
  'no-memory.wasm': command([], { pages: 0 }),
  'wants-env.wasm': command([], { imports: { 'env.callback': 'function' } }),
  'wants-memory.wasm': command([], { pages: 0, imports: { 'env.memory': 'memory' } }),
  'wants-napi.wasm': command([], { imports: { 'napi.napi_create_object': 'function' } }),
  'wants-more.wasm': command([], { imports: { 'wasi_snapshot_preview1.sock_open': 'function' } }),
  'wants-escape.wasm': command([], { imports: { 'env.\x1b]0;title\x07': 'function' } }),
  'wants-odd.wasm': command([], { imports: { 'elsewhere.thing': 'function' } }),
  'mixes.wasm': command([call('proc_exit', 1)], {
    imports: { 'wasi_unstable.fd_close': 'function' },
  }),
  'empty.wasm': '',
  'text.wat': '  ;; a module\n(module)',
  'text2.wat': '(module (func))',
  'garbage.wasm': 'MZ\x90\0 this is something else',
  'cut.wasm': command(tell('args')).subarray(0, 60),
  'component.wasm': Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0),
}
const guests = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
for (const [name, bytes] of Object.entries(modules)) fs.writeFileSync(join(guests, name), bytes)
for (const code of [0, 1, 42, 126, 255])
  fs.writeFileSync(join(guests, `exit-${code}.wasm`), exits(code))
test.after.always(() => fs.rmSync(guests, { recursive: true, force: true }))

function scratch(t: ExecutionContext): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}
interface Around {
  readonly input?: string | Uint8Array
  readonly env?: Record<string, string>
  readonly main?: string
}
/** Run the command in the folder of the guests. */
function run(
  args: readonly string[],
  { input = '', env = {}, main: program = main }: Around = {},
): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    ...{ cwd: guests, input, env: { PATH: process.env.PATH, ...env }, timeout: 60_000 },
  })
  return { status, stdout: stdout.toString(), stderr: stderr.toString() }
}
/** The same by a shell, which knows the command as `$wasi`. */
function shell(script: string): Ended {
  const env = { PATH: process.env.PATH, wasi: `${process.execPath} ${main} run` }
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    cwd: guests,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}
const guest = (...args: string[]): Ended => run(['run', ...args])
const lines = (...words: string[]): string => words.map(word => `${word}\0`).join('')

// Options that the guest sees.

test('arguments: the program as given, then all that follows it', t => {
  t.deepEqual(guest('args.wasm', 'one', '', 'two words'), {
    status: 0,
    stdout: lines('args.wasm', 'one', '', 'two words'),
    stderr: '',
  })
})

test('arguments: options after the program are the guest’s', t => {
  t.is(
    guest('args.wasm', '--dir', '/', '--trace', '-h', '--', '-').stdout,
    lines('args.wasm', '--dir', '/', '--trace', '-h', '--', '-'),
  )
})

test('arguments: -- ends the options, of which it is none', t => {
  t.is(guest('--argv0', 'x', '--', 'args.wasm', '--env').stdout, lines('x', '--env'))
  const folder = scratch(t)
  fs.copyFileSync(join(guests, 'args.wasm'), join(folder, '--odd'))
  const { stdout } = spawnSync(process.execPath, [main, 'run', '--', '--odd', 'a'], {
    cwd: folder,
    encoding: 'utf8',
  })
  t.is(stdout, lines('--odd', 'a'))
})

test('--argv0: the name that the guest sees', t => {
  t.is(guest('--argv0', 'other name', 'args.wasm', 'a').stdout, lines('other name', 'a'))
  t.is(guest('--argv0=other', 'args.wasm').stdout, lines('other'))
  t.is(guest('--argv0', '', 'args.wasm').stdout, lines(''))
})

test('variables: none of the host’s, unless asked for', t => {
  const env = { SECRET: 'x', OTHER: 'o' }
  t.is(run(['run', 'environ.wasm'], { env }).stdout, '')
  t.is(run(['run', '--env', 'SECRET', 'environ.wasm'], { env }).stdout, lines('SECRET=x'))
  t.is(run(['run', '--env', 'ABSENT', 'environ.wasm'], { env }).stdout, '')
})

test('--env: values with signs in them, empty ones, the last of two; the order asked for', t => {
  const args = ['--env', 'B=b', '--env=A=1=2', '--env', 'E=', '--env', 'B=c d\n', 'environ.wasm']
  t.is(guest(...args).stdout, lines('B=c d\n', 'A=1=2', 'E='))
})

test('--env: names that JavaScript’s objects have, too', t => {
  t.is(
    guest('--env', '__proto__=1', '--env', 'constructor=2', 'environ.wasm').stdout,
    lines('__proto__=1', 'constructor=2'),
  )
  t.is(
    run(['run', '--env', 'toString', 'environ.wasm']).stdout,
    '',
    'the host has no such variable',
  )
})

test('--inherit-env: all of the host’s; what is set counts more', t => {
  const { stdout } = run(['run', '--inherit-env', '--env', 'SECRET=mine', 'environ.wasm'], {
    env: { SECRET: 'x', OTHER: 'o' },
  })
  const variables = stdout.split('\0')
  t.true(variables.includes('OTHER=o'))
  t.true(variables.includes('SECRET=mine'))
  t.true(variables.includes(`PATH=${process.env.PATH}`))
})

test('directories: none, unless asked for', t => {
  t.is(guest('prestat.wasm').status, 8, 'BADF')
  t.is(guest('mkdir.wasm').status, 8)
})

test('--dir: under its own name or another, to write or only to read', t => {
  const folder = scratch(t)
  t.deepEqual(guest('--dir', folder, 'prestat.wasm'), { status: 0, stdout: folder, stderr: '' })
  t.is(guest('--dir', `${folder}::/box`, 'prestat.wasm').stdout, '/box')
  t.is(guest(`--dir=${folder}::box`, 'prestat.wasm').stdout, 'box')
  t.is(guest('--dir', '.', 'prestat.wasm').stdout, '.')
  t.is(guest('--dir', `${folder}::/box::ro`, 'mkdir.wasm').status, 69, 'ROFS')
  t.false(fs.existsSync(join(folder, 'new')))
  t.is(guest('--dir', `${folder}::/box`, 'mkdir.wasm').status, 0)
  t.true(fs.existsSync(join(folder, 'new')))
})

test('--rights: access unless asked for, however the guest is run', t => {
  const folder = scratch(t)
  fs.writeFileSync(join(folder, 'f'), '')
  for (const how of [[], ['-W', 'timeout=1m']]) {
    const ends = (...rights: string[]): number | null =>
      guest(...how, ...rights, '--dir', `${folder}::/`, 'syncs.wasm').status
    t.deepEqual([ends(), ends('--rights', 'access'), ends('--rights=enforce')], [0, 0, 76])
  }
})

test('directories: their descriptors follow the order of the options, whatever these are', t => {
  const folder = scratch(t)
  const options = {
    a: ['--tmpfs', '/a'],
    b: ['--dir', `${folder}::/b`],
    c: ['--overlay', `${folder}::/c`],
  }
  for (const order of ['abc', 'acb', 'bac', 'bca', 'cab', 'cba'] as const) {
    const names = [...order] as (keyof typeof options)[]
    const { stdout } = guest(...names.flatMap(name => options[name]), 'prestats.wasm')
    t.is(stdout, lines(...names.map(name => `/${name}`)))
  }
})

test('directories: slashes at the end of the guest’s name fall away', t => {
  const folder = scratch(t)
  fs.mkdirSync(join(folder, 'data'))
  const at = join(folder, 'data')
  for (const [given, name] of [
    [`${at}/`, at],
    [`${at}::data//`, 'data'],
    [`${at}::/`, '/'],
    [`${at}::///`, '/'],
    [`${at}::./`, '.'],
  ])
    for (const option of ['--dir', '--overlay'])
      t.is(guest(option, given, 'prestat.wasm').stdout, name, `${option} ${given}`)
  t.is(guest('--tmpfs', '/tmp/', 'prestat.wasm').stdout, '/tmp')
})

test('--dir: a directory on the host that is called as a mode, or has a colon in its name', t => {
  const folder = scratch(t)
  for (const name of ['ro', 'a:ro', 'a:b']) fs.mkdirSync(join(folder, name))
  const { stdout } = shell(
    `cd ${folder} && $wasi --dir ro --dir a:ro --dir a:b ${join(guests, 'prestats.wasm')}`,
  )
  t.is(stdout, lines('ro', 'a:ro', 'a:b'))
})

test('--dir: names that JavaScript’s objects have, too', t => {
  const folder = scratch(t)
  for (const name of ['__proto__', 'constructor', 'toString']) {
    t.deepEqual(guest('--dir', `${folder}::${name}`, 'prestat.wasm'), {
      status: 0,
      stdout: name,
      stderr: '',
    })
  }
})

test('--overlay and --tmpfs: what the guest makes there is not made on the host', t => {
  const folder = scratch(t)
  t.is(guest('--overlay', folder, 'prestat.wasm').stdout, folder)
  t.is(guest('--overlay', `${folder}::/box`, 'prestat.wasm').stdout, '/box')
  t.is(guest('--overlay', `${folder}::/box`, 'mkdir.wasm').status, 0)
  t.deepEqual(fs.readdirSync(folder), [])
  fs.mkdirSync(join(folder, 'new'))
  t.is(
    guest('--overlay', `${folder}::/box`, 'mkdir.wasm').status,
    20,
    'EXIST: what is below is seen',
  )
  t.is(guest('--overlay', `${folder}::/box::1m`, 'prestat.wasm').stdout, '/box', 'with a size')
  t.is(guest('--tmpfs', '/tmp', 'prestat.wasm').stdout, '/tmp')
  t.is(guest('--tmpfs', '/tmp', 'mkdir.wasm').status, 0)
  t.is(guest('--tmpfs=/tmp::1k', 'mkdir.wasm').status, 0)
})

test('--tcplisten: sockets behind the directories; of a port that was named nothing is said', async t => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  await once(server.close(), 'close')
  t.deepEqual(guest('--tcplisten', `127.0.0.1:${port}`, 'accepts.wasm'), {
    status: 6,
    stdout: '',
    stderr: '',
  })
  t.is(
    guest('--dir', '.', '--tcplisten', `localhost:${port}`, 'accepts.wasm').status,
    57,
    'NOTSOCK: it is the directory',
  )
  const { status, stderr } = guest('--tcplisten=127.0.0.1:0', '--strict', 'accepts.wasm')
  t.is(status, 6)
  t.regex(stderr, /^wasi-common: listening on 127\.0\.0\.1:\d+\n$/)
  t.is(guest('accepts.wasm').status, 8, 'BADF: nothing, unless asked for')
})

test('standard input, output and error are the command’s', t => {
  t.is(run(['run', 'echo.wasm'], { input: 'some input' }).stdout, 'some input')
  t.deepEqual(guest('writes.wasm'), { status: 0, stdout: 'to out', stderr: 'to err' })
})

// Exit codes.

test('the exit code is the guest’s', t => {
  for (const code of [0, 1, 42, 126, 255])
    t.deepEqual(guest(`exit-${code}.wasm`), { status: code, stdout: '', stderr: '' })
  t.is(guest('nothing.wasm').status, 0)
})

test('a guest that raises a signal ends as a shell reports it, and the host is not signalled', t => {
  t.deepEqual(guest('abort.wasm'), { status: 134, stdout: '', stderr: '' })
  t.deepEqual(guest('kill.wasm'), { status: 137, stdout: '', stderr: '' })
})

test('a trap is told with the guest’s own frames and none of the host’s; the exit code is 134', t => {
  const { status, stdout, stderr } = guest('traps.wasm')
  t.deepEqual([status, stdout], [134, ''])
  t.regex(
    stderr,
    /^wasi-common: the guest trapped: unreachable\n\s+at (wasm:\/\/.*)?inner.*\n\s+at (wasm:\/\/.*)?_start.*\n$/,
  )
  t.regex(
    guest('outside.wasm').stderr,
    /^wasi-common: the guest trapped: memory access out of bounds\n\s+at .*_start.*\n$/,
  )
})

test('a WebAssembly exception that nothing catches ends the command with a message, wherever the guest runs', t => {
  const stderr = 'wasi-common: the guest threw an uncaught WebAssembly exception\n'
  for (const program of ['throws.wasm', 'throws-at-start.wasm']) {
    for (const options of [[], ['-W', 'timeout=50s'], ['--threads'], ['--invoke', '_start']]) {
      t.deepEqual(
        guest(...options, program),
        { status: 134, stdout: '', stderr },
        `${program} ${options}`,
      )
    }
  }
})

test('wasi_unstable is served to who imports it', t => {
  t.is(guest('unstable.wasm').status, 33)
})

// Mistakes.

type Mistake = readonly [args: readonly string[], told: RegExp | string]

/** Mistakes of usage, and their messages on standard error. */
const usage: readonly Mistake[] = [
  [['--nope'], 'wasi-common: --nope: unknown option\n  try wasi-common --help\n'],
  [
    ['run'],
    'wasi-common: no program to run\n  usage: wasi-common [options] program.wasm [arguments]\n',
  ],
  [
    ['run', '--'],
    'wasi-common: no program to run\n  usage: wasi-common [options] program.wasm [arguments]\n',
  ],
  [
    ['run', '--argv0', 'x'],
    'wasi-common: no program to run\n  usage: wasi-common [options] program.wasm [arguments]\n',
  ],
  [
    ['run', '--nope', 'args.wasm'],
    'wasi-common: --nope: unknown option\n  try wasi-common --help\n',
  ],
  [['run', '-x', 'args.wasm'], 'wasi-common: -x: unknown option\n  try wasi-common --help\n'],
  [
    ['run', '--toString', 'args.wasm'],
    'wasi-common: --toString: unknown option\n  try wasi-common --help\n',
  ],
  [
    ['run', '--inherit-env=yes', 'args.wasm'],
    'wasi-common: --inherit-env: this option takes no argument\n  try wasi-common --help\n',
  ],
  [
    ['run', '--dir'],
    'wasi-common: --dir: missing argument\n  expected --dir HOST[::GUEST[::ro|rw]]\n',
  ],
  [['run', '--env', '=x', 'args.wasm'], 'wasi-common: --env =x: missing variable name\n'],
  [['run', '--env', '', 'args.wasm'], 'wasi-common: --env : missing variable name\n'],
  [['run', '--dir', '', 'args.wasm'], 'wasi-common: --dir : missing directory name\n'],
  [['run', '--dir', '::x', 'args.wasm'], 'wasi-common: --dir ::x: missing directory name\n'],
  [['run', '--dir', '.::', 'args.wasm'], 'wasi-common: --dir .::: missing directory name\n'],
  [
    ['run', '--dir', '.::x::wo', 'args.wasm'],
    /^wasi-common: --dir \.::x::wo: expected --dir HOST.*\n$/,
  ],
  [
    ['run', '--dir', '.::x::ro::y', 'args.wasm'],
    'wasi-common: --dir .::x::ro::y: expected --dir HOST[::GUEST[::ro|rw]]\n',
  ],
  [
    ['run', '--dir', '.::/x:ro', 'args.wasm'],
    /^wasi-common: --dir \.::\/x:ro: expected two colons before the mode\n {2}write --dir \.::\/x::ro\n$/,
  ],
  [
    ['run', '--dir', 'data:ro', 'args.wasm'],
    /^wasi-common: --dir data:ro: expected two colons before the mode\n {2}write --dir data::data::ro\n$/,
  ],
  [
    ['run', '--overlay', '.::/x:ro', 'args.wasm'],
    /expected two colons before the mode\n {2}write --dir \.::\/x::ro\n$/,
  ],
  [
    ['run', '--dir', 'data::ro', 'args.wasm'],
    /^wasi-common: --dir data::ro: expected the guest's name, received the mode 'ro'\n {2}write --dir data::data::ro; .*\.\/ro\n$/,
  ],
  [
    ['run', '--dir', 'nowhere:/x', 'args.wasm'],
    /^wasi-common: --dir nowhere:\/x: expected two colons .*\n {2}write --dir nowhere::\/x\n$/,
  ],
  [
    ['run', '--rights', 'all', 'args.wasm'],
    /^wasi-common: --rights: unknown value 'all'\n {2}expected enforce or access\n$/,
  ],
  [
    ['run', '--mapdir', '/x::.', 'args.wasm'],
    'wasi-common: --mapdir: unknown option\n  did you mean --dir HOST::GUEST?\n',
  ],
  [
    ['run', '--dir', '.::/x', '--dir', '.::/x//', 'args.wasm'],
    "wasi-common: --dir .::/x//: duplicate directory name '/x'\n",
  ],
  [
    ['run', '--overlay', '::x', 'args.wasm'],
    'wasi-common: --overlay ::x: missing directory name\n',
  ],
  [
    ['run', '--overlay', '.::x::ro', 'args.wasm'],
    /^wasi-common: --overlay \.::x::ro: expected --overlay HOST.*\n$/,
  ],
  [
    ['run', '--overlay', '.::x::much', 'args.wasm'],
    'wasi-common: --overlay .::x=much: expected a number and one of k, m, g\n',
  ],
  [
    ['run', '--overlay', '.::x::1m::2', 'args.wasm'],
    /^wasi-common: --overlay \.::x::1m::2: expected --overlay HOST.*\n$/,
  ],
  [['run', '--tmpfs', '', 'args.wasm'], 'wasi-common: --tmpfs : missing directory name\n'],
  [
    ['run', '--tmpfs', '/tmp::much', 'args.wasm'],
    'wasi-common: --tmpfs /tmp=much: expected a number and one of k, m, g\n',
  ],
  [
    ['run', '--tmpfs', '/tmp::1K::2', 'args.wasm'],
    /^wasi-common: --tmpfs \/tmp::1K::2: expected --tmpfs GUEST.*\n$/,
  ],
  [
    ['run', '--tmpfs', '/tmp::999999999999G', 'args.wasm'],
    'wasi-common: --tmpfs /tmp=999999999999G is too large; expected at most 8388607g\n',
  ],
  [
    ['run', '--dir', '.', '--tmpfs', '.', 'args.wasm'],
    "wasi-common: --tmpfs .: duplicate directory name '.'\n",
  ],
  [
    ['run', '--dir', '.', '--dir', '/tmp::.', 'args.wasm'],
    "wasi-common: --dir /tmp::.: duplicate directory name '.'\n",
  ],
  [
    ['run', '--strict', '--backend', 'typescript', 'args.wasm'],
    'wasi-common: --strict cannot be combined with --backend typescript: a strict sandbox needs the addon\n',
  ],
  [
    ['run', '--strict', '--inherit-env', 'args.wasm'],
    /^wasi-common: --strict cannot be combined with --inherit-env: .*\n {2}--env NAME passes one variable on\n$/,
  ],
  [
    ['run', '--tcplisten', '80', 'args.wasm'],
    /^wasi-common: --tcplisten 80: expected HOST:PORT; .*\n$/,
  ],
  [
    ['run', '--tcplisten', 'example.com:80', 'args.wasm'],
    /^wasi-common: --tcplisten example\.com:80: .* numeric address.*\n$/,
  ],
  [
    ['run', '--threads=many', 'args.wasm'],
    'wasi-common: --threads=many: expected a whole number\n',
  ],
  [
    ['run', '--threads=2000', 'nothing.wasm'],
    'wasi-common: --threads=2000 is too large; expected at most 1024\n',
  ],
  [
    ['run', '--threads', '--invoke', 'sum', 'library.wasm'],
    'wasi-common: --invoke cannot be combined with --threads, which runs _start alone\n',
  ],
  [
    ['run', '--isolation', 'vm', 'args.wasm'],
    "wasi-common: --isolation: unknown value 'vm'\n  expected worker or process\n",
  ],
  [
    ['run', '--isolation', 'process', '--os-sandbox=high', 'args.wasm'],
    "wasi-common: --os-sandbox: unknown value 'high'\n  expected require or best-effort\n",
  ],
  [
    ['run', '--os-sandbox', 'require', 'args.wasm'],
    'wasi-common: --os-sandbox needs --isolation process\n',
  ],
  [
    ['run', '--isolation', 'process', '--invoke', 'sum', 'library.wasm'],
    'wasi-common: --invoke cannot be combined with --isolation process, which runs _start alone\n',
  ],
  [
    ['run', '--backend', 'fast', 'args.wasm'],
    "wasi-common: --backend: unknown value 'fast'\n  expected auto, native or typescript\n",
  ],
  [
    ['run', '--trace', '--trace-format', 'xml', 'args.wasm'],
    "wasi-common: --trace-format: unknown value 'xml'\n  expected text, json or perfetto\n",
  ],
  [['run', '--trace-format', 'json', 'args.wasm'], 'wasi-common: --trace-format needs --trace\n'],
  [['run', '--trace-times', 'args.wasm'], 'wasi-common: --trace-times needs --trace\n'],
  [
    ['run', '--seed', 'x', 'args.wasm'],
    'wasi-common: --seed x: expected a whole number from 0 to 2^53 - 1\n',
  ],
  [
    ['run', '--seed=-1', 'args.wasm'],
    'wasi-common: --seed -1: expected a whole number from 0 to 2^53 - 1\n',
  ],
  [
    ['run', '--seed', '9007199254740992', 'args.wasm'],
    /^wasi-common: --seed 9007199254740992: expected a whole number from 0 to 2\^53 - 1\n$/,
  ],
  [
    ['run', '--deterministic=yesterday', 'args.wasm'],
    'wasi-common: --deterministic=yesterday: expected an ISO date from 1970 on\n  as in --deterministic=2025-01-01T00:00:00Z\n',
  ],
  [
    ['run', '--deterministic=1969-12-31T00:00:00Z', 'args.wasm'],
    /^wasi-common: --deterministic=1969.*: expected an ISO date from 1970 on\n.*\n$/,
  ],
  [
    ['run', '--deterministic', '--threads', 'args.wasm'],
    'wasi-common: --deterministic cannot be combined with --threads: threads run in no fixed order\n',
  ],
  [
    ['run', '--seed', '1', '--threads=2', 'args.wasm'],
    /^wasi-common: --seed cannot be combined with --threads: .*\n$/,
  ],
]

/** Programs that cannot be run. */
const failures: readonly Mistake[] = [
  [
    ['run', 'missing.wasm'],
    /^wasi-common: cannot read missing\.wasm: ENOENT: no such file or directory.*\n$/,
  ],
  [['run', '.'], /^wasi-common: cannot read \.: EISDIR: illegal operation on a directory.*\n$/],
  [
    ['run', 'empty.wasm'],
    /^wasi-common: empty\.wasm is not a WebAssembly module: .*\n {2}the file is empty\n$/,
  ],
  [
    ['run', 'text.wat'],
    /^wasi-common: text\.wat is not a WebAssembly module: .*\n {2}this looks like WebAssembly text: compile it with wat2wasm \(wabt\)\n$/,
  ],
  [
    ['run', 'text2.wat'],
    /^wasi-common: text2\.wat is not a WebAssembly module: .*\n {2}this looks like WebAssembly text.*\n$/,
  ],
  [
    ['run', 'garbage.wasm'],
    /^wasi-common: garbage\.wasm is not a WebAssembly module: .*expected magic word.*\n$/,
  ],
  [['run', 'cut.wasm'], /^wasi-common: cut\.wasm is not a WebAssembly module: .*\n$/],
  [
    ['run', 'component.wasm'],
    'wasi-common: the component exports no interface wasi:cli/run, so it is not a command\n',
  ],
  [
    ['run', 'wants-env.wasm'],
    'wasi-common: the module imports env.callback (a function), which this host does not offer: it was built to receive callback from JavaScript of its own\n',
  ],
  [
    ['run', 'wants-memory.wasm'],
    /^wasi-common: the module imports env\.memory \(a memory\), which this host does not offer: it was built for threads: use --threads, or options\.threads\n$/,
  ],
  [
    ['run', 'wants-napi.wasm'],
    /^wasi-common: the module imports napi\.napi_create_object \(a function\).*: it is a Node-API binding.*\n$/,
  ],
  [
    ['run', 'wants-more.wasm'],
    /^wasi-common: the module imports wasi_snapshot_preview1\.sock_open \(a function\), which this host does not offer: WASI has no such call in wasi_snapshot_preview1\n$/,
  ],
  [
    ['run', 'wants-odd.wasm'],
    /^wasi-common: the module imports elsewhere\.thing \(a function\), which this host does not offer\n$/,
  ],
  [
    ['run', 'mixes.wasm'],
    /^wasi-common: the module imports wasi_unstable\.fd_close \(a function\).*: it mixes wasi_snapshot_preview1 and wasi_unstable\n$/,
  ],
  [
    ['run', 'no-memory.wasm'],
    'wasi-common: no-memory.wasm: the module exports no memory\n  a WASI program exports its memory as "memory"\n',
  ],
  [
    ['run', 'bare-library.wasm'],
    'wasi-common: bare-library.wasm: the module exports no function _start, so it is not a command\n  --invoke calls one of: sum\n',
  ],
  [
    ['run', 'library.wasm'],
    /^wasi-common: library\.wasm: the module is a library \(a reactor\), which has no _start to run\n {2}--invoke calls one of: .*sum, state.*\n$/,
  ],
  [
    ['run', '--invoke', 'missing', 'library.wasm'],
    /^wasi-common: --invoke missing: the module exports no such function\n {2}it exports: .*sum.*\n$/,
  ],
  [
    ['run', '--invoke', 'memory', 'library.wasm'],
    /^wasi-common: --invoke memory: the module exports no such function\n {2}it exports: .*sum.*\n$/,
  ],
  [
    ['run', '--invoke', 'toString', 'library.wasm'],
    /^wasi-common: --invoke toString: the module exports no such function\n/,
  ],
  [
    ['run', '--invoke', 'sum', 'library.wasm', '1'],
    'wasi-common: --invoke sum: expected 2 arguments, received 1\n',
  ],
  [
    ['run', '--invoke', 'sum', 'library.wasm', '1', '2', '3'],
    'wasi-common: --invoke sum: expected 2 arguments, received 3\n',
  ],
  [
    ['run', '--invoke', 'sum', 'library.wasm', '1', 'x'],
    "wasi-common: --invoke sum: expected numbers as arguments, received 'x'\n",
  ],
  [
    ['run', '--invoke', 'sum', 'library.wasm', '1', ''],
    "wasi-common: --invoke sum: expected numbers as arguments, received ''\n",
  ],
  [['run', '--invoke', 'long', 'library.wasm', '1.5'], /^wasi-common: (?!the guest trapped).*1\.5/],
  [
    ['run', '--overlay', './gone', 'args.wasm'],
    /^wasi-common: cannot open preopen "\.\/gone" at ".*gone": ENOENT/,
  ],
  [
    ['run', '--threads', '--tmpfs', '/tmp', 'args.wasm'],
    /^wasi-common: options\.threads cannot be combined with files in memory/,
  ],
  [
    ['run', '--dir', 'nowhere', 'args.wasm'],
    /^wasi-common: .*cannot open preopen "nowhere" at "nowhere".*ENOENT.*\n$/,
  ],
  [
    ['run', '--dir', 'args.wasm::/x', 'args.wasm'],
    /^wasi-common: .*cannot open preopen "\/x" at "args\.wasm".*ENOTDIR.*\n$/,
  ],
  [
    ['run', 'wants-escape.wasm'],
    /^wasi-common: the module imports env\.␛\]0;title␇ \(a function\).*\n$/,
  ],
  [
    ['run', '--strict', '--dir', '/', 'args.wasm'],
    /^wasi-common: the preopen "\/" at "\/" is the root of a file system, .*\n {2}--allow-unsafe-preopen allows it\n$/,
  ],
  [
    ['run', '--tcplisten', '192.0.2.1:0', 'args.wasm'],
    'wasi-common: cannot open listener 192.0.2.1:0: EADDRNOTAVAIL: address not available, bind\n',
  ],
  [
    ['run', '--threads', '--tcplisten', '192.0.2.1:0', 'nothing.wasm'],
    'wasi-common: cannot open listener 192.0.2.1:0: EADDRNOTAVAIL: address not available, bind\n',
  ],
  [
    ['run', '--backend', 'typescript', '--tcplisten', '127.0.0.1:0', 'args.wasm'],
    "wasi-common: options.listen needs backend 'native': 'typescript' accepts no connections\n",
  ],
  [
    ['run', '--strict', '--tcplisten', '127.0.0.1:0', '--tcplisten', '0.0.0.0:80', 'args.wasm'],
    /^wasi-common: options\.listen: other machines can reach 0\.0\.0\.0:80, .*\n {2}--allow-public-listen allows it\n$/,
  ],
  [
    ['run', '--threads', 'library.wasm'],
    /^wasi-common: the module exports no function _start, so it is not a command: call a library with instantiate\(\)\n$/,
  ],
  [
    ['run', '--trace=/missing/file', 'args.wasm'],
    /^wasi-common: --trace: cannot write: ENOENT: no such file or directory.*\n$/,
  ],
  [['run', '--trace=.', 'args.wasm'], /^wasi-common: --trace: cannot write: EISDIR.*\n$/],
  [['run', '--trace=/dev/full', 'args.wasm'], /^wasi-common: (?!the guest trapped).*ENOSPC/],
]

const traps: readonly Mistake[] = [
  [
    ['run', '--invoke', 'fail', 'library.wasm'],
    /^wasi-common: the guest trapped: unreachable\n\s+at .*fail.*\n$/,
  ],
]

for (const [code, mistakes] of [
  [2, usage],
  [1, failures],
  [134, traps],
] as const)
  for (const [args, told] of mistakes)
    test(`wasi-common ${args.map(arg => (arg === '' || arg.includes(' ') ? `'${arg}'` : arg)).join(' ')}`, t => {
      const { status, stdout, stderr } = run(args)
      if (typeof told === 'string') t.is(stderr, told)
      else t.regex(stderr, told)
      t.notRegex(stderr, /at .*\.js:\d+/, 'no stack of the host')
      t.is(stdout, '')
      t.is(status, code)
    })

// Help.

test('--help and --version', t => {
  const { version } = JSON.parse(fs.readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  for (const flag of ['--version', '-V'])
    t.deepEqual(run([flag]), { status: 0, stdout: `wasi-common ${version}\n`, stderr: '' })
  for (const args of [
    ['--help'],
    ['-h'],
    ['run', '--help'],
    ['run', '-h'],
    ['run', '--help', 'args.wasm'],
  ]) {
    const { status, stdout, stderr } = run(args)
    t.deepEqual([status, stderr], [0, ''], args.join(' '))
    for (const word of [
      '--dir',
      '--tcplisten',
      '--env',
      '--inherit-env',
      '--argv0',
      '--invoke',
      '--strict',
      '--allow-public-listen',
      '--threads',
      '--isolation',
      '--os-sandbox',
      '--backend',
      '--deterministic',
      '--seed',
      '--trace',
      '--trace-format',
      '--trace-filter',
      '--trace-times',
      '--trace-summary',
      'Usage:',
    ])
      t.true(stdout.includes(word), word)
  }
})

// One function.

test('--invoke: with arguments, after _initialize; results a line each', t => {
  const invoke = (...args: string[]): Ended =>
    guest('--invoke', args[0], 'library.wasm', ...args.slice(1))
  t.deepEqual(invoke('sum', '40', '2'), { status: 0, stdout: '42\n', stderr: '' })
  t.is(invoke('sum', '-1', '0x10').stdout, '15\n')
  t.is(invoke('state').stdout, '100\n')
  t.is(invoke('long', '9007199254740993').stdout, '9007199254740993\n', 'every digit of an i64')
  t.is(invoke('long', '-1').stdout, '-1\n')
  t.is(invoke('half', '0.5').stdout, '0.5\n')
  t.is(invoke('two').stdout, '1\n2\n')
  t.deepEqual(invoke('nothing'), { status: 0, stdout: '', stderr: '' })
  t.is(invoke('leave', '9').status, 9)
  t.is(guest('--invoke', 'sum', 'bare-library.wasm', '1', '2').stdout, '3\n')
})

// The source of the module.

test('-: the module is read from standard input', t => {
  const input = modules['args.wasm']
  t.is(run(['run', '-', 'a', 'b'], { input }).stdout, lines('-', 'a', 'b'))
  t.is(run(['run', '--argv0', 'x', '-'], { input }).stdout, lines('x'))
  t.regex(
    run(['run', '-']).stderr,
    /^wasi-common: standard input is not a WebAssembly module: .*\n {2}the file is empty\n$/,
  )
})

test('-: from a pipe that is slow', async t => {
  const child = spawn(process.execPath, [main, 'run', '-', 'a'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const input = Buffer.from(modules['args.wasm'] as Uint8Array)
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stdin.on('error', () => {})
  child.stdin.write(input.subarray(0, 20))
  setTimeout(() => child.stdin.end(input.subarray(20)), 300)
  const [status] = await once(child, 'close')
  t.deepEqual([status, stdout], [0, lines('-', 'a')])
})

// Traces.

test('--trace: to standard error', t => {
  const { status, stdout, stderr } = guest('--trace', 'exit-42.wasm')
  t.deepEqual([status, stdout, stderr], [42, '', 'proc_exit(rval=42) = exit 42\n'])
})

test('--trace=FILE: the lines of every call, and nothing on standard error', t => {
  const file = join(scratch(t), 'trace')
  t.deepEqual(guest(`--trace=${file}`, 'writes.wasm'), {
    status: 0,
    stdout: 'to out',
    stderr: 'to err',
  })
  t.is(
    fs.readFileSync(file, 'utf8'),
    'fd_write(fd=1, iovs=0x20+1) = SUCCESS nwritten=6\nfd_write(fd=2, iovs=0x20+1) = SUCCESS nwritten=6\n',
  )
  t.is(guest(`--trace=${file}`, 'exit-1.wasm').status, 1)
  t.is(fs.readFileSync(file, 'utf8'), 'proc_exit(rval=1) = exit 1\n', 'the file is written anew')
})

test('--trace: what a guest did before it trapped is there', t => {
  const file = join(scratch(t), 'trace')
  fs.writeFileSync(join(guests, 'traced-trap.wasm'), command([drop(call('sched_yield')), trap]))
  t.is(guest(`--trace=${file}`, 'traced-trap.wasm').status, 134)
  t.is(fs.readFileSync(file, 'utf8'), 'sched_yield() = SUCCESS\n')
})

test('--trace-format json: an object a line', t => {
  const { status, stderr } = guest('--trace', '--trace-format', 'json', 'exit-42.wasm')
  t.deepEqual([status, stderr], [42, '{"call":"proc_exit","args":{"rval":42},"exitCode":42}\n'])
  const ofThread = guest('--threads', '--trace', '--trace-format=json', 'exit-42.wasm')
  t.deepEqual(
    [ofThread.status, ofThread.stderr],
    [42, '{"tid":0,"call":"proc_exit","args":{"rval":42},"exitCode":42}\n'],
  )
})

test('--trace-times: how long each call took', t => {
  t.regex(
    guest('--trace', '--trace-times', 'exit-42.wasm').stderr,
    /^proc_exit\(rval=42\) = exit 42 <0\.\d{6}>\n$/,
  )
})

const rule = /------ ----------- ----------- --------- --------- ----------------\n/.source
const row = (name: string): string =>
  String.raw` *\d+\.\d\d +\d+\.\d{6} +\d+ +\d+ +(?:\d+ )?${name}\n`
const table = new RegExp(
  String.raw`^% time {5}seconds {2}usecs/call {5}calls {4}errors call\n${rule}(?:${row(String.raw`\w+`)})+${rule}${row('total')}$`,
)
test('--trace-summary: a table of the calls, behind what the guest said', t => {
  const { status, stdout, stderr } = guest('--trace-summary', 'prestat.wasm')
  t.is(status, 8)
  t.is(stdout, '')
  t.regex(stderr, table)
  t.regex(stderr, / {9}2 {9}2 fd_prestat_get\n/)
  t.regex(stderr, / {9}1 {11}proc_exit\n/)
  const after = guest('--trace-summary', 'writes.wasm')
  t.is(after.stderr.slice(0, 6), 'to err')
  t.regex(after.stderr.slice(6), table)
})

test('--trace-summary: with threads, and of a guest that trapped', t => {
  const { status, stderr } = guest('--threads', '--trace-summary', 'exit-42.wasm')
  t.is(status, 42)
  t.regex(stderr, table)
  fs.writeFileSync(join(guests, 'summed-trap.wasm'), command([drop(call('sched_yield')), trap]))
  for (const flags of [[], ['--threads']]) {
    const trapped = guest(...flags, '--trace-summary', 'summed-trap.wasm')
    t.is(trapped.status, 134)
    t.regex(trapped.stderr, / sched_yield\n(.*\n)*wasi-common: the guest trapped/)
  }
  t.notRegex(
    guest('--threads', '--trace-summary', 'library.wasm').stderr,
    /usecs/,
    'a guest that did not begin made no calls',
  )
})

// Deterministic runs.

fs.writeFileSync(
  join(guests, 'chance.wasm'),
  command([
    ...[
      drop(call('clock_time_get', 0, 0n, 0x100)),
      drop(call('clock_time_get', 1, 0n, 0x108)),
      drop(call('random_get', 0x110, 16)),
    ],
    ...write(1, 0x100, 32),
  ]),
)
test('--deterministic and --seed: the same in every run', t => {
  const told = (...flags: string[]): string => {
    const { status, stdout } = spawnSync(process.execPath, [main, 'run', ...flags, 'chance.wasm'], {
      cwd: guests,
    })
    t.is(status, 0)
    return stdout.toString('hex')
  }
  const plain = told('--deterministic')
  t.is(told('--deterministic'), plain)
  t.is(
    Buffer.from(plain, 'hex').readBigUInt64LE(),
    BigInt(Date.UTC(2025, 0, 1)) * 1_000_000n + 1000n,
  )
  const later = told('--deterministic=2030-05-05T00:00:00Z')
  t.is(
    Buffer.from(later, 'hex').readBigUInt64LE(),
    BigInt(Date.UTC(2030, 4, 5)) * 1_000_000n + 1000n,
  )
  t.is(later.slice(32), plain.slice(32))
  const seeded = told('--deterministic', '--seed', '1')
  t.not(seeded.slice(32), plain.slice(32))
  t.is(seeded.slice(0, 32), plain.slice(0, 32))
  const [one, other] = [told('--seed', '1'), told('--seed', '1')]
  t.is(one.slice(32), seeded.slice(32))
  t.is(other.slice(32), seeded.slice(32))
  t.not(one.slice(0, 32), other.slice(0, 32), 'its clocks are the host’s')
})

// Backends.

test('--backend: either serves the guest; native is the default', t => {
  for (const backend of ['auto', 'native', 'typescript']) {
    t.deepEqual(guest('--backend', backend, 'writes.wasm'), {
      status: 0,
      stdout: 'to out',
      stderr: 'to err',
    })
  }
})

test('without an addon: what was looked for and what to do is told; the typescript backend works', t => {
  const folder = scratch(t)
  fs.cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  fs.copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
  const alone = { main: join(folder, 'dist/cli/main.js') }
  for (const args of [
    ['exit-42.wasm'],
    ['--backend', 'native', 'exit-42.wasm'],
    ['--backend', 'auto', 'exit-42.wasm'],
  ]) {
    const { status, stdout, stderr } = run(['run', ...args], alone)
    t.deepEqual([status, stdout], [1, ''])
    for (const word of [
      join(folder, 'build/Release'),
      join(folder, 'prebuilds'),
      `${process.platform}-${process.arch}`,
      'scripts/build-native.js',
      'typescript',
    ]) {
      t.true(stderr.includes(word), `${word} in ${stderr}`)
    }
    t.notRegex(stderr, /at .*\.js:\d+/, 'no stack of the host')
  }
  t.deepEqual(run(['run', '--backend', 'typescript', 'writes.wasm'], alone), {
    status: 0,
    stdout: 'to out',
    stderr: 'to err',
  })
  const code = `import(${JSON.stringify(join(folder, 'dist/index.js'))}).then(({ WASI }) => new WASI({ version: 'preview1' })).catch(e => console.log(e.code))`
  t.is(
    spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' }).stdout,
    'ERR_WASI_ADDON_UNAVAILABLE\n',
  )
})

// Streams that are closed, broken or full.

const withFullDisk = fs.existsSync('/dev/full') ? test : test.skip

for (const backend of ['native', 'typescript']) {
  const PIPE = 64
  const NOSPC = 51
  test(`a reader that went away is PIPE for the guest, and ends nobody (${backend})`, t => {
    const { status, stdout, stderr } = shell(
      `$wasi --backend ${backend} floods.wasm | head -c 10 >/dev/null; echo \${PIPESTATUS[0]}`,
    )
    t.deepEqual([status, stdout, stderr], [0, `${PIPE}\n`, ''])
  })
  withFullDisk(`a full disk is NOSPC for the guest (${backend})`, t => {
    t.deepEqual(shell(`$wasi --backend ${backend} one-write.wasm >/dev/full`), {
      status: NOSPC,
      stdout: '',
      stderr: '',
    })
  })
  test(`a closed standard input is an empty one (${backend})`, t => {
    t.deepEqual(shell(`$wasi --backend ${backend} reads.wasm <&-`), {
      status: 0,
      stdout: '',
      stderr: '',
    })
  })
  test(`closed standard output and error (${backend})`, t => {
    t.deepEqual(shell(`$wasi --backend ${backend} writes.wasm >&- 2>&-`), {
      status: 0,
      stdout: '',
      stderr: '',
    })
  })
  test(`reading standard output and writing standard input are BADF at once, also of pipes (${backend})`, t => {
    const BADF = '8\n'
    t.is(
      shell(`$wasi --backend ${backend} reads-output.wasm | cat; echo \${PIPESTATUS[0]}`).stdout,
      BADF,
    )
    // The other end stays open until the program has ended.
    t.is(
      shell(
        `mkfifo p1; exec 3<>p1; $wasi --backend ${backend} writes-input.wasm <p1; echo $?; rm p1`,
      ).stdout,
      BADF,
    )
    t.is(
      shell(
        `mkfifo p2; exec 3<>p2; $wasi --backend ${backend} reads-output.wasm >p2; echo $?; rm p2`,
      ).stdout,
      BADF,
    )
    t.is(
      shell(`mkfifo p3; exec 3<>p3; $wasi --backend ${backend} reads.wasm 0>p3; echo $?; rm p3`)
        .stdout,
      '0\n',
      'nothing was read',
    )
  })
  test(`a log that standard output is appended to is not cut (${backend})`, t => {
    const INVAL = 28
    const log = join(scratch(t), 'log')
    fs.writeFileSync(log, 'earlier')
    for (const flags of backend === 'native' ? ['', '--strict', '--threads'] : ['']) {
      const { status, stderr } = shell(
        `$wasi --backend ${backend} ${flags} truncates-output.wasm >>${log}`,
      )
      t.deepEqual([status, stderr], [INVAL, ''], flags)
      t.is(fs.readFileSync(log, 'utf8'), 'earlier')
    }
  })
  test(`a pipe that is full is waited for: nothing is lost (${backend})`, t => {
    const { stdout } = shell(
      `$wasi --backend ${backend} floods.wasm | { sleep 0.5; head -c 1000000; } | wc -c`,
    )
    t.is(stdout.trim(), '1000000')
  })
}

test('the command runs a guest in a microtask, in its own thread and in this one', t => {
  const spy = join(scratch(t), 'spy.cjs')
  const print = 'process._rawDebug(new Error().stack)'
  fs.writeFileSync(
    spy,
    `const { Instance } = WebAssembly
    WebAssembly.Instance = class { constructor(...args) { ${print}; return new Instance(...args) } }`,
  )
  const env = { NODE_OPTIONS: `--require ${JSON.stringify(spy)} --stack-trace-limit=50` }
  for (const flags of [[], ['-W', 'max-wasm-stack=512k']]) {
    const { status, stderr } = run(['run', ...flags, 'exit-42.wasm'], { env })
    t.is(status, 42)
    t.regex(stderr, /runHere/)
    // The frames of a script that is being loaded, which is no microtask.
    t.notRegex(stderr, /Module\._compile|ModuleJob\.run/, `${flags}`)
  }
})

withFullDisk(
  'the command’s own words to a reader that went away, or to a full disk, are no crash of it',
  t => {
    const node = `${process.execPath} ${main}`
    const gone = shell(`{ sleep 0.3; ${node} --help; echo "status $?" >&2; } | true`)
    t.is(gone.stderr.replace(/status \d+\n/, ''), '')
    const full = shell(`$wasi --invoke sum library.wasm 1 2 >/dev/full`)
    t.is(full.status, 1)
    t.regex(full.stderr, /^wasi-common: .*ENOSPC.*\n$/)
  },
)
