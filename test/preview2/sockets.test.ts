/** `wasi:sockets`: no network, except listeners of the embedder. */
import net from 'node:net'
import { promisify } from 'node:util'
import test from 'ava'
import { bytesOf, each, type Fixture, type Held, once, textOf } from './fixture.js'

const four = (port: number, ...address: number[]) => ({ tag: 'ipv4', val: { port, address } })
const six = (port: number, ...address: number[]) => ({
  tag: 'ipv6',
  val: { port, flowInfo: 0, address, scopeId: 0 },
})
const loopback = [127, 0, 0, 1]
const network = (w: Fixture): Held => w.call('instance-network.instance-network')
const tcp = (w: Fixture, family = 'ipv4'): Held =>
  w.call('tcp-create-socket.create-tcp-socket', family)

each(test, 'a TCP socket connects to nothing, and is closed after that', once, (t, w) => {
  const [socket, net] = [tcp(w), network(w)]
  const connect = (address: object) => w.answer('tcp-socket.start-connect', socket, net, address)
  t.is(w.answer('tcp-socket.finish-connect', socket), 'not-in-progress')
  t.is(connect(six(80, 0, 0, 0, 0, 0, 0, 0, 1)), 'invalid-argument', 'of another family')
  t.is(connect(four(0, ...loopback)), 'invalid-argument', 'port 0')
  t.is(connect(four(80, 0, 0, 0, 0)), 'invalid-argument', 'no host')
  t.is(connect(four(80, 224, 0, 0, 1)), 'invalid-argument', 'multicast')
  t.is(w.answer('tcp-socket.local-address', socket), 'invalid-state')
  t.is(connect(four(80, ...loopback)), 'access-denied')
  t.is(connect(four(80, ...loopback)), 'invalid-state')
  t.is(w.answer('tcp-socket.keep-alive-enabled', socket), 'invalid-state')
  w.drop(socket, net)
})

each(test, 'no socket binds to an address without a listener', once, (t, w) => {
  const [socket, net] = [tcp(w), network(w)]
  const bind = (address: object) => w.answer('tcp-socket.start-bind', socket, net, address)
  t.is(bind(four(0, ...loopback)), 'access-denied')
  t.is(bind(four(0, 255, 255, 255, 255)), 'invalid-argument', 'broadcast')
  t.is(w.answer('tcp-socket.finish-bind', socket), 'not-in-progress')
  t.is(w.answer('tcp-socket.start-listen', socket), 'invalid-state')
  t.is(w.answer('tcp-socket.accept', socket), 'invalid-state')
  t.is(w.answer('tcp-socket.shutdown', socket, 'both'), 'invalid-state')
  t.false(w.call('tcp-socket.is-listening', socket))
  const udp: Held = w.call('udp-create-socket.create-udp-socket', 'ipv6')
  const mapped = six(0, 0, 0, 0, 0, 0, 0xffff, 0x7f00, 1)
  t.is(w.answer('udp-socket.start-bind', udp, net, mapped), 'invalid-argument', 'IPv4 in IPv6')
  t.is(w.answer('udp-socket.start-bind', udp, net, six(0, 0, 0, 0, 0, 0, 0, 0, 0)), 'access-denied')
  t.is(w.answer('udp-socket.finish-bind', udp), 'not-in-progress')
  t.is(w.answer('udp-socket.stream', udp, undefined), 'invalid-state')
  t.is(w.call('udp-socket.address-family', udp), 'ipv6')
  w.drop(socket, net, udp)
})

each(test, 'options of a socket are kept, and 0 is refused', once, (t, w) => {
  const socket = tcp(w, 'ipv6')
  for (const [name, value, zero] of [
    ['keep-alive-idle-time', 5n, 0n],
    ['keep-alive-interval', 6n, 0n],
    ['keep-alive-count', 7, 0],
    ['hop-limit', 8, 0],
    ['receive-buffer-size', 9n, 0n],
    ['send-buffer-size', 10n, 0n],
  ] as const) {
    t.is(w.answer(`tcp-socket.set-${name}`, socket, zero), 'invalid-argument', name)
    t.is(w.answer(`tcp-socket.set-${name}`, socket, value), 'ok', name)
    t.is(w.call(`tcp-socket.${name}`, socket), value, name)
  }
  t.is(w.answer('tcp-socket.set-listen-backlog-size', socket, 0n), 'invalid-argument')
  t.is(w.answer('tcp-socket.set-listen-backlog-size', socket, 2n ** 64n - 1n), 'ok')
  t.is(w.answer('tcp-socket.set-keep-alive-enabled', socket, true), 'ok')
  t.true(w.call('tcp-socket.keep-alive-enabled', socket))
  w.drop(socket)
})

