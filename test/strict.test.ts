/** sandbox: 'strict': each refusal, what it lets be, and that a terminal does not obey. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { dirname, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { createGuest, type GuestOptions, run, WASI } from '#lib/index.js'
import { call, command, drop, store, write } from './wasm.js'

const main = fileURLToPath(import.meta.resolve('#lib/cli/main.js'))
const root = dirname(dirname(dirname(main)))
const make = (options: Partial<GuestOptions>) => () => createGuest({ version: 'preview1', sandbox: 'strict', ...options }).close()

function scratch(t: ExecutionContext): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a folder apart is given; a missing one is told as ever', t => {
  const folder = scratch(t)
  t.notThrows(make({ preopens: { '/': folder, '/ro': { path: folder, readOnly: true } }, env: { HOME: '/' } }))
  t.throws(make({ preopens: { '/': join(folder, 'missing') } }), { code: 'UVWASI_ENOENT' } as object)
})

test('preopens that hold the host are refused, however they are spelled', t => {
  const folder = scratch(t)
  fs.symlinkSync('/', join(folder, 'to-root'))
  fs.symlinkSync(root, join(folder, 'to-package'))
  fs.symlinkSync(join(root, 'dist'), join(folder, 'to-dist'))
  const unsafe: readonly (readonly [path: string, why: RegExp])[] = [
    [parse(root).root, /is the root of a file system/],
    ['//', /is the root of a file system/],
    [`${folder}/../../../../..`, /is the root of a file system/],
    [join(folder, 'to-root'), /is the root of a file system/],
    [root, /is a folder that holds this package/],
    [dirname(root), /is a folder that holds this package/],
    [join(folder, 'to-package'), /is a folder that holds this package/],
    [`${join(folder, 'to-package')}/lib/..`, /is a folder that holds this package/],
    // Up from where the link leads, not from where it lies.
    ...(process.platform === 'win32' ? [] : [[`${join(folder, 'to-dist')}/..`, /is a folder that holds this package/] as const]),
    [join(root, 'dist'), /is a part of this package/],
    [dirname(process.execPath), /is a folder that holds the running node/],
    ...(fs.existsSync('/proc/self')
      ? (['/proc', '/proc/self', '/proc/self/task'].map(path => [path, /is of \/proc/] as const) as [string, RegExp][])
      : []),
    ...(fs.existsSync('/sys/kernel') ? ([['/sys/kernel', /is of \/sys/]] as [string, RegExp][]) : []),
    ['/dev', /is the folder of all devices/],
  ]
  for (const [path, message] of unsafe) {
    for (const readOnly of [false, true]) {
      t.throws(make({ preopens: { '/x': { path, readOnly } } }), { code: 'ERR_WASI_UNSAFE_PREOPEN', message } as object, path)
      t.notThrows(make({ preopens: { '/x': { path, readOnly } }, allowUnsafePreopen: true }), path)
      t.notThrows(make({ preopens: { '/x': { path, readOnly } }, sandbox: undefined }), path)
    }
  }
  // Begins with the same letters, but is no part of it.
  const near = `${fs.realpathSync(folder)}-near`
  fs.mkdirSync(near)
  t.teardown(() => fs.rmdirSync(near))
  t.notThrows(make({ preopens: { '/': near } }))
})

test('the folder of the running program is refused', t => {
  const folder = scratch(t)
  const index = JSON.stringify(import.meta.resolve('#lib/index.js'))
  const program = join(folder, 'app.mjs')
  fs.writeFileSync(
    program,
    `import { createGuest } from ${index}
    try { createGuest({ version: 'preview1', sandbox: 'strict', preopens: { '/': ${JSON.stringify(folder)} } }) } catch (error) { console.log(error.message) }`,
  )
  const { stdout } = spawnSync(process.execPath, [program], { encoding: 'utf8' })
  t.regex(stdout, /is a folder that holds the running program, which a strict sandbox refuses unless allowUnsafePreopen is set/)
})

test('process.env and the typescript backend are refused; options are spelled right', t => {
  t.throws(make({ env: process.env }), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', message: /name what the guest needs/ } as object)
  t.notThrows(make({ env: { PATH: process.env.PATH } }))
  t.throws(make({ backend: 'typescript' }), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', message: /must be native/ } as object)
  t.throws(make({ sandbox: 'Strict' as 'strict' }), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' } as object)
  t.throws(make({ allowUnsafePreopen: 1 as unknown as boolean }), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' } as object)
  t.throws(make({ allowTerminalEscapes: 'no' as unknown as boolean }), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' } as object)
})

test('class WASI and run take it too', async t => {
  t.throws(() => new WASI({ version: 'preview1', sandbox: 'strict', preopens: { '/': '/' } }), {
    code: 'ERR_WASI_UNSAFE_PREOPEN',
  } as object)
  await t.throwsAsync(run(command([]), { sandbox: 'strict', preopens: { '/': '/' } }), { code: 'ERR_WASI_UNSAFE_PREOPEN' } as object)
})

const withProc = fs.existsSync('/proc/self/fdinfo') ? test.serial : test.serial.skip
withProc('what a guest opens is closed on exec [as /proc/self/fdinfo has it]', t => {
  const O_CLOEXEC = 0o2000000
  const folder = scratch(t)
  const memory = new WebAssembly.Memory({ initial: 1 })
  const guest = createGuest({ version: 'preview1', sandbox: 'strict', preopens: { '/': folder } })
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
    const [, flags] = /^flags:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? []
    t.not(Number.parseInt(flags, 8) & O_CLOEXEC, 0)
  }
  guest.close()
})

/**
 * Runs a program in a terminal, and hands on what that shows. Who holds it open beside the program, and writes last to it, has
 * the end of what the program wrote too: the kernel drops that of a terminal that everybody has left.
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
/** What a terminal shows whose user runs the command with these options. */
function shown(t: ExecutionContext, program: Uint8Array, ...options: string[]): string {
  const file = join(scratch(t), 'program.wasm')
  fs.writeFileSync(file, program)
  const { stdout } = spawnSync('python3', ['-c', terminal, process.execPath, main, 'run', ...options, file], { timeout: 60_000 })
  return stdout.toString()
}
const says = (text: string | Uint8Array, ...more: Parameters<typeof write>[]) =>
  command([...write(1, 0x1000, Buffer.from(text as string).length), ...more.flatMap(args => write(...args))], { data: { 4096: text } })
