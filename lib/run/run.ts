/**
 * One guest from its start to its end, in workers, so that nothing it does keeps its embedder
 * waiting.
 */
import type { GuestSource } from '../guest/instance.js'
import { checkWebAssembly } from '../guest/instantiate.js'
import { sourceOf } from '../guest/source.js'
import { checkOptions } from './failure.js'
import type { AnyRunOptions, AnyRunResult, RunOptions, RunResult } from './options.js'

/**
 * Run a command to its end: until `_start` returns, or any thread of it exits or traps, which ends
 * them all. New threads of it begin, and the promise settles, when the event loop of the caller
 * turns.
 *
 * @param source the path or `file:` URL of a module, which is read within `timeout`; its bytes; or
 * a module, which must be one that makes its memory itself
 * @throws RunError for a run that fails, with what the guest wrote before. Its `code` is one of
 * `docs/errors.md`, such as `ERR_WASI_TRAP`, `ERR_WASI_TIMEOUT` or `ERR_WASI_ABORTED`; `UVWASI_E...`
 * for a preopen, stream or listener that cannot be opened; that of the host, such as `ENOENT`, for
 * a source that cannot be read
 * @throws TypeError, RangeError for a wrong argument or option, before anything starts
 */
export function run(source: GuestSource, options?: RunOptions): Promise<RunResult>
export function run(
  source: GuestSource,
  options: RunOptions<'utf8'> & { readonly encoding: 'utf8' },
): Promise<RunResult<string>>
export function run(source: GuestSource, options: AnyRunOptions): Promise<AnyRunResult>
export async function run(source: GuestSource, options: AnyRunOptions = {}): Promise<AnyRunResult> {
  checkOptions(checkWebAssembly)
  const checked = sourceOf(source)
  if ((options as AnyRunOptions | null)?.isolation === 'process') {
    const { runInProcess } = await import('./process/run-in-process.js')
    return runInProcess(checked, options)
  }
  // Loaded with the first run: a program that only makes instances starts sooner without workers.
  const { runInWorkers } = await import('./run-in-workers.js')
  return runInWorkers(checked, options)
}
