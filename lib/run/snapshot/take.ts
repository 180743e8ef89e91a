/** Takes the snapshot of an instance, in its worker. */
import type { HostState } from '../../guest/guest.js'
import type { GuestMemory } from '../../memory.js'
import type { Settings } from '../../options/settings.js'
import type { Random } from '../../replay/random.js'
import { systemRandom } from '../../sys/random.js'
import { ownVersion } from '../../sys/version.js'
import { isConversion } from '../instance/serve.js'
import { ModuleItems } from '../module/items.js'
import type { Origin } from '../module/prepare.js'
import { SectionId } from '../module/sections.js'
import { visible } from '../module/visible.js'
import { encode, sha256 } from './format.js'
import { refused, wrongReseed } from './refused.js'
import { restoredModule } from './restored-module.js'
import type { Seen } from './seen.js'
import { stateOf } from './state.js'

/** The module that a snapshot is made from. */
export type SnapshotOrigin = Extract<Origin, { readonly bytes: Uint8Array }>

/** A guest between two calls. */
export interface Paused {
  readonly settings: Pick<Settings, 'args' | 'env' | 'listen'>
  /** The names of its preopens. */
  readonly preopens: readonly string[]
  readonly seen: Seen
  readonly host: HostState
  /** All exports of its instance, the reserved ones included. */
  readonly exports: Readonly<Record<string, unknown>>
}

/**
 * Returns the bytes of a snapshot.
 * @throws Error with code ERR_WASI_SNAPSHOT
 */
export function takeSnapshot(
  { bytes, restored }: SnapshotOrigin,
  { settings, preopens, seen, host, exports }: Paused,
): Uint8Array<ArrayBuffer> {
  const difference = host.fds.difference()
  if (difference !== undefined) throw refused(difference)
  const shown = restored === undefined ? visible(bytes) : { bytes }
  if ('refused' in shown) throw refused(shown.refused)
  const items = new ModuleItems(shown.bytes)
  const { parts, code } = restoredModule(items, stateOf(items, exports))
  const original = restored === undefined ? new ModuleItems(bytes) : items
  const codeAt = original.section(SectionId.CODE)?.body ?? 0
  return encode(
    {
      version: ownVersion(),
      hash: restored?.hash ?? sha256([bytes]).toString('hex'),
      moved: (restored?.moved ?? 0) + code - codeAt,
      args: seen.args ? settings.args : undefined,
      env: seen.env ? settings.env : undefined,
      preopens: seen.preopens ? preopens : undefined,
      listeners: settings.listen.length,
      progress: host.layers?.progress(),
    },
    parts,
  )
}

/**
 * Calls a function of the guest with 16 fresh random bytes.
 * @param random the guest's own random bytes, if they are not the system's
 * @throws Error with code ERR_WASI_RESEED
 */
export function reseed(call: unknown, name: string, random: Random = systemRandom): void {
  const function_ = call as CallableFunction
  if (function_.length !== 2)
    throw wrongReseed(`the export '${name}' has ${function_.length} parameters`)
  const bytes = Buffer.from(new ArrayBuffer(seedBytes))
  random({ bytes, view: new DataView(bytes.buffer) } as unknown as GuestMemory, 0, seedBytes)
  const seed = [bytes.readBigInt64LE(0), bytes.readBigInt64LE(8)]
  try {
    function_(...seed)
  } catch (thrown) {
    if (!isConversion(thrown)) throw thrown
    throw wrongReseed(`the export '${name}' has other parameters: ${thrown.message}`, thrown)
  }
}

const seedBytes = 16
