/** The command's words for a guest that trapped, and for one that wants what is not offered. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { createGuest } from '#lib/guest/guest.js'
import { run as runModule } from '#lib/run/run.js'
import { withSandbox } from '../os-sandbox/fixture.js'
import { chain, codeOf, custom } from '../traps.js'
import { assemble, call, command } from '../wasm.js'

const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
/** The ways to run a guest: in the command's threads, in workers, and in a process. */
const here: readonly (readonly string[])[] = [
  [],
  ['-W', 'max-wasm-stack=256k'],
  ['-W', 'timeout=1m'],
  ['-W', 'max-memory-size=1m'],
]
const apart = ['--isolation', 'process', '--os-sandbox', 'best-effort']

/** @param prepare puts other files into the program's folder */
function stderrOf(
  bytes: Uint8Array,
  flags: readonly string[],
  prepare: (folder: string) => void = () => {},
): string {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'trap-'))
  try {
    const file = join(folder, 'guest.wasm')
    fs.writeFileSync(file, bytes)
    prepare(folder)
    const words = [main, 'run', ...flags, file]
    return spawnSync(process.execPath, words, { encoding: 'utf8' }).stderr
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

const symbols = [
  '_start',
  '_ZN4shop3BoxIiE4openEi',
  undefined,
  '_RNvMNtNtCs5NsDXlmzMSp_6object5write2peNtB2_6Writer21reserve_edata_section',
  'x\n    at y (wasm://wasm/00000000:wasm-function[9]:0x2)',
  '\u001b[31mred',
  '_ZN4core9panicking9panic_fmt17h0123456789abcdefE',
]
const trapping = chain(symbols)
/** The message, with offsets of the file that the command was given. */
function expected(): string {
  const code = codeOf(trapping)
  const line = (name: string, offset: number): string =>
    `  at ${name} (+0x${(code + offset).toString(16)}, code 0x${offset.toString(16)})\n`
  return [
    'wasi-common: the guest trapped: unreachable\n',
    line('core::panicking::panic_fmt', 33),
    line('␛[31mred', 28),
    line('x     at y (wasm://wasm/00000000:wasm-function[9]:0x2)', 23),
    line('<object::write::pe::Writer>::reserve_edata_section', 18),
    line('wasm-function[2]', 13),
    line('shop::Box<int>::open(int)', 8),
    line('_start', 3),
  ].join('')
}

test('a trap prints a short line a frame, demangled, with offsets of the file, in any thread', t => {
  for (const flags of here) t.is(stderrOf(trapping, flags), expected(), flags.join(' '))
})
withSandbox('a trap in a process prints what it prints in a thread', t => {
  t.is(stderrOf(trapping, apart), expected())
})

const panic = chain(
  Array.from({ length: 60 }, (_, i) => `f${i}`.padEnd(i % 3 === 0 ? 5000 : 3, 'x')),
)
/** The frames that V8 kept, less the host's. */
function checkLong(t: { true(value: boolean, message?: string): void }, stderr: string): void {
  const lines = stderr.trimEnd().split('\n').slice(1)
  t.true(lines.length === 33, `${lines.length} lines`)
  t.true(lines[0].startsWith('  at f59 ('), lines[0])
  t.true(
    lines.every(line => line.length <= 98),
    'short lines',
  )
  t.true(/^ {2}and 1[0-9] more frames$/.test(lines[32]), lines[32])
}
test('a deep stack with long names prints 32 frames of the 50 that V8 keeps', t => {
  for (const flags of here) checkLong(t, stderrOf(panic, flags))
})
withSandbox('a deep stack with long names arrives from a process', t => {
  checkLong(t, stderrOf(panic, apart))
})

test('an endless recursion prints one line with a count', t => {
  const down = assemble({
    functions: { down: { body: [call('down')] }, _start: { body: [call('down')] } },
  })
  for (const flags of here)
    t.regex(
      stderrOf(down, flags),
      /^wasi-common: the guest trapped: stack overflow\n(?: {2}at down \(\+0x\w+, code 0x\w+\)\n)? {2}at down \(\+0x\w+, code 0x\w+\) x [45][0-9]\n {2}raise it with -W max-wasm-stack/,
    )
})

/** A source map in which `a` is at line 3 of x.ts, from its first byte on. */
const sourceMap = (column: string): string =>
  JSON.stringify({ version: 3, sources: ['src/x.ts'], mappings: `${column}AEE` })
const mapped = chain(['a'], undefined, custom('sourceMappingURL', [6, ...Buffer.from('/x.map')]))

test('the source map beside a program, by its name and .map, gives files and lines', t => {
  for (const flags of here)
    t.regex(
      stderrOf(mapped, flags, folder =>
        fs.writeFileSync(join(folder, 'guest.wasm.map'), sourceMap('A')),
      ),
      /^.*\n {2}at a \(src\/x\.ts:3:3\)\n$/,
      flags.join(' '),
    )
})

test('a source map that is no regular file, or no source map, is not read', t => {
  const place = (folder: string): string => join(folder, 'guest.wasm.map')
  const ways: Readonly<Record<string, (folder: string) => void>> = {
    directory: folder => fs.mkdirSync(place(folder)),
    text: folder => fs.writeFileSync(place(folder), '{'),
    'of another name': folder => fs.writeFileSync(join(folder, 'x.map'), sourceMap('A')),
    'too long': folder => fs.writeFileSync(place(folder), sourceMap('A').padEnd(2 ** 25 + 1)),
    ...(process.platform !== 'win32' && {
      symlink: (folder: string) => {
        fs.writeFileSync(join(folder, 'x.map'), sourceMap('A'))
        fs.symlinkSync('x.map', place(folder))
      },
      FIFO: (folder: string) => void spawnSync('mkfifo', [place(folder)]),
      // Only root can make it.
      '/dev/zero': (folder: string) => void spawnSync('mknod', [place(folder), 'c', '1', '5']),
    }),
  }
  for (const [what, prepare] of Object.entries(ways))
    t.regex(stderrOf(mapped, [], prepare), /^.*\n {2}at a \(\+0x\w+, code 0x3\)\n$/, what)
})

test('DWARF that is not understood, or in another file, is named for llvm-symbolizer', t => {
  for (const name of ['.debug_line', 'external_debug_info'])
    for (const flags of here)
      t.regex(
        stderrOf(chain(['a', 'b'], undefined, custom(name, [1, 2, 3])), flags),
        /\n {2}for source lines: llvm-symbolizer -e \S+guest\.wasm 0x8 0x3\n$/,
        name,
      )
})

const imports: Readonly<Record<string, string>> = {
  'env.callback': ': it was built to receive callback from JavaScript of its own',
  'wasi.thread-spawn': ': it was built for threads: use --threads, or options.threads',
  'napi.napi_create_object':
    ': it is a Node-API binding: load it with the JavaScript of its package',
  'emnapi.memory': ': it is a Node-API binding: load it with the JavaScript of its package',
  'gojs.wasmExit': ': it was built with GOOS=js: build it with GOOS=wasip1',
  'wbg.__wbg_log': ': it was built by wasm-bindgen: load it with the JavaScript of its package',
  'wasi:cli/exit.exit':
    ': it is the core module of a component (WASI 0.2): build it for wasm32-wasip1',
  'wasi_snapshot_preview1.sock_open': ': WASI has no such call in wasi_snapshot_preview1',
  'elsewhere.thing': '',
}
/** A module that imports a function, after a hostcall of preview 1. */
const wanting = (name: string): Uint8Array =>
  command([call('proc_exit', 0)], { imports: { [name]: 'function' } })
async function messageOf(start: () => unknown): Promise<string> {
  try {
    await start()
  } catch (error) {
    return (error as Error).message
  }
  return 'it started'
}

for (const [name, reason] of Object.entries(imports)) {
  const message = `the module imports ${name} (a function), which this host does not offer${reason}`
  test(`import ${name} reads alike in run, createGuest and the command`, async t => {
    const bytes = wanting(name)
    // `run` offers thread-spawn without threads, too: it answers that there are none.
    if (name !== 'wasi.thread-spawn') t.is(await messageOf(() => runModule(bytes)), message)
    t.is(await messageOf(() => createGuest({ version: 'preview1' }).instantiate(bytes)), message)
    for (const flags of [[], ['-W', 'timeout=1m']])
      t.is(stderrOf(bytes, flags), `wasi-common: ${message}\n`)
  })
}
withSandbox('a missing import in a process reads as in a thread', t => {
  t.is(
    stderrOf(wanting('env.callback'), apart),
    'wasi-common: the module imports env.callback (a function), which this host does not offer: it was built to receive callback from JavaScript of its own\n',
  )
})

test('a module of both snapshots, or of the other one, reads alike', async t => {
  const mixed = wanting('wasi_unstable.fd_close')
  const words =
    'the module imports wasi_unstable.fd_close (a function), which this host does not offer: it mixes wasi_snapshot_preview1 and wasi_unstable'
  t.is(await messageOf(() => runModule(mixed)), words)
  t.is(stderrOf(mixed, []), `wasi-common: ${words}\n`)
  const other = command([], { imports: { 'wasi_unstable.fd_close': 'function' } })
  t.is(
    await messageOf(() => createGuest({ version: 'preview1' }).instantiate(other)),
    "the module imports wasi_unstable.fd_close (a function), which this host does not offer: options.version 'unstable' offers it",
  )
})

test('the names of an import are cut and cannot steer a terminal, and the error has them whole', async t => {
  const name = `\u001b[31m\n${'x'.repeat(300)}`
  const bytes = wanting(`env.${name}`)
  const error = t.throws(() => createGuest({ version: 'preview1' }).instantiate(bytes))
  t.regex(error?.message ?? '', /^the module imports env\.␛\[31m x{190,}\.\.\. \(a function\)/)
  t.like(error, { code: 'ERR_WASI_UNKNOWN_IMPORT', importModule: 'env', importName: name })
})
