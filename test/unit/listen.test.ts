/**
 * The option `listen`: accepted and refused values, reported errors, and the closing of all
 * listeners with the guest.
 */
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { createGuest, Errno, type GuestOptions, type Listener, run, WASI } from 'wasi-common'
import { openDescriptors } from '../hostcalls/fixture.js'
import { call, command, drop, load, store } from '../wasm.js'

const make = (options: Partial<GuestOptions>) => createGuest({ version: 'preview1', ...options })
const fdOf = (server: net.Server): number =>
  (server as unknown as { _handle: { fd: number } })._handle.fd

/** Connects to a port. Resolves to true, or to the code of the error. */
async function connects(port: number, host = '127.0.0.1'): Promise<true | string> {
  const client = net.connect(port, host)
  try {
    await once(client, 'connect')
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'no code'
  } finally {
    client.destroy()
    if (!client.closed) await once(client, 'close')
  }
}

test('a malformed address is refused before anything is opened', t => {
  // biome-ignore format: a list
  const wrong = ['', '80', ':80', '127.0.0.1', '127.0.0.1:', '127.0.0.1:65536', '127.0.0.1:-1', '127.0.0.1:0x50', '127.0.0.1:80 ', '127.1:80', '256.0.0.1:80', '127.0.0.01:80', 'example.com:80', '*:80', '::1:80', '[::1]', '[::1', '[::g]:80', '[fe80::1%lo]:80', '[127.0.0.1]:80', 'tcp://127.0.0.1:80', 'unix:/tmp/socket', 'localhost', 'LOCALHOST:80']
  for (const where of wrong) {
    t.throws(
      () => make({ listen: [where] }),
      {
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_VALUE',
        message: /'options\.listen\[0\]'/,
      } as object,
      where,
    )
  }
  const types = [null, 80, true, undefined, Symbol('80')]
  for (const where of types)
    t.throws(() => make({ listen: [where as never] }), {
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
    } as object)
  t.throws(() => make({ listen: '127.0.0.1:80' as never }), {
    code: 'ERR_INVALID_ARG_TYPE',
    message: /"options\.listen"/,
  } as object)
  t.throws(() => make({ listen: [{ fd: -1 }] }), {
    name: 'RangeError',
    code: 'ERR_OUT_OF_RANGE',
    message: /"options\.listen\[0\]\.fd"/,
  } as object)
  t.throws(() => make({ listen: [{} as never] }), { code: 'ERR_INVALID_ARG_TYPE' } as object)
  t.throws(() => make({ listen: [{ fd: 0, port: 1 } as never] }), {
    code: 'ERR_INVALID_ARG_VALUE',
    message: /'options\.listen\[0\]\.port'/,
  } as object)
  t.throws(() => make({ listen: ['127.0.0.1:0', '127.0.0.1:0'], limits: { descriptors: 4 } }), {
    code: 'ERR_OUT_OF_RANGE',
    message: /must be >= 5/,
  } as object)
})

test.serial('a listener that cannot be opened is an error, and leaves none open', t => {
  const before = openDescriptors()
  const guest = make({ listen: ['localhost:0'] })
  const [{ fd, address, port }] = guest.listeners
  t.deepEqual([fd, address], [3, '127.0.0.1'])
  const taken = t.throws(() => make({ listen: ['127.0.0.1:0', `127.0.0.1:${port}`] }), {
    code: 'UVWASI_EADDRINUSE',
  } as object)
  t.is(
    taken?.message,
    `UVWASI_EADDRINUSE, uvwasi_init: cannot open listener 127.0.0.1:${port}: EADDRINUSE: address already in use, bind`,
  )
  guest.close()
  const closed = fs.openSync(os.devNull, 'r')
  fs.closeSync(closed)
  t.throws(() => make({ listen: [{ fd: closed }] }), {
    code: 'UVWASI_EBADF',
    message: new RegExp(`listener descriptor ${closed}:`),
  } as object)
  const file = fs.openSync(os.devNull, 'r')
  t.throws(() => make({ listen: [{ fd: file }] }), { code: 'UVWASI_ENOTSOCK' } as object)
  fs.closeSync(file)
  t.throws(() => make({ listen: ['192.0.2.1:0'] }), { code: 'UVWASI_EADDRNOTAVAIL' } as object)
  t.is(openDescriptors(), before)
})

