/**
 * No call of the native backend on a pipe, terminal, FIFO, socket or clock keeps its thread in the
 * kernel for long, whatever the other end does.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { openNative } from '#lib/sys/native/sys.js'
import { openTerminal, withTerminal } from '../terminal.js'
import { BOTH, READ } from './fixture.js'

/**
 * SECURITY.md says 50; a machine that has other work needs more. What waited for a slow reader took
 * 12,800, and one that was stopped for ever.
 */
const bound = 1000
/** Duration of the test of each call, in milliseconds. */
const while_ = 1500

interface Made {
  readonly fd?: number
  readonly path?: string
  readonly shared?: number
  readonly flags?: number
  /** Bytes that are written at once. */
  readonly size?: number
  /** Fewer than so many are made by one thread. */
  readonly calls?: number | undefined
  /** Done when all threads are at it. */
  readonly during?: () => Promise<void>
}
/**
 * Makes a call again and again in threads, ends these, and looks at the longest time that any of
 * them was in the addon.
 */
async function longest(
  t: ExecutionContext,
  what: string,
  {
    fd = -1,
    path = '',
    shared = 0,
    flags = READ,
    size = 2 ** 22,
    calls = Number.POSITIVE_INFINITY,
    during = async () => {},
  }: Made = {},
  threads = 1,
  connected: (port: number) => void = () => {},
): Promise<void> {
  const times = Array.from({ length: threads }, () => new Float64Array(new SharedArrayBuffer(24)))
  const workerData = { what, fd, path: path.slice(1), shared, flags, size }
  const workers = times.map(
    times =>
      new Worker(new URL('./timed-worker.js', import.meta.url), {
        workerData: { ...workerData, times },
      }),
  )
  await Promise.all(
    workers.map(async worker => {
      worker.on('error', error => t.fail(String(error)))
      for (;;) {
        const [message] = await once(worker, 'message')
        if (message === 'begins') return
        connected(message)
      }
    }),
  )
  await setTimeout(while_ / 3)
  await during()
  await setTimeout((2 * while_) / 3)
  const start = performance.now()
  const ended = Promise.all(workers.map(worker => worker.terminate())).then(() => true)
  t.true(await Promise.race([ended, setTimeout(10_000, false, { ref: false })]), 'it can be ended')
  const time = performance.now() - start
  const now = performance.timeOrigin + performance.now()
  for (const [began, most, made] of times) {
    const took = Math.max(most, began === 0 ? 0 : now - began)
    t.log(`${took.toFixed(1)} ms in one call; ended in ${time.toFixed(1)} ms`)
    t.true(took < bound, `${took} ms`)
    t.true(made < calls, `${made} calls`)
  }
}

function fifo(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'fifo')
  execFileSync('mkfifo', [path])
  return path
}
/** Open at both ends, so that it neither hangs up nor blocks. */
function opened(t: ExecutionContext, path: string): number {
  const fd = fs.openSync(path, fs.constants.O_RDWR)
  t.teardown(() => fs.closeSync(fd))
  return fd
}
/** Takes a page from a FIFO every 30 ms. */
function slowReader(t: ExecutionContext, path: string): void {
  const source =
    'const wait = new Int32Array(new SharedArrayBuffer(4)); const f = fs.openSync(process.argv[1]); while (fs.readSync(f, Buffer.alloc(4096)) > 0) Atomics.wait(wait, 0, 0, 30)'
  const child = spawn(process.execPath, ['-e', source, path], { stdio: 'ignore' })
  t.teardown(() => void child.kill('SIGKILL'))
}
/** A client that never reads; if `sends`, it sends a little every 30 ms. */
const client =
  (t: ExecutionContext, sends = false, reads = false) =>
  (port: number): void => {
    const socket = net
      .connect(port, '127.0.0.1')
      .on('error', () => {})
      .pause()
    const timer = setInterval(() => {
      if (sends) socket.write('x')
      if (reads) socket.read(4096)
    }, 30)
    t.teardown(() => {
      clearInterval(timer)
      socket.destroy()
    })
  }

test.serial('reading an empty adopted FIFO never blocks its thread for long', async t =>
  longest(t, 'read', { fd: opened(t, fifo(t)) }),
)
test.serial('writing to a full adopted FIFO never blocks its thread for long', async t =>
  longest(t, 'write', { fd: opened(t, fifo(t)) }),
)
test.serial('writing to a slowly read adopted FIFO never blocks its thread for long', async t => {
  const path = fifo(t)
  slowReader(t, path)
  await longest(t, 'write', { fd: opened(t, path) })
})
test.serial('polling an empty adopted FIFO never blocks its thread for long', async t =>
  longest(t, 'poll a file', { fd: opened(t, fifo(t)) }),
)
for (const [what, flags] of [
  ['read', READ],
  ['write', BOTH],
] as const)
  test.serial(`${what} of a FIFO in a directory never blocks its thread for long`, async t => {
    const path = fifo(t)
    opened(t, path)
    await longest(t, what, { path, flags })
  })
for (const what of ['read', 'write'] as const)
  test.serial(`${what} of an adopted FIFO in four threads never blocks one for long`, async t => {
    const path = fifo(t)
    const sys = openNative()
    t.teardown(() => sys.dispose())
    const shared = sys.share()
    const fd = sys.adopt(opened(t, path))
    if (what === 'write') slowReader(t, path)
    await longest(t, what, { fd, shared }, 4)
  })
test.serial(
  'writing to a shared adopted FIFO whose reader stops never blocks its thread for long',
  async t => {
    const fd = opened(t, fifo(t))
    // Each finds the room for a page, and one has it.
    const read = async (): Promise<void> => {
      for (const end = performance.now() + while_ / 3; performance.now() < end; await setTimeout(1))
        fs.readSync(fd, Buffer.alloc(4096))
    }
    await longest(t, 'write', { fd, during: read }, 4)
  },
)
test.serial('sleeping for an hour never blocks its thread for long', async t => longest(t, 'poll'))
test.serial('accepting without a client never blocks its thread for long', async t =>
  longest(t, 'accept'),
)
test.serial('sending to a client that does not read never blocks its thread for long', async t =>
  longest(t, 'send', {}, 1, client(t)),
)
test.serial('sending to a client that reads slowly never blocks its thread for long', async t =>
  longest(t, 'send', {}, 1, client(t, false, true)),
)
test.serial('receiving from a silent client never blocks its thread for long', async t =>
  longest(t, 'receive', {}, 1, client(t)),
)
test.serial('receiving all from a slow client never blocks its thread for long', async t =>
  longest(t, 'receive all', {}, 1, client(t, true)),
)
for (const how of ['full', 'stop', 'slow', 'fast'] as const) {
  for (const what of ['write', 'write text'] as const)
    withTerminal(`${what} on a terminal (${how})`, async t => {
      const { fd } = await openTerminal(t, how)
      // Makes a call every 50 ms while the terminal is not read. A terminal may have room, but not
      // for the end of a line: no call retries at once.
      const calls = how === 'full' || how === 'stop' ? 2000 : undefined
      await longest(t, what, { fd, calls, size: how === 'fast' ? 2 ** 26 : 2 ** 22 })
    })
}
withTerminal('reading a terminal at which nobody types', async t => {
  await longest(t, 'read', { fd: (await openTerminal(t, 'fast')).fd })
})
withTerminal('four threads on a terminal that is full', async t => {
  const sys = openNative()
  t.teardown(() => sys.dispose())
  const shared = sys.share()
  await longest(t, 'write', { fd: sys.adopt((await openTerminal(t, 'full')).fd), shared }, 4)
})
