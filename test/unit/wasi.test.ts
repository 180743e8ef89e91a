/** class WASI and createGuest: correct uses by an embedder, and misuses. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { WASI as NodeWASI } from 'node:wasi'
import test, { type ExecutionContext } from 'ava'
import * as door from '#lib/index.js'
import { createGuest, type Guest, WASI, WASIExit, type WASIOptions } from '#lib/index.js'
import { openDescriptors } from '../hostcalls/fixture.js'
import {
  assemble,
  call,
  command,
  drop,
  type Expression,
  load,
  store,
  trap,
  write,
} from '../wasm.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const backends = ['native', 'typescript'] as const

/** A folder for one test. */
function scratch(t: ExecutionContext): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}
const instanceOf = (bytes: Uint8Array, wasi: WASI): WebAssembly.Instance =>
  new WebAssembly.Instance(new WebAssembly.Module(bytes), wasi.getImportObject())

/** Write all arguments, each ended by NUL, or all variables. */
const tell = (what: 'args' | 'environ'): Expression[] => [
  drop(call(`${what}_sizes_get`, 0x10, 0x14)),
  drop(call(`${what}_get`, 0x100, 0x1000)),
  ...write(1, 0x1000, load(0x14)),
]
/** Read standard input once and write it to standard output, then to standard error. */
const echo: Expression[] = [
  ...[store(0x30, 0x2000), store(0x34, 0x1000), drop(call('fd_read', 0, 0x30, 1, 0x38))],
  ...[...write(1, 0x2000, load(0x38)), ...write(2, 0x2000, load(0x38))],
]

