/** The codes of all errors that this package throws, in words: docs/errors.md is made from them. */

/** The sections of docs/errors.md. */
export const errorTopics = {
  guest: 'The guest failed',
  ended: 'The run was ended from outside',
  module: 'The module cannot run',
  host: 'The host refused or failed',
  argument: 'Wrong arguments and options',
  misuse: 'Calls at the wrong time',
} as const

/** The words for a code. */
export interface ErrorWords {
  readonly topic: keyof typeof errorTopics
  /** The condition. */
  readonly when: string
  /** The remedy. */
  readonly advice: string
  /** The `cause`, if there is one. */
  readonly cause?: string
}

export const errorCodes = {
  ERR_WASI_TRAP: {
    topic: 'guest',
    when: 'The guest executed a trap such as `unreachable`, a division by zero or an access outside its memory, or threw an exception that nothing caught.',
    advice:
      'Read `stderr`, where most languages print the reason before they trap, and `frames`. Build the guest with names (without `strip`) for readable frames.',
    cause: 'the `RuntimeError`, or an `Error` for an exception',
  },
  ERR_WASI_STACK_LIMIT: {
    topic: 'guest',
    when: 'The guest overflowed the stack of one of its threads.',
    advice: 'Raise `maxStack`, unless the recursion is endless.',
    cause: "V8's `RangeError`",
  },
  ERR_WASI_HOSTCALL_LIMIT: {
    topic: 'guest',
    when: 'The guest made more hostcalls than `limits.hostcalls`.',
    advice: 'Raise the limit, unless the guest is in a loop.',
  },
  ERR_WASI_MEMORY_LIMIT: {
    topic: 'guest',
    when: 'The module begins with more memory or table elements than `maxMemory` or `maxTableElements`, its limits cannot be set, or the guest filled the JavaScript heap of its worker.',
    advice:
      'Raise the limit. Growth beyond a limit is no error: `memory.grow` and `table.grow` return -1 to the guest.',
    cause: "Node's error for a full heap",
  },
  ERR_WASI_THREAD_LOST: {
    topic: 'guest',
    when: 'A worker thread of the guest ended without an outcome.',
    advice:
      "Read `cause`. The process may be short of memory or threads, or Node's flags refuse workers.",
    cause: 'the error of the worker, if it had one',
  },
  ERR_WASI_PROCESS_LOST: {
    topic: 'guest',
    when: "With `isolation: 'process'`: the guest's process was killed, ended without an outcome, or sent what no guest's process sends.",
    advice:
      "Treat the guest as hostile if the message names `SIGSYS`: that is a system call that the OS sandbox refuses. `SIGKILL` is often the kernel's out-of-memory killer.",
  },
  ERR_WASI_TIMEOUT: {
    topic: 'ended',
    when: 'The run took longer than `timeout`, its compilation included.',
    advice: 'Raise `timeout`, or compile the module once and run it from a `Pool`.',
  },
  ERR_WASI_ABORTED: {
    topic: 'ended',
    when: 'Your `signal` was aborted.',
    advice: 'None: you asked for it.',
    cause: 'the `reason` of the signal, whatever it is',
  },
  ERR_WASI_HOOK: {
    topic: 'ended',
    when: 'A function, iterator or stream of yours threw or rejected: `stdin`, `stdout`, `stderr`, `trace`, `onUnexpected`, `onListening`, or an import of your module `imports`. The message names it.',
    advice: 'Correct the function. It may throw on purpose, to end the guest.',
    cause: 'what was thrown, whatever it is',
  },
  ERR_WASI_STREAM: {
    topic: 'ended',
    when: 'A Node stream of yours, as `stdout` or `stderr`, failed with an error. A reader that goes away is no failure: the guest gets PIPE.',
    advice: 'Read `cause`.',
    cause: "the stream's error",
  },
  ERR_WASI_INSTANCE_ENDED: {
    topic: 'ended',
    when: 'A call was made to an instance of `instantiate` that has ended, or that was closed before the call.',
    advice: 'Make another instance. Read `cause` for what ended this one.',
    cause: 'what ended the instance',
  },
  ERR_WASI_POOL_CLOSED: {
    topic: 'ended',
    when: 'The pool was closed before the run had its turn.',
    advice: 'Wait for your runs before `pool.close()`.',
  },
  ERR_WASI_QUEUE_FULL: {
    topic: 'ended',
    when: 'As many runs as `maxQueue` of the `Pool` wait for a turn. The message has their number.',
    advice: 'Run it later, or raise `maxQueue`.',
  },
  ERR_WASI_COMPILE: {
    topic: 'module',
    when: 'The bytes are not a WebAssembly module that this Node compiles.',
    advice:
      'Check the file. Text (`.wat`) needs `wat2wasm`. A newer proposal may need a newer Node.',
    cause: 'the `CompileError`',
  },
  ERR_WASI_LINK: {
    topic: 'module',
    when: 'The module cannot be instantiated with the imports of WASI: an import has another type.',
    advice: 'Read the message, which is V8’s.',
    cause: 'the `LinkError`',
  },
  ERR_WASI_UNKNOWN_IMPORT: {
    topic: 'module',
    when: 'The module imports something that this host does not offer.',
    advice:
      'Build for `wasm32-wasip1` or `wasm32-wasi`. Imports of yours go into the module of the option `imports`, and, with `class WASI` and `createGuest`, into the argument of `instantiate`.',
    cause: 'the `LinkError`, with `importModule`, `importName` and `importKind`',
  },
  ERR_WASI_SOURCE: {
    topic: 'module',
    when: 'The path or URL of the module names a directory, a device, a pipe or a socket, or a file of more than 1 GiB.',
    advice: 'Pass the path of a module, or read the bytes yourself.',
  },
  ERR_WASI_IMPORTS: {
    topic: 'module',
    when: 'The module of the option `imports` cannot be loaded, has no imports as its default export, or has one of another kind. The message names the file and the import.',
    advice: 'See [imports.md](imports.md).',
    cause: 'what was thrown as it was loaded, or a `TypeError`',
  },
  ERR_WASI_COMPONENT: {
    topic: 'module',
    when: 'A component imports an interface or a function that this host lacks, has another version of WASI than 0.2, has names that are none of WIT, or is used where only a module can be. The message names it.',
    advice:
      'Build the component for WASI 0.2. `run`, Pool and the command run components; `createComponentHost` embeds them; `class WASI`, `createGuest` and `instantiate` are for modules.',
  },
  ERR_WASI_INVOKE: {
    topic: 'module',
    when: 'The option `invoke` calls a function that the component does not export, or with other arguments than it takes. The message has its signature, or the functions that are exported.',
    advice: 'See [components.md](components.md).',
  },
  ERR_WASI_NO_JCO: {
    topic: 'module',
    when: 'The program is a component, and jco, which makes modules of it, is not installed beside this package or the program.',
    advice: '`npm install @bytecodealliance/jco`.',
  },
  ERR_WASI_JCO_VERSION: {
    topic: 'module',
    when: 'The installed jco is too old. The message has its version, its place and the oldest version that works.',
    advice: '`npm install @bytecodealliance/jco`.',
  },
  ERR_WASI_TRANSPILE: {
    topic: 'module',
    when: 'jco failed for the component. The message is that of jco.',
    advice:
      'Check the component, for example with `npx jco wit`. A newer component may need a newer jco.',
  },
  ERR_WASI_NO_START: {
    topic: 'module',
    when: 'The module exports no `_start`, or, with threads, no `wasi_thread_start`; or one of these, or `_initialize`, has a type that no host calls. Or the component exports no `wasi:cli/run`.',
    advice:
      'Build a command, not a library (a reactor). Call the functions of a library with `instantiate`, `class WASI` or `createGuest`.',
  },
  ERR_WASI_SNAPSHOT: {
    topic: 'module',
    when: '`snapshot()` was called on a guest with a state that a snapshot cannot hold: a descriptor that it opened or closed, a shared memory, an imported table, or a reference that JavaScript cannot read. The message says which. The instance goes on.',
    advice: 'Let the guest close its files first. See [snapshots.md](snapshots.md).',
    cause: 'the error of reading the state, if there was one',
  },
  ERR_WASI_SNAPSHOT_BYTES: {
    topic: 'module',
    when: 'The bytes that `GuestSnapshot.from` received are damaged, cut off or no snapshot.',
    advice: 'Pass what `snapshot.bytes()` returned.',
  },
  ERR_WASI_SNAPSHOT_VERSION: {
    topic: 'module',
    when: 'Another version of this package made the snapshot.',
    advice: 'Make the snapshot again.',
  },
  ERR_WASI_SNAPSHOT_MODULE: {
    topic: 'module',
    when: 'The snapshot was made from another module than `options.module` of `GuestSnapshot.from`.',
    advice: 'Make the snapshot again, from the new module.',
  },
  ERR_WASI_RESEED: {
    topic: 'module',
    when: 'The option `reseed` names no exported function with two i64 parameters.',
    advice: 'Name one, or leave the option out.',
    cause: 'the `TypeError` of the call, if there was one',
  },
  ERR_WASI_NO_MEMORY: {
    topic: 'module',
    when: 'The memory of the module cannot be made: the host has none left, or the run needs the bytes of a module that was passed compiled.',
    advice: 'Pass the bytes, or lower `maxMemory`.',
    cause: "V8's `RangeError`, if it refused the memory",
  },
  ERR_WASI_NOT_STARTED: {
    topic: 'module',
    when: 'A hostcall was made before the memory of the guest was known, such as by the start function of a module that exports its memory.',
    advice:
      'Call `start`, `initialize`, `finalizeBindings` or `bind` first. A start function must not make hostcalls.',
  },
  ERR_WASI_THREADS_UNAVAILABLE: {
    topic: 'host',
    when: 'Threads were asked for with `backend: "typescript"`, or with files in memory or single files as preopens.',
    advice: 'Use the native backend and directories of the host, or `threads: 0`.',
  },
  ERR_WASI_LISTEN_UNAVAILABLE: {
    topic: 'host',
    when: '`listen` was used with `backend: "typescript"`.',
    advice: 'Use the native backend.',
  },
  ERR_WASI_ADDON_UNAVAILABLE: {
    topic: 'host',
    when: '`backend: "native"` was asked for, and the addon cannot be loaded. The message says from where, and why.',
    advice: 'See [installing.md](installing.md).',
    cause: 'the error of the last attempt',
  },
  ERR_WASI_OS_SANDBOX_UNAVAILABLE: {
    topic: 'host',
    when: "With `isolation: 'process'`: this platform or kernel lacks a part of the OS sandbox, or it cannot be set up. The message says what.",
    advice:
      "Use Linux 6.2 or later with Landlock and seccomp. `osSandbox: 'best-effort'` runs with less, and is not for guests that you do not trust.",
    cause: 'the error of the start, if it has one',
  },
  ERR_WASI_NO_NODE: {
    topic: 'host',
    when: "With `isolation: 'process'`: `process.execPath` is an application such as Electron, or `execPath` is no Node of a supported version.",
    advice: 'Set `execPath` to a node binary, version 20.19, 22.12 or later.',
    cause: 'the error of its start, if it has one',
  },
  ERR_WASI_NO_WEBASSEMBLY: {
    topic: 'host',
    when: 'The process has no WebAssembly.',
    advice: 'Start node without `--jitless`.',
  },
  ERR_WASI_UNEXPECTED: {
    topic: 'host',
    when: 'The run failed in a way that has no other code.',
    advice: 'Report it, with `cause`.',
    cause: 'the error',
  },
  ERR_ACCESS_DENIED: {
    topic: 'host',
    when: "Node's permission model (`node --permission`) denies a file, an address or the addon to this process.",
    advice: 'Grant what the message names.',
    cause: 'the error, with `permission` and `resource`',
  },
  ERR_INVALID_ARG_TYPE: {
    topic: 'argument',
    when: 'An argument or option has a wrong type. A `TypeError`.',
    advice: 'Read the message: it names the option, what was expected and what was received.',
  },
  ERR_INVALID_ARG_VALUE: {
    topic: 'argument',
    when: 'An option is unknown, has a value that it does not take, or does not go with another one. A `TypeError`.',
    advice: 'Read the message.',
  },
  ERR_OUT_OF_RANGE: {
    topic: 'argument',
    when: 'A number is too small or too large. A `RangeError`.',
    advice: 'Read the message, which has the range.',
  },
  ERR_INVALID_RETURN_VALUE: {
    topic: 'argument',
    when: 'A function of yours (`clocks`, `sleep`, `random`) returned a wrong value. A `TypeError` that ends the guest.',
    advice: 'Correct the function.',
  },
  ERR_WASI_UNSAFE_PREOPEN: {
    topic: 'argument',
    when: 'With `strict`: a preopen would give the guest your program, this package, Node or a directory of the system.',
    advice: 'Preopen a directory of the guest’s own. `allowUnsafePreopen` allows it all the same.',
  },
  ERR_WASI_PUBLIC_LISTEN: {
    topic: 'argument',
    when: 'With `strict`: `listen` has an address that other machines reach.',
    advice: 'Listen at a loopback address. `allowPublicListen` allows it all the same.',
  },
  ERR_WASI_FILES_AWAY: {
    topic: 'misuse',
    when: 'A `MemoryFiles` was used while a guest of `run` or a `Pool` has it.',
    advice: 'Wait for the end of that run.',
  },
  ERR_WASI_FILES_BUSY: {
    topic: 'misuse',
    when: 'A `MemoryFiles` that is open in a guest of this thread was passed to `run` or a `Pool`.',
    advice: 'Close that guest first.',
  },
  ERR_WASI_OVERLAY: {
    topic: 'misuse',
    when: 'A `MemoryFiles` that lies over one directory was mounted over another.',
    advice: 'Make a `MemoryFiles` for each directory.',
  },
  ERR_WASI_NO_METRICS: {
    topic: 'misuse',
    when: '`metrics()` was called without the option `metrics`.',
    advice: 'Set the option.',
  },
  ERR_WASI_ALREADY_STARTED: {
    topic: 'misuse',
    when: 'A `WASI` was started, or its bindings finalized, a second time.',
    advice: 'Make a `WASI` for each instance, as with `node:wasi`.',
  },
  ERR_WASI_ALREADY_REGISTERED: {
    topic: 'misuse',
    when: '`wasi-common/register` was loaded with two backends.',
    advice: 'Load one of them.',
  },
  ERR_WASI_BUNDLED: {
    topic: 'misuse',
    when: 'The package was made part of a bundle, without its addon and its workers.',
    advice: 'Mark it external: [bundlers.md](bundlers.md).',
  },
  ERR_WASI_EXIT: {
    topic: 'misuse',
    when: 'The guest called `proc_exit` in an export that you called: a `RunError` of `instantiate`, or a `WASIExit` of a `WASI`, which is not an `Error`.',
    advice: 'Catch it, and read `exitCode`.',
  },
  ERR_INVALID_STATE: {
    topic: 'misuse',
    when: 'The lines of a guest of `spawn` were asked for whose `stdout` is no pipe.',
    advice: "Leave `stdout` out, or set it to `'pipe'`.",
  },
} as const satisfies { readonly [code: string]: ErrorWords }
