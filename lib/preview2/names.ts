/** The names of WIT as JavaScript has them. */

/** `read-via-stream` as `readViaStream`. */
export const camelCase = (name: string): string =>
  name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
/** `input-stream` as `InputStream`. */
export const pascalCase = (name: string): string =>
  camelCase(name).replace(/^[a-z]/, letter => letter.toUpperCase())
