/** `wasi:random`, with the exports of a transpiled component's import. */
import { imports } from './default-host.js'

export const random = imports['wasi:random/random']
export const insecure = imports['wasi:random/insecure']
export const insecureSeed = imports['wasi:random/insecure-seed']
