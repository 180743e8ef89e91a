/** Guests of a test, which are closed at its end. */
import type { ExecutionContext } from 'ava'
import {
  type GuestInstance,
  GuestSnapshot,
  type InstantiateOptions,
  instantiate,
} from 'wasi-common'
import { type State, stateful } from './module.js'

export async function started(
  t: ExecutionContext,
  source: Parameters<typeof instantiate>[0],
  options: InstantiateOptions = {},
): Promise<GuestInstance> {
  const guest = await instantiate(source, options)
  t.teardown(async () => void (await guest.close().catch(() => {})))
  return guest
}

/** Two guests of the snapshot that an instance has after `before`, one of them from its bytes. */
export async function restored(
  t: ExecutionContext,
  state: State | Uint8Array,
  before: (guest: GuestInstance) => Promise<unknown>,
  options: InstantiateOptions = {},
): Promise<GuestInstance[]> {
  const guest = await started(t, ArrayBuffer.isView(state) ? state : stateful(state), options)
  await before(guest)
  const snapshot = await guest.snapshot()
  const loaded = GuestSnapshot.from(snapshot.bytes())
  const first = await started(t, snapshot, options)
  // The snapshot of a restored guest is as good as the first.
  return [
    first,
    await started(t, loaded, options),
    await started(t, await first.snapshot(), options),
  ]
}
