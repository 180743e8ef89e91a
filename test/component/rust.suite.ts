/**
 * Rust's standard library on components that rustc built, which scripts/rust.js puts into the folder
 * WASI_COMMON_RUST: the same outcome with both bindings, and on wasmtime where it is installed.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { run } from 'wasi-common'
import { scratch } from '../programs/cli.js'
import { allBindings, type Ran, runComponent } from './fixture.js'
import { hasWasmtime, onWasmtime } from './wasmtime.js'

const folder = process.env.WASI_COMMON_RUST
if (folder === undefined) throw new Error('npm run test:rust sets WASI_COMMON_RUST')
const program = (name: string): Uint8Array => readFileSync(join(folder, `${name}.wasm`))

const env = { LANG: 'en', SIGNS: 'a=b c' }
const input = 'first\nsecond\nthird\n'
const args = ['std', '/work', 'two words', 'é']
const source = readFileSync(join(folder, '../../guests/rust/std.rs'), 'utf8')
const steps = source.match(/steps\s*\.(equal|holds|ends)\(/g) ?? []

/** A folder `work`, with a file beside it. */
function box(t: ExecutionContext): string {
  const outer = scratch(t)
  mkdirSync(join(outer, 'work'))
  writeFileSync(join(outer, 'outside'), 'outside')
  return join(outer, 'work')
}
/** Checks what the steps of std.rs printed, and that nothing is left. */
function complete(t: ExecutionContext, { exitCode, stdout, stderr }: Ran): void {
  const lines = stdout.trimEnd().split('\n')
  t.deepEqual(
    lines.filter(line => !line.startsWith('ok ')),
    [],
  )
  t.is(lines.length, steps.length)
  t.deepEqual([exitCode, stderr], [0, 'a line of standard error\n'])
}

for (const bindings of allBindings) {
  for (const backend of ['native', 'typescript'] as const)
    test.serial(`every step of std passes (${bindings}, ${backend})`, async t => {
      const work = box(t)
      const preopens = { '/work': work }
      const options = { bindings, backend, args, env, input, preopens }
      complete(t, await runComponent(program('std'), options))
      t.deepEqual(readdirSync(work), [])
      t.deepEqual(readdirSync(join(work, '..')).sort(), ['outside', 'work'])
    })

  for (const [where, preopen] of Object.entries({
    memory: () => ({ files: {} }),
    'an overlay': (work: string) => ({ path: work, overlay: true }),
  }))
    test.serial(`every step of std passes in ${where} (${bindings})`, async t => {
      const work = box(t)
      writeFileSync(join(work, '..', 'outside'), 'outside')
      const preopens = { '/work': preopen(work) }
      complete(t, await runComponent(program('std'), { bindings, args, env, input, preopens }))
      t.deepEqual(readdirSync(work), [])
    })

  test.serial(`std's network is refused (${bindings})`, async t => {
    t.deepEqual(await runComponent(program('net'), { bindings, args: ['net'] }), {
      exitCode: 0,
      stdout: ['connect', 'listen', 'udp', 'resolve']
        .map(call => `${call} PermissionDenied\n`)
        .join(''),
      stderr: '',
    })
  })

  test.serial(`a Rust program ends by its end, a code and a panic (${bindings})`, async t => {
    const ends = (...args: string[]): Promise<Ran> =>
      runComponent(program('ends'), { bindings, args: ['ends', ...args] })
    t.deepEqual(await ends(), { exitCode: 0, stdout: 'at the end\n', stderr: '' })
    t.is((await ends('0')).exitCode, 0)
    t.is((await ends('7')).exitCode, 1, 'wasi:cli/exit has no other code')
    await t.throwsAsync(ends('panic'), { instanceOf: WebAssembly.RuntimeError })
  })
}

test.serial('a Rust server accepts a connection of a listener that it was given', async t => {
  let reply = ''
  const { exitCode, stdout } = await run(program('serve'), {
    args: ['serve', '0.0.0.0:0'],
    listen: ['127.0.0.1:0'],
    timeout: 30_000,
    onListening: ([{ port }]) => {
      const client = net.connect(port, '127.0.0.1', () => client.end('hello'))
      client.on('data', data => {
        reply += data
      })
    },
  })
  t.is(exitCode, 0)
  t.regex(String(stdout), /^at 127\.0\.0\.1:\d+\nfrom 0\.0\.0\.0:0\n$/)
  t.is(reply, 'read hello')
})

const onOracle = hasWasmtime ? test.serial : test.serial.skip
onOracle(`wasmtime has the same outcome [needs python3 with wasmtime]`, t => {
  complete(
    t,
    onWasmtime(program('std'), { args, env, input, preopens: { '/work': box(t) } }) as Ran,
  )
  t.is(onWasmtime(program('ends'), { args: ['ends', '7'] }).exitCode, 1)
  t.is(onWasmtime(program('ends'), { args: ['ends', 'panic'] }).exitCode, 'trap')
  t.regex(onWasmtime(program('net'), { args: ['net'] }).stdout, /^connect PermissionDenied\n/)
})
