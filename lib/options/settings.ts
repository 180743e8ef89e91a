/**
 * Turns an embedder's options into checked settings. Every mistake of the embedder is an error
 * here, before anything is opened.
 */
import type { UnexpectedError } from '../errors.js'
import type { RightsMode } from '../fds/rights.js'
import type { Limits } from '../limits.js'
import { type Counts, newCounts } from '../observe/metrics.js'
import { reporter } from '../observe/report.js'
import { timeline } from '../observe/timeline.js'
import type { Style } from '../observe/trace.js'
import type { OpenLine } from '../observe/unterminated.js'
import type { Replay } from '../replay/options.js'
import type { Sink, Source } from '../stdio/streams.js'
import { checkObject, checkSpelling } from '../validate.js'
import type { Listen } from './listen.js'
import type { WASIOptions } from './options.js'
import { checkPermission } from './permission.js'
import { type Given, placed } from './preopens.js'
import { checkRows } from './row.js'
import { checkStrict } from './strict.js'
import { guestTable, wasiTable } from './table.js'

/** Options after all checks, in the form that the rest of the package uses. */
export interface Settings {
  readonly version: 'preview1' | 'unstable'
  readonly args: readonly Uint8Array[]
  readonly env: readonly Uint8Array[]
  readonly preopens: readonly Given[]
  readonly listen: readonly Listen[]
  readonly stdio: readonly [stdin: number | Source, stdout: number | Sink, stderr: number | Sink]
  /**
   * The descriptors among them that stand for a terminal of the embedder's, in a process of the
   * guest's. Default: none.
   */
  readonly terminals?: readonly boolean[]
  readonly backend: 'auto' | 'native' | 'typescript'
  readonly terminalEscapes: boolean
  readonly rights: RightsMode
  readonly limits: Limits
  readonly trace: ((line: string) => void) | undefined
  readonly traceStyle: Style
  /** The paths of shared descriptors, for a traced guest with threads. */
  readonly sharedPaths?: SharedArrayBuffer | undefined
  /** The line that the guest has not ended, for a trace that is written where its output goes. */
  readonly openLine?: OpenLine | undefined
  /** The counters of calls, with `metrics`. */
  readonly counts: Counts | undefined
  /** The overrides of clocks, sleeping and randomness. */
  readonly replay: Replay | undefined
  /** Reports a host error that was not expected. */
  readonly report: (error: UnexpectedError) => void
}

/**
 * The names that `createGuest` takes. `class WASI` ignores options that it does not know, as
 * node:wasi does.
 */
export const optionNames: readonly string[] = Object.keys(guestTable)

const wasiNames: readonly string[] = [...optionNames, ...Object.keys(wasiTable)]
/** Refuses what is spelled almost as an option of `class WASI`, which may have been a restriction. */
export const checkSpelled = (options: object): void => checkSpelling('options', wasiNames, options)

/** Checks the options in the order of their rows, then those that depend on each other. */
export function settingsOf(options: unknown = {}): Settings {
  checkObject('options', options)
  const checked = checkRows(guestTable, options)
  const {
    input,
    stdin = input ?? 0,
    stdout,
    stderr,
    strict,
    traceFormat,
    traceFilter,
    traceTimes,
    allowUnsafePreopen,
    allowPublicListen,
  } = checked
  const { env, preopens, metrics, deterministic: replay } = checked
  const settings: Settings = {
    version: checked.version,
    args: checked.args,
    env: replay?.start === undefined ? env.bytes : [...env.bytes].sort(Buffer.compare),
    preopens: process.permission !== undefined || strict ? preopens.map(placed) : preopens,
    listen: checked.listen,
    stdio: [stdin, stdout, stderr],
    backend: checked.backend,
    terminalEscapes: checked.allowTerminalEscapes,
    rights: checked.rights,
    limits: checked.limits,
    trace:
      checked.trace !== undefined && traceFormat === 'perfetto'
        ? timeline(programOf(checked.args), checked.trace)
        : checked.trace,
    traceStyle: { format: traceFormat, times: traceTimes, calls: traceFilter },
    counts: metrics ? newCounts() : undefined,
    replay,
    report: reporter(checked.onUnexpected),
  }
  if (process.permission !== undefined) checkPermission(settings)
  if (strict) checkStrict(settings, env.isHost, allowUnsafePreopen, allowPublicListen)
  return settings
}

/** The program's name in a timeline: its first argument, without its NUL. */
const programOf = ([name]: readonly Uint8Array[]): string =>
  name === undefined ? 'guest' : new TextDecoder().decode(name.subarray(0, -1))

/** Checks the option that `class WASI` takes beyond those of a guest. */
export const returnOnExitOf = (options: WASIOptions): boolean =>
  checkRows(wasiTable, options).returnOnExit
