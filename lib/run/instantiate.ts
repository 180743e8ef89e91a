/** Instantiates a guest in a worker, for calls of its functions. */
import type { GuestSource } from '../guest/instance.js'
import { checkWebAssembly } from '../guest/instantiate.js'
import { sourceOf } from '../guest/source.js'
import { checkOptions } from './failure.js'
import type { GuestInstance, InstantiateOptions } from './instance/types.js'
import { type GuestSnapshot, isSnapshot } from './snapshot/snapshot.js'
import type { OutputEncoding } from './stdio/types.js'

/**
 * Instantiates a reactor in a worker thread, calls its `_initialize` if it exports one, and
 * resolves to the instance. `_start` is not called.
 *
 * @example
 * await using guest = await instantiate('plugin.wasm', { timeout: 1000 })
 * const sum = await guest.call<number>('add', 1, 2)
 * @param source as for {@link run}, or the snapshot of a guest, which goes on from there:
 * `_initialize` is not called again
 * @throws as {@link run} does; RunError with code `ERR_WASI_EXIT` and `exitCode` for a guest that
 * exits in `_initialize`
 */
export function instantiate(
  source: GuestSource | GuestSnapshot,
  options?: InstantiateOptions,
): Promise<GuestInstance>
export function instantiate(
  source: GuestSource | GuestSnapshot,
  options: InstantiateOptions<'utf8'> & { readonly encoding: 'utf8' },
): Promise<GuestInstance<string>>
export function instantiate(
  source: GuestSource | GuestSnapshot,
  options: InstantiateOptions<OutputEncoding>,
): Promise<GuestInstance<string | Buffer>>
export async function instantiate(
  source: GuestSource | GuestSnapshot,
  options: InstantiateOptions<OutputEncoding> = {},
): Promise<GuestInstance<string | Buffer>> {
  checkOptions(checkWebAssembly)
  const snapshot = isSnapshot(source) ? source : undefined
  const checked = snapshot ?? sourceOf(source)
  const { instanceBy } = await import('./instance/instance.js')
  const { restoreOf } = await import('./snapshot/restore.js')
  const { runInWorkers } = await import('./run-in-workers.js')
  const { restore, own } = restoreOf(snapshot, options)
  return instanceBy(hooks => runInWorkers(checked, own, { ...hooks, restore }))
}
