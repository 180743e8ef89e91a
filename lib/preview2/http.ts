/** `wasi:http`, with the exports of a transpiled component's import. Every request is denied. */
import { imports } from './default-host.js'

export const types = imports['wasi:http/types']
export const outgoingHandler = imports['wasi:http/outgoing-handler']

/** Denies what is denied already: there are no requests. */
export function _denyHttp(): void {}
