/** The lower door, and what an embedder may do to it by mistake or on purpose. */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import vm from 'node:vm'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { createGuest, Errno, type Guest, GuestExit, type GuestOptions, Rights } from 'wasi-common'

const backends = ['native', 'typescript'] as const
const page = 65536

/** A guest over a folder of its own, with a name in its memory at 1000. */
function guestOver(
  t: { teardown(done: () => void): void },
  options: Partial<GuestOptions> & { backend: 'native' | 'typescript' },
  name = 'f',
) {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  const memory = new WebAssembly.Memory({ initial: 1 })
  const guest = createGuest({ version: 'preview1', preopens: { '/': folder }, ...options })
  guest.bind(memory)
  new Uint8Array(memory.buffer).set(new TextEncoder().encode(name), 1000)
  t.teardown(() => {
    guest.close()
    fs.rmSync(folder, { recursive: true, force: true })
  })
  return { folder, memory, guest, length: name.length }
}
const open = ({ imports }: Guest, fd: number, length: number, oflags: number, rights: number) =>
  imports.path_open(fd, 0, 1000, length, oflags, BigInt(rights), 0n, 0, 8)

for (const backend of backends) {
  test(`run returns the exit code, and other exceptions propagate (${backend})`, t => {
    const { guest } = guestOver(t, { backend })
    t.is(guest.namespace, 'wasi_snapshot_preview1')
    t.is(
      guest.run(() => 'whatever'),
      0,
    )
    t.throws(
      () =>
        guest.run(() => {
          throw new RangeError('mine')
        }),
      { message: 'mine' },
    )
    for (const code of [42, -1]) {
      const { guest } = guestOver(t, { backend })
      t.is(
        guest.run(() => guest.imports.proc_exit(code)),
        code,
      )
      const thrown: unknown = t.throws(() => guest.imports.proc_exit(3), {
        any: true,
        instanceOf: GuestExit,
      } as object)
      t.is((thrown as GuestExit).exitCode, code, 'the first end counts')
    }
  })

  test(`a directory as standard input opens no path below it (${backend})`, t => {
    const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
    fs.writeFileSync(join(folder, 'f'), 'secret')
    const stdin = fs.openSync(folder, 'r')
    const { guest, memory, length } = guestOver(t, { backend, stdin, preopens: {} })
    t.is(open(guest, 0, length, 0, Rights.FD_READ), Errno.NOTCAPABLE)
    t.is(guest.imports.path_unlink_file(0, 1000, length), Errno.NOTCAPABLE)
    t.is(guest.imports.fd_readdir(0, 0, 100, 0n, 8), Errno.NOTCAPABLE)
    new DataView(memory.buffer).setUint32(20, 10, true)
    t.is(guest.imports.fd_read(0, 16, 1, 8), Errno.ISDIR)
    t.true(fs.existsSync(join(folder, 'f')))
    fs.closeSync(stdin)
    fs.rmSync(folder, { recursive: true })
  })

  test(`a memory of another realm is accepted (${backend})`, t => {
    const { guest } = guestOver(t, { backend })
    const memory = vm.runInNewContext('new WebAssembly.Memory({ initial: 1 })')
    guest.bind(memory)
    t.is(guest.imports.random_get(0, 16), 0)
    t.notDeepEqual(new Uint8Array(memory.buffer, 0, 16), new Uint8Array(16))
    const shared = vm.runInNewContext(
      'new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })',
    )
    guest.bind(shared)
    t.is(guest.imports.random_get(0, 16), 0)
    t.notDeepEqual(new Uint8Array(shared.buffer).slice(0, 16), new Uint8Array(16))
  })

  test(`a resizable buffer is refused at bind and after growth (${backend})`, t => {
    const { guest } = guestOver(t, { backend })
    const shrinking = () => new ArrayBuffer(16 * page, { maxByteLength: 32 * page })
    t.throws(() => guest.bind({ buffer: shrinking() }), { code: 'ERR_INVALID_ARG_TYPE' } as object)
    const memory = { buffer: new ArrayBuffer(page) as ArrayBuffer }
    guest.bind(memory)
    t.is(guest.imports.random_get(0, 16), 0)
    structuredClone(memory.buffer, { transfer: [memory.buffer] })
    memory.buffer = shrinking()
    t.is(guest.imports.random_get(0, 16), Errno.FAULT)
    t.is(guest.imports.fd_readdir(3, 10 * page, 4000, 0n, 8), Errno.FAULT)
    memory.buffer = new ArrayBuffer(page)
    t.is(guest.imports.random_get(0, 16), 0)
  })

  test(`after close every descriptor is BADF, also those of the host's new files (${backend})`, t => {
    const { guest, folder, length } = guestOver(t, { backend })
    t.is(open(guest, 3, length, 1, Rights.FD_READ), 0)
    guest.close()
    const fd = fs.openSync(join(folder, 'f'), 'r')
    t.is(guest.imports.fd_read(4, 16, 1, 8), Errno.BADF)
    t.is(guest.imports.fd_filestat_get(3, 64), Errno.BADF)
    t.notThrows(() => guest.close())
    t.notThrows(() => fs.closeSync(fd))
  })

  test(`the entry .. of a preopen reveals nothing of its parent (${backend})`, t => {
    const { guest, folder, memory } = guestOver(t, { backend }, '.')
    t.is(open(guest, 3, 1, 2, Rights.FD_READDIR), 0)
    const view = new DataView(memory.buffer)
    const inode = fs.statSync(folder, { bigint: true }).ino
    for (const fd of [3, view.getUint32(8, true)]) {
      t.is(guest.imports.fd_readdir(fd, 2000, 1000, 0n, 8), 0)
      const used = view.getUint32(8, true)
      for (let at = 2000; at < 2000 + used; at += 24 + view.getUint32(at + 16, true))
        t.is(view.getBigUint64(at + 8, true), inode)
    }
  })

  test(`a misspelled option is refused by name (${backend})`, t => {
    const wrong = (options: object) =>
      t.throws(() => createGuest({ version: 'preview1', backend, ...options } as GuestOptions), {
        code: 'ERR_INVALID_ARG_VALUE',
      } as object)
    t.regex(wrong({ preopen: {} })?.message ?? '', /options\.preopen/)
    t.regex(wrong({ returnOnExit: false })?.message ?? '', /options\.returnOnExit/)
    t.regex(wrong({ preopens: { '/': { path: '.', readonly: true } } })?.message ?? '', /readonly/)
  })
}

