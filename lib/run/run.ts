/**
 * One guest from its start to its end, in workers, so that nothing it does keeps its embedder
 * waiting.
 */
import { types } from 'node:util'
import { checkWebAssembly, isModule } from '../guest/instantiate.js'
import { wrongType } from '../validate.js'
import type { RunOptions, RunResult } from './options.js'

/**
 * Run a command to its end: until `_start` returns, or any thread of it exits or traps, which ends
 * them all. New threads of it begin, and the promise settles, when the event loop of the caller
 * turns.
 *
 * @param source the module's bytes, or a module, which must be one that makes its memory itself
 * @throws What createGuest throws for wrong options; WebAssembly's own CompileError, LinkError and
 * RuntimeError (a trap); Error with code `ERR_WASI_THREADS_UNAVAILABLE` for threads with the
 * typescript backend, `ERR_WASI_NO_START` for a module without the functions to begin at,
 * `ERR_WASI_NO_MEMORY` for one whose memory cannot be made, and what the hooks throw;
 * `ERR_WASI_NO_WEBASSEMBLY` in a process without WebAssembly (`node --jitless`);
 * `ERR_WASI_TIMEOUT`; RangeError with code `ERR_WASI_MEMORY_LIMIT` for a guest that begins with
 * more memory or tables than it may have, or fills the JavaScript heap of its worker. With
 * `isolation: 'process'` also `ERR_WASI_OS_SANDBOX_UNAVAILABLE` where the OS sandbox is not available,
 * `ERR_WASI_NO_NODE` where `process.execPath` is an application or `execPath` is no node, and
 * `ERR_WASI_PROCESS_LOST` for a process that dies or sends what no guest sends.
 */
export async function run(
  source: ArrayBufferLike | ArrayBufferView | object,
  options: RunOptions = {},
): Promise<RunResult> {
  checkWebAssembly()
  const bytes = isModule(source) ? undefined : copyOf(source)
  if ((options as RunOptions | null)?.isolation === 'process') {
    const { runInProcess } = await import('./process/run-in-process.js')
    return runInProcess(bytes ?? (source as WebAssembly.Module), options)
  }
  // Loaded with the first run: a program that only makes instances starts sooner without workers.
  const { runInWorkers } = await import('./run-in-workers.js')
  return runInWorkers(bytes ?? (source as WebAssembly.Module), options)
}

/** The caller may use his bytes again at once, and they are looked at more than once here. */
export function copyOf(source: unknown): Uint8Array {
  if (ArrayBuffer.isView(source))
    return new Uint8Array(
      source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength),
    )
  if (types.isAnyArrayBuffer(source)) return new Uint8Array(source.slice(0))
  throw wrongType(
    'source',
    'an instance of ArrayBuffer, ArrayBufferView or WebAssembly.Module',
    source,
  )
}
