/** The options of a guest, as an embedder writes them. */
import type { UnexpectedError } from '../errors.js'
import type { RightsMode } from '../fds/rights.js'
import type { Limits } from '../limits.js'
import type { ReplayOptions } from '../replay/options.js'
import type { StdinOption, StdoutOption } from '../stdio/streams.js'
import type { ListeningFd } from './listen.js'
import type { FilePreopen, MemoryPreopen, Preopen } from './preopens.js'

/**
 * What a guest is given, and how it is watched. Nothing of the host's is given that does not stand
 * here.
 */
export interface GuestOptions extends ReplayOptions {
  /** The snapshot of WASI that the guest imports: `wasi_snapshot_preview1` or `wasi_unstable`. */
  readonly version: 'preview1' | 'unstable'
  /**
   * The guest's command line; the first is the program's name. Default none.
   */
  readonly args?: readonly string[] | undefined
  /** The guest's environment. Variables that are undefined are left out. Default none. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /**
   * Directories by the name that the guest knows each by; they become its descriptors 3, 4 and so
   * on, in the order of the record (in which JavaScript puts names that are numbers first). Default
   * none.
   */
  readonly preopens?:
    | Readonly<Record<string, string | URL | Preopen | MemoryPreopen | FilePreopen | undefined>>
    | undefined
  /**
   * Sockets from which the guest accepts connections: `HOST:PORT`, where HOST is a numeric address
   * (`[::1]` where it is IPv6) or localhost, and PORT 0 is any that is free; or a descriptor of the
   * host that listens already. They become the descriptors behind the directories, in this order.
   * Only with the native backend. Default none.
   */
  readonly listen?: readonly (string | ListeningFd)[] | undefined
  /**
   * The guest's descriptor 0, which it only reads: `'inherit'` (the host's own), `'ignore'`
   * (empty), a descriptor of the host, a function, an iterable or bytes. Descriptors of the host
   * are used as they are: keep them open as long as the guest lives; the guest cannot close them.
   * Default `'inherit'`.
   */
  readonly stdin?: StdinOption | undefined
  /**
   * The guest's descriptor 1, which it only writes: `'inherit'` (the host's own), `'ignore'`
   * (discarded), a descriptor of the host, a function or a stream. Default `'inherit'`.
   */
  readonly stdout?: StdoutOption | undefined
  /** The guest's descriptor 2. See `stdout`. */
  readonly stderr?: StdoutOption | undefined
  /**
   * All that the guest reads from standard input: text, which becomes UTF-8, or bytes. Excludes
   * `stdin`. Default: `stdin` counts.
   */
  readonly input?: string | Uint8Array | undefined
  /**
   * Who asks the host. `native` (and `auto`, the default) is the addon, whose sandbox holds against
   * races; it is an error where it cannot be loaded. `typescript` uses node:fs alone. It is slower;
   * sets times to the microsecond; cannot accept connections or wait for descriptors; and where
   * there is no /proc (macOS, Windows) somebody who renames directories of the host meanwhile can
   * lead it astray. RATIONALE.md has the whole list.
   */
  readonly backend?: 'auto' | 'native' | 'typescript' | undefined
  /**
   * Refuses what would hand the host to the guest by mistake: any backend but the native
   * one; process.env as `env`; a preopen of the root of a file system, of a folder that holds (or
   * is part of) this package, the running program or node; to listen where other machines can reach
   * it; and it keeps terminal escapes but colours off the user's terminal.
   */
  readonly strict?: boolean | undefined
  /** Let a strict sandbox have such preopens all the same. Default false. */
  readonly allowUnsafePreopen?: boolean | undefined
  /** Let a strict sandbox listen at addresses beside 127.0.0.0/8 and ::1. Default false. */
  readonly allowPublicListen?: boolean | undefined
  /**
   * Lets the output of the guest control the terminal: move the cursor, set the title, read its
   * answers. Otherwise only colours pass, and are reset at the guest's end; other control
   * characters are shown as pictures of themselves. Default true, but false in a strict sandbox.
   */
  readonly allowTerminalEscapes?: boolean | undefined
  /**
   * `enforce` checks all rights of preview 1, as node:wasi does: a call for which a descriptor
   * lacks the right is NOTCAPABLE. `access` checks FD_READ and FD_WRITE, as other hosts do: a file
   * that is open the other way is BADF. Rights bind the guest to itself; what it is given is the
   * preopen. Default `enforce` for class WASI and `createGuest`, `access` for `run`, Pool and the
   * command.
   */
  readonly rights?: RightsMode | undefined
  /**
   * How much of the host the guest may use at once; docs/limits.md has the table. Default: its defaults.
   */
  readonly limits?: Partial<Limits> | undefined
  /** Receives a line for each hostcall. */
  readonly trace?: ((line: string) => void) | undefined
  /**
   * `text`: as strace writes them. `json`: a {@link HostcallEvent} each. `perfetto`: an event each
   * of a timeline, which https://ui.perfetto.dev and chrome://tracing open; the lines of one guest
   * make one file, a JSON array whose `]` may be left out. Default `text`.
   */
  readonly traceFormat?: 'text' | 'json' | 'perfetto' | undefined
  /**
   * The hostcalls that `trace` receives, as patterns in which `*` stands for any characters:
   * `['path_*', 'fd_*', '!fd_read']` is those that match a pattern and none that begins with `!`.
   * Patterns that only exclude are taken from all hostcalls. A pattern that no hostcall matches is
   * an error. Default: all hostcalls.
   */
  readonly traceFilter?: readonly string[] | undefined
  /** Whether the lines say how long each call took. Default false. */
  readonly traceTimes?: boolean | undefined
  /** Whether calls are counted and timed, for `metrics()` to tell. Default false. */
  readonly metrics?: boolean | undefined
  /**
   * Receives every host error that WASI has no word for; the guest sees IO. What it throws ends the
   * guest.
   */
  readonly onUnexpected?: ((error: UnexpectedError) => void) | undefined
}

/**
 * The options of `class WASI`: those of node:wasi and {@link GuestOptions}. As node:wasi, it makes
 * each argument and each variable a string.
 */
export interface WASIOptions extends Omit<GuestOptions, 'env'> {
  /** The guest's environment, as node:wasi types it. Default none. */
  readonly env?: object | undefined
  /**
   * Whether proc_exit makes `start` return its code; else it ends the host's process with it.
   * Default true.
   */
  readonly returnOnExit?: boolean | undefined
}
