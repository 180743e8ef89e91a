/** Keeps prepared modules, so that a pool compiles each of them once. */
import { createHash } from 'node:crypto'
import { types } from 'node:util'
import type { Terms } from '../settings.js'
import { capsOf, type ModuleSource, PreparedModule } from './prepare.js'

export class ModuleCache {
  readonly #most: number
  /** By the hash of their bytes, since bytes can change. The last one is the one used last. */
  readonly #modules = new Map<string, Promise<PreparedModule>>()

  /** @param most the number of modules that are kept */
  constructor(most: number) {
    this.#most = most
  }

  prepare(source: ModuleSource, options: Terms): Promise<PreparedModule> {
    if (!types.isUint8Array(source)) return PreparedModule.prepare(source, options)
    const key = `${createHash('sha256').update(source).digest('base64')} ${JSON.stringify(capsOf(options))}`
    const module = this.#modules.get(key) ?? PreparedModule.prepare(source, options)
    this.#modules.delete(key)
    if (this.#most > 0) this.#modules.set(key, module)
    if (this.#modules.size > this.#most)
      this.#modules.delete(this.#modules.keys().next().value as string)
    return module
  }
}
