/** What an embedder says of a run, and what he is told of it. */

import type { Metrics } from '../observe/metrics.js'
import type { Listener } from '../options/listen.js'
import type { GuestOptions } from '../options/options.js'
import type { CapturedOutput, Encoding, RunStdinOption, RunStdoutOption } from './stdio/types.js'

/**
 * What `run` takes: what a guest is given, and how it is run. Functions that answer a hostcall
 * cannot go to the guest's worker; `seed` and `deterministic` can.
 */
export interface RunOptions<E extends Encoding = 'buffer'>
  extends Omit<
    GuestOptions,
    'version' | 'stdin' | 'stdout' | 'stderr' | 'clocks' | 'sleep' | 'random'
  > {
  /** The snapshot of WASI; found out from the module if left out. */
  readonly version?: GuestOptions['version'] | undefined
  /**
   * How many threads the guest may have beside its first one, by `wasi.thread-spawn`; it is refused
   * more with AGAIN. Each costs its host a worker. Only with the native backend. Default 0, at most
   * 1024.
   */
  readonly threads?: number | undefined
  /**
   * As for a guest in this thread, or a source that `run` waits for: a stream, an async generator.
   * Default `'ignore'`: empty.
   */
  readonly stdin?: RunStdinOption | undefined
  /** As for a guest in this thread, or `'capture'`, the default: it becomes part of the result. */
  readonly stdout?: RunStdoutOption | undefined
  /** See `stdout`. */
  readonly stderr?: RunStdoutOption | undefined
  /**
   * The form of the captured `stdout` and `stderr`: `'buffer'`, a Buffer each, or `'utf8'`, a string
   * each. Bytes that are not UTF-8 become U+FFFD, and a byte order mark is kept; a character that
   * `maxOutput` cuts is left out. Default `'buffer'`.
   */
  readonly encoding?: E | undefined
  /**
   * How many bytes of each stream are captured; a guest that writes more is refused with PIPE.
   * Default 16 MiB, with `encoding: 'utf8'` at most the length of the longest string.
   */
  readonly maxOutput?: number | undefined
  /**
   * Bytes of linear memory and tables that the guest may have, all together: `memory.grow` and
   * `table.grow` fail beyond. Memory grows by whole pages of 64 KiB; an element of a table counts 8
   * bytes, in each of the threads that the guest may have. Needs the module's bytes, since it is
   * written into them. Default: memory as the module says.
   */
  readonly maxMemory?: number | undefined
  /**
   * Elements that all tables of an instance may have together: `table.grow` fails beyond. Needs the
   * module's bytes, too; a compiled module has the tables that it declares, and a strict sandbox
   * refuses it. Default 1,000,000, at most 10,000,000.
   */
  readonly maxTableElements?: number | undefined
  /**
   * Bytes of stack in each thread of the guest, for its calls and the host's. A guest that
   * overflows it ends with a RangeError with code `ERR_WASI_STACK_LIMIT`. Default 8 MiB, at least
   * 256 KiB, at most 256 MiB.
   */
  readonly maxStack?: number | undefined
  /**
   * Milliseconds after which the guest is ended, whatever it does. They begin before its module is
   * compiled; in a pool, with its turn. Default: never.
   */
  readonly timeout?: number | undefined
  /**
   * Ends the guest at once, whatever it does. The run fails with `ERR_WASI_ABORTED`, whose `cause` is
   * the reason of the signal.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Where the guest runs: in workers of this process, or, on Linux, in a process of its own that
   * the kernel cuts off from all files but its preopens, from the network and from other processes.
   * That one takes a module's bytes, not a module. Default `worker`.
   */
  readonly isolation?: 'worker' | 'process' | undefined
  /**
   * With `isolation: 'process'`: `require` (the default) fails with ERR_WASI_OS_SANDBOX_UNAVAILABLE, before the
   * process gets the module, unless the kernel has Landlock ABI 3 or later and seccomp.
   * `best-effort` runs with less, as `osSandbox` of the result says. Without Landlock, a guest that
   * escapes WebAssembly reads and writes every file, and the memory of your processes.
   */
  readonly osSandbox?: 'require' | 'best-effort' | undefined
  /**
   * With `isolation: 'process'`: the absolute path of the node binary that runs the guest, version
   * 20.19, 22.12 or later. It is started once more, to find its libraries. Default:
   * `process.execPath`, unless that is an application (Electron, a single executable), which is
   * ERR_WASI_NO_NODE. A strict sandbox refuses preopens that hold it.
   */
  readonly execPath?: string | undefined
  /**
   * An ES module of yours whose functions the guest imports: a path, or a file: URL, as
   * `new URL('./imports.js', import.meta.url)` is one. The guest's worker imports it. Its default
   * export is a record `{ moduleName: { importName: value } }`, or a function that makes one for
   * each instance and receives an {@link ImportsContext}. Values are functions, numbers and
   * WebAssembly.Tag; in a record that a function made, WebAssembly.Global and WebAssembly.Table,
   * too. Own properties count, before the hostcalls of the same name. An error that a function
   * throws ends the guest with `ERR_WASI_HOOK`; a module that cannot be used is `ERR_WASI_IMPORTS`.
   * Not with `isolation: 'process'`. docs/imports.md says more. Default none.
   */
  readonly imports?: string | URL | undefined
  /**
   * Receives what the option `listen` opened, once, as the guest begins: where others reach it.
   * What it throws ends the guest.
   */
  readonly onListening?: ((listeners: readonly Listener[]) => void) | undefined
}
/** The outcome of a guest that has ended. `Content` is string with `encoding: 'utf8'`. */
export interface RunResult<Content extends string | Buffer = Buffer>
  extends CapturedOutput<Content> {
  /** What proc_exit of any thread said, or 0 when `_start` returned. */
  readonly exitCode: number
  /** With `metrics`: the hostcalls of all threads. */
  readonly metrics?: Metrics
  /** With `isolation: 'process'`: what the kernel held the process by. */
  readonly osSandbox?: OsSandbox
}
/** The options with either encoding. */
export type AnyRunOptions = RunOptions<Encoding>
/** The outcome with either encoding. */
export type AnyRunResult = RunResult<string | Buffer>
/** What stands between a guest's process and its host beside the sandbox. */
export interface OsSandbox {
  /**
   * The version of Landlock, which cuts off files; false where the kernel has none. Below 3, files
   * of read-only preopens can be truncated.
   */
  readonly landlock: number | false
  /** Whether system calls for sockets, other programs and other processes are cut off. */
  readonly seccomp: boolean
}
