/** The compiled modules of a snapshot, which its guests share. */
import { capsOf, PreparedModule } from '../module/prepare.js'
import type { Terms } from '../settings.js'
import { contentOf, type GuestSnapshot } from './snapshot.js'

/** The modules by their limits. */
const prepared = new WeakMap<GuestSnapshot, Map<string, Promise<PreparedModule>>>()
/** The most compiled modules of a snapshot that are kept. */
const mostPrepared = 4

/** The module of a snapshot, compiled unless it has been with the same limits. */
export function preparedFor(snapshot: GuestSnapshot, terms: Terms): Promise<PreparedModule> {
  const { module, header } = contentOf(snapshot)
  const kept = prepared.get(snapshot) ?? new Map<string, Promise<PreparedModule>>()
  prepared.set(snapshot, kept)
  const limits = JSON.stringify(capsOf(terms))
  const found = kept.get(limits)
  if (found !== undefined) return found
  const made = PreparedModule.prepareRestored(module, terms, header.hash, header.moved)
  kept.set(limits, made)
  // Each run has an error of its own.
  made.catch(() => kept.delete(limits))
  for (const oldest of [...kept.keys()].slice(0, -mostPrepared)) kept.delete(oldest)
  return made
}
