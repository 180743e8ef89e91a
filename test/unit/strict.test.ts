/** The option `strict`: each refusal, what it lets be, and that a terminal does not obey. */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { delimiter, dirname, join, parse } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { createGuest, type GuestOptions, run, WASI } from 'wasi-common'
import { passed } from '#lib/sys/realpath.js'
import { missing } from '../os-sandbox/fixture.js'
import { call, command, drop, type Expression, forever, store, trap, write } from '../wasm.js'

const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
const root = dirname(dirname(dirname(main)))
const make = (options: Partial<GuestOptions>) => () =>
  createGuest({ version: 'preview1', strict: true, ...options }).close()

function scratch(t: ExecutionContext): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a preopen apart from the host is opened, and a missing one is ENOENT', t => {
  const folder = scratch(t)
  t.notThrows(
    make({
      preopens: { '/': folder, '/ro': { path: folder, readOnly: true } },
      env: { HOME: '/' },
    }),
  )
  t.throws(make({ preopens: { '/': join(folder, 'missing') } }), {
    code: 'UVWASI_ENOENT',
  } as object)
})

test('preopens that contain the host are refused in every spelling', t => {
  const folder = scratch(t)
  fs.symlinkSync('/', join(folder, 'to-root'))
  fs.symlinkSync(root, join(folder, 'to-package'))
  fs.symlinkSync(join(root, 'dist'), join(folder, 'to-dist'))
  const unsafe: readonly (readonly [path: string, why: RegExp])[] = [
    [parse(root).root, /is the root of a file system/],
    ['//', /is the root of a file system/],
    [`${folder}/../../../../..`, /is the root of a file system/],
    [join(folder, 'to-root'), /is the root of a file system/],
    [root, /is a directory that contains this package/],
    [dirname(root), /is a directory that contains this package/],
    [join(folder, 'to-package'), /is a directory that contains this package/],
    [`${join(folder, 'to-package')}/lib/..`, /is a directory that contains this package/],
    // The parent of the link's target, not of the link itself.
    ...(process.platform === 'win32'
      ? []
      : [[`${join(folder, 'to-dist')}/..`, /is a directory that contains this package/] as const]),
    [join(root, 'dist'), /is a part of this package/],
    [dirname(process.execPath), /is a directory that contains the running node/],
    ...(fs.existsSync('/proc/self')
      ? (['/proc', '/proc/self', '/proc/self/task'].map(
          path => [path, /is in \/proc/] as const,
        ) as [string, RegExp][])
      : []),
    ...(fs.existsSync('/sys/kernel')
      ? ([['/sys/kernel', /is in \/sys/]] as [string, RegExp][])
      : []),
    ['/dev', /is the directory of all devices/],
  ]
  for (const [path, message] of unsafe) {
    for (const readOnly of [false, true]) {
      t.throws(
        make({ preopens: { '/x': { path, readOnly } } }),
        { code: 'ERR_WASI_UNSAFE_PREOPEN', message } as object,
        path,
      )
      t.notThrows(make({ preopens: { '/x': { path, readOnly } }, allowUnsafePreopen: true }), path)
      t.notThrows(make({ preopens: { '/x': { path, readOnly } }, strict: false }), path)
    }
  }
  // Begins with the same letters, but is no part of it.
  const near = `${fs.realpathSync(folder)}-near`
  fs.mkdirSync(near)
  t.teardown(() => fs.rmdirSync(near))
  t.notThrows(make({ preopens: { '/': near } }))
})

/** A program that says of each preopen what comes of it: `given`, or why it is refused. */
const asking = (...paths: string[]): string => `
  const paths = ${JSON.stringify(paths)}
  const said = paths.map(path => {
    try {
      createGuest({ version: 'preview1', strict: true, preopens: { '/': path } }).close()
      return 'given'
    } catch ({ message, code }) {
      return (/ is (.*?), which a strict sandbox refuses/.exec(message) ?? [, code])[1]
    }
  })
  console.log(JSON.stringify(said))`
const esm = (...paths: string[]): string =>
  `import { createGuest } from ${JSON.stringify(import.meta.resolve('wasi-common'))}${asking(...paths)}`
const bundle = fileURLToPath(import.meta.resolve('#bundle/index.js'))
const cjs = (...paths: string[]): string =>
  `const { createGuest } = require(${JSON.stringify(bundle)})${asking(...paths)}`

