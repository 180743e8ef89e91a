// Writes the types that are shipped beside dist/bundle/: those that its doors lead to. A file is
// taken for an ES module or for CommonJS by where it lies, and TypeScript lets CommonJS see no
// types of an ES module. So they lie where all is CommonJS, and the doors of ES modules lead there.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { root } from './root.js'
import { doors } from './shared/doors.js'

/** @param {string} path */
const dist = path => join(root, 'dist', path)

/**
 * The files that a file of types names, as paths in dist/ without an ending.
 * @param {string} path
 * @param {string} text
 */
const named = (path, text) =>
  Array.from(text.matchAll(/(?:from|import|import\() ?'(\.[^']+)\.js'/g), ([, name = '']) =>
    posix.join(posix.dirname(path), name),
  )

/**
 * Without the parameter that typed arrays have since TypeScript 5.7: an older one refuses it, and a
 * newer one has a default.
 * @param {string} text
 */
const plain = text =>
  text.replace(/\b((?:Big)?(?:Uint|Int|Float)\d+Array|DataView)<(?:Shared)?ArrayBuffer>/g, '$1')

const reached = new Set(doors)
for (const path of reached) {
  const text = readFileSync(dist(`${path}.d.ts`), 'utf8')
  for (const name of named(path, text)) reached.add(name)
  const to = dist(`bundle/types/${path}.d.ts`)
  mkdirSync(dirname(to), { recursive: true })
  writeFileSync(to, plain(text))
  // Two folders further from the sources, to which an editor leads by this map.
  /** @type {{ sources: string[] }} */
  const map = JSON.parse(readFileSync(dist(`${path}.d.ts.map`), 'utf8'))
  writeFileSync(
    `${to}.map`,
    JSON.stringify({ ...map, sources: map.sources.map(source => `../../${source}`) }),
  )
}
for (const name of doors) {
  const door = `export * from '${name.includes('/') ? '..' : '.'}/types/${name}.js'\n`
  mkdirSync(dirname(dist(`bundle/${name}`)), { recursive: true })
  for (const ending of ['d.ts', 'd.mts']) writeFileSync(dist(`bundle/${name}.${ending}`), door)
}
// CommonJS has no export of that name: there, an import of the default is all that `require` gives,
// as TypeScript knows.
appendFileSync(
  dist('bundle/index.d.mts'),
  "import * as all from './types/index.js'\nexport default all\n",
)
