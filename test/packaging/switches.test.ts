/**
 * Node's switches that take something away from a process: WebAssembly, addons, prototypes, `eval`.
 * The package loads, works or says why not.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { call, command } from '../wasm.js'

const bundle = (name: string): string => fileURLToPath(import.meta.resolve(`#bundle/${name}`))
const cli = bundle('cli.js')

/** A folder with a guest that exits with 7. */
function world(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  fs.writeFileSync(join(folder, 'guest.wasm'), command([call('proc_exit', 7)]))
  return folder
}

/** Tries every door; prints the outcome of each, or the code and the message of its error. */
const program = `
  const { WASI, createGuest, run, Pool } = require(${JSON.stringify(bundle('index.js'))})
  const bytes = require('node:fs').readFileSync('guest.wasm')
  const version = 'preview1'
  const doors = {
    wasi: async options => { const wasi = new WASI({ version, ...options }); return wasi.start(wasi.instantiate(bytes)) },
    createGuest: async options => { const guest = createGuest({ version, ...options }); const { exports } = guest.instantiate(bytes)
      guest.bind(exports.memory); return guest.run(exports._start) },
    run: async options => (await run(bytes, options)).exitCode,
    Pool: async options => { const pool = new Pool({ size: 1 }); try { return (await pool.run(bytes, options)).exitCode } finally { await pool.close() } },
    process: async options => process.platform === 'linux' && !options.backend ? (await run(bytes, { isolation: 'process', ...options })).exitCode : 7,
  }
  ;(async () => {
    const reported = {}
    for (const [name, door] of Object.entries(doors))
      reported[name] = await door(OPTIONS).catch(({ code, message }) => ({ code, message }))
    console.log(JSON.stringify(reported))
  })()`

type TraceValue = Record<'wasi' | 'createGuest' | 'run' | 'Pool' | 'process', unknown>
function reported(t: ExecutionContext, flags: readonly string[], options = '{}'): TraceValue {
  const args = ['--no-warnings', ...flags, '-e', program.replace('OPTIONS', options)]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    cwd: world(t),
  })
  t.is(status, 0, stderr)
  return JSON.parse(stdout)
}
const each = (value: unknown): TraceValue => ({
  wasi: value,
  createGuest: value,
  run: value,
  Pool: value,
  process: value,
})

for (const flag of [
  '--disable-proto=throw',
  '--disable-proto=delete',
  '--frozen-intrinsics',
  '--disallow-code-generation-from-strings',
]) {
  for (const options of ['{}', "{ backend: 'typescript' }"]) {
    test(`under ${flag} every door runs a guest with ${options}`, t => {
      t.deepEqual(reported(t, [flag], options), each(7))
    })
  }
  test(`under ${flag} the command runs a guest`, t => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [flag, '--no-warnings', cli, 'run', 'guest.wasm'],
      {
        cwd: world(t),
        encoding: 'utf8',
      },
    )
    t.deepEqual({ status, stderr }, { status: 7, stderr: '' })
  })
}

test('under --no-addons every door names the flag and the typescript backend, with ERR_WASI_ADDON_UNAVAILABLE', t => {
  for (const [door, error] of Object.entries(reported(t, ['--no-addons']))) {
    const { code, message } = error as { code: string; message: string }
    t.is(code, 'ERR_WASI_ADDON_UNAVAILABLE', door)
    t.regex(message, /started with --no-addons/, door)
    t.regex(message, /backend: 'typescript'/, door)
    t.notRegex(message, /npm/, `${door}: no addon that is built would load`)
  }
})

test('under --no-addons the typescript backend runs a guest at every door', t => {
  t.deepEqual(reported(t, ['--no-addons'], "{ backend: 'typescript' }"), each(7))
})

test('under --jitless every door that runs modules throws ERR_WASI_NO_WEBASSEMBLY', t => {
  for (const [door, error] of Object.entries(reported(t, ['--jitless']))) {
    const { code, message } = error as { code: string; message: string }
    t.is(code, 'ERR_WASI_NO_WEBASSEMBLY', door)
    t.regex(message, /--jitless/, door)
  }
})

test('under --jitless the command names the flag and exits with 1', t => {
  const { status, stderr } = spawnSync(process.execPath, ['--jitless', cli, 'run', 'guest.wasm'], {
    cwd: world(t),
    encoding: 'utf8',
  })
  t.is(status, 1)
  t.regex(stderr, /wasi-common: this process has no WebAssembly\n {2}start node without --jitless/)
  t.notRegex(stderr, / at /)
})

for (const backend of ['native', 'typescript']) {
  test(`under --jitless createGuest and class WASI serve an interpreter, whose memory is a buffer (${backend})`, t => {
    const interpreter = `
      const { createGuest, WASI } = require(${JSON.stringify(bundle('index.js'))})
      const written = []
      const options = { version: 'preview1', backend: '${backend}', args: ['program'], stdout: chunk => written.push(...chunk) }
      const memory = { buffer: new ArrayBuffer(65536) }
      const write = ({ fd_write, args_sizes_get }) => {
        const view = new DataView(memory.buffer)
        const text = Buffer.from(memory.buffer).write('text', 0x100)
        view.setUint32(0x10, 0x100, true)
        view.setUint32(0x14, text, true)
        return [fd_write(1, 0x10, 1, 0x20), view.getUint32(0x20, true), args_sizes_get(0x30, 0x34), view.getUint32(0x34, true)]
      }
      const guest = createGuest(options)
      guest.bind(memory)
      const wasi = new WASI(options)
      wasi.initialize({ exports: { memory } })
      const answers = [write(guest.imports), write(wasi.wasiImport)]
      const code = guest.run(() => guest.imports.proc_exit(3))
      console.log(JSON.stringify({ typeof: typeof WebAssembly, answers, code, written: Buffer.from(written).toString() }))`
    const { stdout, stderr } = spawnSync(process.execPath, ['--jitless', '-e', interpreter], {
      encoding: 'utf8',
    })
    t.deepEqual(JSON.parse(stdout || JSON.stringify({ stderr })), {
      typeof: 'undefined',
      answers: [
        [0, 4, 0, 8],
        [0, 4, 0, 8],
      ],
      code: 3,
      written: 'texttext',
    })
  })
}

test('under --jitless register loads, and class WASI of node:wasi is this package’s', t => {
  const source = "console.log('close' in require('node:wasi').WASI.prototype)"
  const { stdout } = spawnSync(
    process.execPath,
    ['--jitless', '--require', bundle('register.js'), '-e', source],
    { encoding: 'utf8' },
  )
  t.is(stdout, 'true\n')
})
