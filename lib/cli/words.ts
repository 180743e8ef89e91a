/**
 * The options and flags in words, for the documentation and `--help`: a row for each row of the
 * tables that check them.
 */
import type { guestTable, wasiTable } from '../options/table.js'
import type { runTable } from '../run/table.js'
import type { Usage } from './flags.js'

/** The sections of the documentation and of `--help`, in their order. */
export const topics = {
  files: 'Files and sockets',
  program: 'Program and environment',
  streams: 'Standard streams',
  limits: 'Limits',
  sandbox: 'Security',
  trace: 'Observing',
  replay: 'Determinism',
} as const
export type Topic = keyof typeof topics

/** The entry points of the library. The command takes the options that have flags. */
export type Door = 'class WASI' | 'createGuest' | 'run' | 'Pool'
const everywhere = ['class WASI', 'createGuest', 'run', 'Pool'] as const satisfies readonly Door[]
const here = ['class WASI', 'createGuest'] as const satisfies readonly Door[]
const inWorkers = ['run', 'Pool'] as const satisfies readonly Door[]

export interface Words {
  readonly topic: Topic
  readonly doors: readonly Door[]
  /** The type, unless the row of the table lists the words that it may be. */
  readonly type?: string
  /** The default, where the row's `fallback` does not say it. */
  readonly default?: string
  readonly doc: string
}

export const guestWords = {
  version: {
    topic: 'program',
    doors: everywhere,
    type: "'preview1' | 'unstable'",
    default: 'none: required, except by `run` and Pool, which find it in the module',
    doc: 'The snapshot of WASI that the guest imports: `wasi_snapshot_preview1` or `wasi_unstable`.',
  },
  args: {
    topic: 'program',
    doors: everywhere,
    type: 'string[]',
    doc: 'The command line of the guest. The first is the name of the program.',
  },
  env: {
    topic: 'program',
    doors: everywhere,
    type: 'Record<string, string | undefined>',
    doc: 'The environment of the guest. Nothing of your own environment is passed on.',
  },
  preopens: {
    topic: 'files',
    doors: everywhere,
    type: 'Record<string, Preopen>',
    doc: "Directories by the guest's names: the host's path, `{ path, readOnly, overlay, quota }`, `{ files, readOnly, quota }` in memory, or `{ file, readOnly }`.",
  },
  stdin: {
    topic: 'streams',
    doors: here,
    type: 'StdinOption',
    default: "`'inherit'`",
    doc: "`'inherit'`, `'ignore'` (empty), a file descriptor, bytes, a function that returns the next chunk, or an iterable of chunks.",
  },
  stdout: {
    topic: 'streams',
    doors: here,
    type: 'StdoutOption',
    default: "`'inherit'`",
    doc: "`'inherit'`, `'ignore'` (discarded), a file descriptor, a function that receives each write, or a stream.",
  },
  stderr: {
    topic: 'streams',
    doors: here,
    type: 'StdoutOption',
    default: "`'inherit'`",
    doc: 'As `stdout`.',
  },
  input: {
    topic: 'streams',
    doors: here,
    type: 'string | Uint8Array',
    doc: 'The text or bytes that the guest reads from standard input. Excludes `stdin`.',
  },
  backend: {
    topic: 'sandbox',
    doors: everywhere,
    doc: '`auto` and `native` use the addon, and fail where it does not load. `typescript` uses node:fs alone.',
  },
  strict: {
    topic: 'sandbox',
    doors: everywhere,
    type: 'boolean',
    doc: 'Refuses options that would hand the host to the guest by mistake, and keeps terminal escapes other than colours off the terminal.',
  },
  listen: {
    topic: 'files',
    doors: everywhere,
    type: '(string | { fd })[]',
    doc: 'Sockets on which the guest accepts connections: `HOST:PORT`, or `{ fd }` of a socket that listens already.',
  },
  allowUnsafePreopen: {
    topic: 'sandbox',
    doors: everywhere,
    type: 'boolean',
    doc: 'Lets a strict sandbox have directories that hold the running program, this package or node.',
  },
  allowPublicListen: {
    topic: 'sandbox',
    doors: everywhere,
    type: 'boolean',
    doc: 'Lets a strict sandbox listen where other machines can reach it.',
  },
  allowTerminalEscapes: {
    topic: 'sandbox',
    doors: everywhere,
    type: 'boolean',
    default: '`true`; `false` in a strict sandbox',
    doc: 'Lets the output of the guest control the terminal. Otherwise only colours pass, and other control characters are shown as symbols.',
  },
  rights: {
    topic: 'sandbox',
    doors: everywhere,
    default: "`'enforce'`; `'access'` for `run`, Pool and the command",
    doc: '`enforce` checks all rights of preview 1, as node:wasi does. `access` checks only reading and writing.',
  },
  limits: {
    topic: 'limits',
    doors: everywhere,
    type: 'Partial<Limits>',
    default: 'that of each limit',
    doc: 'Descriptors, bytes of a path, iovecs, subscriptions, random bytes and hostcalls that the guest may use.',
  },
  trace: {
    topic: 'trace',
    doors: everywhere,
    type: '(line: string) => void',
    doc: 'Receives a line for each hostcall.',
  },
  traceFormat: {
    topic: 'trace',
    doors: everywhere,
    doc: '`text` lines are like those of strace. `json` lines are objects. `perfetto` lines are a timeline for ui.perfetto.dev.',
  },
  traceFilter: {
    topic: 'trace',
    doors: everywhere,
    type: 'string[]',
    default: 'all hostcalls',
    doc: "Patterns of the hostcalls that `trace` receives: `['path_*', '!path_open']`. See [trace.md](trace.md).",
  },
  traceTimes: {
    topic: 'trace',
    doors: everywhere,
    type: 'boolean',
    doc: 'Adds the duration of each call to its line.',
  },
  metrics: {
    topic: 'trace',
    doors: everywhere,
    type: 'boolean',
    doc: 'Counts and times the hostcalls, for `metrics()` and the result of `run`.',
  },
  clocks: {
    topic: 'replay',
    doors: here,
    type: '{ realtime, monotonic }',
    doc: 'Functions that return nanoseconds as a bigint. `monotonic` also measures processor time.',
  },
  sleep: {
    topic: 'replay',
    doors: here,
    type: '(nanoseconds: number) => void',
    doc: 'Called in place of waiting for a clock. Descriptors in the same poll are asked before and after.',
  },
  random: {
    topic: 'replay',
    doors: here,
    type: '(bytes: Uint8Array) => void',
    doc: "Fills at most 65536 bytes at once, in place of the system's generator.",
  },
  seed: {
    topic: 'replay',
    doors: everywhere,
    type: 'number',
    doc: 'Makes random bytes the same in each run. They are not fit for keys.',
  },
  deterministic: {
    topic: 'replay',
    doors: everywhere,
    type: 'boolean | { seed, start }',
    default: '`false`',
    doc: 'Makes two runs over equal trees do the same: fixes clocks, random bytes, orders, inode numbers and times of files.',
  },
  onUnexpected: {
    topic: 'trace',
    doors: everywhere,
    type: '(error: UnexpectedError) => void',
    doc: 'Receives each host error that WASI has no errno for. The guest gets `IO`.',
  },
} as const satisfies Record<keyof typeof guestTable, Words>

