/** `wasi:sockets`: networks, names, TCP and UDP. */
import {
  bool,
  borrow,
  bytes,
  enumeration,
  func,
  list,
  option,
  own,
  param as p,
  record,
  result,
  string,
  tuple,
  u8,
  u16,
  u32,
  u64,
  variant,
} from './types.js'

/** The errors, in the order of WIT. */
// biome-ignore format: a list to be counted, not read
export const networkErrors = [
  'unknown', 'access-denied', 'not-supported', 'invalid-argument', 'out-of-memory', 'timeout', 'concurrency-conflict',
  'not-in-progress', 'would-block', 'invalid-state', 'new-socket-limit', 'address-not-bindable', 'address-in-use',
  'remote-unreachable', 'connection-refused', 'connection-reset', 'connection-aborted', 'datagram-too-large',
  'name-unresolvable', 'temporary-resolver-failure', 'permanent-resolver-failure',
] as const
export type NetworkError = (typeof networkErrors)[number]
const errorCode = enumeration('error-code', networkErrors)

export const families = ['ipv4', 'ipv6'] as const
export type Family = (typeof families)[number]
const family = enumeration('ip-address-family', families)
const four = tuple(u8, u8, u8, u8)
const six = tuple(u16, u16, u16, u16, u16, u16, u16, u16)
const address = variant('ip-address', { ipv4: four, ipv6: six })
const socketAddress = variant('ip-socket-address', {
  ipv4: record('ipv4-socket-address', { port: u16, address: four }),
  ipv6: record('ipv6-socket-address', {
    port: u16,
    'flow-info': u32,
    address: six,
    'scope-id': u32,
  }),
})
const shutdownType = enumeration('shutdown-type', ['receive', 'send', 'both'])
const incoming = record('incoming-datagram', { data: bytes, 'remote-address': socketAddress })
const outgoing = record('outgoing-datagram', {
  data: bytes,
  'remote-address': option(socketAddress),
})