test.serial('listeners opened for the guest are closed with it', async t => {
  const before = openDescriptors()
  for (const guest of [
    make({ listen: ['127.0.0.1:0'] }),
    new WASI({ version: 'preview1', listen: ['127.0.0.1:0'] }),
  ]) {
    const [{ port }] = guest.listeners
    t.is(await connects(port), true)
    guest.close()
    t.is(await connects(port), 'ECONNREFUSED')
  }
  t.is(openDescriptors(), before)
})

test.serial('a listener that the embedder opened is served, and stays open', async t => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const guest = make({
    listen: [{ fd: fdOf(server) }, '127.0.0.1:0'],
    preopens: { '/': os.tmpdir() },
  })
  t.deepEqual(guest.listeners[0], { fd: 4, address: '127.0.0.1', port })
  t.is(guest.listeners[1].fd, 5)
  guest.close()
  t.is(await connects(port), true)
  server.close()
})

test('a guest without the option has no listener', t => {
  const guest = make({})
  t.deepEqual(guest.listeners, [])
  guest.bind(new WebAssembly.Memory({ initial: 1 }))
  t.is(guest.imports.sock_accept(3, 0, 0), Errno.BADF)
  guest.close()
})

test.serial('the typescript backend refuses the option', t => {
  const before = openDescriptors()
  for (const listen of [['127.0.0.1:0'], [{ fd: 0 }]]) {
    t.throws(() => make({ listen, backend: 'typescript' }), {
      code: 'ERR_WASI_LISTEN_UNAVAILABLE',
      message: "options.listen needs backend 'native': 'typescript' accepts no connections",
    } as object)
  }
  t.is(openDescriptors(), before)
})

test('a strict guest listens on loopback only, unless it is allowed more', t => {
  const strict = (listen: string, more = {}) =>
    make({ strict: true, listen: [listen], ...more }).close()
  const has6 = Object.values(os.networkInterfaces()).some(all =>
    all?.some(({ address }) => address === '::1'),
  )
  for (const listen of [
    '127.0.0.1:0',
    '127.1.2.3:0',
    'localhost:0',
    ...(has6 ? ['[::1]:0', '[0:0:0:0:0:0:0:1]:0'] : []),
  ]) {
    t.notThrows(() => strict(listen), listen)
  }
  for (const listen of [
    '0.0.0.0:0',
    '192.0.2.1:0',
    '[::]:0',
    '[2001:db8::1]:0',
    '[::ffff:127.0.0.1]:0',
    '128.0.0.1:0',
  ]) {
    const message = `options.listen: other machines can reach ${listen}, which a strict sandbox refuses; expected a loopback address, or allowPublicListen: true`
    t.throws(() => strict(listen), { code: 'ERR_WASI_PUBLIC_LISTEN', message } as object)
  }
  t.throws(
    () => strict('192.0.2.1:0', { allowPublicListen: true }),
    { code: 'UVWASI_EADDRNOTAVAIL' } as object,
    'it is tried',
  )
  t.throws(() => strict('127.0.0.1:0', { allowPublicListen: 1 }), {
    code: 'ERR_INVALID_ARG_TYPE',
  } as object)
})

/** Accepts a client on descriptor 3, sends it `hello`, and ends with the errno. */
const greets = command(
  [
    drop(call('sock_accept', 3, 0, 0x10)),
    ...[store(0x20, 0x40), store(0x24, 5)],
    call('proc_exit', call('sock_send', load(0x10), 0x20, 1, 0, 0x28)),
  ],
  { data: { 64: 'hello' } },
)

