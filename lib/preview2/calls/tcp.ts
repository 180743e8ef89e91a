/**
 * `wasi:sockets/tcp`: a component listens on the sockets that the embedder opened (`listen`), and
 * connects to nothing. It binds a socket to the address of such a listener, or to port 0 or the
 * unspecified address of its family, which take the first one that fits.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/sockets/wit/tcp.wit
 */
import { Fdflags } from '../../abi/values.js'
import { isUnspecified, type SocketAddress, socketAddress, unspecified } from '../addresses.js'
import type { Component } from '../component.js'
import { networkErrorOf } from '../network-errors.js'
import type { Refused } from '../refused.js'
import { InputStreamResource } from '../resources/input-stream.js'
import type { NetworkResource } from '../resources/network.js'
import { Flag, OpenFile } from '../resources/open-file.js'
import { Offset, OutputStreamResource } from '../resources/output-stream.js'
import { PollableResource } from '../resources/pollable.js'
import {
  type GivenListener,
  State,
  type TcpOptions,
  TcpSocketResource,
} from '../resources/sockets.js'
import { addressFault, ready, refused } from './sockets.js'
import type { ConvertedCalls } from './types.js'

type Tcp = TcpSocketResource

/** Returns the listeners that a socket may be bound to by this address. */
const fitting = (
  listeners: readonly GivenListener[],
  { tag, val: { port, address } }: SocketAddress,
): GivenListener[] =>
  listeners.filter(
    ({ local }) =>
      local.tag === tag &&
      (port === 0 || port === local.val.port) &&
      (isUnspecified(address) || address.every((part, i) => part === local.val.address[i])),
  )

function startBind(
  { given }: Component,
  self: Tcp,
  _network: NetworkResource,
  address: SocketAddress,
): Refused | undefined {
  if (self.state === State.BINDING) return refused('concurrency-conflict')
  if (self.state !== State.UNBOUND) return refused('invalid-state')
  const fault = addressFault(self.family, address)
  if (fault !== undefined) return fault
  const fits = fitting(given.listeners, address)
  if (fits.length === 0) return refused('access-denied')
  const listener = fits.find(({ taken }) => !taken)
  if (listener === undefined) return refused('address-in-use')
  const { fd } = listener.file
  const answer = fd.setFlags(fd.fdflags | Fdflags.NONBLOCK)
  if (answer < 0) return refused(networkErrorOf(answer))
  listener.taken = true
  self.listener = listener
  self.state = State.BINDING
  return undefined
}
/** Ends the operation that leads from a state to the next one. */
const finish =
  (state: number) =>
  (_: Component, self: Tcp): Refused | undefined => {
    if (self.state !== state) return refused('not-in-progress')
    self.state++
    return undefined
  }

/** A failed connection leaves the socket closed. */
function startConnect(
  _: Component,
  self: Tcp,
  _network: NetworkResource,
  address: SocketAddress,
): Refused {
  if (self.state === State.BINDING || self.state === State.STARTING)
    return refused('concurrency-conflict')
  if (self.state > State.BOUND) return refused('invalid-state')
  const fault = addressFault(self.family, address)
  if (fault !== undefined) return fault
  const { port, address: host } = address.val
  if (port === 0 || isUnspecified(host)) return refused('invalid-argument')
  self.state = State.CLOSED
  return refused('access-denied')
}

function startListen(_: Component, self: Tcp): Refused | undefined {
  if (self.state === State.BINDING || self.state === State.STARTING)
    return refused('concurrency-conflict')
  if (self.state !== State.BOUND) return refused('invalid-state')
  self.state = State.STARTING
  return undefined
}

function accept(
  component: Component,
  { family, state, listener, options }: Tcp,
): Refused | [Tcp, InputStreamResource, OutputStreamResource] {
  if (state !== State.LISTENING || listener === undefined) return refused('invalid-state')
  if (component.reserve() !== 0) return refused('new-socket-limit')
  const accepted = listener.file.fd.accept(0)
  if (typeof accepted === 'number') return refused(networkErrorOf(accepted))
  const file = new OpenFile(accepted, Flag.READ | Flag.WRITE, component.files)
  return [
    new TcpSocketResource(family, options, file, listener.local),
    new InputStreamResource(file, Offset.NONE),
    new OutputStreamResource(file, Offset.NONE),
  ]
}

