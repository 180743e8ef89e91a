/** The contents of a directory as a record, by which two outcomes are compared. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Returns each name below a folder with its kind: a directory, a target, or a hash. */
export function treeOf(folder: string, within = ''): Record<string, string> {
  const tree: Record<string, string> = {}
  for (const entry of readdirSync(join(folder, within), { withFileTypes: true })) {
    const name = join(within, entry.name)
    const path = join(folder, name)
    if (entry.isDirectory()) Object.assign(tree, { [name]: 'directory' }, treeOf(folder, name))
    else if (entry.isSymbolicLink()) tree[name] = `-> ${readlinkSync(path)}`
    else tree[name] = createHash('sha256').update(readFileSync(path)).digest('hex')
  }
  return tree
}