each(test, 'a name is not looked up; a numeric address is its own', once, (t, w) => {
  const net = network(w)
  const lookup = (name: string) => w.answer('ip-name-lookup.resolve-addresses', net, name)
  t.is(lookup('localhost'), 'access-denied')
  t.is(lookup('bücher.example'), 'access-denied')
  for (const bad of ['', 'a b', `${'a'.repeat(254)}`, '[::1]', '1::2::3'])
    t.is(lookup(bad), 'invalid-argument', bad)
  for (const [name, tag, val] of [
    ['127.0.0.1', 'ipv4', loopback],
    ['::1', 'ipv6', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['FE80::1:0:2', 'ipv6', [0xfe80, 0, 0, 0, 0, 1, 0, 2]],
    ['1:2:3:4:5:6:7:8', 'ipv6', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['::', 'ipv6', [0, 0, 0, 0, 0, 0, 0, 0]],
  ] as const) {
    const addresses: Held = w.call('ip-name-lookup.resolve-addresses', net, name)
    const next = () => w.call('resolve-address-stream.resolve-next-address', addresses)
    t.deepEqual(next(), { tag, val }, name)
    t.is(next(), undefined, name)
    const pollable: Held = w.call('resolve-address-stream.subscribe', addresses)
    t.true(w.call('pollable.ready', pollable))
    w.drop(pollable, addresses)
  }
  w.drop(net)
})

/** Binds and listens; the address that the socket has then. */
function listen(w: Fixture, socket: Held, net: Held, address: object): unknown {
  w.call('tcp-socket.start-bind', socket, net, address)
  w.call('tcp-socket.finish-bind', socket)
  w.call('tcp-socket.start-listen', socket)
  w.call('tcp-socket.finish-listen', socket)
  return w.call('tcp-socket.local-address', socket)
}

const listening = { ways: ['native'], options: { listen: ['127.0.0.1:0'] } } as const
each(test, 'connections of a listener are accepted, read and written', listening, async (t, w) => {
  const [{ port }] = w.host.listeners
  const [socket, other, network_] = [tcp(w), tcp(w), network(w)]
  t.deepEqual(listen(w, socket, network_, four(port, 0, 0, 0, 0)), four(port, ...loopback))
  t.true(w.call('tcp-socket.is-listening', socket))
  t.is(
    w.answer('tcp-socket.start-bind', other, network_, four(port, ...loopback)),
    'address-in-use',
  )
  t.is(w.answer('tcp-socket.accept', socket), 'would-block')
  const pollable: Held = w.call('tcp-socket.subscribe', socket)
  t.false(w.call('pollable.ready', pollable))

  const client = net.connect(port, '127.0.0.1')
  await promisify(client.once.bind(client, 'connect'))()
  t.deepEqual(Array.from(w.call('poll.poll', [pollable])), [0])
  const [connection, input, output]: [Held, Held, Held] = w.call('tcp-socket.accept', socket)
  t.deepEqual(w.call('tcp-socket.local-address', connection), four(port, ...loopback))
  t.deepEqual(w.call('tcp-socket.remote-address', connection), four(0, 0, 0, 0, 0))
  t.is(w.answer('tcp-socket.set-hop-limit', connection, 5), 'not-supported')
  t.deepEqual(w.call('input-stream.read', input, 10n), new Uint8Array(0), 'nothing is there yet')

  await promisify<string, void>(client.write.bind(client))('ping')
  t.is(textOf(w.call('input-stream.blocking-read', input, 10n)), 'ping')
  w.call('output-stream.blocking-write-and-flush', output, bytesOf('pong'))
  const reply = await new Promise(resolve => client.once('data', data => resolve(String(data))))
  t.is(reply, 'pong')

  t.is(w.answer('tcp-socket.shutdown', connection, 'both'), 'ok')
  t.is(w.answer('input-stream.blocking-read', input, 10n), 'closed')
  client.destroy()
  w.drop(input, output, connection, pollable, socket)
  t.deepEqual(
    listen(w, other, network_, four(0, ...loopback)),
    four(port, ...loopback),
    'the listener is free again',
  )
  w.drop(other, network_)
})

each(
  test,
  'a connection beyond limits.descriptors is refused with new-socket-limit',
  { ways: ['native'], options: { listen: ['127.0.0.1:0'], limits: { descriptors: 6 } } },
  (t, w) => {
    const [{ port }] = w.host.listeners
    const [socket, network_] = [tcp(w), network(w)]
    listen(w, socket, network_, four(port, ...loopback))
    t.is(w.answer('tcp-socket.accept', socket), 'new-socket-limit')
    w.drop(socket, network_)
  },
)

each(test, 'the time zone of a component is UTC', once, (t, w) => {
  const when = { seconds: 1_000_000_000n, nanoseconds: 0 }
  t.deepEqual(w.call('timezone.display', when), {
    utcOffset: 0,
    name: 'UTC',
    inDaylightSavingTime: false,
  })
  t.is(w.call('timezone.utc-offset', when), 0)
})
