// Makes prebuilds/: the addon for every platform, and the sandbox launcher for Linux, from one
// machine with Linux on x64.
//
//   npm run prebuild                          all of them
//   npm run prebuild -- linux-x64 darwin-x64  these
//   npm run prebuild -- --check               twice, with empty caches, from two folders, which
//                                             must give the same bytes
//
// Each is inspected, and nothing that has a fault is left there. SHA256SUMS and the licences of
// what is built in lie beside them.
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../root.js'
import { isServed } from '../sources.js'
import { build } from './compile.js'
import { inspect } from './inspect.js'
import { licences } from './licences.js'
import { targets } from './targets.js'
import { installZig } from './tools.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false } },
})
const unknown = positionals.filter(name => targets[name] === undefined)
if (unknown.length > 0)
  throw new Error(
    `no such platform: ${unknown.join(', ')}; there are ${Object.keys(targets).join(', ')}`,
  )

const prebuilds = join(root, 'prebuilds')
const work = join(root, 'build/prebuild')
/** @param {string} path */
const sha256 = path => createHash('sha256').update(readFileSync(path)).digest('hex')
/** @param {number} since */
const seconds = since => `${((Date.now() - since) / 1000).toFixed(1)} s`

/**
 * Builds it once more where nothing is the same but the sources: another folder, empty caches.
 * @param {string} name a platform
 * @param {string} where a scratch folder
 */
async function again(name, where) {
  const copy = join(where, 'copy of the package')
  const cache = mkdtempSync(join(where, 'cache-'))
  if (!existsSync(copy)) cpSync(join(root, 'native'), join(copy, 'native'), { recursive: true })
  const files = await build(targets[name], join(where, name), { from: copy, cache })
  rmSync(cache, { recursive: true })
  return new Map(files.map(path => [basename(path), sha256(path)]))
}

/**
 * @param {string} name a platform
 * @param {string} [elsewhere] a scratch folder, to build it once more
 */
async function make(name, elsewhere) {
  const start = Date.now()
  const target = targets[name]
  // Whatever comes of this one, there is no older one, of other sources.
  rmSync(join(prebuilds, name), { recursive: true, force: true })
  const cache = elsewhere === undefined ? undefined : mkdtempSync(join(elsewhere, 'cache-'))
  const files = await build(target, join(work, name), { cache })
  if (cache !== undefined) rmSync(cache, { recursive: true })
  let good = true
  for (const file of files) {
    const { faults, line } = await inspect(target, file)
    console.log(`${name}/${basename(file)}: ${statSync(file).size} bytes; ${line}`)
    for (const fault of faults) console.error(`  ${fault}`)
    good &&= faults.length === 0
  }
  const second = elsewhere === undefined ? new Map() : await again(name, elsewhere)
  for (const [file, hash] of second) {
    const same = sha256(join(work, name, file)) === hash
    console.log(`${name}/${file}: ${same ? 'the same bytes again' : 'OTHER BYTES the second time'}`)
    good &&= same
  }
  for (const stray of readdirSync(join(work, name)).filter(
    file => !files.includes(join(work, name, file)),
  )) {
    console.error(`  ${stray} was left beside it`)
    good = false
  }
  if (good) renameSync(join(work, name), join(prebuilds, name))
  console.log(`${name}: ${good ? 'made' : 'refused'} in ${seconds(start)}`)
  return good
}

const start = Date.now()
installZig()
mkdirSync(prebuilds, { recursive: true })
mkdirSync(work, { recursive: true })
const asked = positionals.length > 0 ? positionals : Object.keys(targets)
const ready = asked.filter(name => isServed(targets[name].platform))
for (const name of asked.filter(name => !ready.includes(name))) {
  const message = `${name}: native/sources.txt has no sources for ${targets[name].platform}`
  if (positionals.length > 0) throw new Error(message)
  console.log(`${message}; left out`)
}
const elsewhere = values.check ? mkdtempSync(join(tmpdir(), 'wasi-common-')) : undefined
try {
  for (const name of ready) if (!(await make(name, elsewhere))) process.exitCode = 1
} finally {
  if (elsewhere !== undefined) rmSync(elsewhere, { recursive: true })
}

writeFileSync(join(prebuilds, 'LICENSES'), licences())
const listed = readdirSync(prebuilds, { recursive: true, encoding: 'utf8' })
  .map(path => path.replaceAll('\\', '/'))
  .filter(path => path !== 'SHA256SUMS' && statSync(join(prebuilds, path)).isFile())
  .sort()
writeFileSync(
  join(prebuilds, 'SHA256SUMS'),
  listed.map(path => `${sha256(join(prebuilds, path))}  ${path}\n`).join(''),
)
console.log(`${ready.length} of ${asked.length} in ${seconds(start)}`)
