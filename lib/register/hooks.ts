/** The hook of Node 20 for import, which Node loads in a thread of its own. */
import { resolveSync } from './shim.js'

/** https://nodejs.org/docs/latest-v20.x/api/module.html#resolvespecifier-context-nextresolve */
export const resolve = async (
  ...[name, context, next]: Parameters<typeof resolveSync>
): Promise<unknown> => resolveSync(name, context, next)
