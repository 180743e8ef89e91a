/** The error codes of `wasi:sockets` for the answers of a host. */
import { type ErrnoName, errnoNames } from '../abi/errno.js'
import type { Answer } from '../sys/sys.js'
import type { NetworkError } from './wit/sockets.js'

/** Errors that only a network has. */
const ofNetworks: Readonly<Partial<Record<ErrnoName, NetworkError>>> = {
  TIMEDOUT: 'timeout',
  ADDRNOTAVAIL: 'address-not-bindable',
  ADDRINUSE: 'address-in-use',
  HOSTUNREACH: 'remote-unreachable',
  NETUNREACH: 'remote-unreachable',
  NETDOWN: 'remote-unreachable',
  CONNREFUSED: 'connection-refused',
  CONNRESET: 'connection-reset',
  CONNABORTED: 'connection-aborted',
  NOTCONN: 'invalid-state',
}
const codes: Readonly<Partial<Record<ErrnoName, NetworkError>>> = {
  ...ofNetworks,
  ACCES: 'access-denied',
  PERM: 'access-denied',
  NOTCAPABLE: 'access-denied',
  NOTSUP: 'not-supported',
  INVAL: 'invalid-argument',
  NOMEM: 'out-of-memory',
  NOBUFS: 'out-of-memory',
  ALREADY: 'concurrency-conflict',
  AGAIN: 'would-block',
  MFILE: 'new-socket-limit',
  NFILE: 'new-socket-limit',
  MSGSIZE: 'datagram-too-large',
}

/** Returns the error code for an answer below 0. */
export const networkErrorOf = (answer: Answer): NetworkError =>
  codes[errnoNames[0 - answer]] ?? 'unknown'
/** Returns the error code of a failed stream; undefined for an error that files have, too. */
export const streamErrorOf = (answer: Answer): NetworkError | undefined =>
  ofNetworks[errnoNames[0 - answer]]
