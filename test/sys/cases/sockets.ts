/** Real sockets on 127.0.0.1: accept, recv, send, shutdown. */
import { once } from 'node:events'
import net from 'node:net'
import { type Cases, Fdflags, Filetype, type Ground, said, text } from '../ground.js'

const fdOf = (thing: object) => (thing as { _handle: { fd: number } })._handle.fd
const recv = (g: Ground, socket: number, flags: number, ...lengths: number[]) => {
  const answer = said(g.sys.recv(socket, g.spans(...lengths), flags))
  return typeof answer === 'number' ? text(g.gathered(answer)) : answer
}
async function listening(): Promise<net.Server> {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
const portOf = (server: net.Server) => (server.address() as net.AddressInfo).port
async function ended(server: net.Server, ...sockets: net.Socket[]) {
  const closed = [server, ...sockets.filter(socket => !socket.closed)].map(thing => once(thing, 'close'))
  for (const socket of sockets) socket.destroy()
  server.close()
  await Promise.all(closed)
}
/** Two ends of a connection; nothing of the first is read by Node. */
async function pair(): Promise<[net.Socket, net.Socket, net.Server]> {
  const server = await listening()
  const client = net.connect(portOf(server), '127.0.0.1')
  const [[near]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [[net.Socket], unknown]
  return [near, client, server]
}
async function sent(socket: net.Socket, data: string) {
  await new Promise(done => socket.write(data, done))
  await new Promise(done => setTimeout(done, 20))
}

export const sockets: Cases = {
  'accept, recv and send': async (t, g) => {
    const server = await listening()
    const listener = g.sys.adopt(fdOf(server))
    t.is(g.sys.block.opened[0], Filetype.STREAM)
    const client = net.connect(portOf(server), '127.0.0.1')
    // Node connects in the next tick, and the kernel on the spot: the connection waits before Node's loop looks for it.
    await new Promise<void>(done => process.nextTick(done))
    const socket = said(g.sys.accept(listener, 0))
    t.is(typeof socket, 'number')
    t.is(g.sys.block.opened[0], Filetype.STREAM)
    t.is(said(g.sys.send(socket as number, g.texts('hel', 'lo'), 0)), 5)
    const [greeting] = (await once(client, 'data')) as [Buffer]
    t.is(greeting.toString(), 'hello')
    await sent(client, 'there')
    t.deepEqual(recv(g, socket as number, 0, 2, 10), text('there'))
    t.is(g.close(socket as number), 0)
    await ended(server, client)
  },
  'accept when nobody calls': async (t, g) => {
    const server = await listening()
    const listener = g.sys.adopt(fdOf(server))
    t.is(said(g.sys.setFlags(listener, Fdflags.NONBLOCK)), 0)
    t.is(said(g.sys.accept(listener, 0)), 'AGAIN')
    await ended(server)
  },
  'recv on an adopted connection': async (t, g) => {
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
  'readv and writev on a socket': async (t, g) => {
    const [near, client, server] = await pair()
    const socket = g.sys.adopt(fdOf(near))
    t.is(g.write(socket, 'hello'), 5)
    const [greeting] = (await once(client, 'data')) as [Buffer]
    t.is(greeting.toString(), 'hello')
    await sent(client, 'there')
    t.deepEqual(g.read(socket, 10), text('there'))
    t.is(said(g.sys.seek(socket, 0, 1)), 'SPIPE')
    await ended(server, near, client)
  },
  'recv can peek': async (t, g) => {
    const [near, client, server] = await pair()
    const socket = g.sys.adopt(fdOf(near))
    await sent(client, 'hello')
    t.deepEqual(recv(g, socket, 1, 10), text('hello'))
    t.deepEqual(recv(g, socket, 1, 2), text('he'))
    t.deepEqual(recv(g, socket, 0, 10), text('hello'))
    await ended(server, near, client)
  },
  'shutdown ends the sending': async (t, g) => {
    const [near, client, server] = await pair()
    const socket = g.sys.adopt(fdOf(near))
    const end = once(client.resume(), 'end')
    t.is(said(g.sys.shutdown(socket, 2)), 0)
    await end
    t.is(said(g.sys.send(socket, g.texts('x'), 0)), 'PIPE')
    await ended(server, near, client)
  },
  'what a listener cannot do': async (t, g) => {
    const server = await listening()
    const listener = g.sys.adopt(fdOf(server))
    t.is(recv(g, listener, 0, 1), 'NOTCONN')
    await ended(server)
  },
}
