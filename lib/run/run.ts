/**
 * One guest from its start to its end, in workers, so that nothing it does keeps its embedder
 * waiting.
 */
import { types } from 'node:util'
import { checkWebAssembly, isModule } from '../guest/instantiate.js'
import { wrongType } from '../validate.js'
import { checkOptions } from './failure.js'
import type { AnyRunOptions, AnyRunResult, RunOptions, RunResult } from './options.js'

/**
 * Run a command to its end: until `_start` returns, or any thread of it exits or traps, which ends
 * them all. New threads of it begin, and the promise settles, when the event loop of the caller
 * turns.
 *
 * @param source the module's bytes, or a module, which must be one that makes its memory itself
 * @throws RunError for a run that fails, with what the guest wrote before. Its `code` is one of
 * `docs/errors.md`, such as `ERR_WASI_TRAP`, `ERR_WASI_TIMEOUT` or `ERR_WASI_ABORTED`, and
 * `UVWASI_E...` for a preopen, stream or listener that cannot be opened
 * @throws TypeError, RangeError for a wrong argument or option, before anything starts
 */
export function run(
  source: ArrayBufferLike | ArrayBufferView | object,
  options?: RunOptions,
): Promise<RunResult>
export function run(
  source: ArrayBufferLike | ArrayBufferView | object,
  options: RunOptions<'utf8'> & { readonly encoding: 'utf8' },
): Promise<RunResult<string>>
export function run(
  source: ArrayBufferLike | ArrayBufferView | object,
  options: AnyRunOptions,
): Promise<AnyRunResult>
export async function run(
  source: ArrayBufferLike | ArrayBufferView | object,
  options: AnyRunOptions = {},
): Promise<AnyRunResult> {
  checkOptions(checkWebAssembly)
  const bytes = isModule(source) ? undefined : copyOf(source)
  if ((options as AnyRunOptions | null)?.isolation === 'process') {
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
