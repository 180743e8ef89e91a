/** WASI 0.2: the host of components, and its modules by the names of their packages. */
export * as cli from './cli.js'
export * as clocks from './clocks.js'
export * as filesystem from './filesystem.js'
export { type ComponentHost, type ComponentHostOptions, createComponentHost } from './host.js'
export * as http from './http.js'
export * as io from './io.js'
export * as random from './random.js'
export * as sockets from './sockets.js'
