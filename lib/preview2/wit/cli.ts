/** `wasi:cli`: arguments, environment, exit, standard streams and terminals. */
import { func, list, option, own, param as p, result, string, tuple, u8 } from './types.js'

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/cli/wit/environment.wit */
export const environment = {
  'get-environment': func('Return the environment.', [], list(tuple(string, string))),
  'get-arguments': func(
    'Return the arguments; the first is the name of the program.',
    [],
    list(string),
  ),
  'initial-cwd': func('Return the current directory of the guest.', [], option(string)),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/cli/wit/exit.wit */
export const exit = {
  exit: func('End the guest with exit code 0 or 1 (_exit).', [p('status', result())]),
  'exit-with-code': func('End the guest with an exit code (_exit).', [p('status-code', u8)]),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/cli/wit/stdio.wit */
export const stdin = {
  'get-stdin': func('Return standard input.', [], own('input-stream')),
} as const
export const stdout = {
  'get-stdout': func('Return standard output.', [], own('output-stream')),
} as const
export const stderr = {
  'get-stderr': func('Return standard error.', [], own('output-stream')),
} as const

/** @see https://github.com/WebAssembly/WASI/blob/v0.2.7/proposals/cli/wit/terminal.wit */
export const terminalInput = {} as const
export const terminalOutput = {} as const
export const terminalStdin = {
  'get-terminal-stdin': func(
    'Return the terminal of standard input, if it is one (isatty).',
    [],
    option(own('terminal-input')),
  ),
} as const
export const terminalStdout = {
  'get-terminal-stdout': func(
    'Return the terminal of standard output, if it is one (isatty).',
    [],
    option(own('terminal-output')),
  ),
} as const
export const terminalStderr = {
  'get-terminal-stderr': func(
    'Return the terminal of standard error, if it is one (isatty).',
    [],
    option(own('terminal-output')),
  ),
} as const
