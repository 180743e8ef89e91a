/** Checks the options of a guest against the snapshot that it is made from. */
import type { Settings } from '../../options/settings.js'
import { plainLine } from '../../stdio/terminal-escapes.js'
import { checkString, wrongValue } from '../../validate.js'
import type { AnyRunOptions } from '../options.js'
import type { RestoredSetup } from '../worker/messages.js'
import { wrongReseed } from './refused.js'
import { contentOf, type GuestSnapshot } from './snapshot.js'

/** A snapshot, and the options that only guests of snapshots have. */
export interface Restore {
  readonly snapshot: GuestSnapshot
  readonly reseed: string | undefined
}

/**
 * Splits the options of an instance into `reseed` and those of its run.
 * @throws TypeError for a `reseed` without a snapshot
 */
export function restoreOf<Options extends object>(
  snapshot: GuestSnapshot | undefined,
  options: Options & { readonly reseed?: unknown },
): { readonly restore: Restore | undefined; readonly own: Options } {
  // A value that is no record is refused with the options of the run.
  const reseed = options?.reseed
  if (reseed !== undefined) checkReseed(snapshot, reseed)
  const restore = snapshot && { snapshot, reseed }
  if (reseed === undefined && !Object.hasOwn(options ?? {}, 'reseed'))
    return { restore, own: options }
  const { reseed: _, ...own } = options
  Object.setPrototypeOf(own, Object.getPrototypeOf(options))
  return { restore, own: own as Options }
}

function checkReseed(
  snapshot: GuestSnapshot | undefined,
  reseed: unknown,
): asserts reseed is string {
  checkString('options.reseed', reseed)
  if (snapshot === undefined)
    throw wrongValue(
      'options.reseed',
      'must be left out unless the source is a GuestSnapshot',
      reseed,
    )
}

/**
 * Checks that the module exports the function that `reseed` names.
 * @throws Error with code ERR_WASI_RESEED
 */
export function checkReseeds(module: WebAssembly.Module, { reseed }: Restore): void {
  if (reseed === undefined) return
  const named = WebAssembly.Module.exports(module).find(
    ({ name, kind }) => name === reseed && kind === 'function',
  )
  if (named === undefined) throw wrongReseed(`the module exports no function '${reseed}'`)
}

/** Returns the settings of a restored guest for its worker. */
export function setupOf({ snapshot, reseed }: Restore): RestoredSetup {
  const { args, env, preopens } = contentOf(snapshot).header
  return {
    seen: { args: args !== undefined, env: env !== undefined, preopens: preopens !== undefined },
    reseed,
  }
}

/**
 * The settings of a guest that goes on where the snapshot was taken.
 * @param settings those of `options`
 * @throws TypeError for options that differ from what the guest has read before the snapshot
 */
export function restoredSettings(
  settings: Settings,
  { args: askedArgs, env: askedEnv }: Pick<AnyRunOptions, 'args' | 'env'>,
  { snapshot }: Restore,
): Settings {
  const { args, env, preopens, listeners, progress } = contentOf(snapshot).header
  const read = 'which the guest has read before the snapshot'
  if (args !== undefined && askedArgs !== undefined && !areEqual(args, settings.args))
    throw wrongValue(
      'options.args',
      `must be left out, or equal those of the snapshot (${args.map(shown).join(' ')}), ${read}`,
      askedArgs,
    )
  // Values may be secrets.
  if (env !== undefined && askedEnv !== undefined && !areEqual(env, settings.env))
    throw wrongValue(
      'options.env',
      `must be left out, or equal that of the snapshot (${env.map(nameIn).join(' ')}), ${read}`,
      Object.keys(askedEnv),
    )
  const names = settings.preopens.map(({ name }) => name)
  if (preopens !== undefined && JSON.stringify(preopens) !== JSON.stringify(names))
    throw wrongValue(
      'options.preopens',
      `must have the names of the snapshot, in their order (${preopens.map(cut).join(' ') || 'none'}), ${read}`,
      names,
    )
  if (settings.listen.length !== listeners)
    throw wrongValue(
      'options.listen',
      `must have ${listeners} addresses, as many as before the snapshot`,
      settings.listen.length,
    )
  const { replay } = settings
  return {
    ...settings,
    args: args ?? settings.args,
    env: env ?? settings.env,
    replay: replay && { ...replay, from: progress },
  }
}

const areEqual = (one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean =>
  one.length === other.length && one.every((bytes, i) => Buffer.compare(bytes, other[i]) === 0)

const decoder = new TextDecoder()
/** Anyone may have written a snapshot. */
const cut = (text: string): string => plainLine(text.slice(0, 64))
const shown = (bytes: Uint8Array): string => cut(decoder.decode(bytes.subarray(0, -1)))
const nameIn = (bytes: Uint8Array): string => shown(bytes).replace(/=.*$/s, '')