function localAddress(_: Component, self: Tcp): SocketAddress | Refused {
  const bound = self.state >= State.BOUND && self.state <= State.CONNECTED
  const local = self.local ?? self.listener?.local
  return bound && local !== undefined ? local : refused('invalid-state')
}
/**
 * The host does not report the address of a peer: it is all zeros. An error would have programs
 * drop the connection that they accepted.
 */
const remoteAddress = (_: Component, { state, family }: Tcp): SocketAddress | Refused =>
  state === State.CONNECTED ? socketAddress(unspecified(family), 0) : refused('invalid-state')

/** The flags of shutdown by type. */
const Shutdown: Readonly<Record<string, number>> = Object.freeze({ receive: 1, send: 2, both: 3 })
function shutdown(_: Component, { state, connection }: Tcp, type: string): Refused | undefined {
  if (state !== State.CONNECTED || connection === undefined) return refused('invalid-state')
  const answer = connection.fd.shutdown(Shutdown[type])
  return answer < 0 ? refused(networkErrorOf(answer)) : undefined
}

/**
 * Keeps an option of a socket that is not connected, for those that it accepts. The host has no
 * call that sets it.
 */
const set =
  (name: keyof TcpOptions) =>
  (_: Component, { state, options }: Tcp, value: number | bigint | boolean) => {
    if (typeof value !== 'boolean' && Number(value) === 0) return refused('invalid-argument')
    if (state === State.CLOSED) return refused('invalid-state')
    if (state === State.CONNECTED)
      return refused(name === 'backlog' ? 'invalid-state' : 'not-supported')
    Object.assign(options, { [name]: value })
    return undefined
  }
const get =
  (name: keyof TcpOptions) =>
  (_: Component, { state, options }: Tcp) =>
    state === State.CLOSED ? refused('invalid-state') : options[name]

export const tcp: ConvertedCalls['wasi:sockets/tcp'] = {
  '[method]tcp-socket.start-bind': startBind,
  '[method]tcp-socket.finish-bind': finish(State.BINDING),
  '[method]tcp-socket.start-connect': startConnect,
  '[method]tcp-socket.finish-connect': () => refused('not-in-progress'),
  '[method]tcp-socket.start-listen': startListen,
  '[method]tcp-socket.finish-listen': finish(State.STARTING),
  '[method]tcp-socket.accept': accept,
  '[method]tcp-socket.local-address': localAddress,
  '[method]tcp-socket.remote-address': remoteAddress,
  '[method]tcp-socket.is-listening': (_, { state }: Tcp) => state === State.LISTENING,
  '[method]tcp-socket.address-family': (_, { family }: Tcp) => family,
  '[method]tcp-socket.set-listen-backlog-size': set('backlog'),
  '[method]tcp-socket.keep-alive-enabled': get('keepAlive'),
  '[method]tcp-socket.set-keep-alive-enabled': set('keepAlive'),
  '[method]tcp-socket.keep-alive-idle-time': get('idleTime'),
  '[method]tcp-socket.set-keep-alive-idle-time': set('idleTime'),
  '[method]tcp-socket.keep-alive-interval': get('interval'),
  '[method]tcp-socket.set-keep-alive-interval': set('interval'),
  '[method]tcp-socket.keep-alive-count': get('count'),
  '[method]tcp-socket.set-keep-alive-count': set('count'),
  '[method]tcp-socket.hop-limit': get('hopLimit'),
  '[method]tcp-socket.set-hop-limit': set('hopLimit'),
  '[method]tcp-socket.receive-buffer-size': get('receiveBuffer'),
  '[method]tcp-socket.set-receive-buffer-size': set('receiveBuffer'),
  '[method]tcp-socket.send-buffer-size': get('sendBuffer'),
  '[method]tcp-socket.set-send-buffer-size': set('sendBuffer'),
  '[method]tcp-socket.subscribe': (_, { state, listener }: Tcp) =>
    state === State.LISTENING && listener !== undefined
      ? new PollableResource(undefined, listener.file)
      : ready(),
  '[method]tcp-socket.shutdown': shutdown,
}
