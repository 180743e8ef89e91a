/** The text of a RunError, by which a guest must not steer a terminal. */
import { spawnSync } from 'node:child_process'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import test from 'ava'
import { RunError, run } from 'wasi-common'
import { deserializeError } from '#lib/run/worker/messages.js'
import { runFailure as failure } from '../rejection.js'
import { assemble, call, command, trap, write } from '../wasm.js'

/** Prints two lines to standard error, one of which would steer a terminal, and traps. */
const panics = command([...write(1, 0x80, 3), ...write(2, 0x40, 30), trap], {
  data: { 64: "thread 'main' panicked:\n\u001b[31mx\n", 128: 'out' },
})

test('an error shows its reason, the last lines of standard error, the frames and the call, and no bytes', async t => {
  const error = await failure(run(panics))
  const shown = inspect(error)
  t.regex(
    shown,
    /^RunError \[ERR_WASI_TRAP\]: the guest trapped: unreachable\n {2}stderr:\n {2}\| thread 'main' panicked:\n {2}\| ␛\[31mx?\n {4}at _start \(/,
  )
  t.regex(shown, /at async .*run-error\.test/)
  t.notRegex(shown, /<Buffer|run-in-workers|failure\.js|failure\.ts/)
  t.deepEqual(Object.keys(error), ['code'])
  t.is(error.name, 'RunError')
})

test('an uncaught error prints the same, without control characters', t => {
  const lib = fileURLToPath(import.meta.resolve('wasi-common'))
  const program = `
    import { run } from ${JSON.stringify(lib)}
    await run(Buffer.from(${JSON.stringify(Buffer.from(panics).toString('base64'))}, 'base64'))
  `
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', program],
    { encoding: 'utf8' },
  )
  t.is(status, 1)
  t.regex(stderr, /RunError \[ERR_WASI_TRAP\]: the guest trapped: unreachable/)
  t.regex(stderr, /\| thread 'main' panicked:/)
  t.regex(stderr, /at _start \(/)
  t.regex(stderr, /code: 'ERR_WASI_TRAP'/)
  t.false(stderr.includes('\u001b'))
})

/** A module that exports two functions under one name. */
function twice(name: string): Uint8Array {
  const other = name.replace('a', 'c')
  const source = Buffer.from(
    assemble({ functions: { _start: { body: [] }, [name]: { body: [] }, [other]: { body: [] } } }),
  )
  source.write(name, source.indexOf(other))
  return source
}

test('names of a module that would steer a terminal steer none from an error', async t => {
  const name = 'a\u001b[2Jb\u202e'
  const modules: Readonly<Record<string, Uint8Array>> = {
    ERR_WASI_UNKNOWN_IMPORT: command([], { imports: { [`env.${name}`]: 'function' } }),
    ERR_WASI_TRAP: assemble({
      functions: { _start: { body: [call(name)] }, [name]: { body: [trap] } },
    }),
    ERR_WASI_COMPILE: twice(name),
  }
  for (const [code, source] of Object.entries(modules)) {
    const error = await failure(run(source))
    t.is(error.code, code)
    const { message } = error.cause as Error
    const shown = `${message}${error.message}${error.stack}${inspect(error)}`
    t.false(shown.includes('\u001b') || shown.includes('\u202e'), shown)
  }
})

test('an error from another thread is bounded, and steers no terminal', t => {
  const text = `\u001b[2J${'x'.repeat(100_000)}`
  const { message, stack = '' } = deserializeError({
    name: 'Error',
    message: text,
    stack: text,
    more: {},
  })
  t.false(`${message}${stack}`.includes('\u001b'))
  t.true(message.length < 20_000 && stack.length < 20_000)
})

test('the cause of a file that cannot be opened is the system’s error', async t => {
  const missing = join(os.tmpdir(), 'wasi-common-missing')
  const source = await failure(run(missing))
  t.like(source, { code: 'ENOENT', cause: { code: 'ENOENT', syscall: 'open', path: missing } })
  const preopen = await failure(run(command([]), { preopens: { '/': missing } }))
  t.like(preopen, { code: 'UVWASI_ENOENT', cause: { code: 'ENOENT', path: missing } })
  for (const error of [source, preopen]) {
    t.is(inspect(error).split('[cause]').length, 2)
    t.notRegex(inspect(error), /worker\.js|node:internal/)
  }
})

test('errors of another copy of the class are RunErrors', t => {
  const mark = Object.create({ [Symbol.for('wasi-common.RunError')]: true })
  t.true(mark instanceof RunError)
  t.false(new Error('x') instanceof RunError)
})
