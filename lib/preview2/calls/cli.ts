/**
 * `wasi:cli`: arguments, environment, exit, standard streams and terminals.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/cli/wit/imports.wit
 */
import { Filetype } from '../../abi/values.js'
import { GuestExit } from '../../errors.js'
import { SEEKING } from '../../fds/rights.js'
import { InputStreamResource } from '../resources/input-stream.js'
import type { OpenFile } from '../resources/open-file.js'
import { Offset, OutputStreamResource } from '../resources/output-stream.js'
import { TerminalInput, TerminalOutput } from '../resources/terminal.js'
import type { Calls } from './types.js'

export const environment: Calls['wasi:cli/environment'] = {
  'get-environment': ({ given }) => given.env,
  'get-arguments': ({ given }) => given.args,
  'initial-cwd': ({ given }) => given.cwd,
}

export const exit: Calls['wasi:cli/exit'] = {
  exit: (_, status) => {
    throw new GuestExit(status === 0 ? 0 : 1)
  },
  'exit-with-code': (_, code) => {
    throw new GuestExit(code)
  },
}

// Each call returns an own handle, which the component drops: the stream itself stays open.
export const stdin: Calls['wasi:cli/stdin'] = {
  'get-stdin': ({ given }) => new InputStreamResource(given.stdin, Offset.NONE),
}
export const stdout: Calls['wasi:cli/stdout'] = {
  'get-stdout': ({ given }) => new OutputStreamResource(given.stdout, Offset.NONE),
}
export const stderr: Calls['wasi:cli/stderr'] = {
  'get-stderr': ({ given }) => new OutputStreamResource(given.stderr, Offset.NONE),
}

const isTerminal = ({ fd }: OpenFile): boolean =>
  fd.filetype === Filetype.CHARACTER_DEVICE && (fd.base & SEEKING) === 0

export const terminalStdin: Calls['wasi:cli/terminal-stdin'] = {
  'get-terminal-stdin': ({ given }) => (isTerminal(given.stdin) ? new TerminalInput() : undefined),
}
export const terminalStdout: Calls['wasi:cli/terminal-stdout'] = {
  'get-terminal-stdout': ({ given }) =>
    isTerminal(given.stdout) ? new TerminalOutput() : undefined,
}
export const terminalStderr: Calls['wasi:cli/terminal-stderr'] = {
  'get-terminal-stderr': ({ given }) =>
    isTerminal(given.stderr) ? new TerminalOutput() : undefined,
}
