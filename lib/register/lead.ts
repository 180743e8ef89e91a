/** Leads `@bytecodealliance/preview2-shim` to `wasi-common/preview2`, in import and require. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fileFor, resolveSync } from './shim.js'

interface ModuleLoader {
  registerHooks?(hooks: { resolve: typeof resolveSync }): unknown
  register(url: string): void
  _resolveFilename(this: unknown, name: string, ...rest: unknown[]): string
}
const loader = createRequire(import.meta.url)('node:module') as ModuleLoader

/**
 * Installs the hook for this thread. Node 20 has no `registerHooks`, which covers both kinds of
 * modules: there, import gets a hook in a thread of its own, and require another resolution.
 *
 * A process whose permissions exclude threads gets none for import. preview2-shim needs a thread as
 * well, and fails there.
 */
export function leadShim(): void {
  if (loader.registerHooks !== undefined) {
    loader.registerHooks({ resolve: resolveSync })
    return
  }
  const { _resolveFilename: next } = loader
  loader._resolveFilename = function (name, ...rest) {
    return fileFor(name) ?? next.call(this, name, ...rest)
  }
  try {
    loader.register(pathToFileURL(join(import.meta.dirname, 'hooks.js')).href)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ACCESS_DENIED') throw error
  }
}