const escapes = '\x1b]0;title\x07\x1b[2Jred\x7f\tok\r\n'

test('without strict a terminal gets what was written', t => {
  t.is(shown(t, says(escapes)), escapes.replace('\n', '\r\n').replace('\r\r', '\r\r'))
})

test('with strict it is shown what would have steered it', t => {
  const plain = '␛]0;title␇␛[2Jred␡\tok\r\r\n'
  t.is(shown(t, says(escapes), '--strict'), plain)
  t.is(shown(t, says(escapes), '--strict', '--threads=1'), plain)
  t.is(shown(t, says(escapes), '--strict', '--allow-terminal-escapes'), escapes.replace('\n', '\r\n'))
})

test('C1, changes of direction and what is no UTF-8 are shown as unknown; all other text as it is', t => {
  t.is(shown(t, says('\u009b31m \u202ecod.exe é 漢字 👩‍🚀 \u061c'), '--strict'), '\ufffd31m \ufffdcod.exe é 漢字 👩‍🚀 \ufffd')
  t.is(shown(t, says(Uint8Array.of(0x41, 0x9b, 0xff, 0x42)), '--strict'), 'A\ufffd\ufffdB')
})

test('a character may come in pieces, and a write be larger than any buffer', t => {
  const bytes = Buffer.from('漢')
  const program = command([...write(1, 0x1000, 1), ...write(1, 0x1001, 1), ...write(1, 0x1002, 1)], { data: { 4096: bytes } })
  t.is(shown(t, program, '--strict'), '漢')
  const large = '\x1b'.repeat(20_000)
  t.is(shown(t, says(large), '--strict'), '␛'.repeat(20_000))
})

test('the guest is told that all was written', t => {
  const program = command([store(0x20, 0x1000), store(0x24, 9000), drop(call('fd_write', 1, 0x20, 1, 0x28)), ...write(1, 0x28, 4)])
  t.true(shown(t, program, '--strict').endsWith('(#\u2400\u2400'), 'the little-endian bytes of 9000 are ( and #')
})

test('a pipe gets what was written, strict or not', t => {
  const file = join(scratch(t), 'program.wasm')
  fs.writeFileSync(file, says(escapes))
  t.is(spawnSync(process.execPath, [main, 'run', '--strict', file], { encoding: 'utf8' }).stdout, escapes)
})
