/** The version of this package, read once. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.js'

let version: string | undefined

export function ownVersion(): string {
  version ??= (
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  ).version
  return version
}
