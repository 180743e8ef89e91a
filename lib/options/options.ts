/** The options of a guest. */
import type { UnexpectedError } from '../errors.js'
import type { RightsMode } from '../fds/rights.js'
import type { Limits } from '../limits.js'
import type { HostOverrides } from '../replay/options.js'
import type { StdinOption, StdoutOption } from '../stdio/streams.js'
import type { ListeningFd } from './listen.js'
import type { Preopen } from './preopens.js'

/**
 * The options of {@link createGuest}: the guest's resources, and how it is observed. The guest gets
 * nothing of the host that is not listed here.
 */
export interface GuestOptions extends HostOverrides {
  /** The snapshot of WASI that the guest imports: `wasi_snapshot_preview1` or `wasi_unstable`. */
  readonly version: 'preview1' | 'unstable'
  /** The guest's command line. The first is the program's name. Default none. */
  readonly args?: readonly string[] | undefined
  /**
   * The guest's environment. Variables that are undefined are left out. Default none: the guest
   * does not inherit `process.env`.
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /**
   * Preopened directories, by the guest's names for them: `{ '/data': './data' }`. They become file
   * descriptors 3, 4 and so on, in the order of the record, in which JavaScript puts integer names
   * first. Default none.
   */
  readonly preopens?: Readonly<Record<string, Preopen | undefined>> | undefined
  /**
   * Sockets on which the guest accepts connections: `HOST:PORT`, or the descriptor of a socket that
   * listens already. HOST is a numeric address (`[::1]` for IPv6) or `localhost`; PORT 0 is any
   * free port. They become the file descriptors after the preopens, in this order. Only with the
   * native backend. Default none.
   */
  readonly listen?: readonly (string | ListeningFd)[] | undefined
  /**
   * The guest's standard input, file descriptor 0: `'inherit'` (the host's), `'ignore'` (empty), a
   * file descriptor of the host, a function, an iterable or bytes. Keep a descriptor open until the
   * guest has ended; the guest cannot close it. Default `'inherit'`.
   */
  readonly stdin?: StdinOption | undefined
  /**
   * The guest's standard output, file descriptor 1: `'inherit'` (the host's), `'ignore'`
   * (discarded), a file descriptor of the host, a function or a stream. Default `'inherit'`.
   */
  readonly stdout?: StdoutOption | undefined
  /** The guest's standard error, file descriptor 2, as `stdout`. Default `'inherit'`. */
  readonly stderr?: StdoutOption | undefined
  /**
   * The whole standard input of the guest: text, which becomes UTF-8, or bytes. An error together
   * with `stdin`. Default none: `stdin` applies.
   */
  readonly input?: string | Uint8Array | undefined
  /**
   * The implementation of host calls. `native` (and `auto`, the default) is the addon, whose
   * containment holds against races; an addon that cannot be loaded is an error, never a fallback.
   * `typescript` uses `node:fs` alone. It is slower, sets times to the microsecond, and cannot
   * accept connections or poll file descriptors. Without /proc (macOS, Windows) it is open to
   * races: a process that renames directories of the host meanwhile can lead the guest outside of
   * its preopen. RATIONALE.md has the whole list.
   */
  readonly backend?: 'auto' | 'native' | 'typescript' | undefined
  /**
   * Refuses options that would hand the host to the guest by mistake: a backend other than the
   * native one; `process.env` as `env`; a preopen of the root of a file system, or of a directory
   * that contains (or is part of) this package, the running program or node; and `listen` at an
   * address that other machines can reach. Control characters other than colours do not reach your
   * terminal. Default false.
   */
  readonly strict?: boolean | undefined
  /** Allows the preopens that `strict` refuses. Default false. */
  readonly allowUnsafePreopen?: boolean | undefined
  /** Allows `listen` at addresses other than 127.0.0.0/8 and ::1 with `strict`. Default false. */
  readonly allowPublicListen?: boolean | undefined
  /**
   * Lets the guest's output control the terminal: move the cursor, set the title, request reports.
   * Otherwise only colours pass, and are reset when the guest ends; other control characters are
   * written as symbols. Default true, or false with `strict`.
   */
  readonly allowTerminalEscapes?: boolean | undefined
  /**
   * The rights of preview 1 that are checked. `enforce` checks all, as node:wasi does: a call for
   * which a descriptor lacks the right is NOTCAPABLE. `access` checks FD_READ and FD_WRITE, as
   * other hosts do: a read of a descriptor that is open only for writing is BADF. Rights are no
   * part of the sandbox: the preopen is. Default `enforce` for `class WASI` and `createGuest`,
   * `access` for `run`, `spawn`, `instantiate`, Pool and the command.
   */
  readonly rights?: RightsMode | undefined
  /** The guest's limits on resources of the host. Default: the default of each limit. */
  readonly limits?: Partial<Limits> | undefined
  /**
   * Receives a line for each hostcall, without a line end. An exception that it throws ends the
   * guest. Default none.
   */
  readonly trace?: ((line: string) => void) | undefined
  /**
   * The format of the lines. `text`: as strace writes them. `json`: a {@link HostcallEvent} each.
   * `perfetto`: an event of a timeline each, which https://ui.perfetto.dev and chrome://tracing
   * open; the lines of one guest make one file, a JSON array whose `]` may be left out. Default
   * `text`.
   */
  readonly traceFormat?: 'text' | 'json' | 'perfetto' | undefined
  /**
   * The hostcalls that `trace` receives, as patterns in which `*` matches any characters:
   * `['path_*', 'fd_*', '!fd_read']` selects those that match a pattern and no pattern that begins
   * with `!`. A function of WASI 0.2 has its name in the trace, `descriptor.open-at`, or the whole
   * one, `wasi:filesystem/*`. Patterns that only exclude apply to all hostcalls. A pattern that
   * matches no hostcall is an error. Default: all hostcalls.
   */
  readonly traceFilter?: readonly string[] | undefined
  /** Adds the duration of each call to its line. Default false. */
  readonly traceTimes?: boolean | undefined
  /** Counts and times hostcalls, for `metrics()` and the result of `run`. Default false. */
  readonly metrics?: boolean | undefined
  /**
   * Receives each host error that WASI has no errno for. The guest gets IO. An exception that it
   * throws ends the guest. Default none.
   */
  readonly onUnexpected?: ((error: UnexpectedError) => void) | undefined
}

/**
 * The options of {@link WASI}: those of node:wasi and {@link GuestOptions}. As node:wasi does, it
 * converts each argument and each variable to a string.
 */
export interface WASIOptions extends Omit<GuestOptions, 'env'> {
  /** The guest's environment, as node:wasi types it. Default none. */
  readonly env?: object | undefined
  /**
   * Makes `start` return the code of proc_exit. With false, proc_exit ends the host's process with
   * that code. Default true.
   */
  readonly returnOnExit?: boolean | undefined
}
