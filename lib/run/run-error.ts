/** The error of a failed run, with all that the guest wrote before the failure. */
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brand } from '../brand.js'
import type { Metrics } from '../observe/metrics.js'
import { plainLine } from '../stdio/terminal-escapes.js'
import { root } from '../sys/root.js'
import type { WasmFrame } from '../trap/frame.js'
import { formatFrames } from '../trap/load.js'
import type { OsSandbox } from './options.js'

/** The parts of a {@link RunError} beside its code and message. */
export interface RunErrorDetails {
  readonly stdout?: Buffer | string
  readonly stderr?: Buffer | string
  readonly truncated?: boolean
  readonly metrics?: Metrics | undefined
  readonly osSandbox?: OsSandbox | undefined
  readonly frames?: readonly WasmFrame[]
  readonly exitCode?: number
  /** Present, be it undefined, where something was thrown. */
  readonly cause?: unknown
}

/**
 * Adds the embedder's calls to the stack of an error that was made where they are unknown, such as in
 * the handler of a message. @param stack of an Error that was made below these calls
 */
export let addCalls: (error: RunError, stack: string | undefined) => void

/**
 * The error of a run that failed. `docs/errors.md` lists the codes. A wrong argument or option is
 * not one of these: it is a TypeError or a RangeError.
 */
export class RunError extends Error {
  /** `RunError`. */
  declare readonly name: 'RunError'
  /** The reason, as `ERR_WASI_TRAP`. Another code than `ERR_WASI_*` is that of the host's error. */
  readonly code: string
  /** The captured standard output until the failure; empty if it was not captured. */
  declare readonly stdout: Buffer | string
  /** The same of standard error. */
  declare readonly stderr: Buffer | string
  /**
   * Whether output is missing: the guest wrote more than `maxOutput`, or was ended while your
   * `stdout` or `stderr` was too slow to take the rest.
   */
  declare readonly truncated: boolean
  /**
   * The hostcalls of all threads, with the option `metrics`. Undefined for a guest in a process of
   * its own that was ended from outside.
   */
  declare readonly metrics: Metrics | undefined
  /** The OS sandbox of a run with `isolation: 'process'`. Undefined if it failed before. */
  declare readonly osSandbox: OsSandbox | undefined
  /** The guest's functions that were running, innermost first. Empty unless its code failed. */
  declare readonly frames: readonly WasmFrame[]
  /** The exit code, with `ERR_WASI_EXIT`: an instance of `instantiate` that called proc_exit. */
  declare readonly exitCode: number | undefined
  /** True if the stack has calls of the embedder. */
  #located: boolean
  static {
    addCalls = (error, stack) => {
      if (error.#located) return
      const calls = outside(stack)
      error.#located = calls.length > 0
      error.stack = [error.stack, ...calls].join('\n')
    }
    brand(RunError, 'RunError')
    Object.defineProperty(RunError.prototype, 'name', { value: 'RunError', configurable: true })
  }
  /** For this package. @param code a row of docs/errors.md */
  constructor(code: string, message: string, details: RunErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    const { truncated = false, metrics, osSandbox, frames = [], exitCode } = details
    const { stdout = Buffer.alloc(0), stderr = Buffer.alloc(0) } = details
    // Not enumerable, so that console.log prints the reason and not the bytes.
    const hidden = { stdout, stderr, truncated, metrics, osSandbox, frames, exitCode }
    for (const [key, value] of Object.entries(hidden))
      Object.defineProperty(this, key, { value, configurable: true, writable: true })
    // A program may have its own Error.prepareStackTrace.
    const calls = outside(this.stack)
    this.#located = calls.length > 0
    this.stack = [
      `RunError [${code}]: ${message}`,
      ...tailOf(stderr),
      ...formatFrames(frames).map(line => `    ${line}`),
      ...calls,
    ].join('\n')
  }
}

/** The places in a stack that tell an embedder nothing: Node's own code, and this package's. */
const own = ['dist', 'lib'].map(folder => join(root, folder, sep))
const inside = [
  '(node:internal/',
  'at new Promise (<anonymous>)',
  ...own,
  ...own.map(folder => pathToFileURL(folder).href),
]

/** The calls of a stack that are outside of Node and this package. */
export function outside(stack: string | undefined): string[] {
  const [, ...calls] = `${stack}`.split(/\n(?= {4}at )/)
  return calls.filter(call => !inside.some(place => call.includes(place)))
}

/** The lines and the bytes of standard error that a stack shows. */
const mostLines = 10
const mostBytes = 2048

/**
 * The last lines of standard error as a stack shows them: without control characters, and marked,
 * so that none passes for a frame.
 */
function tailOf(stderr: Buffer | string): string[] {
  const text = stderr.slice(-mostBytes).toString().trimEnd()
  if (text === '') return []
  const lines = text.split(/\r?\n/)
  const shown = lines.slice(-mostLines).map(line => `  | ${plainLine(line)}`)
  const cut = stderr.length > mostBytes || lines.length > mostLines
  return [cut ? '  the last lines of stderr:' : '  stderr:', ...shown]
}
