/** A guest in a worker, or in a process of its own, with pipes for its standard streams. */
import { createRequire } from 'node:module'
import type { GuestSource } from '../guest/instance.js'
import type { AnyRunOptions, AnyRunResult } from './options.js'
import { run } from './run.js'
import type { Known, SpawnedBy, SpawnOptions } from './spawn/types.js'

// Loaded with the first guest: a program that only makes instances starts sooner without streams.
const require = createRequire(import.meta.url)
const parts = () => require('./spawn/spawned.js') as typeof import('./spawn/spawned.js')

/**
 * Starts a command as {@link run} does, and returns at once: the guest's streams, and `exited`, a
 * promise of the result.
 *
 * @example
 * const guest = spawn('server.wasm', { timeout: 60_000 })
 * guest.stdin.end('text')
 * for await (const line of guest) console.log(line)
 * const { exitCode } = await guest.exited
 * @param source as for {@link run}
 * @throws TypeError for options that are no object. Any other wrong argument rejects `exited`
 */
export function spawn<const Options extends SpawnOptions = Record<never, never>>(
  source: GuestSource,
  options?: Options & Known<Options>,
): SpawnedBy<Options> {
  return spawnBy<Options>(options, asked => run(source, asked))
}

/** @param execute runs the guest with these options, to its end */
export const spawnBy = <Options extends SpawnOptions>(
  options: Options | undefined,
  execute: (options: AnyRunOptions) => Promise<AnyRunResult>,
): SpawnedBy<Options> =>
  parts().spawned(options === undefined ? {} : options, execute) as SpawnedBy<Options>