for (const backend of backends) {
  test.serial(
    `a command gets its arguments, its variables and nothing of the host’s (${backend})`,
    t => {
      const out = join(scratch(t), 'out')
      const stdout = fs.openSync(out, 'w')
      const wasi = new WASI({
        version: 'preview1',
        backend,
        // Follows node:wasi, which converts other values to strings.
        args: ['prog', 'é', 7 as never, ''],
        env: { A: '1', B: undefined, C: 3 },
        stdout,
      })
      t.is(wasi.start(instanceOf(command([...tell('args'), ...tell('environ')]), wasi)), 0)
      t.is(fs.readFileSync(out, 'utf8'), 'prog\0é\x007\0\0A=1\0C=3\0')
      fs.closeSync(stdout)
    },
  )

  test.serial(
    `descriptors of the host stand for standard input, output and error (${backend})`,
    t => {
      const folder = scratch(t)
      fs.writeFileSync(join(folder, 'in'), 'some input')
      const [stdin, stdout, stderr] = [
        fs.openSync(join(folder, 'in'), 'r'),
        fs.openSync(join(folder, 'out'), 'w'),
        fs.openSync(join(folder, 'err'), 'a'),
      ]
      const wasi = new WASI({ version: 'preview1', backend, stdin, stdout, stderr })
      t.is(wasi.start(instanceOf(command(echo), wasi)), 0)
      t.is(fs.readFileSync(join(folder, 'out'), 'utf8'), 'some input')
      t.is(fs.readFileSync(join(folder, 'err'), 'utf8'), 'some input')
      for (const fd of [stdin, stdout, stderr]) t.notThrows(() => fs.closeSync(fd))
    },
  )

  test.serial(`fd_close of the guest leaves the host’s descriptors open (${backend})`, t => {
    const folder = scratch(t)
    const stdout = fs.openSync(join(folder, 'out'), 'w')
    const wasi = new WASI({ version: 'preview1', backend, stdout })
    const close = [0, 1, 2].map(fd => drop(call('fd_close', fd)))
    t.is(
      wasi.start(instanceOf(command([...close, call('proc_exit', call('fd_close', 1))]), wasi)),
      8,
      'BADF the second time',
    )
    fs.writeSync(stdout, 'still open')
    t.is(fs.readFileSync(join(folder, 'out'), 'utf8'), 'still open')
    for (const fd of [0, 1, 2]) t.notThrows(() => fs.fstatSync(fd))
    fs.closeSync(stdout)
  })

  test.serial(`preopens have their names, order and read-only flag (${backend})`, t => {
    const folder = scratch(t)
    const lines: string[] = []
    const trace = (line: string): void => void lines.push(line)
    const wasi = new WASI({
      version: 'preview1',
      backend,
      preopens: { '/b': folder, a: { path: folder, readOnly: true } },
      trace,
    })
    const mkdir = (fd: number): Expression => drop(call('path_create_directory', fd, 0x40, 3))
    const name = (fd: number): Expression => drop(call('fd_prestat_dir_name', fd, 0x80, 5))
    wasi.start(
      instanceOf(
        command([mkdir(4), mkdir(3), name(3), name(4), name(5)], { data: { 64: 'new' } }),
        wasi,
      ),
    )
    t.deepEqual(lines, [
      'path_create_directory(fd=4<a>, path="new") = ROFS',
      'path_create_directory(fd=3</b>, path="new") = SUCCESS',
      'fd_prestat_dir_name(fd=3</b>, path=0x80+5) = SUCCESS',
      'fd_prestat_dir_name(fd=4<a>, path=0x80+5) = SUCCESS',
      'fd_prestat_dir_name(fd=5, path=0x80+5) = BADF',
    ])
    t.true(fs.statSync(join(folder, 'new')).isDirectory())
  })

  test.serial(
    `a preopen that cannot be opened throws node:wasi’s code with the path, and leaves nothing open (${backend})`,
    t => {
      const folder = scratch(t)
      fs.writeFileSync(join(folder, 'file'), '')
      const before = openDescriptors()
      const cases: readonly (readonly [Partial<WASIOptions>, code: string, message: RegExp])[] = [
        [
          { preopens: { '/': folder, '/x': join(folder, 'missing') } },
          'UVWASI_ENOENT',
          /^UVWASI_ENOENT, uvwasi_init.*\/x.*missing/,
        ],
        [
          { preopens: { '/': folder, '/x': join(folder, 'file') } },
          'UVWASI_ENOTDIR',
          /^UVWASI_ENOTDIR, uvwasi_init.*\/x.*file/,
        ],
        [{ preopens: { '/x': '' } }, 'UVWASI_ENOENT', /^UVWASI_ENOENT, uvwasi_init/],
        [{ stdin: 987654 }, 'UVWASI_EBADF', /^UVWASI_EBADF, uvwasi_init.*stdin.*987654/],
        [
          { preopens: { '/': folder }, stderr: 987654 },
          'UVWASI_EBADF',
          /^UVWASI_EBADF, uvwasi_init.*stderr.*987654/,
        ],
      ]
      for (const [options, code, message] of cases) {
        const error = t.throws(() => new WASI({ version: 'preview1', backend, ...options }), {
          code,
          message,
        })
        t.true(error?.cause instanceof Error)
        t.is(openDescriptors(), before, code)
      }
    },
  )

  test.serial(`a preopen that is a symlink to a directory opens the directory (${backend})`, t => {
    const folder = scratch(t)
    fs.mkdirSync(join(folder, 'real'))
    fs.symlinkSync('real', join(folder, 'link'))
    const wasi = new WASI({ version: 'preview1', backend, preopens: { '/': join(folder, 'link') } })
    wasi.start(
      instanceOf(
        command([drop(call('path_create_directory', 3, 0x40, 3))], { data: { 64: 'new' } }),
        wasi,
      ),
    )
    t.true(fs.existsSync(join(folder, 'real/new')))
  })
}

// Options that are wrong: the class of the error, its code, and a message that names the option and
// what was received.

const TYPE = ['TypeError', 'ERR_INVALID_ARG_TYPE'] as const
const VALUE = ['TypeError', 'ERR_INVALID_ARG_VALUE'] as const
const RANGE = ['RangeError', 'ERR_OUT_OF_RANGE'] as const
const v = 'preview1'
const INPUTS = "'inherit', 'ignore', a file descriptor, a function, an iterable or bytes"
const OUTPUTS =
  "'inherit', 'ignore', a file descriptor, a function or an object with a write method"
/**
 * `'node:wasi'`: it answers with the same class, code and message; `'node:wasi, in other words'`:
 * with the same class and code.
 */