/** Runs such a program and returns its output. */
function said(
  t: ExecutionContext,
  args: readonly string[],
  options: SpawnSyncOptions = {},
  node = process.execPath,
): unknown {
  const { stdout, stderr } = spawnSync(node, args, { ...options, encoding: 'utf8' })
  t.is(stderr, '')
  return JSON.parse(stdout)
}
const holdsProgram = 'a directory that contains the running program'

/** A folder with files, and folders where there is no text. */
function laid(
  t: ExecutionContext,
  files: Readonly<Record<string, string | undefined>>,
): (path: string) => string {
  const folder = scratch(t)
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name)
    fs.mkdirSync(text === undefined ? path : dirname(path), { recursive: true })
    if (text !== undefined)
      fs.writeFileSync(path, text.replaceAll('FOLDER', folder.replaceAll('\\', '\\\\')))
  }
  return path => join(folder, path)
}

test('the folder of the running program, and the program as a single file, are refused', t => {
  const at = laid(t, { 'app.mjs': esm('FOLDER'), 'data/file': '' })
  t.deepEqual(said(t, [at('app.mjs')]), [holdsProgram])
  fs.writeFileSync(
    at('single.mjs'),
    esm(at('single.mjs'), at('data/file')).replace("'/': path", "'/': { file: path }"),
  )
  t.deepEqual(said(t, [at('single.mjs')]), ['the running program', 'given'])
})

test('a program started by symlinks is refused by the folder of each link and target', t => {
  const at = laid(t, {
    'lib/main.mjs': esm('FOLDER/bin', 'FOLDER/links', 'FOLDER/lib', 'FOLDER/way', 'FOLDER/data'),
    bin: undefined,
    links: undefined,
    way: undefined,
    data: undefined,
  })
  fs.symlinkSync('../links/tool.mjs', at('bin/tool.mjs'))
  fs.symlinkSync(at('lib/main.mjs'), at('links/tool.mjs'))
  const all = [holdsProgram, holdsProgram, holdsProgram, 'given', 'given']
  t.deepEqual(said(t, [at('bin/tool.mjs')]), all)
  t.deepEqual(said(t, ['--preserve-symlinks-main', at('bin/tool.mjs')]), all)
  // A folder on the way may be one, too.
  fs.symlinkSync('../bin', at('way/there'))
  t.deepEqual(said(t, [at('way/there/tool.mjs')]), [
    holdsProgram,
    holdsProgram,
    holdsProgram,
    holdsProgram,
    'given',
  ])
  t.deepEqual(said(t, [at('lib/main.mjs')]), ['given', 'given', holdsProgram, 'given', 'given'])
})

test('symlinks in a cycle are followed at most as often as on Linux', t => {
  const at = laid(t, { dir: undefined })
  fs.symlinkSync('b', at('dir/a'))
  fs.symlinkSync('a', at('dir/b'))
  const places = passed(at('dir/a/file'))
  t.deepEqual([...new Set(places.slice(0, -1))].sort(), [at('dir/a'), at('dir/b')])
  t.true(places.length > 40 && places.length < 50, `${places.length}`)
})

test('`node .` counts the main file of its package as the running program', t => {
  for (const [name, main, code] of [
    ['lib/main.mjs', 'lib/main.mjs', esm],
    ['lib/main.js', 'lib/main', cjs],
    ['lib/index.js', 'lib', cjs],
  ] as const) {
    const at = laid(t, {
      'package.json': JSON.stringify({ main }),
      [name]: code('FOLDER', 'FOLDER/lib', 'FOLDER/data'),
      data: undefined,
    })
    t.deepEqual(
      said(t, ['.'], { cwd: at('') }),
      ['the running program', holdsProgram, 'given'],
      name,
    )
    t.deepEqual(said(t, [at('')]), ['the running program', holdsProgram, 'given'], name)
  }
})

