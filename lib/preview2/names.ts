/** The names of WIT as JavaScript has them. */

const known = new Map<string, string>()
/** `read-via-stream` as `readViaStream`; the names are those of WIT, and are converted once. */
export function camelCase(name: string): string {
  const found = known.get(name)
  if (found !== undefined) return found
  const made = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  known.set(name, made)
  return made
}
/** `input-stream` as `InputStream`. */
export const pascalCase = (name: string): string =>
  camelCase(name).replace(/^[a-z]/, letter => letter.toUpperCase())
