/** Keeps built and unpacked files, and makes each whole although several processes want it. */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Git ignores this folder; removing it costs no more than the time to fill it again. */
export const products = fileURLToPath(new URL('../.guests', import.meta.url))

/**
 * The path of a product, which `make` makes, a file or a folder at the path it is given, unless it
 * is there already.
 *
 * Tests run in several processes. Each makes its own and moves it into place in one step; the
 * second one finds the name taken and throws its own away, so no test ever sees half a product.
 *
 * @param {string} name ought to change whenever the product would
 * @param {(path: string) => void} make
 * @returns {string}
 */
export function product(name, make) {
  const path = join(products, name)
  if (existsSync(path)) return path
  mkdirSync(products, { recursive: true })
  const unfinished = `${path}.${randomUUID()}`
  try {
    make(unfinished)
    renameSync(unfinished, path)
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  return path
}