const mistakes: readonly (readonly [
  options: unknown,
  error: readonly [name: string, code: string],
  message: string,
  also?: 'node:wasi' | 'node:wasi, in other words',
])[] = [
  [null, TYPE, 'The "options" argument must be of type object. Received null', 'node:wasi'],
  [
    [],
    TYPE,
    'The "options" argument must be of type object. Received an instance of Array',
    'node:wasi',
  ],
  [
    'preview1',
    TYPE,
    'The "options" argument must be of type object. Received type string (\'preview1\')',
    'node:wasi',
  ],
  [
    () => {},
    TYPE,
    'The "options" argument must be of type object. Received function ',
    'node:wasi',
  ],
  [
    undefined,
    TYPE,
    `The "options.version" property must be 'preview1' or 'unstable'. Received undefined`,
    'node:wasi, in other words',
  ],
  [
    {},
    TYPE,
    `The "options.version" property must be 'preview1' or 'unstable'. Received undefined`,
    'node:wasi, in other words',
  ],
  [
    { version: 1 },
    TYPE,
    `The "options.version" property must be 'preview1' or 'unstable'. Received type number (1)`,
    'node:wasi, in other words',
  ],
  [
    { version: 'preview2' },
    VALUE,
    "The property 'options.version' must be 'preview1' or 'unstable'; unsupported WASI version. Received 'preview2'",
    'node:wasi, in other words',
  ],
  [
    { version: '' },
    VALUE,
    "The property 'options.version' must be 'preview1' or 'unstable'; unsupported WASI version. Received ''",
    'node:wasi, in other words',
  ],
  [
    { version: v, args: 'a' },
    TYPE,
    'The "options.args" property must be an instance of Array. Received type string (\'a\')',
    'node:wasi',
  ],
  [
    { version: v, args: null },
    TYPE,
    'The "options.args" property must be an instance of Array. Received null',
    'node:wasi',
  ],
  [
    { version: v, args: {} },
    TYPE,
    'The "options.args" property must be an instance of Array. Received an instance of Object',
    'node:wasi',
  ],
  [
    { version: v, args: ['a', 'b\0c'] },
    VALUE,
    "The property 'options.args[1]' must not contain NUL characters. Received 'b\\x00c'",
  ],
  [
    { version: v, env: 1 },
    TYPE,
    'The "options.env" property must be of type object. Received type number (1)',
    'node:wasi',
  ],
  [
    { version: v, env: null },
    TYPE,
    'The "options.env" property must be of type object. Received null',
    'node:wasi',
  ],
  [
    { version: v, env: ['a'] },
    TYPE,
    'The "options.env" property must be of type object. Received an instance of Array',
    'node:wasi',
  ],
  [
    { version: v, env: { A: 'b\0c' } },
    VALUE,
    "The property 'options.env.A' must not contain NUL characters. Received 'A=b\\x00c'",
  ],
  [
    { version: v, preopens: true },
    TYPE,
    'The "options.preopens" property must be of type object. Received type boolean (true)',
    'node:wasi',
  ],
  [
    { version: v, preopens: ['/'] },
    TYPE,
    'The "options.preopens" property must be of type object. Received an instance of Array',
    'node:wasi',
  ],
  [
    { version: v, preopens: { '/': '/tmp\0/x' } },
    VALUE,
    "The property 'options.preopens['/']' must not contain NUL characters. Received '/tmp\\x00/x'",
  ],
  [
    { version: v, preopens: { '/': { path: '/tmp\0' } } },
    VALUE,
    "The property 'options.preopens['/'].path' must not contain NUL characters. Received '/tmp\\x00'",
  ],
  [
    { version: v, preopens: { '/': {} } },
    TYPE,
    'The "options.preopens[\'/\']" property must be a path, a URL, { path }, { files } or { file }. Received an instance of Object',
  ],
  [
    { version: v, preopens: { '/': { path: '/', readOnly: 'no' } } },
    TYPE,
    "The \"options.preopens['/'].readOnly\" property must be of type boolean. Received type string ('no')",
  ],
  [
    { version: v, stdin: true },
    TYPE,
    `The "options.stdin" property must be ${INPUTS}. Received type boolean (true)`,
    'node:wasi, in other words',
  ],
  [
    { version: v, stdin: null },
    TYPE,
    `The "options.stdin" property must be ${INPUTS}. Received null`,
    'node:wasi, in other words',
  ],
  [
    { version: v, stdin: 'text' },
    VALUE,
    `The property 'options.stdin' must be ${INPUTS}; pass text for the guest to read as options.input. Received 'text'`,
  ],
  [
    { version: v, stdin: 'ignore', input: 'text' },
    VALUE,
    "The property 'options.input' must not be combined with options.stdin. Received 'text'",
  ],
  [
    { version: v, input: 5 },
    TYPE,
    'The "options.input" property must be a string or bytes. Received type number (5)',
  ],
  [
    { version: v, stdout: null },
    TYPE,
    `The "options.stdout" property must be ${OUTPUTS}. Received null`,
    'node:wasi, in other words',
  ],
  [
    { version: v, stderr: 'inherited' },
    VALUE,
    `The property 'options.stderr' must be ${OUTPUTS}. Received 'inherited'`,
  ],
  [
    { version: v, stdout: 'capture' },
    VALUE,
    `The property 'options.stdout' must be ${OUTPUTS}; only run() and Pool capture what a guest writes. Received 'capture'`,
  ],
  [
    { version: v, stdout: -1 },
    RANGE,
    'The value of "options.stdout" is out of range. It must be >= 0 && <= 2147483647. Received -1',
    'node:wasi',
  ],
  [
    { version: v, stderr: 1.5 },
    RANGE,
    'The value of "options.stderr" is out of range. It must be an integer. Received 1.5',
    'node:wasi',
  ],
  [
    { version: v, stderr: Number.NaN },
    RANGE,
    'The value of "options.stderr" is out of range. It must be an integer. Received NaN',
    'node:wasi',
  ],
  [
    { version: v, stdin: 2 ** 31 },
    RANGE,
    'The value of "options.stdin" is out of range. It must be >= 0 && <= 2147483647. Received 2147483648',
    'node:wasi',
  ],
  [
    { version: v, stdin: 2 ** 33 },
    RANGE,
    'The value of "options.stdin" is out of range. It must be >= 0 && <= 2147483647. Received 8_589_934_592',
    'node:wasi',
  ],
  [
    { version: v, returnOnExit: 1 },
    TYPE,
    'The "options.returnOnExit" property must be of type boolean. Received type number (1)',
    'node:wasi',
  ],
  [
    { version: v, returnOnExit: null },
    TYPE,
    'The "options.returnOnExit" property must be of type boolean. Received null',
    'node:wasi',
  ],
  [
    { version: v, backend: 'fast' },
    VALUE,
    "The property 'options.backend' must be one of: 'auto', 'native', 'typescript'. Received 'fast'",
  ],
  [
    { version: v, trace: true },
    TYPE,
    'The "options.trace" property must be of type function. Received type boolean (true)',
  ],
  [
    { version: v, onUnexpected: {} },
    TYPE,
    'The "options.onUnexpected" property must be of type function. Received an instance of Object',
  ],
]
for (const [options, [name, code], message, also] of mistakes) {
  test.serial(`${inspect(options, { breakLength: Infinity })}: ${message}`, t => {
    const before = openDescriptors()
    t.throws(() => new WASI(options as WASIOptions), { name, code, message })
    t.is(openDescriptors(), before, 'nothing stays open')
    if (also !== undefined) {
      const same = also === 'node:wasi' ? { name, code, message } : { name, code }
      t.throws(() => new NodeWASI(options as never), same, 'node:wasi')
    }
  })
}

