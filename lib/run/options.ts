/** The options of a run, and its result. */

import type { Metrics } from '../observe/metrics.js'
import type { Listener } from '../options/listen.js'
import type { GuestOptions } from '../options/options.js'
import type {
  CapturedOutput,
  OutputEncoding,
  RunStdinOption,
  RunStdoutOption,
} from './stdio/types.js'

/**
 * The options of {@link run}: those of {@link GuestOptions}, with limits and isolation. `clocks`,
 * `sleep` and `random` are functions of your thread, which the guest's worker cannot call; `seed`
 * and `deterministic` replace them.
 */
export interface RunOptions<E extends OutputEncoding = 'buffer'>
  extends Omit<
    GuestOptions,
    'version' | 'stdin' | 'stdout' | 'stderr' | 'clocks' | 'sleep' | 'random'
  > {
  /** The snapshot of WASI that the guest imports. Default: the one that the module imports. */
  readonly version?: GuestOptions['version'] | undefined
  /**
   * The threads that the guest may start beside its first, by `wasi.thread-spawn`; then AGAIN. Each
   * is a worker thread of the host. Only with the native backend. At most 1024. Default 0.
   */
  readonly threads?: number | undefined
  /**
   * The guest's standard input, as {@link GuestOptions.stdin}, or a source that `run` waits for: a
   * Node or web stream, an async generator. Default `'ignore'`: empty.
   */
  readonly stdin?: RunStdinOption | undefined
  /**
   * The guest's standard output, as {@link GuestOptions.stdout}, or `'capture'`: a part of the
   * result. Default `'capture'`.
   */
  readonly stdout?: RunStdoutOption | undefined
  /** The guest's standard error, as `stdout`. Default `'capture'`. */
  readonly stderr?: RunStdoutOption | undefined
  /**
   * The form of the captured `stdout` and `stderr`: `'buffer'` for Buffers, `'utf8'` for strings.
   * Bytes that are not UTF-8 become U+FFFD, and a byte order mark is kept; a character that
   * `maxOutput` cuts is left out. Default `'buffer'`.
   */
  readonly encoding?: E | undefined
  /**
   * The captured bytes of each stream; then the guest gets PIPE, and the result is `truncated`.
   * With `encoding: 'utf8'` at most the length of the longest string. Default 16 MiB.
   */
  readonly maxOutput?: number | undefined
  /**
   * Bytes of the guest's linear memory and tables together; then `memory.grow` and `table.grow`
   * return -1. A module that starts with more is `ERR_WASI_MEMORY_LIMIT`. Memory grows by whole
   * pages of 64 KiB; an element of a table counts 8 bytes, in each of the threads that the guest
   * may have. Needs the module's bytes, into which the limit is written. From 0 to 2^32. Default:
   * the limits that the module declares.
   */
  readonly maxMemory?: number | undefined
  /**
   * Elements of all tables of an instance together; then `table.grow` returns -1. Needs the
   * module's bytes, too: a compiled module keeps the limits that it declares, and `strict` refuses
   * it. From 0 to 10,000,000. Default 1,000,000.
   */
  readonly maxTableElements?: number | undefined
  /**
   * Bytes of stack of each thread of the guest, for its calls and the host's. A guest that
   * overflows it fails with `ERR_WASI_STACK_LIMIT`. From 256 KiB to 256 MiB. Default 8 MiB.
   */
  readonly maxStack?: number | undefined
  /**
   * Milliseconds after which the guest is terminated, whatever it does: the run fails with
   * `ERR_WASI_TIMEOUT`. They start before the module is compiled; in a pool, when the run leaves
   * the queue. From 1 to 2^31 - 1. Default none.
   */
  readonly timeout?: number | undefined
  /**
   * Terminates the guest at once, whatever it does: the run fails with `ERR_WASI_ABORTED`, whose
   * `cause` is the signal's `reason`. Default none.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * The isolation of the guest beside WebAssembly. `worker`: worker threads of this process.
   * `process`: on Linux, a child process in an OS sandbox, in which the kernel allows only the
   * files of the preopens, no network and no other process. It needs the module's bytes. Default
   * `worker`.
   */
  readonly isolation?: 'worker' | 'process' | undefined
  /**
   * With `isolation: 'process'`: `require` fails with `ERR_WASI_OS_SANDBOX_UNAVAILABLE`, before the
   * process gets the module, unless the kernel has Landlock ABI 3 or later and seccomp.
   * `best-effort` runs with less, which the result's `osSandbox` reports. Without Landlock, a guest
   * that escapes WebAssembly reads and writes every file, and the memory of your processes. Default
   * `require`.
   */
  readonly osSandbox?: 'require' | 'best-effort' | undefined
  /**
   * With `isolation: 'process'`: the absolute path of the node binary that runs the guest, version
   * 20.19, 22.12 or later. It is started once more, to find its libraries. `strict` refuses
   * preopens that contain it. Default `process.execPath`; if that is an application (Electron, a
   * single executable), the run fails with `ERR_WASI_NO_NODE`.
   */
  readonly execPath?: string | undefined
  /**
   * An ES module of yours whose functions the guest imports: a path or a `file:` URL, such as `new
   * URL('./imports.js', import.meta.url)`. The guest's worker imports it. Its default export is a
   * record `{ moduleName: { importName: value } }`, or a function that returns one for each
   * instance and receives an {@link ImportsContext}. Values are functions, numbers and
   * WebAssembly.Tag; in a record that a function returned, WebAssembly.Global and
   * WebAssembly.Table, too. Only own properties count, before the hostcalls of the same name. An
   * exception of a function ends the guest with `ERR_WASI_HOOK`; a module that cannot be used is
   * `ERR_WASI_IMPORTS`. An error with `isolation: 'process'`. See docs/imports.md. Default none.
   */
  readonly imports?: string | URL | undefined
  /**
   * The folder in which transpiled components are kept, or false for none. It is made with access
   * for its user alone; one that others may write to is not used, and a folder that cannot be
   * written is no error. `strict` refuses preopens with write access that contain it. Modules use no
   * cache. Default: `wasi-common` in `$XDG_CACHE_HOME` or `~/.cache`, on macOS in
   * `~/Library/Caches`, on Windows in `%LOCALAPPDATA%`.
   */
  readonly cache?: string | false | undefined
  /**
   * A call of a function that a component exports, in place of `wasi:cli/run`: `'add(1, 2)'`, or
   * `'ns:pkg/iface#add(1, 2)'` where several interfaces have it. Arguments are in WAVE, and so is the
   * result, which is written to standard output as a line. An error result is exit code 1. A wrong
   * call is `ERR_WASI_INVOKE`. Only for components. Default none.
   */
  readonly invoke?: string | undefined
  /**
   * Receives the sockets that the option `listen` opened, once, when the guest starts. An exception
   * that it throws ends the guest. Default none.
   */
  readonly onListening?: ((listeners: readonly Listener[]) => void) | undefined
}
/** The result of a guest that has ended. `Content` is string with `encoding: 'utf8'`. */
export interface RunResult<Content extends string | Buffer = Buffer>
  extends CapturedOutput<Content> {
  /** The code of proc_exit, in any thread, or 0 when `_start` returned. */
  readonly exitCode: number
  /** The hostcalls of all threads, with the option `metrics`. */
  readonly metrics?: Metrics
  /** The OS sandbox of the guest's process, with `isolation: 'process'`. */
  readonly osSandbox?: OsSandbox
}
/** The options with either encoding. */
export type AnyRunOptions = RunOptions<OutputEncoding>
/** The outcome with either encoding. */
export type AnyRunResult = RunResult<string | Buffer>
/** The parts of the OS sandbox that confined the guest's process. */
export interface OsSandbox {
  /**
   * The ABI version of Landlock, which confines file access; false if the kernel has none. Below 3,
   * files of read-only preopens can be truncated.
   */
  readonly landlock: number | false
  /** True if a seccomp filter refuses sockets, other programs and other processes. */
  readonly seccomp: boolean
}