/** Runs a program in a worker, and how it ends when it is ended from outside. */
async function ended(source: string, milliseconds: number, workerData: object): Promise<unknown> {
  const worker = new Worker(`(async () => { ${source} })()`, { eval: true, workerData })
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await new Promise(done => setTimeout(done, milliseconds))
  return Promise.race([
    worker.terminate(),
    new Promise(done => setTimeout(done, 20_000, 'still there').unref()),
  ])
}
const index = import.meta.resolve('wasi-common')
const begin = `
  const { createGuest } = await import(${JSON.stringify(index)})
  const { parentPort, workerData } = require('node:worker_threads')
  const memory = new WebAssembly.Memory({ initial: 16 })
  const guest = createGuest({ version: 'preview1', backend: 'native', ...workerData })
  guest.bind(memory)
  const view = new DataView(memory.buffer)
  parentPort.postMessage('ready')`

test.serial('a worker that reads from a silent pipe is terminated', async t => {
  const { execFileSync } = await import('node:child_process')
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const stdin = fs.openSync(join(folder, 'pipe'), fs.constants.O_RDWR)
  t.is(
    await ended(`${begin}; view.setUint32(20, 10, true); guest.imports.fd_read(0, 16, 1, 8)`, 30, {
      stdin,
    }),
    1,
  )
  t.is(
    await ended(
      `${begin}; view.setUint32(20, 10, true); guest.imports.fd_read(0, 16, 1, 8)`,
      3000,
      { stdin },
    ),
    1,
    'also after a while',
  )
  fs.closeSync(stdin)
  fs.rmSync(folder, { recursive: true })
})

test.serial('a worker that writes to a pipe without reads is terminated', async t => {
  const { execFileSync } = await import('node:child_process')
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const stdout = fs.openSync(join(folder, 'pipe'), fs.constants.O_RDWR)
  const writes = `${begin}; view.setUint32(20, 1_000_000, true); guest.imports.fd_write(1, 16, 1, 8)`
  t.is(await ended(writes, 100, { stdout }), 1)
  fs.closeSync(stdout)
  fs.rmSync(folder, { recursive: true })
})

test.serial('workers terminated during calls leave the others and the host intact', async t => {
  const before = fs.readdirSync('/proc/self/fd').length
  const calls = `${begin}; new Uint8Array(memory.buffer)[1000] = 46
    for (;;) { guest.imports.path_open(3, 0, 1000, 1, 2, 1n << 14n, 0n, 0, 8); guest.imports.fd_readdir(view.getUint32(8, true), 2000, 100, 0n, 12); guest.imports.fd_close(view.getUint32(8, true)) }`
  const hosts = `${begin}; for (;;) createGuest({ version: 'preview1', preopens: { '/': '.' } }).close()`
  for (let round = 0; round < 16; round++) {
    const codes = await Promise.all(
      [calls, hosts].map(source => ended(source, round % 8, { preopens: { '/': '.' } })),
    )
    t.deepEqual(codes, [1, 1])
  }
  const after = fs.readdirSync('/proc/self/fd').length
  t.true(after <= before + 8, `${after - before} more than before, where node itself keeps a few`)
})