test.serial('of two mistakes the one that node:wasi reports is reported', t => {
  const wrong = {
    version: v,
    args: 1,
    env: 1,
    preopens: 1,
    stdin: -1,
    stdout: -1,
    stderr: -1,
    returnOnExit: 1,
  }
  for (const right of ['', 'args', 'env', 'preopens', 'stdin', 'stdout', 'stderr']) {
    delete (wrong as Record<string, unknown>)[right]
    const reported = t.throws(() => new WASI(wrong as never))
    t.is(reported?.message, t.throws(() => new NodeWASI(wrong as never))?.message)
  }
})

test.serial('a wrong returnOnExit leaves no directory open', t => {
  const before = openDescriptors()
  t.throws(() => new WASI({ version: v, preopens: { '/': '/' }, returnOnExit: 1 as never }))
  t.is(openDescriptors(), before)
})

test('createGuest refuses unknown options and preopen fields; class WASI ignores those that node:wasi ignores', t => {
  const code = 'ERR_INVALID_ARG_VALUE'
  t.throws(() => createGuest({ version: v, readOnly: true } as never), {
    code,
    message: /'options\.readOnly' is unknown; expected one of: .*version.*Received true/,
  })
  t.throws(
    () => createGuest({ version: v, preopens: { '/': { path: '/', readonly: true } } } as never),
    {
      code,
      message: /'options\.preopens\['\/'\]\.readonly' is unknown \(did you mean 'readOnly'\?\)/,
    },
  )
  t.throws(() => createGuest(null as never), { code: 'ERR_INVALID_ARG_TYPE' })
  t.notThrows(() => new WASI({ version: v, whatever: 1 } as never).close())
})

