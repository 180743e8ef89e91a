/**
 * `wasi:cli`, with the exports of a transpiled component's import. The environment and the
 * arguments are empty; `exit` ends the process.
 */
import { dictionary } from '../dictionary.js'
import type { StdinOption, StdoutOption } from '../stdio/streams.js'
import { change, changeCwd, given, imports } from './default-host.js'

export const environment = imports['wasi:cli/environment']
export const exit = imports['wasi:cli/exit']
export const stdin = imports['wasi:cli/stdin']
export const stdout = imports['wasi:cli/stdout']
export const stderr = imports['wasi:cli/stderr']
export const terminalInput = imports['wasi:cli/terminal-input']
export const terminalOutput = imports['wasi:cli/terminal-output']
export const terminalStdin = imports['wasi:cli/terminal-stdin']
export const terminalStdout = imports['wasi:cli/terminal-stdout']
export const terminalStderr = imports['wasi:cli/terminal-stderr']

/** Replaces the environment. */
export function _setEnv(env: Readonly<Record<string, string>>): void {
  change({ env })
}
/** Adds variables to the environment. */
export function _appendEnv(env: Readonly<Record<string, string>>): void {
  const own = Object.entries(given().env ?? {}) as [string, string][]
  change({ env: dictionary([...own, ...Object.entries(env)]) })
}
/** Replaces the arguments; the first is the name of the program. */
export function _setArgs(args: readonly string[]): void {
  change({ args })
}
/** Sets the current directory that the host reports. It opens nothing. */
export function _setCwd(path: string | undefined): void {
  changeCwd(path)
}
/** Replaces standard input. @param stdin as `options.stdin` of createComponentHost */
export function _setStdin(stdin: StdinOption): void {
  change({ stdin })
}
/** Replaces standard output. @param stdout as `options.stdout` of createComponentHost */
export function _setStdout(stdout: StdoutOption): void {
  change({ stdout })
}
/** Replaces standard error. @param stderr as `options.stderr` of createComponentHost */
export function _setStderr(stderr: StdoutOption): void {
  change({ stderr })
}
