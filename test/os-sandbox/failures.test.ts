/** The error of a run whose guest has a process of its own, which may say anything of itself. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { RunError, RunOptions } from 'wasi-common'
import { guestLine } from '#lib/run/process/check-lines.js'
import { lineOf, longest, longestLine } from '#lib/run/process/protocol.js'
import { runInProcess } from '#lib/run/process/run-in-process.js'
import { patience } from '#lib/run/stdio/stdio.js'
import { runFailure as failure } from '../rejection.js'
import { command, type Expression, forever, trap, write } from '../wasm.js'
import { scratch, withSandbox } from './fixture.js'

const isolation = 'process'

/** Runs a script in place of the guest's process. */
async function behind(
  t: Parameters<typeof scratch>[0],
  text: string,
  options: RunOptions = {},
): Promise<RunError> {
  const entry = join(scratch(t), 'entry.mjs')
  fs.writeFileSync(entry, `import fs from 'node:fs'\nfs.readSync(3, Buffer.alloc(4))\n${text}`)
  const preopens = { '/': join(entry, '..') }
  return failure(runInProcess(command([]), { isolation, preopens, ...options }, { entry }))
}

withSandbox('a killed process keeps its output and its report of the OS sandbox', async t => {
  const says = `fs.writeSync(1, 'x'.repeat(50_000)); fs.writeSync(2, 'last words')`
  const error = await behind(t, `${says}; process.kill(process.pid, 'SIGKILL')`)
  t.is(error.code, 'ERR_WASI_PROCESS_LOST')
  t.deepEqual([error.stdout.length, String(error.stderr)], [50_000, 'last words'])
  t.true(error.osSandbox?.seccomp)
  const late = await behind(t, `${says}; for (;;);`, { timeout: 3000 })
  t.is(late.code, 'ERR_WASI_TIMEOUT')
  t.deepEqual([late.stdout.length, String(late.stderr)], [50_000, 'last words'])
  const odd = await behind(t, `${says}; fs.writeSync(3, 'nonsense\\n'); for (;;);`)
  t.is(odd.code, 'ERR_WASI_PROCESS_LOST')
  t.deepEqual([odd.stdout.length, String(odd.stderr)], [50_000, 'last words'])
})

withSandbox(
  'an error that a process sends is bounded, escaped, and no verdict of the host',
  async t => {
    const sends = (error: object, metrics?: object): string =>
      `fs.writeSync(3, ${JSON.stringify(lineOf({ kind: 'failed', error, metrics }))}); setInterval(() => {}, 1000)`
    const error = await behind(
      t,
      sends({
        name: 'RuntimeError',
        message: `\u001b[2J${'m'.repeat(20_000)}`,
        stack: `RuntimeError: x\n    at \u001b[31mred (wasm://wasm/0:wasm-function[1]:0xffffffffffff)\n${'    at a (wasm://wasm/0:wasm-function[0]:0x1)\n'.repeat(500)}`,
        more: { stdout: 'forged', frames: 'forged', cause: 'forged', __proto__: null },
      }),
    )
    t.is(error.code, 'ERR_WASI_TRAP')
    t.true(error.message.length <= longest.message)
    t.false(`${error.stack}${error.message}${(error.cause as Error).stack}`.includes('\u001b'))
    t.is(error.stdout.length, 0)
    t.true(Array.isArray(error.frames) && error.frames.length <= 1000)
    for (const code of ['ERR_WASI_TIMEOUT', 'ERR_WASI_ABORTED', 'ERR_WASI_HOOK', 'ERR_WASI_STREAM'])
      t.is(
        (await behind(t, sends({ name: 'Error', message: '', more: { code } }))).code,
        'ERR_WASI_PROCESS_LOST',
      )
    const counted = { fd_write: { calls: 1, errors: 0, nanoseconds: 1, errnos: {} } }
    const trapped = { name: 'RuntimeError', message: 'unreachable' }
    t.is((await behind(t, sends(trapped, counted))).code, 'ERR_WASI_PROCESS_LOST', 'not asked for')
    const measured = await behind(t, sends(trapped, counted), { metrics: true })
    t.is(measured.code, 'ERR_WASI_TRAP')
    t.is(measured.metrics?.fd_write?.calls, 1)
  },
)

test('the longest error with the longest metrics fits a line of the channel', t => {
  const long = '\u0001'
  const error = {
    name: 'Error',
    message: long.repeat(longest.message),
    stack: long.repeat(longest.stack),
    more: {
      path: long.repeat(longest.path),
      importModule: long.repeat(longest.name),
      importName: long.repeat(longest.name),
    },
  }
  const line = lineOf({ kind: 'failed', error, metrics: {} })
  t.true(Buffer.byteLength(line) + 97 * 1024 <= longestLine)
  t.is(guestLine(line, { traced: false, measured: true })?.kind, 'failed')
})

/** Writes 100,000 bytes, more than a pipe takes at once, and a byte to standard error, then this. */
const writesThen = (body: Expression): Uint8Array =>
  command([...write(1, 0x100, 50_000), ...write(1, 0x100, 50_000), ...write(2, 0x40, 1), body])

/** A FIFO that is open at both ends. */
function fifo(t: Parameters<typeof scratch>[0]): { readonly path: string; readonly fd: number } {
  const path = join(scratch(t), 'fifo')
  execFileSync('mkfifo', [path])
  return { path, fd: fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NONBLOCK) }
}

for (const [end, body] of [
  ['a trap', trap],
  ['an abort', forever],
] as const) {
  withSandbox(
    `${end} passes on the output that a full pipe, passed by number, had no room for`,
    async t => {
      const { path, fd } = fifo(t)
      const reader = spawn('sh', ['-c', 'sleep 0.2; head -c 100000 "$0" | wc -c', path])
      const closed = once(reader, 'close')
      let said = ''
      reader.stdout.on('data', chunk => {
        said += chunk
      })
      const controller = new AbortController()
      const error = await failure(
        runInProcess(writesThen(body), {
          isolation,
          stdout: fd,
          stderr: () => controller.abort(),
          ...(end === 'an abort' && { signal: controller.signal }),
        }),
      )
      fs.closeSync(fd)
      t.is(error.code, end === 'an abort' ? 'ERR_WASI_ABORTED' : 'ERR_WASI_TRAP')
      t.false(error.truncated)
      await closed
      t.is(said.trim(), '100000')
    },
  )
}

withSandbox(
  'a pipe without a reader delays an abort for half a second, and its output is truncated',
  async t => {
    const { fd } = fifo(t)
    const controller = new AbortController()
    let aborted = 0
    const stderr = (): void => {
      aborted = performance.now()
      controller.abort()
    }
    const { signal } = controller
    const error = await failure(
      runInProcess(writesThen(forever), { isolation, stdout: fd, stderr, signal }),
    )
    fs.closeSync(fd)
    t.is(error.code, 'ERR_WASI_ABORTED')
    t.true(error.truncated)
    const took = performance.now() - aborted
    t.true(took > patience - 20 && took < patience + 3000, `${took} ms`)
  },
)
