/** What must hold before a module is run as it is asked for. */
import { coded } from '../errors.js'
import { shareOf } from '../guest.js'
import { optionNames, settingsOf } from '../options.js'
import { checkInteger, checkKeys } from '../validate.js'
import { Crew } from './crew.js'
import { type Beginning, Count } from './messages.js'
import { importsMemory, type MemoryLimits, memoryLimits, versionOf } from './module.js'
import type { RunOptions, RunResult } from './options.js'

/** More than any program asks for, and fewer than any host can bear. */
const mostThreads = 1024

/** Run a module that was compiled from these bytes. */
export async function runModule(module: WebAssembly.Module, bytes: Uint8Array | undefined, options: RunOptions): Promise<RunResult> {
  checkKeys('options', [...optionNames, 'threads'], options)
  const { threads = 0, ...own } = options
  checkInteger('options.threads', threads, 0, mostThreads)
  const settings = settingsOf({ ...own, version: own.version ?? versionOf(module) })
  checkExports(module, threads)
  const memory = memoryFor(module, bytes, threads)
  const shared = threads > 0 ? shareOf(settings) : undefined
  try {
    const counts = new Int32Array(new SharedArrayBuffer(4 * Object.keys(Count).length))
    const { trace, report, ...plain } = settings
    const beginning: Beginning = {
      module,
      memory,
      settings: plain,
      traced: trace !== undefined,
      sharing: shared?.sharing,
      counts,
      limit: threads,
    }
    return { exitCode: await new Crew(beginning, settings).result }
  } finally {
    shared?.close()
  }
}

const imports = (module: WebAssembly.Module, from: string, wanted: string): boolean =>
  WebAssembly.Module.imports(module).some(({ module, name }) => module === from && name === wanted)
const spawns = (module: WebAssembly.Module): boolean => imports(module, 'wasi', 'thread-spawn')

function checkExports(module: WebAssembly.Module, threads: number): void {
  const has = (wanted: string): boolean =>
    WebAssembly.Module.exports(module).some(({ name, kind }) => name === wanted && kind === 'function')
  if (!has('_start')) throw coded(new Error('the module exports no function _start: it is no command'), 'ERR_WASI_NO_START')
  if (threads === 0 || !spawns(module) || has('wasi_thread_start')) return
  throw coded(new Error('the module wants threads, but exports no wasi_thread_start for them to begin at'), 'ERR_WASI_NO_START')
}

/** The memory that the module imports. */
function memoryFor(module: WebAssembly.Module, bytes: Uint8Array | undefined, threads: number): Beginning['memory'] {
  const limits = importsMemory(module) ? limitsIn(bytes) : undefined
  if (limits?.shared) return new WebAssembly.Memory(limits)
  if (threads === 0 || !spawns(module)) return limits
  throw coded(new Error('the module wants threads, but imports no shared memory for them to have together'), 'ERR_WASI_NO_MEMORY')
}
function limitsIn(bytes: Uint8Array | undefined): MemoryLimits | undefined {
  if (bytes !== undefined) return memoryLimits(bytes)
  const message = 'the module imports its memory, whose size only its bytes tell: pass these in place of the module'
  throw coded(new Error(message), 'ERR_WASI_NO_MEMORY')
}