const done = result(undefined, errorCode)
const place = result(socketAddress, errorCode)
const number64 = result(u64, errorCode)
const network = p('network', borrow('network'))
const resolver = p('self', borrow('resolve-address-stream'))
const tcpSelf = p('self', borrow('tcp-socket'))
const udpSelf = p('self', borrow('udp-socket'))
const incomingSelf = p('self', borrow('incoming-datagram-stream'))
const outgoingSelf = p('self', borrow('outgoing-datagram-stream'))
const value64 = p('value', u64)

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/sockets/wit/instance-network.wit */
export const instanceNetwork = {
  'instance-network': func('Return the network of the component.', [], own('network')),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/sockets/wit/network.wit */
// biome-ignore format: a row a line, as in a table
export const networks = {
  'network-error-code': func('Return the network error of an error of a stream.', [p('err', borrow('error'))], option(errorCode), '0.2.3'),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/sockets/wit/ip-name-lookup.wit */
// biome-ignore format: a row a line, as in a table
export const ipNameLookup = {
  'resolve-addresses': func('Begin to look up the addresses of a name (getaddrinfo).', [network, p('name', string)], result(own('resolve-address-stream'), errorCode)),
  '[method]resolve-address-stream.resolve-next-address': func('Return the next address of a name.', [resolver], result(option(address), errorCode)),
  '[method]resolve-address-stream.subscribe': func('Make a pollable that is ready when the next address is known.', [resolver], own('pollable')),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/sockets/wit/tcp-create-socket.wit */
// biome-ignore format: a row a line, as in a table
export const tcpCreateSocket = {
  'create-tcp-socket': func('Create a TCP socket, bound to nothing (socket).', [p('address-family', family)], result(own('tcp-socket'), errorCode)),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/sockets/wit/tcp.wit */
// biome-ignore format: a row a line, as in a table
export const tcp = {
  '[method]tcp-socket.start-bind': func('Begin to bind a socket to an address (bind).', [tcpSelf, network, p('local-address', socketAddress)], done),
  '[method]tcp-socket.finish-bind': func('Finish binding a socket (bind).', [tcpSelf], done),
  '[method]tcp-socket.start-connect': func('Begin to connect to an address (connect).', [tcpSelf, network, p('remote-address', socketAddress)], done),
  '[method]tcp-socket.finish-connect': func('Finish connecting, and return the streams (connect).', [tcpSelf], result(tuple(own('input-stream'), own('output-stream')), errorCode)),
  '[method]tcp-socket.start-listen': func('Begin to listen (listen).', [tcpSelf], done),
  '[method]tcp-socket.finish-listen': func('Finish beginning to listen (listen).', [tcpSelf], done),
  '[method]tcp-socket.accept': func('Accept a connection, without waiting (accept).', [tcpSelf], result(tuple(own('tcp-socket'), own('input-stream'), own('output-stream')), errorCode)),
  '[method]tcp-socket.local-address': func('Return the address that a socket is bound to (getsockname).', [tcpSelf], place),
  '[method]tcp-socket.remote-address': func('Return the address of the peer (getpeername).', [tcpSelf], place),
  '[method]tcp-socket.is-listening': func('Check if a socket listens (SO_ACCEPTCONN).', [tcpSelf], bool),
  '[method]tcp-socket.address-family': func('Return the address family of a socket (SO_DOMAIN).', [tcpSelf], family),
  '[method]tcp-socket.set-listen-backlog-size': func('Suggest the length of the queue of connections (listen).', [tcpSelf, value64], done),
  '[method]tcp-socket.keep-alive-enabled': func('Return SO_KEEPALIVE.', [tcpSelf], result(bool, errorCode)),
  '[method]tcp-socket.set-keep-alive-enabled': func('Set SO_KEEPALIVE.', [tcpSelf, p('value', bool)], done),
  '[method]tcp-socket.keep-alive-idle-time': func('Return TCP_KEEPIDLE in nanoseconds.', [tcpSelf], number64),
  '[method]tcp-socket.set-keep-alive-idle-time': func('Set TCP_KEEPIDLE in nanoseconds.', [tcpSelf, value64], done),
  '[method]tcp-socket.keep-alive-interval': func('Return TCP_KEEPINTVL in nanoseconds.', [tcpSelf], number64),
  '[method]tcp-socket.set-keep-alive-interval': func('Set TCP_KEEPINTVL in nanoseconds.', [tcpSelf, value64], done),
  '[method]tcp-socket.keep-alive-count': func('Return TCP_KEEPCNT.', [tcpSelf], result(u32, errorCode)),
  '[method]tcp-socket.set-keep-alive-count': func('Set TCP_KEEPCNT.', [tcpSelf, p('value', u32)], done),
  '[method]tcp-socket.hop-limit': func('Return IP_TTL or IPV6_UNICAST_HOPS.', [tcpSelf], result(u8, errorCode)),
  '[method]tcp-socket.set-hop-limit': func('Set IP_TTL or IPV6_UNICAST_HOPS.', [tcpSelf, p('value', u8)], done),
  '[method]tcp-socket.receive-buffer-size': func('Return SO_RCVBUF.', [tcpSelf], number64),
  '[method]tcp-socket.set-receive-buffer-size': func('Set SO_RCVBUF.', [tcpSelf, value64], done),
  '[method]tcp-socket.send-buffer-size': func('Return SO_SNDBUF.', [tcpSelf], number64),
  '[method]tcp-socket.set-send-buffer-size': func('Set SO_SNDBUF.', [tcpSelf, value64], done),
  '[method]tcp-socket.subscribe': func('Make a pollable that is ready when the operation of a socket can be finished.', [tcpSelf], own('pollable')),
  '[method]tcp-socket.shutdown': func('Close one or both directions of a connection (shutdown).', [tcpSelf, p('shutdown-type', shutdownType)], done),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/sockets/wit/udp-create-socket.wit */
// biome-ignore format: a row a line, as in a table
export const udpCreateSocket = {
  'create-udp-socket': func('Create a UDP socket, bound to nothing (socket).', [p('address-family', family)], result(own('udp-socket'), errorCode)),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.12/proposals/sockets/wit/udp.wit */
// biome-ignore format: a row a line, as in a table
export const udp = {
  '[method]udp-socket.start-bind': func('Begin to bind a socket to an address (bind).', [udpSelf, network, p('local-address', socketAddress)], done),
  '[method]udp-socket.finish-bind': func('Finish binding a socket (bind).', [udpSelf], done),
  '[method]udp-socket.stream': func('Return the streams of datagrams from and to a peer, or all (connect).', [udpSelf, p('remote-address', option(socketAddress))], result(tuple(own('incoming-datagram-stream'), own('outgoing-datagram-stream')), errorCode)),
  '[method]udp-socket.local-address': func('Return the address that a socket is bound to (getsockname).', [udpSelf], place),
  '[method]udp-socket.remote-address': func('Return the address of the peer (getpeername).', [udpSelf], place),
  '[method]udp-socket.address-family': func('Return the address family of a socket (SO_DOMAIN).', [udpSelf], family),
  '[method]udp-socket.unicast-hop-limit': func('Return IP_TTL or IPV6_UNICAST_HOPS.', [udpSelf], result(u8, errorCode)),
  '[method]udp-socket.set-unicast-hop-limit': func('Set IP_TTL or IPV6_UNICAST_HOPS.', [udpSelf, p('value', u8)], done),
  '[method]udp-socket.receive-buffer-size': func('Return SO_RCVBUF.', [udpSelf], number64),
  '[method]udp-socket.set-receive-buffer-size': func('Set SO_RCVBUF.', [udpSelf, value64], done),
  '[method]udp-socket.send-buffer-size': func('Return SO_SNDBUF.', [udpSelf], number64),
  '[method]udp-socket.set-send-buffer-size': func('Set SO_SNDBUF.', [udpSelf, value64], done),
  '[method]udp-socket.subscribe': func('Make a pollable that is ready when the operation of a socket can be finished.', [udpSelf], own('pollable')),
  '[method]incoming-datagram-stream.receive': func('Receive datagrams, without waiting (recvmmsg).', [incomingSelf, p('max-results', u64)], result(list(incoming), errorCode)),
  '[method]incoming-datagram-stream.subscribe': func('Make a pollable that is ready when a datagram can be received.', [incomingSelf], own('pollable')),
  '[method]outgoing-datagram-stream.check-send': func('Return the number of datagrams that the next send may have.', [outgoingSelf], number64),
  '[method]outgoing-datagram-stream.send': func('Send datagrams, without waiting (sendmmsg).', [outgoingSelf, p('datagrams', list(outgoing))], number64),
  '[method]outgoing-datagram-stream.subscribe': func('Make a pollable that is ready when a datagram can be sent.', [outgoingSelf], own('pollable')),
} as const