export const wasiWords = {
  returnOnExit: {
    topic: 'program',
    doors: ['class WASI'],
    type: 'boolean',
    doc: "Makes `start` return the guest's exit code. `false` ends the process with it.",
  },
} as const satisfies Record<keyof typeof wasiTable, Words>

export const runWords = {
  threads: {
    topic: 'limits',
    doors: inWorkers,
    type: 'number',
    doc: 'Threads that the guest may start beside its first.',
  },
  isolation: {
    topic: 'sandbox',
    doors: inWorkers,
    doc: 'Runs the guest in worker threads, or, on Linux, in a child process in an OS sandbox.',
  },
  osSandbox: {
    topic: 'sandbox',
    doors: inWorkers,
    default: "`'require'`",
    doc: "With `isolation: 'process'`: `require` refuses a kernel that lacks a part of the OS sandbox. `best-effort` runs with less.",
  },
  execPath: {
    topic: 'sandbox',
    doors: inWorkers,
    type: 'string',
    default: '`process.execPath`',
    doc: "With `isolation: 'process'`: the absolute path of the node binary that runs the guest.",
  },
  maxMemory: {
    topic: 'limits',
    doors: inWorkers,
    type: 'number',
    default: 'as the module says',
    doc: 'Bytes of linear memory and tables together. An element of a table counts 8.',
  },
  maxTableElements: {
    topic: 'limits',
    doors: inWorkers,
    type: 'number',
    default: '`1000000`',
    doc: 'Elements of all tables of an instance.',
  },
  maxStack: {
    topic: 'limits',
    doors: inWorkers,
    type: 'number',
    doc: 'Bytes of stack in each thread of the guest.',
  },
  timeout: {
    topic: 'limits',
    doors: inWorkers,
    type: 'number',
    doc: 'Milliseconds after which the guest is ended. They begin before its module is compiled.',
  },
  signal: {
    topic: 'limits',
    doors: inWorkers,
    type: 'AbortSignal',
    doc: 'Ends the guest. `run` rejects with `ERR_WASI_ABORTED`, whose `cause` is the reason of the signal.',
  },
  onListening: {
    topic: 'files',
    doors: inWorkers,
    type: '(listeners: Listener[]) => void',
    doc: 'Receives the addresses that `listen` opened, once, as the guest begins.',
  },
  encoding: {
    topic: 'streams',
    doors: inWorkers,
    doc: "The form of captured output: `'buffer'`, or `'utf8'` for strings.",
  },
  imports: {
    topic: 'program',
    doors: inWorkers,
    type: 'string | URL',
    doc: 'An ES module of yours that the worker imports, for imports beside WASI: [imports.md](imports.md).',
  },
  cache: {
    topic: 'program',
    doors: inWorkers,
    type: 'string | false',
    default: "`wasi-common` in the user's folder for caches",
    doc: 'The folder in which transpiled components are kept, or false for none.',
  },
  invoke: {
    topic: 'program',
    doors: inWorkers,
    type: 'string',
    doc: "A call of a function that a component exports: `'add(1, 2)'`. Its result is written to standard output.",
  },
  maxOutput: {
    topic: 'limits',
    doors: inWorkers,
    type: 'number',
    doc: 'Bytes captured of each of standard output and standard error. A guest that writes more gets `PIPE`.',
  },
  stdin: {
    topic: 'streams',
    doors: inWorkers,
    type: 'RunStdinOption',
    default: "`'ignore'`",
    doc: 'The same, or a Node or web stream, an async generator, or a function that returns a promise.',
  },
  stdout: {
    topic: 'streams',
    doors: inWorkers,
    type: 'RunStdoutOption',
    default: "`'capture'`",
    doc: "The same, or `'capture'`: a part of the result. The guest waits for a function that returns a promise.",
  },
  stderr: {
    topic: 'streams',
    doors: inWorkers,
    type: 'RunStdoutOption',
    default: "`'capture'`",
    doc: 'As `stdout`.',
  },
  input: {
    topic: 'streams',
    doors: inWorkers,
    type: 'string | Uint8Array',
    doc: 'As for a guest in this thread.',
  },
} as const satisfies Record<keyof typeof runTable, Words>

