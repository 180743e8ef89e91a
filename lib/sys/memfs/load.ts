/** Files in memory, loaded when somebody has some: who has none starts without these many files. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Each is a file beside this one, in the bundle as here. */
export const memfs = {
  store: () => require('./store.js') as typeof import('./store.js'),
  mount: () => require('./mount.js') as typeof import('./mount.js'),
  snapshot: () => require('./snapshot.js') as typeof import('./snapshot.js'),
}
