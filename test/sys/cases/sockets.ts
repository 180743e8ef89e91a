/** Real sockets on 127.0.0.1: listen, accept, recv, send, shutdown, poll. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import os from 'node:os'
import { Ready, Want } from '#lib/sys/block.js'
import { type Cases, Fdflags, Filetype, type Fixture, resultOf, text } from '../fixture.js'
import { poll, yes } from './waiting.js'

const fdOf = (thing: object) => (thing as { _handle: { fd: number } })._handle.fd
const recv = (g: Fixture, socket: number, flags: number, ...lengths: number[]) => {
  const answer = resultOf(g.sys.recv(socket, g.spans(...lengths), flags))
  return typeof answer === 'number' ? text(g.gathered(answer)) : answer
}
async function listening(): Promise<net.Server> {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
const portOf = (server: net.Server) => (server.address() as net.AddressInfo).port
async function ended(server: net.Server, ...sockets: net.Socket[]) {
  const closed = [server, ...sockets.filter(socket => !socket.closed)].map(thing =>
    once(thing, 'close'),
  )
  for (const socket of sockets) socket.destroy()
  server.close()
  await Promise.all(closed)
}
/** Two ends of a connection; nothing of the first is read by Node. */
async function pair(): Promise<[net.Socket, net.Socket, net.Server]> {
  const server = await listening()
  const client = net.connect(portOf(server), '127.0.0.1')
  const [[near]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [
    [net.Socket],
    unknown,
  ]
  return [near, client, server]
}
async function sent(socket: net.Socket, data: string) {
  await new Promise(done => socket.write(data, done))
  await new Promise(done => setTimeout(done, 20))
}

/** A socket of the backend's own that listens, and its port. */
function opened(g: Fixture): [listener: number, port: number] {
  const listener = g.sys.listen('127.0.0.1', 0) ?? -1
  const [address, port] = g.sys.listening(listener) ?? ['', 0]
  if (address !== '127.0.0.1' || port === 0) throw new Error(`it listens at ${address}:${port}`)
  return [listener, port]
}
/** A client whose connection waits in the kernel. */
async function calling(port: number): Promise<net.Socket> {
  const client = net.connect(port, '127.0.0.1')
  await once(client, 'connect')
  return client
}
async function gone(client: net.Socket) {
  client.destroy()
  if (!client.closed) await once(client, 'close')
}

export const sockets: Cases = {
  'listen on a free port accepts connections until it is closed': async (t, g) => {
    const [listener, port] = opened(g)
    t.deepEqual([...g.sys.block.opened], [Filetype.STREAM, 0, 0])
    const client = await calling(port)
    const socket = resultOf(g.sys.accept(listener, 0)) as number
    t.is(resultOf(g.sys.send(socket, g.texts('hello'), 0)), 5)
    const [greeting] = (await once(client, 'data')) as [Buffer]
    t.is(greeting.toString(), 'hello')
    t.throws(() => g.sys.listen('127.0.0.1', port), { code: 'EADDRINUSE' } as object)
    t.is(g.close(listener), 0)
    const refused = net.connect(port, '127.0.0.1')
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
    t.is(error.code, 'ECONNREFUSED', 'it listened for the guest alone')
    t.is(g.close(socket), 0)
    await gone(client)
    // The port of a server that was ended is had again at once.
    t.is(typeof g.sys.listen('127.0.0.1', port), 'number')
  },
  'listen on IPv6 leaves the port of IPv4 free': async (t, g) => {
    const has = Object.values(os.networkInterfaces()).some(all =>
      all?.some(({ address }) => address === '::1'),
    )
    if (!has)
      return void t.throws(() => g.sys.listen('::1', 0), {
        code: /^(EADDRNOTAVAIL|EAFNOSUPPORT)$/,
      } as object)
    const listener = g.sys.listen('::', 0) ?? -1
    const [address, port] = g.sys.listening(listener) ?? ['', 0]
    t.is(address, '::')
    const client = net.connect(port, '::1')
    await once(client, 'connect')
    t.is(typeof resultOf(g.sys.accept(listener, 0)), 'number')
    await gone(client)
    t.is(typeof g.sys.listen('127.0.0.1', port), 'number', 'IPv4 is left to others')
  },
  'listen refuses names, malformed addresses and foreign addresses': (t, g) => {
    for (const address of ['', 'localhost', '127.0.0.256', '1.2.3', '[::1]', '127.0.0.1\0']) {
      t.throws(() => g.sys.listen(address, 0), { code: 'EINVAL' } as object, address)
    }
    t.throws(() => g.sys.listen('192.0.2.1', 0), { code: 'EADDRNOTAVAIL' } as object)
  },
  'listening returns the address of a listener, and throws for others': async (t, g) => {
    const [near, client, server] = await pair()
    t.deepEqual(g.sys.listening(g.sys.adopt(fdOf(server))), ['127.0.0.1', portOf(server)])
    t.throws(() => g.sys.listening(g.sys.adopt(fdOf(near))), { code: 'EINVAL' } as object)
    t.throws(() => g.sys.listening(g.dir), { code: 'ENOTSOCK' } as object)
    t.throws(() => g.sys.listening(12_345), { code: 'EBADF' } as object)
    await ended(server, near, client)
    const local = net.createServer().listen(g.outside('socket'))
    await once(local, 'listening')
    t.deepEqual(g.sys.listening(g.sys.adopt(fdOf(local))), ['', 0], 'it is not of the internet')
    await ended(local)
  },
  'poll reports new connections, data and hangups': async (t, g) => {
    const [listener, port] = opened(g)
    t.is(poll(g, 0, [listener, Want.READ]).answer, 0, 'nobody calls')
    t.is(poll(g, 30, [listener, Want.READ]).answer, 0)
    const client = await calling(port)
    const called = poll(g, Infinity, [listener, Want.READ])
    t.deepEqual([called.answer, yes(called.ready[0]), called.bytes[0]], [1, true, 0])
    const socket = resultOf(g.sys.accept(listener, 0)) as number
    t.is(poll(g, 0, [listener, Want.READ]).answer, 0, 'that was all')

    const quiet = poll(g, 0, [socket, Want.READ], [socket, Want.WRITE])
    t.deepEqual([quiet.answer, quiet.ready[0], yes(quiet.ready[1])], [1, 0, true])
    await sent(client, 'hello')
    const received = poll(g, Infinity, [socket, Want.READ])
    t.deepEqual([received.answer, received.ready[0], received.bytes[0]], [1, Ready.YES, 5])
    t.deepEqual(recv(g, socket, 0, 2), text('he'))
    t.is(poll(g, Infinity, [socket, Want.READ]).bytes[0], 3)
    client.end('!')
    await new Promise(done => setTimeout(done, 20))
    t.deepEqual(recv(g, socket, 0, 10), text('llo!'))
    const ended = poll(g, Infinity, [socket, Want.READ])
    t.deepEqual(
      [ended.answer, yes(ended.ready[0]), ended.bytes[0]],
      [1, true, 0],
      'its end can be read',
    )
    t.is(resultOf(g.sys.shutdown(socket, 2)), 0)
    await gone(client)
    t.is(poll(g, Infinity, [socket, Want.READ]).ready[0] & Ready.HANGUP, Ready.HANGUP)
  },
  'a NONBLOCK send without room returns AGAIN, then goes on': async (t, g) => {
    const [listener, port] = opened(g)
    const client = (await calling(port)).pause()
    const socket = resultOf(g.sys.accept(listener, Fdflags.NONBLOCK)) as number
    const piece = 'x'.repeat(100_000)
    let total = 0
    for (
      let size = resultOf(g.sys.send(socket, g.texts(piece), 0));
      size !== 'AGAIN';
      size = resultOf(g.sys.send(socket, g.texts(piece), 0))
    ) {
      if (typeof size !== 'number') return t.fail(size)
      total += size
    }
    t.is(poll(g, 0, [socket, Want.WRITE]).answer, 0)
    let received = 0
    client.resume().on('data', data => {
      received += data.length
    })
    while (received < total) await new Promise(done => setTimeout(done, 5))
    t.true(yes(poll(g, 1000, [socket, Want.WRITE]).ready[0]))
    t.is(received, total)
    await gone(client)
  },
  'an accepted connection sends and receives': async (t, g) => {
    const server = await listening()
    const listener = g.sys.adopt(fdOf(server))
    t.is(g.sys.block.opened[0], Filetype.STREAM)
    const client = net.connect(portOf(server), '127.0.0.1')
    // Node connects in the next tick, and the kernel on the spot: the connection waits before
    // Node's loop looks for it.
    await new Promise<void>(done => process.nextTick(done))
    const socket = resultOf(g.sys.accept(listener, 0))
    t.is(typeof socket, 'number')
    t.is(g.sys.block.opened[0], Filetype.STREAM)
    t.is(resultOf(g.sys.send(socket as number, g.texts('hel', 'lo'), 0)), 5)
    const [greeting] = (await once(client, 'data')) as [Buffer]
    t.is(greeting.toString(), 'hello')
    await sent(client, 'there')
    t.deepEqual(recv(g, socket as number, 0, 2, 10), text('there'))
    t.is(g.close(socket as number), 0)
    await ended(server, client)
  },
  'a NONBLOCK accept without a connection returns AGAIN': async (t, g) => {
    const server = await listening()
    const listener = g.sys.adopt(fdOf(server))
    t.is(resultOf(g.sys.setFlags(listener, Fdflags.NONBLOCK)), 0)
    t.is(resultOf(g.sys.accept(listener, 0)), 'AGAIN')
    await ended(server)
  },
  'recv reads from an adopted connection': async (t, g) => {
    const [near, client, server] = await pair()
    const socket = g.sys.adopt(fdOf(near))
    await sent(client, 'hello')
    t.deepEqual(recv(g, socket, 0, 3), text('hel'))
    t.is(g.sys.block.second[0], 0)
    t.deepEqual(recv(g, socket, 0, 10), text('lo'))
    client.end()
    await new Promise(done => setTimeout(done, 20))
    t.deepEqual(recv(g, socket, 0, 10), text(''), 'the other end is closed')
    await ended(server, near, client)
  },
  'readv and writev move bytes on a socket': async (t, g) => {
    const [near, client, server] = await pair()
    const socket = g.sys.adopt(fdOf(near))
    t.is(g.write(socket, 'hello'), 5)
    const [greeting] = (await once(client, 'data')) as [Buffer]
    t.is(greeting.toString(), 'hello')
    await sent(client, 'there')
    t.deepEqual(g.read(socket, 10), text('there'))
    t.is(resultOf(g.sys.seek(socket, 0, 1)), 'SPIPE')
    await ended(server, near, client)
  },
  'recv with WAITALL waits until its buffer is full': async (t, g) => {
    const [listener, port] = opened(g)
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf hel >&3; sleep 0.2; printf lo, >&3; sleep 0.1; printf 'the end' >&3`
    const peer = spawn('bash', ['-c', script], { stdio: 'ignore' })
    const socket = resultOf(g.sys.accept(listener, 0)) as number
    t.deepEqual(recv(g, socket, 2, 4, 2), text('hello,'))
    t.is(g.sys.block.second[0], 0)
    t.deepEqual(recv(g, socket, 2, 100), text('the end'), 'what comes before the end')
    t.deepEqual(recv(g, socket, 2, 100), text(''))
    t.deepEqual(recv(g, socket, 2), text(''), 'no room')
    if (peer.exitCode === null) await once(peer, 'exit')
  },
  'a blocking send sends everything as its peer reads': async (t, g) => {
    const size = 300_000
    const pieces = 64
    for (const call of ['send', 'writev'] as const) {
      const [listener, port] = opened(g)
      const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; sleep 0.2; wc -c <&3`
      const peer = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
      const socket = resultOf(g.sys.accept(listener, 0)) as number
      const piece = g.put('x'.repeat(size))
      for (let i = 0; i < pieces; i++) g.sys.block.spans.set(piece, 2 * i)
      t.is(resultOf(g.sys[call](socket, pieces, 0)), pieces * size, call)
      t.is(g.close(socket), 0)
      const [counted] = (await once(peer.stdout, 'data')) as [Buffer]
      t.is(Number(counted), pieces * size)
      await once(peer, 'close')
    }
  },
  'recv with PEEK leaves the bytes to the next recv': async (t, g) => {
    const [near, client, server] = await pair()
    const socket = g.sys.adopt(fdOf(near))
    await sent(client, 'hello')
    t.deepEqual(recv(g, socket, 1, 10), text('hello'))
    t.deepEqual(recv(g, socket, 1, 2), text('he'))
    t.deepEqual(recv(g, socket, 0, 10), text('hello'))
    await ended(server, near, client)
  },
  'shutdown ends the stream, and later sends return PIPE': async (t, g) => {
    const [near, client, server] = await pair()
    const socket = g.sys.adopt(fdOf(near))
    const end = once(client.resume(), 'end')
    t.is(resultOf(g.sys.shutdown(socket, 2)), 0)
    await end
    t.is(resultOf(g.sys.send(socket, g.texts('x'), 0)), 'PIPE')
    await ended(server, near, client)
  },
  'recv on a listener returns NOTCONN': async (t, g) => {
    const server = await listening()
    const listener = g.sys.adopt(fdOf(server))
    t.is(recv(g, listener, 0, 1), 'NOTCONN')
    await ended(server)
  },
}
