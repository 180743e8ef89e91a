/**
 * Records keyed by names that a guest, a module or an embedder chose. They have no prototype, in
 * which `constructor` would be found.
 */

/** A record without a prototype of these entries; of two for one name the last one counts. */
export const dictionary = <T>(
  entries: Iterable<readonly [name: string, value: T]>,
): Record<string, T> => Object.assign(Object.create(null), Object.fromEntries(entries))
