/** The public API of the package. */
export { Errno, type ErrnoName } from './abi/errno.js'
export { type RightName, Rights } from './abi/rights.js'
export type { HostcallName } from './abi/table.js'
export { GuestExit, UnexpectedError, WASIError, WASIExit } from './errors.js'
export type { RightsMode } from './fds/rights.js'
export type { FunctionName } from './function-names.js'
export type { ImportFunction } from './gate.js'
export type { CompiledModule } from './guest/compiled-module.js'
export { createGuest, type Guest } from './guest/guest.js'
export type { GuestSource, ImportRecord, ModuleLike, WasmInstance } from './guest/instance.js'
export type { Limits } from './limits.js'
export type { MemoryLike } from './memory.js'
export type { ComponentValue, HostcallEvent, MemoryRange, TraceValue } from './observe/event.js'
export type { CallMetrics, Metrics } from './observe/metrics.js'
export type { Listener, ListeningFd } from './options/listen.js'
export type { GuestOptions, WASIOptions } from './options/options.js'
export type { DirectoryPreopen, FilePreopen, MemoryPreopen, Preopen } from './options/preopens.js'
export type { Clocks, DeterministicOptions, HostOverrides } from './replay/options.js'
export type { ImportsContext } from './run/imports/types.js'
export type {
  CallResult,
  GuestInstance,
  InstanceResult,
  InstantiateOptions,
  WasmValue,
} from './run/instance/types.js'
export { instantiate } from './run/instantiate.js'
export type { CompileOptions } from './run/module/compile-options.js'
export type { OsSandbox, RunOptions, RunResult } from './run/options.js'
export { Pool, type PoolOptions } from './run/pool.js'
export { run } from './run/run.js'
export { RunError, type RunErrorDetails } from './run/run-error.js'
export { GuestSnapshot, type SnapshotOptions } from './run/snapshot/snapshot.js'
export type {
  SpawnedBy,
  SpawnedGuest,
  SpawnOptions,
  SpawnStdinOption,
  SpawnStdoutOption,
} from './run/spawn/types.js'
export { spawn } from './run/spawn.js'
export type { PoolStats } from './run/stats.js'
export type {
  CapturedOutput,
  OutputEncoding,
  RunStdinOption,
  RunStdoutOption,
} from './run/stdio/types.js'
export { type Lines, lines } from './stdio/lines.js'
export type { StdinOption, StdoutOption, StreamChunk, WritableLike } from './stdio/streams.js'
export type { FileChange, FileType } from './sys/memfs/changes.js'
export { MemoryFiles } from './sys/memfs/files.js'
export type { Quota, QuotaUsage } from './sys/memfs/quota.js'
export type { FileEntry, FileRecord, FileSymlink } from './sys/memfs/store.js'
export type { WasmFrame } from './trap/frame.js'
export { WASI } from './wasi.js'