test.serial('a preopen may be a file URL', t => {
  const folder = join(scratch(t), 'a b#c')
  fs.mkdirSync(folder)
  const wasi = new WASI({ version: v, preopens: { '/': pathToFileURL(folder) } })
  wasi.start(
    instanceOf(
      command([drop(call('path_create_directory', 3, 0x40, 3))], { data: { 64: 'new' } }),
      wasi,
    ),
  )
  t.true(fs.existsSync(join(folder, 'new')))
  t.throws(() => new WASI({ version: v, preopens: { '/': new URL('http://example.org/') } }))
})

test.serial('a directory as a standard stream opens nothing below it', t => {
  for (const backend of backends) {
    const folder = scratch(t)
    fs.writeFileSync(join(folder, 'file'), 'secret')
    const stdin = fs.openSync(folder, 'r')
    const guest = createGuest({ version: v, backend, stdin })
    const memory = new WebAssembly.Memory({ initial: 1 })
    guest.bind(memory)
    Buffer.from(memory.buffer).write('file', 100)
    t.not(guest.imports.path_open(0, 0, 100, 4, 0, 2n, 0n, 0, 200), 0)
    t.not(guest.imports.path_filestat_get(0, 0, 100, 4, 200), 0)
    t.not(guest.imports.path_unlink_file(0, 100, 4), 0)
    t.not(guest.imports.fd_readdir(0, 200, 100, 0n, 300), 0)
    t.true(fs.existsSync(join(folder, 'file')))
    guest.close()
    fs.closeSync(stdin)
  }
})

test('class WASI reads each option once', t => {
  let reads = 0
  const options = {
    version: v,
    get args() {
      reads++
      return ['a']
    },
  } as const
  new WASI(options)
  t.is(reads, 1)
})

// Starting.

const exits = (code: number): Uint8Array => command([call('proc_exit', code)])
test('start returns the exit code', t => {
  for (const code of [0, 1, 42, 255, 256, -1]) {
    const wasi = new WASI({ version: v })
    t.is(wasi.start(instanceOf(exits(code), wasi)), code)
  }
  const wasi = new WASI({ version: v })
  t.is(wasi.start(instanceOf(command([]), wasi)), 0)
})

test('no code of the guest runs after proc_exit, and its exceptions propagate', t => {
  const wasi = new WASI({ version: v })
  t.is(wasi.start(instanceOf(command([call('proc_exit', 3), trap]), wasi)), 3)
  const other = new WASI({ version: v })
  t.throws(() => other.start(instanceOf(command([trap]), other)), {
    instanceOf: WebAssembly.RuntimeError,
    message: 'unreachable',
  })
})

test('a second start is refused', t => {
  const wasi = new WASI({ version: v })
  const instance = instanceOf(command([]), wasi)
  const again = { code: 'ERR_WASI_ALREADY_STARTED', message: 'WASI instance has already started' }
  wasi.start(instance)
  t.throws(() => wasi.start(instance), again)
  t.throws(() => wasi.initialize(instance), again)
  t.throws(() => wasi.finalizeBindings(instance), again)
})

/** The exception as text: a symbol that a test let through could not even be reported. */
function thrownBy(code: () => unknown): string {
  try {
    code()
    return 'nothing'
  } catch (thrown) {
    return String(thrown)
  }
}

test('imports throw before the start, except proc_exit, which ends the guest', t => {
  const wasi = new WASI({ version: v })
  t.is(
    thrownBy(() => wasi.wasiImport.proc_exit(3)),
    'Symbol(kExitCode)',
  )
  for (const name of ['fd_close', 'sched_yield']) {
    t.throws(() => wasi.wasiImport[name](1), {
      code: 'ERR_WASI_NOT_STARTED',
      message: 'wasi.start() has not been called',
    })
  }
})

