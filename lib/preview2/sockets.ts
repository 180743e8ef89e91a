/**
 * `wasi:sockets`, with the exports of a transpiled component's import. There is no network: names
 * are not looked up, and sockets neither bind nor connect.
 */
import { imports } from './default-host.js'

export const instanceNetwork = imports['wasi:sockets/instance-network']
export const network = imports['wasi:sockets/network']
export const ipNameLookup = imports['wasi:sockets/ip-name-lookup']
export const tcp = imports['wasi:sockets/tcp']
export const tcpCreateSocket = imports['wasi:sockets/tcp-create-socket']
export const udp = imports['wasi:sockets/udp']
export const udpCreateSocket = imports['wasi:sockets/udp-create-socket']

/** Denies what is denied already: there are no lookups. */
export function _denyDnsLookup(): void {}
/** Denies what is denied already: there is no TCP. */
export function _denyTcp(): void {}
/** Denies what is denied already: there is no UDP. */
export function _denyUdp(): void {}