test('the file of a worker counts as a running program, arguments of `node -e` do not', t => {
  const folders = ['FOLDER/lib', 'FOLDER/data'] as const
  const at = laid(t, {
    'lib/worker.cjs': cjs(...folders),
    'lib/worker.mjs': esm(...folders),
    data: undefined,
  })
  for (const name of ['worker.cjs', 'worker.mjs']) {
    const start = `new (require('worker_threads').Worker)(${JSON.stringify(at(`lib/${name}`))})`
    t.deepEqual(said(t, ['-e', start, at('data')]), [holdsProgram, 'given'])
  }
  t.deepEqual(said(t, ['-e', cjs(at('data')), at('data')]), ['given'])
  t.deepEqual(said(t, ['-', at('data')], { input: cjs(at('data')), cwd: at('data') }), ['given'])
  const evaluated = `new (require('worker_threads').Worker)(${JSON.stringify(cjs(at('data')))}, { eval: true })`
  t.deepEqual(said(t, ['-e', evaluated, at('data')], { cwd: at('data') }), ['given'])
})

test('modules that Node loads before the program are refused with their folder', t => {
  const before = 'a directory that contains a file that Node loads before the program'
  const at = laid(t, {
    'app/main.cjs': cjs('FOLDER/be fore', 'FOLDER/data').replace('\n', "; process.chdir('/')\n"),
    'be fore/load.js': '',
    'be fore/.env': 'A=1',
    'be fore/node_modules/hook/index.js': '',
    data: undefined,
  })
  const main = at('app/main.cjs')
  const url = pathToFileURL(at('be fore/load.js')).href
  const ways: readonly (readonly [args: readonly string[], options?: string])[] = [
    [['-r', at('be fore/load.js')]],
    [['--require', './load']],
    [['--require=./load.js']],
    [['-r', 'hook']],
    [['--import', './load.js']],
    [[`--import=${url}`]],
    [['--env-file=.env']],
    [[], `--max-old-space-size=200 --require "${at('be fore/load.js').replaceAll('\\', '\\\\')}"`],
    [[], `--import=${url}`],
  ]
  for (const [args, NODE_OPTIONS = ''] of ways) {
    const options = { cwd: at('be fore'), env: { ...process.env, NODE_OPTIONS } }
    t.deepEqual(
      said(t, [...args, main], options),
      [before, 'given'],
      [...args, NODE_OPTIONS].join(' '),
    )
  }
  t.deepEqual(
    said(t, ['--stack-trace-limit=5', main, '-r', './load.js'], { cwd: at('be fore') }),
    ['given', 'given'],
    'its own arguments',
  )
})

const withLinks = process.platform === 'win32' ? test.skip : test
withLinks('the folder in which a shell finds node is refused [on Windows it is no symlink]', t => {
  const at = laid(t, {
    'app/main.cjs': cjs('FOLDER/bin', 'FOLDER/other'),
    bin: undefined,
    other: undefined,
  })
  fs.symlinkSync(process.execPath, at('bin/node'))
  const PATH = [at('missing'), at('bin'), at('other')].join(delimiter)
  const holdsNode = 'a directory that contains the running node'
  t.deepEqual(said(t, [at('app/main.cjs')], { env: { PATH } }, 'node'), [holdsNode, 'given'])
  t.deepEqual(said(t, ['../app/main.cjs'], { cwd: at('bin') }, './node'), [holdsNode, 'given'])
})

test('strict refuses process.env, the typescript backend and misspelled values', t => {
  t.throws(make({ env: process.env }), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_VALUE',
    message: /that the guest needs/,
  } as object)
  t.notThrows(make({ env: { PATH: process.env.PATH } }))
  t.throws(make({ backend: 'typescript' }), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_VALUE',
    message: /must be .native. or/,
  } as object)
  t.throws(make({ strict: 'yes' as unknown as true }), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
  } as object)
  t.throws(make({ allowUnsafePreopen: 1 as unknown as boolean }), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
  } as object)
  t.throws(make({ allowTerminalEscapes: 'no' as unknown as boolean }), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
  } as object)
})

test('class WASI and run accept strict', async t => {
  t.throws(() => new WASI({ version: 'preview1', strict: true, preopens: { '/': '/' } }), {
    code: 'ERR_WASI_UNSAFE_PREOPEN',
  } as object)
  await t.throwsAsync(run(command([]), { strict: true, preopens: { '/': '/' } }), {
    code: 'ERR_WASI_UNSAFE_PREOPEN',
  } as object)
})