/** Instances that cannot be started, or not so: what start or initialize say, as node:wasi does. */
const memory = new WebAssembly.Memory({ initial: 1 })
const noop = (): void => {}
const badMemory = '"instance.exports.memory" property must be a WebAssembly.Memory object'
const instances: readonly (readonly [
  'start' | 'initialize',
  instance: unknown,
  message: string,
])[] = [
  ['start', undefined, 'The "instance" argument must be of type object. Received undefined'],
  ['start', null, 'The "instance" argument must be of type object. Received null'],
  ['start', 1, 'The "instance" argument must be of type object. Received type number (1)'],
  ['start', {}, 'The "instance.exports" property must be of type object. Received undefined'],
  [
    'start',
    { exports: null },
    'The "instance.exports" property must be of type object. Received null',
  ],
  ['start', { exports: { _start: noop } }, badMemory],
  ['start', { exports: { _start: noop, memory: {} } }, badMemory],
  [
    'start',
    { exports: { memory } },
    'The "instance.exports._start" property must be of type function. Received undefined',
  ],
  [
    'start',
    { exports: { memory, _start: 1 } },
    'The "instance.exports._start" property must be of type function. Received type number (1)',
  ],
  [
    'start',
    { exports: { memory, _start: noop, _initialize: noop } },
    'The "instance.exports._initialize" property must be undefined. Received function noop',
  ],
  [
    'initialize',
    { exports: { memory, _start: noop } },
    'The "instance.exports._start" property must be undefined. Received function noop',
  ],
  [
    'initialize',
    { exports: { memory, _initialize: 1 } },
    'The "instance.exports._initialize" property must be of type function. Received type number (1)',
  ],
]
for (const [method, instance, message] of instances) {
  test(`${method}: ${message} (${typeof instance === 'object' ? Object.keys((instance as { exports?: object } | null)?.exports ?? {}).join(' ') : instance})`, t => {
    const expected = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE', message }
    t.throws(() => new WASI({ version: v })[method](instance as object), expected)
    t.throws(
      () => new NodeWASI({ version: v })[method](instance as object),
      { code: 'ERR_INVALID_ARG_TYPE', message },
      'node:wasi',
    )
  })
}

test('a start that found no memory may be repeated', t => {
  const wasi = new WASI({ version: v })
  t.throws(() => wasi.start({ exports: { _start: noop } }))
  t.is(wasi.start({ exports: { _start: noop, memory } }), 0)
})

test('an instance may be a plain object, without a prototype, or a proxy', t => {
  const exports = Object.assign(Object.create(null), { memory, _start: noop })
  for (const instance of [
    { exports },
    Object.assign(Object.create(null), { exports }),
    new Proxy({ exports }, {}),
  ]) {
    t.is(new WASI({ version: v }).start(instance), 0)
  }
})

test('initialize: calls _initialize where there is one, and the library’s functions work afterwards', t => {
  const wasi = new WASI({ version: v })
  const functions = {
    _initialize: { body: [store(0x40, 41)] },
    next: { results: ['i32'] as const, body: [store(0x40, 42), load(0x40)] },
    first: { results: ['i32'] as const, body: [load(0x40)] },
    yield: { results: ['i32'] as const, body: [call('sched_yield')] },
  }
  const instance = instanceOf(assemble({ functions }), wasi)
  t.is(wasi.initialize(instance), undefined)
  const { first, next, yield: yields } = instance.exports as Record<string, () => number>
  t.deepEqual([first(), next(), yields()], [41, 42, 0])
  t.is(new WASI({ version: v }).initialize({ exports: { memory } }), undefined)
})

test('proc_exit in a library throws a value that reads like node:wasi’s symbol', t => {
  const wasi = new WASI({ version: v })
  const instance = instanceOf(
    assemble({ functions: { leave: { body: [call('proc_exit', 7)] } } }),
    wasi,
  )
  wasi.initialize(instance)
  t.is(thrownBy(instance.exports.leave as () => void), 'Symbol(kExitCode)')
  try {
    ;(instance.exports.leave as () => void)()
  } catch (thrown) {
    t.true(thrown instanceof WASIExit && !(thrown instanceof Error))
    const { code, exitCode, message, description } = thrown as WASIExit
    t.deepEqual(
      [code, exitCode, message, description],
      ['ERR_WASI_EXIT', 7, 'WASI guest exited with code 7', 'kExitCode'],
    )
  }
})

test('an uncaught exit is printed as one, with its code', t => {
  const lines = `import { WASI } from ${JSON.stringify(import.meta.resolve('#lib/index.js'))}
    const wasi = new WASI({ version: 'preview1' })
    wasi.initialize({ exports: { memory: new WebAssembly.Memory({ initial: 1 }) } })
    wasi.wasiImport.proc_exit(3)`
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', lines], {
    encoding: 'utf8',
  })
  t.is(status, 1)
  t.regex(
    stderr,
    /WASIExit \{\s+code: 'ERR_WASI_EXIT',\s+exitCode: 3,\s+message: 'WASI guest exited with code 3'\s+\}/,
  )
})

