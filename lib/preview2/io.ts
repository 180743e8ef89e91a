/** `wasi:io`, with the exports of a transpiled component's import. */
import { imports } from './default-host.js'

export const error = imports['wasi:io/error']
export const poll = imports['wasi:io/poll']
export const streams = imports['wasi:io/streams']