const withProc = fs.existsSync('/proc/self/fdinfo') ? test.serial : test.serial.skip
withProc('what a guest opens is closed on exec [as /proc/self/fdinfo has it]', t => {
  const O_CLOEXEC = 0o2000000
  const folder = scratch(t)
  const memory = new WebAssembly.Memory({ initial: 1 })
  const guest = createGuest({ version: 'preview1', strict: true, preopens: { '/': folder } })
  guest.bind(memory)
  new Uint8Array(memory.buffer).set(Buffer.from('f.d'), 100)
  t.is(guest.imports.path_open(3, 0, 100, 1, 1, 0x42n, 0n, 0, 8), 0)
  t.is(guest.imports.path_open(3, 0, 101, 1, 2, 0x4000n, 0n, 0, 8), 0)
  const mine = fs.readdirSync('/proc/self/fd').filter(fd => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      return false
    }
  })
  t.is(mine.length, 3)
  for (const fd of mine) {
    const [, flags] =
      /^flags:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? []
    t.not(Number.parseInt(flags, 8) & O_CLOEXEC, 0)
  }
  guest.close()
})

/**
 * Runs a program in a terminal, and hands on what that shows. Who holds it open beside the program,
 * and writes last to it, has the end of what the program wrote too: the kernel drops that of a
 * terminal that everybody has left.
 */
const terminal = `
import os, pty, subprocess, sys, threading
master, slave = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=slave, stderr=slave)
def end():
    child.wait()
    os.write(slave, b"<end of terminal>")
threading.Thread(target=end).start()
shown = b""
while not shown.endswith(b"<end of terminal>"):
    shown += os.read(master, 65536)
sys.stdout.buffer.write(shown.removesuffix(b"<end of terminal>"))
`
/** Returns the text that a terminal shows when its user runs the command with these options. */
function shown(t: ExecutionContext, program: Uint8Array, ...options: string[]): string {
  const file = join(scratch(t), 'program.wasm')
  fs.writeFileSync(file, program)
  const { stdout } = spawnSync(
    'python3',
    ['-c', terminal, process.execPath, main, 'run', ...options, file],
    { timeout: 60_000 },
  )
  return stdout.toString()
}
const says = (text: string | Uint8Array, ...more: Parameters<typeof write>[]) =>
  command(
    [
      ...write(1, 0x1000, Buffer.from(text as string).length),
      ...more.flatMap(args => write(...args)),
    ],
    { data: { 4096: text } },
  )
const escapes = '\x1b]0;title\x07\x1b[2Jred\x7f\tok\r\n'

const { getCompileCacheDir } = process.getBuiltinModule('node:module') as {
  getCompileCacheDir?: unknown
}
const caching = getCompileCacheDir === undefined ? test.skip : test
const lack = getCompileCacheDir === undefined ? ' [this Node has none]' : ''
caching(`the folder in which Node keeps compiled code is refused${lack}`, t => {
  const at = laid(t, {
    'app/main.cjs': cjs('FOLDER/cache', 'FOLDER/above', 'FOLDER/data'),
    'above/cache/there': '',
    data: undefined,
    cache: undefined,
  })
  const contains = 'a directory that contains the code that Node has compiled'
  const asked = (folder: string) =>
    said(t, [at('app/main.cjs')], { env: { ...process.env, NODE_COMPILE_CACHE: at(folder) } })
  t.deepEqual(asked('cache'), [contains, 'given', 'given'])
  t.deepEqual(asked('above/cache'), ['given', contains, 'given'])
  t.deepEqual(said(t, [at('app/main.cjs')]), ['given', 'given', 'given'])

  // The folder itself, which has the name of this Node, and one in it.
  const [own] = fs.readdirSync(at('cache'))
  fs.mkdirSync(at(`cache/${own}/part`))
  const inner = at('app/inner.cjs')
  fs.writeFileSync(inner, cjs(at(`cache/${own}`), at(`cache/${own}/part`)))
  const env = { ...process.env, NODE_COMPILE_CACHE: at('cache') }
  const code = 'the code that Node has compiled'
  t.deepEqual(said(t, [inner], { env }), [code, `a part of ${code}`])
})

test('a terminal without strict receives the bytes written', t => {
  t.is(shown(t, says(escapes)), escapes.replace('\n', '\r\n').replace('\r\r', '\r\r'))
})

test('a terminal with strict receives escaped control characters', t => {
  const plain = '␛]0;title␇␛[2Jred␡\tok\r\r\n'
  t.is(shown(t, says(escapes), '--strict'), plain)
  t.is(shown(t, says(escapes), '--strict', '--threads=1'), plain)
  t.is(
    shown(t, says(escapes), '--strict', '--allow-terminal-escapes'),
    escapes.replace('\n', '\r\n'),
  )
})

