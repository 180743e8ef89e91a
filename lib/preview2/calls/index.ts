/** The calls of WASI 0.2, one for each row of the table. A row without a call does not compile. */
import * as cli from './cli.js'
import * as clocks from './clocks.js'
import * as filesystem from './filesystem.js'
import * as http from './http.js'
import * as io from './io.js'
import * as random from './random.js'
import * as sockets from './sockets.js'
import { tcp } from './tcp.js'
import type { Calls, ConvertedCalls } from './types.js'

export const calls: Calls & ConvertedCalls = {
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
  'wasi:cli/terminal-input': {},
  'wasi:cli/terminal-output': {},
  'wasi:cli/terminal-stdin': cli.terminalStdin,
  'wasi:cli/terminal-stdout': cli.terminalStdout,
  'wasi:cli/terminal-stderr': cli.terminalStderr,
  'wasi:clocks/timezone': clocks.timezone,
  'wasi:sockets/instance-network': sockets.instanceNetwork,
  'wasi:sockets/network': sockets.networks,
  'wasi:sockets/ip-name-lookup': sockets.ipNameLookup,
  'wasi:sockets/tcp': tcp,
  'wasi:sockets/tcp-create-socket': sockets.tcpCreateSocket,
  'wasi:sockets/udp': sockets.udp,
  'wasi:sockets/udp-create-socket': sockets.udpCreateSocket,
  'wasi:http/types': http.types,
  'wasi:http/outgoing-handler': http.outgoingHandler,
}