/** The flags in words, by their usage. */
export const flagWords: Readonly<Record<Usage, string>> = {
  '--argv0 NAME': 'the name that the guest sees as its own (default: as given)',
  '--env NAME[=VALUE]': "set a variable of the guest; without a value, pass the host's on",
  '--inherit-env': "pass the host's whole environment on; not with --strict",
  '--dir HOST[::GUEST[::ro|rw]]': 'give the guest a directory under the name GUEST (default HOST)',
  '--overlay HOST[::GUEST[::SIZE]]':
    'give it a directory that is not changed: at most SIZE of writes (default 64m) are kept in memory until its end',
  '--tmpfs GUEST[::SIZE]': 'give it an empty directory in memory of at most SIZE (default 64m)',
  '--backend NAME': 'auto (default), native, or typescript',
  '--strict':
    'refuse what would hand the host over by mistake, and keep escapes other than colours off the terminal',
  '--tcplisten HOST:PORT':
    'let it accept connections there; port 0 is any free port, and is printed',
  '--allow-unsafe-preopen': 'with --strict: allow directories that hold this program or node',
  '--allow-public-listen': 'with --strict: allow --tcplisten where other machines can reach it',
  '--allow-terminal-escapes': 'with --strict: let the output of the guest control the terminal',
  '--rights NAME':
    'check access (default: reading and writing), or enforce all rights of preview 1',
  '--trace[=FILE]': 'write a line for each hostcall to standard error, or to FILE',
  '--trace-format NAME':
    'text (default), json: an object a line, or perfetto: a timeline for ui.perfetto.dev',
  '--trace-filter LIST': 'write only these hostcalls: path_*,!path_open',
  '--trace-times': 'add the duration of each call to its line',
  '--trace-summary': 'print how often each call was made, failed, and how long it took',
  '--seed N': 'make random bytes the same in each run; they are not fit for keys',
  '--deterministic[=INSTANT]':
    'do the same in each run: fix clocks (from INSTANT on, as 2025-01-01T00:00:00Z), random bytes and orders',
  '--threads[=N]': 'let it start up to N threads (default 32; needs wasm32-wasip1-threads)',
  '--isolation process': 'run it in a process that the kernel confines to its directories (Linux)',
  '--os-sandbox NAME':
    'with that: require (default) refuses a kernel that lacks a part of it, best-effort warns',
  '-W max-memory-size=SIZE': 'let it have at most SIZE of memory, tables included: 64m, 1g',
  '-W max-table-elements=N': 'let its tables have at most N elements (default 1000000)',
  '-W max-wasm-stack=SIZE':
    'give each of its threads SIZE of stack (default 8m; from 256k to 256m)',
  '-W timeout=TIME': 'end it after TIME: 500ms, 2s, 1m',
  '--max-output SIZE': 'let it write at most SIZE to each of standard output and error',
  '--no-cache': 'transpile a component anew, and keep nothing of it on disk',
  '--invoke NAME':
    "call this export with the arguments, not _start, and print what it returns; of a component 'add(1, 2)'",
}
