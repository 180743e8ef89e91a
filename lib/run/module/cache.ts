/** Keeps prepared modules, so that a pool compiles each of them once. */
import { types } from 'node:util'
import { type PreparedProgram, prepareProgram } from '../program.js'
import type { Terms } from '../settings.js'
import { capsOf, type ModuleSource } from './prepare.js'

/** A module that is kept. */
interface Kept {
  /** A copy of its bytes, as they were passed. */
  readonly bytes: Uint8Array
  /** The limits that it was compiled with. Undefined for bytes that were not compiled. */
  readonly limits: string | undefined
  readonly module: Promise<PreparedProgram> | undefined
}

const areEqual = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && Buffer.compare(one, other) === 0

export class ModuleCache {
  readonly #most: number
  /** The last one is the one used last. */
  readonly #kept: Kept[] = []

  /** @param most the number of modules that are kept */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * The module, compiled unless it is kept. The bytes may be changed afterwards.
   * @param visibly as {@link prepareProgram} has it
   */
  prepare(source: ModuleSource, options: Terms, visibly = false): Promise<PreparedProgram> {
    if (!types.isUint8Array(source)) return prepareProgram(source, options)
    const limits = JSON.stringify([capsOf(options), visibly])
    const kept = this.#find(source, limits)
    if (kept?.module !== undefined) return kept.module
    const bytes = this.#copy(source)
    const module = prepareProgram(bytes, options, undefined, visibly)
    const entry = { bytes, limits, module }
    this.#keep(entry)
    // Each run has an error of its own.
    module.catch(() => this.#drop(entry))
    return module
  }

  /** The same bytes, which no other code can change, and which runs of the same module share. */
  keep(source: Uint8Array): Uint8Array {
    const kept = this.#find(source, undefined)
    if (kept !== undefined) return kept.bytes
    const bytes = this.#copy(source)
    this.#keep({ bytes, limits: undefined, module: undefined })
    return bytes
  }

  /**
   * Compares bytes, since the caller may change them at any time: 12 times as fast as a hash of
   * them, and never wrong.
   */
  #find(source: Uint8Array, limits: string | undefined): Kept | undefined {
    const at = this.#kept.findLastIndex(
      kept => kept.limits === limits && areEqual(kept.bytes, source),
    )
    if (at < 0) return undefined
    const [kept] = this.#kept.splice(at, 1)
    this.#kept.push(kept)
    return kept
  }

  #copy(source: Uint8Array): Uint8Array {
    return this.#kept.find(({ bytes }) => areEqual(bytes, source))?.bytes ?? new Uint8Array(source)
  }

  #keep(entry: Kept): void {
    this.#kept.push(entry)
    if (this.#kept.length > this.#most) this.#kept.shift()
  }

  #drop(entry: Kept): void {
    const at = this.#kept.indexOf(entry)
    if (at >= 0) this.#kept.splice(at, 1)
  }
}
