/**
 * Every function of WASI 0.2 that this package implements, described once: lowered functions,
 * checks, JavaScript bindings, traces and metrics derive from these rows.
 */
import * as cli from './cli.js'
import * as clocks from './clocks.js'
import * as filesystem from './filesystem.js'
import * as io from './io.js'
import * as random from './random.js'
import type { Interface } from './types.js'

/** The interfaces, by their names in the imports of a component, without the version. */
export const table = {
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

export type Table = typeof table
export type InterfaceName = keyof Table

/** The resources that each interface defines, with the interface whose import has their class. */
export const resources = {
  'wasi:io/error': ['error'],
  'wasi:io/poll': ['pollable'],
  'wasi:io/streams': ['input-stream', 'output-stream'],
  'wasi:filesystem/types': ['descriptor', 'directory-entry-stream'],
  'wasi:cli/terminal-input': ['terminal-input'],
  'wasi:cli/terminal-output': ['terminal-output'],
} as const satisfies Partial<Readonly<Record<InterfaceName, readonly string[]>>>
