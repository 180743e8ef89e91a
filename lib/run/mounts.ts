/** Files in memory on their way to the guest's worker, whose own they are while it runs, and back. */
import { coded } from '../errors.js'
import type { Given } from '../options.js'
import { type Change, type FileRecord, MemoryFiles } from '../sys/memory/files.js'
import type { FullQuota } from '../sys/memory/room.js'

/** A directory for the guest, as it travels. */
export interface ConveyedMount extends Omit<Given, 'files'> {
  readonly memory: { readonly record: FileRecord; readonly quota: FullQuota } | undefined
}
/** What a guest left of a directory in memory. */
export interface TakenFiles {
  /** All of it; of an overlay, what was made, written or renamed. It makes the same again. */
  readonly record: FileRecord
  /** What is no longer as it was below; of other directories, all. */
  readonly changes: readonly Change[]
}

export const conveyed = (preopens: readonly Given[]): ConveyedMount[] =>
  preopens.map(({ files, ...given }) => ({ ...given, memory: files && conveyedFiles(given, files) }))

function conveyedFiles({ name }: Pick<Given, 'name'>, files: MemoryFiles): ConveyedMount['memory'] {
  if (files.changes().some(({ kind }) => kind === 'removed' || kind === 'renamed')) {
    const message = `the overlay at "${name}" has removed or renamed what lies below, which a record cannot say: give the guest another one`
    throw coded(new Error(message), 'ERR_WASI_OVERLAY_USED')
  }
  return { record: files.toRecord(), quota: files.quota }
}

export const mounted = (preopens: readonly ConveyedMount[]): Given[] =>
  preopens.map(({ memory, ...given }) => ({ ...given, files: memory && new MemoryFiles(memory.record, { quota: memory.quota }) }))

/** By the guest's name of each; undefined where nothing lay in memory. */
export function taken(preopens: readonly Given[]): Record<string, TakenFiles> | undefined {
  const found = preopens.flatMap(({ name, files }) =>
    files === undefined ? [] : [[name, { record: files.toRecord(), changes: files.changes() }] as const],
  )
  return found.length === 0 ? undefined : Object.fromEntries(found)
}
