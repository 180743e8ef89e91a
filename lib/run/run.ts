/** Runs one guest from its start to its end, in workers or in a child process. */
import type { GuestSource } from '../guest/instance.js'
import { checkWebAssembly } from '../guest/instantiate.js'
import { sourceOf } from '../guest/source.js'
import { checkOptions } from './failure.js'
import type { AnyRunOptions, AnyRunResult, RunOptions, RunResult } from './options.js'
import type { OutputEncoding } from './stdio/types.js'

/**
 * Runs a command in a worker thread until its `_start` returns, or one of its threads exits or
 * traps, which ends them all. An exit code other than 0 is no failure. Its threads start, and the
 * promise settles, in turns of your event loop.
 *
 * @example
 * const { exitCode, stdout } = await run('program.wasm', { encoding: 'utf8', timeout: 2000 })
 * @param source the path or `file:` URL of a module, which is read within `timeout`; its bytes; or
 * a compiled module, unless it imports its memory
 * @throws RunError for a run that fails, with the output until then. Its `code` is a row of
 * docs/errors.md, such as `ERR_WASI_TRAP`, `ERR_WASI_TIMEOUT` or `ERR_WASI_ABORTED`; `UVWASI_E...`
 * for a preopen, stream or listener that cannot be opened; or the host's, such as `ENOENT`, for a
 * source that cannot be read
 * @throws TypeError, RangeError for a wrong argument or option, before anything starts
 */
export function run(source: GuestSource, options?: RunOptions): Promise<RunResult>
export function run(
  source: GuestSource,
  options: RunOptions<'utf8'> & { readonly encoding: 'utf8' },
): Promise<RunResult<string>>
export function run(
  source: GuestSource,
  options: RunOptions<OutputEncoding>,
): Promise<RunResult<string | Buffer>>
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
