/**
 * `wasi:sockets`: names and UDP. A component has no network: what would reach one fails with
 * `access-denied`. An outgoing connection would begin in `start-connect` of calls/tcp.ts, a lookup
 * in `resolve-addresses` and a datagram in `stream` here, each behind a new method of `Sys`.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/sockets/wit/network.wit
 */
import { domainToASCII } from 'node:url'
import { isUnicast, parseAddress, type SocketAddress } from '../addresses.js'
import type { Component } from '../component.js'
import { Refused } from '../refused.js'
import type { ErrorResource } from '../resources/error.js'
import { AddressesResource, NetworkResource } from '../resources/network.js'
import { PollableResource } from '../resources/pollable.js'
import { TcpSocketResource, UdpSocketResource } from '../resources/sockets.js'
import { trap } from '../trap.js'
import type { Family, NetworkError } from '../wit/sockets.js'
import type { ConvertedCalls } from './types.js'

export const refused = (error: NetworkError): Refused<NetworkError> => new Refused(error)
/** A pollable that is always ready. */
export const ready = (): PollableResource => new PollableResource(undefined)

export const instanceNetwork: ConvertedCalls['wasi:sockets/instance-network'] = {
  'instance-network': () => new NetworkResource(),
}
export const networks: ConvertedCalls['wasi:sockets/network'] = {
  'network-error-code': (_, error: ErrorResource) => error.network,
}

/** The most bytes of a name. @see https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4 */
const longestName = 253
const isName = (name: string): boolean => {
  const ascii = domainToASCII(name)
  return ascii.length <= longestName && /^[a-z\d_.-]+$/i.test(ascii)
}

export const ipNameLookup: ConvertedCalls['wasi:sockets/ip-name-lookup'] = {
  'resolve-addresses': (_, _network: NetworkResource, name: string) => {
    const address = parseAddress(name)
    if (address !== undefined) return new AddressesResource([address])
    return refused(isName(name) ? 'access-denied' : 'invalid-argument')
  },
  '[method]resolve-address-stream.resolve-next-address': (_, addresses: AddressesResource) =>
    addresses.next(),
  '[method]resolve-address-stream.subscribe': ready,
}

export const tcpCreateSocket: ConvertedCalls['wasi:sockets/tcp-create-socket'] = {
  'create-tcp-socket': (_, family: Family) => new TcpSocketResource(family),
}
export const udpCreateSocket: ConvertedCalls['wasi:sockets/udp-create-socket'] = {
  'create-udp-socket': (_, family: Family) => new UdpSocketResource(family),
}

/** Returns the error of an address that no socket of a family can have. */
export const addressFault = (family: Family, address: SocketAddress): Refused | undefined =>
  address.tag !== family || !isUnicast(address) ? refused('invalid-argument') : undefined

type Udp = UdpSocketResource
/** Sets an option, which must not be 0. */
const set =
  (name: keyof Udp['options']) =>
  (_: Component, { options }: Udp, value: number | bigint): Refused | undefined => {
    if (Number(value) === 0) return refused('invalid-argument')
    Object.assign(options, { [name]: value })
    return undefined
  }
const get =
  (name: keyof Udp['options']) =>
  (_: Component, { options }: Udp): number | bigint =>
    options[name]
const notBound = (): Refused => refused('invalid-state')
/** No socket has streams of datagrams: a handle of one is refused before the call. */
const absent = (): never => {
  throw trap('a component without network has no streams of datagrams')
}

export const udp: ConvertedCalls['wasi:sockets/udp'] = {
  '[method]udp-socket.start-bind': (_, { family }: Udp, _network, address: SocketAddress) =>
    addressFault(family, address) ?? refused('access-denied'),
  '[method]udp-socket.finish-bind': () => refused('not-in-progress'),
  '[method]udp-socket.stream': notBound,
  '[method]udp-socket.local-address': notBound,
  '[method]udp-socket.remote-address': notBound,
  '[method]udp-socket.address-family': (_, { family }: Udp) => family,
  '[method]udp-socket.unicast-hop-limit': get('hopLimit'),
  '[method]udp-socket.set-unicast-hop-limit': set('hopLimit'),
  '[method]udp-socket.receive-buffer-size': get('receiveBuffer'),
  '[method]udp-socket.set-receive-buffer-size': set('receiveBuffer'),
  '[method]udp-socket.send-buffer-size': get('sendBuffer'),
  '[method]udp-socket.set-send-buffer-size': set('sendBuffer'),
  '[method]udp-socket.subscribe': ready,
  '[method]incoming-datagram-stream.receive': absent,
  '[method]incoming-datagram-stream.subscribe': absent,
  '[method]outgoing-datagram-stream.check-send': absent,
  '[method]outgoing-datagram-stream.send': absent,
  '[method]outgoing-datagram-stream.subscribe': absent,
}
