/** The modules of `@bytecodealliance/preview2-shim` that this package replaces, by their names. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const shim = '@bytecodealliance/preview2-shim'
const files: ReadonlyMap<string, string> = new Map([
  [shim, join(import.meta.dirname, '../preview2/index.js')],
  [`${shim}/cli`, join(import.meta.dirname, '../preview2/cli.js')],
  [`${shim}/clocks`, join(import.meta.dirname, '../preview2/clocks.js')],
  [`${shim}/filesystem`, join(import.meta.dirname, '../preview2/filesystem.js')],
  [`${shim}/http`, join(import.meta.dirname, '../preview2/http.js')],
  [`${shim}/instantiation`, join(import.meta.dirname, '../preview2/instantiation.js')],
  [`${shim}/io`, join(import.meta.dirname, '../preview2/io.js')],
  [`${shim}/random`, join(import.meta.dirname, '../preview2/random.js')],
  [`${shim}/sockets`, join(import.meta.dirname, '../preview2/sockets.js')],
])

/**
 * Returns the file that serves a name of preview2-shim, or undefined for other names. Import and
 * require get the same file, so both kinds of modules share one instance.
 */
export const fileFor = (name: string): string | undefined => files.get(name)

/**
 * A hook of `module.registerHooks`.
 * https://nodejs.org/api/module.html#synchronous-resolvespecifier-context-nextresolve
 */
export function resolveSync<Context, Result>(
  name: string,
  context: Context,
  next: (name: string, context: Context) => Result,
): Result | { url: string; shortCircuit: true } {
  const file = fileFor(name)
  return file === undefined
    ? next(name, context)
    : { url: pathToFileURL(file).href, shortCircuit: true }
}
