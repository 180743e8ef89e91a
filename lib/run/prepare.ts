/**
 * Prepares a run: checks the module against the options, before anything is opened or started for
 * it.
 */
import { coded } from '../errors.js'
import type { Settings } from '../options/settings.js'
import type { ComponentCall } from './component/invoke/call.js'
import {
  exportsIn,
  importsIn,
  importsMemory,
  type MemoryLimits,
  memoryLimits,
} from './module/inspect.js'
import type { Origin, PreparedModule } from './module/prepare.js'
import {
  isPreparedComponent,
  type ModuleProgram,
  type PreparedProgram,
  type Program,
} from './program.js'
import type { Terms } from './settings.js'
import type { ThreadSetup } from './worker/messages.js'

/** A run whose options and module are checked. Nothing of it is open yet. */
export interface PreparedRun {
  readonly program: Program
  readonly settings: Settings
  readonly options: Terms
  /** The module from which snapshots are made. */
  readonly origin: Origin
  /** For a guest of a snapshot. */
  readonly restored: ThreadSetup['restored']
}

const componentOrigin: Origin = { refused: 'a component has no snapshots' }

/**
 * @param isCommand whether the module has to export the functions that a run begins at
 * @throws Error with code `ERR_WASI_NO_START`, `ERR_WASI_NO_MEMORY`, `ERR_WASI_COMPONENT`
 */
export function prepareRun(
  prepared: PreparedProgram,
  settings: Settings,
  options: Terms,
  isCommand = true,
  invoked?: ComponentCall,
  restored?: ThreadSetup['restored'],
): PreparedRun {
  const program = isPreparedComponent(prepared)
    ? prepared.program(isCommand, invoked)
    : moduleProgram(prepared, options, isCommand)
  const origin = isPreparedComponent(prepared) ? componentOrigin : prepared.origin
  return { program, settings, options, origin, restored }
}

function moduleProgram(
  { module, bytes, moved, origin }: PreparedModule,
  { threads }: Terms,
  isCommand: boolean,
): ModuleProgram {
  if (isCommand) checkExports(module, threads)
  const memory = memoryFor(module, bytes, threads)
  return { module, moved, memory, visible: 'bytes' in origin }
}

const imports = (module: WebAssembly.Module, from: string, wanted: string): boolean =>
  importsIn(module).some(({ module, name }) => module === from && name === wanted)
const spawns = (module: WebAssembly.Module): boolean => imports(module, 'wasi', 'thread-spawn')

function checkExports(module: WebAssembly.Module, threads: number): void {
  const has = (wanted: string): boolean =>
    exportsIn(module).some(({ name, kind }) => name === wanted && kind === 'function')
  if (!has('_start'))
    throw coded(
      new Error(
        'the module exports no function _start, so it is not a command: call a library with instantiate()',
      ),
      'ERR_WASI_NO_START',
    )
  if (threads === 0 || !spawns(module) || has('wasi_thread_start')) return
  throw coded(
    new Error(
      'the module imports wasi.thread-spawn but exports no wasi_thread_start: build it for wasm32-wasip1-threads',
    ),
    'ERR_WASI_NO_START',
  )
}

function memoryFor(
  module: WebAssembly.Module,
  bytes: Uint8Array | undefined,
  threads: number,
): ModuleProgram['memory'] {
  const limits = importsMemory(module) ? limitsIn(bytes) : undefined
  if (limits?.shared) return new WebAssembly.Memory(limits)
  if (threads === 0 || !spawns(module)) return limits
  throw coded(
    new Error(
      'the module imports wasi.thread-spawn but no shared memory: build it for wasm32-wasip1-threads',
    ),
    'ERR_WASI_NO_MEMORY',
  )
}
function limitsIn(bytes: Uint8Array | undefined): MemoryLimits | undefined {
  if (bytes !== undefined) return memoryLimits(bytes)
  const message =
    'the module imports its memory, whose size only its bytes show: pass the bytes instead of a WebAssembly.Module'
  throw coded(new Error(message), 'ERR_WASI_NO_MEMORY')
}
