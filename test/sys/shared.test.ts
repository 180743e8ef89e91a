/**
 * Handles that several threads share: one thread may close a handle while another uses it, and no
 * thread ever reaches a file that it did not open.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { openNative } from '#lib/sys/native/sys.js'
import { BOTH, Fixture, resultOf } from './fixture.js'

function scratch(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Another thread that reads a byte from a handle, and says what came of it. */
async function reader(
  shared: number,
  handle: number,
): Promise<{ worker: Worker; answer: Promise<number> }> {
  const source = `
    const { parentPort } = require('node:worker_threads')
    import(${JSON.stringify(import.meta.resolve('#lib/sys/native/sys.js'))}).then(({ openNative }) => {
      const sys = openNative({ shared: ${shared} })
      sys.bind(new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer))
      sys.block.spans.set([0, 1])
      parentPort.postMessage('ready')
      parentPort.postMessage(sys.readv(${handle}, 1))
    })`
  const worker = new Worker(source, { eval: true })
  await once(worker, 'message')
  return { worker, answer: once(worker, 'message').then(([answer]) => answer) }
}
/** Resolves to true if a worker can be terminated; one that is stuck in the kernel cannot. */
const ends = (worker: Worker): Promise<unknown> =>
  Promise.race([
    worker.terminate().then(() => true),
    new Promise(done => setTimeout(done, 20_000, false).unref()),
  ])

test('handles of a shared table are never reused', t => {
  const sys = openNative()
  sys.share()
  const g = new Fixture(sys)
  t.teardown(() => g.dispose())
  g.file('first', '1')
  g.file('second', '2')
  const handles = new Set<number>()
  let last = -1
  for (let round = 0; round < 1000; round++) {
    const handle = g.handle(round % 2 === 0 ? 'first' : 'second')
    t.false(handles.has(handle))
    if (last >= 0) t.is(resultOf(sys.filestat(last)), 'BADF')
    handles.add(handle)
    t.is(resultOf(sys.close(handle)), 0)
    t.is(resultOf(sys.close(handle)), 'BADF')
    last = handle
  }
})

const withProc = fs.existsSync('/proc/self/fd') ? test : test.skip
withProc(
  'a file that one thread closes stays open while another uses it, and no longer [as /proc/self/fd has it]',
  async t => {
    const sys = openNative()
    const shared = sys.share()
    const g = new Fixture(sys)
    t.teardown(() => g.dispose())
    g.fifo('p')
    const pipe = fs.realpathSync(g.host('p'))
    const isOpen = (): boolean =>
      fs.readdirSync('/proc/self/fd').some(fd => {
        try {
          return fs.readlinkSync(`/proc/self/fd/${fd}`) === pipe
        } catch {
          return false
        }
      })
    // The reader waits in the kernel nearly all the time, but now and then it is caught between two
    // looks.
    let used = false
    for (let attempt = 0; attempt < 10 && !used; attempt++) {
      const handle = g.handle('p', { access: BOTH })
      const { worker, answer } = await reader(shared, handle)
      await new Promise(done => setTimeout(done, 20))
      t.is(resultOf(sys.close(handle)), 0)
      used = isOpen()
      t.is(resultOf(await answer), 'BADF', 'it is told when it looks again')
      t.false(isOpen())
      await worker.terminate()
    }
    t.true(used)
  },
)

test('threads that list one directory at once each see all of it', async t => {
  const sys = openNative()
  const shared = sys.share()
  const g = new Fixture(sys)
  t.teardown(() => g.dispose())
  const names = Array.from({ length: 700 }, (_, i) => `${i}-${'x'.repeat(100)}`)
  for (const name of names) g.file(`d/${name}`)
  const dir = g.handle('d')
  // Each page begins where the one before it ended, and another thread is elsewhere in the
  // directory by then.
  const source = `
    const { parentPort } = require('node:worker_threads')
    import(${JSON.stringify(import.meta.resolve('#lib/sys/native/sys.js'))}).then(({ openNative }) => {
      const sys = openNative({ shared: ${shared} })
      const bytes = Buffer.from(new WebAssembly.Memory({ initial: 1 }).buffer)
      sys.bind(bytes)
      const seen = new Set()
      for (let round = 0; round < 200; round++) {
        const names = []
        for (let cookie = 0n, used = 4096; used === 4096; ) {
          used = sys.readdir(${dir}, cookie, 0, 4096)
          if (used < 0) { names.push('errno ' + used); break }
          for (let at = 0; at + 24 <= used; ) {
            const end = at + 24 + bytes.readUInt32LE(at + 16)
            if (end > used) break
            names.push(bytes.toString('latin1', at + 24, end))
            cookie = bytes.readBigUInt64LE(at)
            at = end
          }
        }
        seen.add(names.sort().join())
      }
      parentPort.postMessage([...seen])
    })`
  const workers = Array.from({ length: 4 }, () => new Worker(source, { eval: true }))
  const seen = await Promise.all(
    workers.map(async worker => (await once(worker, 'message'))[0] as string[]),
  )
  const whole = [...names, '.', '..'].sort().join()
  for (const each of seen)
    t.true(each.length === 1 && each[0] === whole, each.map(names => names.length).join())
  await Promise.all(workers.map(worker => worker.terminate()))
})

test('readers that find a shared pipe of the host empty are terminated', async t => {
  const folder = scratch(t)
  execFileSync('mkfifo', [join(folder, 'p')])
  const fd = fs.openSync(join(folder, 'p'), fs.constants.O_RDWR)
  const sys = openNative()
  const shared = sys.share()
  const handle = sys.adopt(fd)
  const readers = await Promise.all(Array.from({ length: 6 }, () => reader(shared, handle)))
  for (let byte = 0; byte < 3; byte++) {
    await new Promise(done => setTimeout(done, 60))
    fs.writeSync(fd, 'x')
  }
  await new Promise(done => setTimeout(done, 200))
  const ended = await Promise.all(readers.map(({ worker }) => ends(worker)))
  t.deepEqual(ended, Array(6).fill(true))
  sys.dispose()
  fs.closeSync(fd)
})
