/** Loads memfs on first use: a program without files in memory starts without these many files. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Each module is a file next to this one, in the bundle as here. */
export const memfs = {
  store: () => require('./store.js') as typeof import('./store.js'),
  mount: () => require('./mount.js') as typeof import('./mount.js'),
  snapshot: () => require('./snapshot.js') as typeof import('./snapshot.js'),
}