test('finalizeBindings: the memory may be another than the export of that name', t => {
  const wasi = new WASI({ version: v })
  const given = new WebAssembly.Memory({ initial: 1 })
  wasi.finalizeBindings({ exports: {} }, { memory: given })
  t.is(wasi.wasiImport.random_get(0, 32), 0)
  t.true(new Uint8Array(given.buffer).subarray(0, 32).some(byte => byte !== 0))
  t.throws(() => new WASI({ version: v }).finalizeBindings({ exports: {} }, { memory: 1 }), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
  t.throws(() => new WASI({ version: v }).finalizeBindings({ exports: {} }), {
    code: 'ERR_INVALID_ARG_TYPE',
    message: badMemory,
  })
})

// Properties that other packages read on an instance, by name or by the description of a symbol.

test('an instance has one enumerable property, its mutable imports', t => {
  const wasi = new WASI({ version: v })
  t.deepEqual(Object.keys(wasi), ['wasiImport'])
  t.is(wasi.getImportObject().wasi_snapshot_preview1, wasi.wasiImport)
  t.deepEqual(Object.keys(wasi.getImportObject()), ['wasi_snapshot_preview1'])
  t.is(Object.keys(wasi.wasiImport).length, 46)
  t.true(Object.isExtensible(wasi.wasiImport))
  wasi.wasiImport.sched_yield = () => 77
  t.is(wasi.start(instanceOf(command([call('proc_exit', call('sched_yield'))]), wasi)), 77)
})

test('wasi_unstable is served under its own name', t => {
  const wasi = new WASI({ version: 'unstable' })
  t.deepEqual(Object.keys(wasi.getImportObject()), ['wasi_unstable'])
  t.is(Object.keys(wasi.wasiImport).length, 45)
  t.is(wasi.start(instanceOf(command([call('proc_exit', 5)], { from: 'wasi_unstable' }), wasi)), 5)
})

test('loaders of emnapi find the symbols by their descriptions', t => {
  const wasi = new WASI({ version: v }) as unknown as Record<symbol, unknown>
  const found = Object.fromEntries(
    Object.getOwnPropertySymbols(wasi).map(symbol => [symbol.description, symbol]),
  )
  for (const name of ['kBindingName', 'kSetMemory', 'kStarted', 'kExitCode', 'kInstance'])
    t.true(name in found, name)
  t.is(wasi[found.kBindingName], 'wasi_snapshot_preview1')
  t.is(wasi[found.kStarted], false)
  const given = new WebAssembly.Memory({ initial: 1 })
  ;(wasi[found.kSetMemory] as (memory: WebAssembly.Memory) => void)(given)
  t.is((wasi as unknown as WASI).wasiImport.random_get(0, 1), 0, 'memory is known now')
  wasi[found.kInstance] = { exports: {} }
  wasi[found.kStarted] = true
  t.throws(() => (wasi as unknown as WASI).start({ exports: { memory, _start: noop } }), {
    code: 'ERR_WASI_ALREADY_STARTED',
  })
  wasi[found.kStarted] = false
  t.is((wasi as unknown as WASI).start({ exports: { memory, _start: noop } }), 0)
})

// The lower door.

test.serial(
  'createGuest: imports work without a WebAssembly.Instance, and close frees every descriptor',
  t => {
    for (const backend of backends) {
      const before = openDescriptors()
      const guest: Guest = createGuest({ version: v, backend, preopens: { '/': scratch(t) } })
      t.is(guest.namespace, 'wasi_snapshot_preview1')
      const buffer = new ArrayBuffer(4096)
      guest.bind({ buffer })
      const bytes = Buffer.from(buffer)
      bytes.write('new', 100)
      t.is(guest.imports.path_open(3, 0, 100, 3, 1, 2n, 0n, 0, 200), 0)
      t.is(bytes.readUInt32LE(200), 4)
      t.is(openDescriptors(), before + 2)
      t.is(
        guest.run(() => guest.imports.proc_exit(9)),
        9,
      )
      guest.close()
      t.is(openDescriptors(), before)
    }
  },
)

test.serial('class WASI: close frees every descriptor', t => {
  const before = openDescriptors()
  const wasi = new WASI({ version: v, preopens: { '/': '/', '/tmp': '/tmp' } })
  t.is(openDescriptors(), before + 2)
  wasi.close()
  t.notThrows(() => wasi.close())
  t.is(openDescriptors(), before)
})

test('createGuest: values that are no memory are refused', t => {
  const guest = createGuest({ version: v })
  for (const wrong of [undefined, null, {}, 1, { buffer: 1 }]) {
    t.throws(() => guest.bind(wrong as never), {
      instanceOf: TypeError,
      code: 'ERR_INVALID_ARG_TYPE',
    })
  }
  guest.close()
})

test.serial(
  'after close a guest reaches neither its own descriptors nor the host’s new ones',
  t => {
    for (const backend of backends) {
      const folder = scratch(t)
      const guest = createGuest({ version: v, backend, preopens: { '/': folder } })
      const memory = new WebAssembly.Memory({ initial: 1 })
      guest.bind(memory)
      const view = Buffer.from(memory.buffer)
      view.write('new', 100)
      view.writeUInt32LE(100, 300)
      view.writeUInt32LE(3, 304)
      t.is(guest.imports.path_open(3, 0, 100, 3, 1, 0x42n, 0n, 0, 200), 0)
      guest.close()
      t.notThrows(() => guest.close())
      const others = [0, 1, 2, 3, 4].map(i => fs.openSync(join(folder, `other${i}`), 'w'))
      const { fd_write, fd_filestat_get, fd_close, path_create_directory } = guest.imports
      const answers = [
        fd_write(4, 300, 1, 200),
        fd_filestat_get(3, 400),
        path_create_directory(3, 100, 3),
        fd_close(4),
        fd_close(3),
      ]
      t.deepEqual(answers, [8, 8, 8, 8, 8], `${backend}: BADF`)
      for (const [i, fd] of others.entries()) {
        t.notThrows(() => fs.closeSync(fd))
        t.is(fs.readFileSync(join(folder, `other${i}`), 'utf8'), '')
      }
    }
  },
)

test('createGuest returns these members and no more', t => {
  t.deepEqual(Object.keys(door).sort(), [
    'Errno',
    'GuestExit',
    'GuestSnapshot',
    'MemoryFiles',
    'Pool',
    'Rights',
    'RunError',
    'UnexpectedError',
    'WASI',
    'WASIError',
    'WASIExit',
    'createGuest',
    'instantiate',
    'lines',
    'run',
    'spawn',
  ])
})

// Programs in their own process.

/** Run a program that finds this package under its name. */
function node(t: ExecutionContext, file: string, source: string, ...args: string[]) {
  const folder = scratch(t)
  fs.mkdirSync(join(folder, 'node_modules'))
  fs.symlinkSync(root, join(folder, 'node_modules/wasi-common'))
  fs.writeFileSync(join(folder, 'guest.wasm'), command([...echo, call('proc_exit', 42)]))
  fs.writeFileSync(join(folder, file), source)
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, join(folder, file)], {
    cwd: folder,
    input: 'input',
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}
const body = `
  const wasi = new WASI({ version: 'preview1', returnOnExit: false })
  const { readFileSync } = process.getBuiltinModule('node:fs')
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync('guest.wasm')), wasi.getImportObject())
  wasi.start(instance)
  console.log('the host goes on')`

test('returnOnExit false ends the process with the guest’s code; by import', t => {
  t.deepEqual(node(t, 'main.mjs', `import { WASI } from 'wasi-common'\n${body}`), {
    status: 42,
    stdout: 'input',
    stderr: 'input',
  })
})

test('returnOnExit false: a signal that the guest raises ends the process as a shell reports it', t => {
  const source = `
    import { WASI } from 'wasi-common'
    const wasi = new WASI({ version: 'preview1', returnOnExit: false })
    wasi.finalizeBindings({ exports: { memory: new WebAssembly.Memory({ initial: 1 }) } })
    console.log(wasi.wasiImport.proc_raise(0), wasi.wasiImport.proc_raise(99))
    wasi.wasiImport.proc_raise(6)
    console.log('the host goes on')`
  t.deepEqual(node(t, 'main.mjs', source), { status: 134, stdout: '0 28\n', stderr: '' })
})

test('class WASI works by require, from CommonJS', t => {
  const { status, stdout, stderr } = node(
    t,
    'main.cjs',
    `const { WASI } = require('wasi-common')\n${body}`,
  )
  t.deepEqual([status, stdout], [42, 'input'], stderr)
  t.is(stderr, 'input', 'and without a warning')
})

test('a replaced proc_exit is called in place of ending the process', t => {
  const source = `
    import { WASI } from 'wasi-common'
    import { readFileSync } from 'node:fs'
    const wasi = new WASI({ version: 'preview1', returnOnExit: false })
    wasi.wasiImport.proc_exit = code => { throw new Error('code ' + code) }
    const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync('guest.wasm')), wasi.getImportObject())
    try { wasi.start(instance) } catch (error) { console.log(error.message) }`
  t.is(node(t, 'main.mjs', source).stdout, 'inputcode 42\n')
})