const reset = '\x1b[0m'
/** The same guest, which then does as it likes. */
const colours = (...end: Expression[]): Uint8Array =>
  command([...write(1, 0x1000, 12), ...end], { data: { 4096: '\x1b[31mred\x1b[2J' } })
for (const [how, options] of Object.entries({
  'in its thread': [],
  'with threads': ['--threads=1'],
  'in a worker': ['-W', 'timeout=50s'],
  'with a limit of output': ['--max-output', '7'],
  'in the main thread': ['-W', 'max-wasm-stack=256k'],
  ...(missing === undefined && { 'in a process': ['--isolation', 'process'] }),
}))
  test(`with strict colours reach a terminal, and are reset at the end (${how})`, t => {
    const text = shown(t, colours(), '--strict', ...options)
    const seen = options[0] === '--max-output' ? '\x1b[31mre' : '\x1b[31mred␛[2J'
    t.is(text.slice(0, seen.length), seen)
    t.is(text.slice(seen.length).replaceAll(reset, ''), '')
    t.true(text.endsWith(reset))
  })

test('with strict colours are reset after a trap, a timeout and a signal', t => {
  const trapped = shown(t, colours(trap), '--strict')
  t.regex(
    trapped.replaceAll('\x1b', '^'),
    /^\^\[31mred␛\[2J\^\[0m.*wasi-common:.* the guest trapped/,
  )
  for (const isolation of missing === undefined ? ['worker', 'process'] : ['worker']) {
    const options = ['--strict', '-W', 'timeout=10s', '--isolation', isolation]
    t.true(shown(t, colours(forever), ...options).includes(`red␛[2J${reset}`), isolation)
  }
  const file = join(scratch(t), 'program.wasm')
  // The guest makes a directory after it has written.
  const makes = drop(call('path_create_directory', 3, 0x1000 + 2, 3))
  fs.writeFileSync(file, colours(makes, forever))
  for (const signal of ['INT', 'TERM']) {
    const box = scratch(t)
    const kill = `"$@" & until [ -d ${box}/31m ]; do sleep 0.1; done; kill -${signal} $!; wait $!; echo "code $?"`
    const args = ['-mc', kill, 'bash', process.execPath, main, '--strict', '--dir', box, file]
    const { stdout } = spawnSync('python3', ['-c', terminal, 'bash', ...args], { timeout: 60_000 })
    const code = signal === 'INT' ? 130 : 143
    t.regex(
      stdout.toString().replaceAll('\x1b', '^'),
      new RegExp(`red␛\\[2J(\\^\\[0m)+code ${code}`),
      signal,
    )
  }
})

test('C1, bidi controls and invalid UTF-8 are replaced, and other text is unchanged', t => {
  t.is(
    shown(t, says('\u009b31m \u202ecod.exe é 漢字 👩‍🚀 \u061c'), '--strict'),
    '\ufffd31m \ufffdcod.exe é 漢字 👩‍🚀 \ufffd',
  )
  t.is(shown(t, says(Uint8Array.of(0x41, 0x9b, 0xff, 0x42)), '--strict'), 'A\ufffd\ufffdB')
})

test('characters split between writes and large writes are filtered whole', t => {
  const bytes = Buffer.from('漢')
  const program = command(
    [...write(1, 0x1000, 1), ...write(1, 0x1001, 1), ...write(1, 0x1002, 1)],
    { data: { 4096: bytes } },
  )
  t.is(shown(t, program, '--strict'), '漢')
  const large = '\x1b'.repeat(20_000)
  t.is(shown(t, says(large), '--strict'), '␛'.repeat(20_000))
})

test('a filtered write returns the length that the guest passed', t => {
  const program = command([
    store(0x20, 0x1000),
    store(0x24, 9000),
    drop(call('fd_write', 1, 0x20, 1, 0x28)),
    ...write(1, 0x28, 4),
  ])
  t.true(
    shown(t, program, '--strict').endsWith('(#\u2400\u2400'),
    'the little-endian bytes of 9000 are ( and #',
  )
})

test('a pipe receives the bytes written, with strict or without', t => {
  const file = join(scratch(t), 'program.wasm')
  fs.writeFileSync(file, says(escapes))
  t.is(
    spawnSync(process.execPath, [main, 'run', '--strict', file], { encoding: 'utf8' }).stdout,
    escapes,
  )
})
