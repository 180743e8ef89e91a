/** A guest in a worker whose functions you call, with limits on each call. */
import type { GuestSource } from '../guest/instance.js'
import { checkWebAssembly } from '../guest/instantiate.js'
import { sourceOf } from '../guest/source.js'
import { checkOptions } from './failure.js'
import type { GuestInstance, InstanceOptions } from './instance/types.js'
import type { Encoding } from './stdio/types.js'

/**
 * Instantiates a module in a worker, calls its `_initialize` if it exports one, and resolves to the
 * instance. `_start` is not called. `signal` ends it at once, whatever it does.
 *
 * @param source as for `run`
 * @throws as `run` does, and for `threads` and `isolation: 'process'`, which an instance does not
 * have; Error with code `ERR_WASI_EXIT` and `exitCode` for a guest that exits in `_initialize`
 */
export function instantiate(source: GuestSource, options?: InstanceOptions): Promise<GuestInstance>
export function instantiate(
  source: GuestSource,
  options: InstanceOptions<'utf8'> & { readonly encoding: 'utf8' },
): Promise<GuestInstance<string>>
export async function instantiate(
  source: GuestSource,
  options: InstanceOptions<Encoding> = {},
): Promise<GuestInstance<string | Buffer>> {
  checkOptions(checkWebAssembly)
  const module = sourceOf(source)
  const { instanceBy } = await import('./instance/instance.js')
  const { runInWorkers } = await import('./run-in-workers.js')
  return instanceBy(hooks => runInWorkers(module, options, hooks))
}
