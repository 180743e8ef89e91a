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

/** The properties of a {@link RunError} beside its code and message. */
export interface RunErrorDetails {
  /** {@link RunError.stdout}. Default an empty Buffer. */
  readonly stdout?: Buffer | string
  /** {@link RunError.stderr}. Default an empty Buffer. */
  readonly stderr?: Buffer | string
  /** {@link RunError.truncated}. Default false. */
  readonly truncated?: boolean
  /** {@link RunError.metrics}. Default undefined. */
  readonly metrics?: Metrics | undefined
  /** {@link RunError.osSandbox}. Default undefined. */
  readonly osSandbox?: OsSandbox | undefined
  /** {@link RunError.frames}. Default none. */
  readonly frames?: readonly WasmFrame[]
  /** {@link RunError.exitCode}. Default undefined. */
  readonly exitCode?: number
  /** The value that was thrown, which may be undefined. Default: the error has no `cause`. */
  readonly cause?: unknown
}

/**
 * Adds the embedder's calls to the stack of an error that was made where they are unknown, such as in
 * the handler of a message. @param stack of an Error that was made below these calls
 */
export let addCalls: (error: RunError, stack: string | undefined) => void

/**
 * The error with which `run`, `spawn`, `instantiate` and Pool reject. docs/errors.md lists the
 * codes. A wrong argument or option is a TypeError or a RangeError instead, before anything starts.
 *
 * @example
 * try {
 *   await run('program.wasm', { timeout: 500 })
 * } catch (error) {
 *   if (error instanceof RunError) console.error(error.code, String(error.stderr))
 * }
 */
export class RunError extends Error {
  /** `RunError`. */
  declare readonly name: 'RunError'
  /** The reason: `ERR_WASI_TRAP`, `ERR_WASI_TIMEOUT`; or the code of a host error, as `ENOENT`. */
  readonly code: string
  /**
   * The captured standard output until the failure: a string with `encoding: 'utf8'`, else a
   * Buffer. Empty if it was not captured.
   */
  declare readonly stdout: Buffer | string
  /** The captured standard error, as `stdout`. */
  declare readonly stderr: Buffer | string
  /**
   * True if output is missing: the guest wrote more than `maxOutput`, or was terminated while your
   * `stdout` or `stderr` was too slow to take the rest.
   */
  declare readonly truncated: boolean
  /**
   * The hostcalls of all threads, with the option `metrics`. Undefined if the guest's child process
   * was terminated.
   */
  declare readonly metrics: Metrics | undefined
  /**
   * The OS sandbox, with `isolation: 'process'`. Undefined if the run failed before it was set up.
   */
  declare readonly osSandbox: OsSandbox | undefined
  /** The guest's stack, innermost frame first. Empty unless the guest's code failed. */
  declare readonly frames: readonly WasmFrame[]
  /** The exit code of an instance that called proc_exit (`ERR_WASI_EXIT`). Otherwise undefined. */
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
  /**
   * Makes an error as this package does, for tests of yours.
   * @param code a row of docs/errors.md
   */
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

let known: readonly string[] | undefined
/** The places in a stack that tell an embedder nothing: Node's own code, and this package's. */
function inside(): readonly string[] {
  if (known !== undefined) return known
  const own = ['dist', 'lib'].map(folder => join(root, folder, sep))
  known = [
    '(node:internal/',
    'at new Promise (<anonymous>)',
    ...own,
    ...own.map(folder => pathToFileURL(folder).href),
  ]
  return known
}

/** The calls of a stack that are outside of Node and this package. */
export function outside(stack: string | undefined): string[] {
  const [, ...calls] = `${stack}`.split(/\n(?= {4}at )/)
  return calls.filter(call => !inside().some(place => call.includes(place)))
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