test('run reports the address of the guest, which serves every client', async t => {
  for (const threads of [0, 2]) {
    const reported: Listener[][] = []
    let greeting: Promise<[Buffer]> | undefined
    const { exitCode } = await run(greets, {
      threads,
      listen: ['127.0.0.1:0'],
      onListening(listeners) {
        reported.push([...listeners])
        greeting = once(net.connect(listeners[0].port, '127.0.0.1'), 'data') as Promise<[Buffer]>
      },
    })
    t.is(exitCode, 0)
    t.is(reported.length, 1)
    t.like(reported[0][0], { fd: 3, address: '127.0.0.1' })
    t.is((await greeting)?.[0].toString(), 'hello')
    t.is(await connects(reported[0][0].port), 'ECONNREFUSED', 'it listens no more')
  }
})

test.serial(
  'run: an exception from the hook ends a waiting guest; without listeners it is not called',
  async t => {
    for (const threads of [0, 2]) {
      const before = openDescriptors()
      const mine = new Error('mine')
      const onListening = (): never => {
        throw mine
      }
      const running = run(greets, { threads, listen: ['127.0.0.1:0'], onListening })
      t.is((await t.throwsAsync(running, { code: 'ERR_WASI_HOOK' })).cause, mine)
      t.like(await run(command([]), { threads, onListening }), { exitCode: 0 })
      t.true(openDescriptors() <= before + 2, 'but for what node itself keeps')
    }
    await t.throwsAsync(run(greets, { onListening: 1 as never }), {
      code: 'ERR_INVALID_ARG_TYPE',
    } as object)
    await t.throwsAsync(run(greets, { listen: ['192.0.2.1:0'] }), {
      code: 'UVWASI_EADDRNOTAVAIL',
    } as object)
  },
)

const index = import.meta.resolve('wasi-common')
/** Calls that wait, in a worker that is terminated then. `fd` is an idle connection. */
const waits: Readonly<Record<string, string>> = {
  accept: 'guest.imports.sock_accept(3, 0, 8)',
  recv: 'guest.imports.sock_recv(fd, 16, 1, 0, 8, 12)',
  'recv that waits for all': 'guest.imports.sock_recv(fd, 16, 1, 2, 8, 12)',
  fd_read: 'guest.imports.fd_read(fd, 16, 1, 8)',
  send: 'while (guest.imports.sock_send(fd, 16, 1, 0, 8) === 0);',
  poll: 'view.setUint8(108, 1); view.setUint32(116, 3, true); guest.imports.poll_oneoff(100, 200, 1, 8)',
}
for (const [what, wait] of Object.entries(waits)) {
  test.serial(`a worker that waits in ${what} is terminated, and its listener closed`, async t => {
    const source = `(async () => {
      const { createGuest } = await import(${JSON.stringify(index)})
      const { parentPort } = require('node:worker_threads')
      const memory = new WebAssembly.Memory({ initial: 16 })
      const guest = createGuest({ version: 'preview1', listen: ['127.0.0.1:0'] })
      guest.bind(memory)
      const view = new DataView(memory.buffer)
      parentPort.postMessage(guest.listeners[0].port)
      guest.imports.sock_accept(3, 0, 8)
      const fd = view.getUint32(8, true)
      view.setUint32(16, 1000, true)
      view.setUint32(20, 100000, true)
      parentPort.postMessage('waits')
      ${wait}
    })()`
    const worker = new Worker(source, { eval: true })
    const [port] = await once(worker, 'message')
    const client = net.connect(port, '127.0.0.1').on('error', () => {})
    await once(worker, 'message')
    await new Promise(done => setTimeout(done, 150))
    const ended = await Promise.race([
      worker.terminate(),
      new Promise(done => setTimeout(done, 20_000, 'still there').unref()),
    ])
    t.is(ended, 1)
    t.is(await connects(port), 'ECONNREFUSED')
    client.destroy()
  })
}
