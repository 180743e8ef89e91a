/**
 * Every function of WASI 0.2 that this package implements, described once: lowered functions,
 * checks, JavaScript bindings, traces and metrics derive from these rows.
 */
import * as cli from './cli.js'
import * as clocks from './clocks.js'
import * as filesystem from './filesystem.js'
import * as http from './http.js'
import * as io from './io.js'
import * as random from './random.js'
import * as sockets from './sockets.js'
import type { Interface } from './types.js'

/**
 * The interfaces with a lowered function for each row, by their names in the imports of a
 * component, without the version.
 */
export const loweredTable = {
  'wasi:io/error': io.error,
  'wasi:io/poll': io.poll,
  'wasi:io/streams': io.streams,
  'wasi:clocks/monotonic-clock': clocks.monotonicClock,
  'wasi:clocks/wall-clock': clocks.wallClock,
  'wasi:filesystem/types': filesystem.types,
  'wasi:filesystem/preopens': filesystem.preopens,
  'wasi:random/random': random.random,
  'wasi:random/insecure': random.insecure,
  'wasi:random/insecure-seed': random.insecureSeed,
  'wasi:cli/environment': cli.environment,
  'wasi:cli/exit': cli.exit,
  'wasi:cli/stdin': cli.stdin,
  'wasi:cli/stdout': cli.stdout,
  'wasi:cli/stderr': cli.stderr,
  'wasi:cli/terminal-input': cli.terminalInput,
  'wasi:cli/terminal-output': cli.terminalOutput,
  'wasi:cli/terminal-stdin': cli.terminalStdin,
  'wasi:cli/terminal-stdout': cli.terminalStdout,
  'wasi:cli/terminal-stderr': cli.terminalStderr,
} as const satisfies Readonly<Record<string, Interface>>

/**
 * The interfaces whose values jco's own glue converts: their types are large, none of their calls
 * repeats in a loop, and a lowered function for each would be more code than all of the others.
 */
export const convertedTable = {
  'wasi:clocks/timezone': clocks.timezone,
  'wasi:sockets/instance-network': sockets.instanceNetwork,
  'wasi:sockets/network': sockets.networks,
  'wasi:sockets/ip-name-lookup': sockets.ipNameLookup,
  'wasi:sockets/tcp': sockets.tcp,
  'wasi:sockets/tcp-create-socket': sockets.tcpCreateSocket,
  'wasi:sockets/udp': sockets.udp,
  'wasi:sockets/udp-create-socket': sockets.udpCreateSocket,
  'wasi:http/types': http.types,
  'wasi:http/outgoing-handler': http.outgoingHandler,
} as const satisfies Readonly<Record<string, Interface>>

/** All interfaces. */
export const table = { ...loweredTable, ...convertedTable } as const

export type LoweredTable = typeof loweredTable
export type ConvertedTable = typeof convertedTable
export type LoweredName = keyof LoweredTable
export type ConvertedName = keyof ConvertedTable
export type InterfaceName = LoweredName | ConvertedName

/** The resources that each interface defines, with the interface whose import has their class. */
export const resources = {
  'wasi:io/error': ['error'],
  'wasi:io/poll': ['pollable'],
  'wasi:io/streams': ['input-stream', 'output-stream'],
  'wasi:filesystem/types': ['descriptor', 'directory-entry-stream'],
  'wasi:cli/terminal-input': ['terminal-input'],
  'wasi:cli/terminal-output': ['terminal-output'],
  'wasi:sockets/network': ['network'],
  'wasi:sockets/ip-name-lookup': ['resolve-address-stream'],
  'wasi:sockets/tcp': ['tcp-socket'],
  'wasi:sockets/udp': ['udp-socket', 'incoming-datagram-stream', 'outgoing-datagram-stream'],
  'wasi:http/types': [
    'fields',
    'incoming-request',
    'outgoing-request',
    'request-options',
    'response-outparam',
    'incoming-response',
    'incoming-body',
    'future-trailers',
    'outgoing-response',
    'outgoing-body',
    'future-incoming-response',
  ],
} as const satisfies Partial<Readonly<Record<InterfaceName, readonly string[]>>>
