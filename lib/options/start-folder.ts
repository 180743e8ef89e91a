/** The folder in which this process was when the package was loaded. */

/**
 * Paths in the options of Node begin here: the program may leave it later, and it may be gone.
 * Undefined if it is gone already.
 */
export const startFolder = ((): string | undefined => {
  try {
    return process.cwd()
  } catch {
    return undefined
  }
})()
