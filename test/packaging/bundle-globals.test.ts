/**
 * The package loads files from its own folder, whatever a page or a test runner has set as globals
 * of the process.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'acorn'
import test from 'ava'
import { analyze } from 'eslint-scope'
import { addonFile } from '#lib/sys/native/sys.js'
import { scratch } from '../programs/cli.js'
import { command } from '../wasm.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const bundle = join(root, 'dist/bundle')
const files = readdirSync(bundle, { recursive: true, encoding: 'utf8' }).filter(name =>
  /\.m?js$/.test(name),
)

/** The names that a file reads and does not declare. */
function free(file: string): string[] {
  const module = file.endsWith('.mjs')
  const source = readFileSync(join(bundle, file), 'utf8')
  const tree = parse(source, {
    ranges: true,
    ecmaVersion: 'latest',
    sourceType: module ? 'module' : 'script',
    allowHashBang: true,
  })
  const { globalScope } = analyze(tree as object as Parameters<typeof analyze>[0], {
    ecmaVersion: 2024,
    sourceType: module ? 'module' : 'commonjs',
  })
  return (globalScope?.through ?? []).map(({ identifier }) => identifier.name)
}
const read = [...new Set(files.flatMap(free))]
/** Node passes these to a file, and globals of the same names are others. */
const passed = ['require', 'module', 'exports', '__dirname', '__filename']
/**
 * Names by which a page, or a worker of a browser, says where its code is from, and Node's of the
 * platform.
 */
const pages = [
  'document',
  'window',
  'self',
  'location',
  'importScripts',
  'WorkerGlobalScope',
  'process',
]

test('the bundle reads only globals of Node and of JavaScript', t => {
  const known = new Set([...Object.getOwnPropertyNames(globalThis), ...passed])
  t.deepEqual(
    read.filter(name => !known.has(name) || pages.includes(name)),
    [],
  )
  t.true(read.length > 30)
})

for (const when of ['before', 'after'])
  test(`no global set ${when} the package is loaded makes it load other files`, t => {
    const folder = scratch(t)
    const [elsewhere, program] = [join(folder, 'elsewhere'), join(folder, 'program.wasm')]
    writeFileSync(program, command([]))
    for (const file of files) {
      const copy = join(elsewhere, 'dist/bundle', file)
      mkdirSync(dirname(copy), { recursive: true })
      writeFileSync(copy, `require('node:fs').writeSync(1, ${JSON.stringify(`${file}\n`)})`)
    }
    for (const place of [
      'build/Release',
      `prebuilds/${process.platform}-${process.arch}`,
      `prebuilds/${process.platform}musl-${process.arch}`,
    ]) {
      mkdirSync(join(elsewhere, place), { recursive: true })
      copyFileSync(addonFile(), join(elsewhere, place, 'wasi_common.node'))
    }
    const fixed = ['undefined', 'Infinity', 'NaN']
    const names = [...read, ...pages].filter(name => !fixed.includes(name))
    const likeness = fileURLToPath(new URL('../likeness.js', import.meta.url))
    const args = [likeness, join(bundle, 'index.js'), elsewhere, program, when, ...names]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      cwd: folder,
      timeout: 100_000,
    })
    t.is(status, 0, stderr)
    const [worked, ...loaded] = stdout.trimEnd().split('\n').reverse()
    t.deepEqual(loaded, [])
    // Ten things a name, of which most work with most likenesses.
    t.true(Number(worked) > 5 * names.length, worked)
  })
