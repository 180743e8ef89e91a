/** `wasi:clocks`, with the exports of a transpiled component's import. */
import { imports } from './default-host.js'

export const monotonicClock = imports['wasi:clocks/monotonic-clock']
export const wallClock = imports['wasi:clocks/wall-clock']
export const timezone = imports['wasi:clocks/timezone']
