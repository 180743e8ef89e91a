// Lints the addon's sources: clang-format, clang-tidy, cppcheck. With --write, formats them
// instead.
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defines, headers } from './prebuild/targets.js'
import { root } from './root.js'
import { portable } from './shared/portable.js'
import { outcome } from './shared/run.js'
import { launcherSourcesOf, sourcesOf } from './sources.js'

/** @type {(folder: string, ending: RegExp) => string[]} */
const below = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(path => ending.test(path))
    .map(path => `${folder}/${path}`)
const files = [
  ...['native', 'test/native', 'test/interleavings'].flatMap(name => below(name, /\.(cc|h)$/)),
  ...['fuzz', 'guests'].flatMap(name => below(name, /\.(c|cc|h)$/)),
]
const enumeration = files.filter(
  path => path.startsWith('test/interleavings/') && path.endsWith('.cc'),
)
// The analysers see what this machine can compile; the formatter sees all.
const { platform } = process
const sources = [
  ...sourcesOf(platform),
  ...launcherSourcesOf(platform),
  'fuzz/resolve.cc',
  ...enumeration,
]
const others = [...portable, 'test/native/ntfs.cc', 'test/native/windows.cc']
const includes = ['-Inative', '-Inative/posix']
const otherIncludes = ['-Inative', '-Inative/windows']
const flags = ['-std=c++17', '-fno-exceptions', '-fno-rtti', ...defines, ...headers]

/**
 * Runs a tool by its first name that is there. True when it found no fault.
 * @param {readonly string[]} names
 * @param {readonly string[]} args
 * @returns {Promise<boolean>}
 */
async function run([name = '', ...others], args) {
  const { status, error, stdout, stderr } = await outcome(name, args)
  const missing = error?.code === 'ENOENT'
  if (missing && others.length > 0) return run(others, args)
  if (missing) console.error(`${name} is not installed`)
  else if (status !== 0) console.error(error?.message ?? stdout + stderr)
  return status === 0
}

const format = ['clang-format-19', 'clang-format']
/**
 * @param {string[]} sources
 * @param {string[]} includes
 */
async function tidy(sources, includes) {
  const shares = Array.from(
    { length: availableParallelism() },
    (_, share, of = availableParallelism()) => sources.filter((_, index) => index % of === share),
  ).filter(share => share.length > 0)
  const good = await Promise.all(
    shares.map(share =>
      run(['clang-tidy-19', 'clang-tidy'], ['--quiet', ...share, '--', ...flags, ...includes]),
    ),
  )
  return good.every(Boolean)
}
/**
 * @param {string[]} sources
 * @param {string[]} includes
 */
const check = (sources, includes) =>
  run(
    ['cppcheck'],
    [
      '--std=c++17',
      '--enable=warning,performance,portability',
      '--error-exitcode=1',
      '--inline-suppr',
      '--quiet',
      // The name of a resolved parent is filled in by resolve().
      '--suppress=uninitMemberVar',
      '--suppress=uninitDerivedMemberVar',
      ...includes,
      ...sources,
    ],
  )
/** @type {Record<string, () => Promise<boolean>>} */
const tools = process.argv.includes('--write')
  ? { 'clang-format': () => run(format, ['-i', ...files]) }
  : {
      'clang-format': () => run(format, ['--dry-run', '-Werror', ...files]),
      'clang-tidy': async () =>
        (await tidy(sources, includes)) && (await tidy(others, otherIncludes)),
      cppcheck: async () =>
        (await check(
          sources.filter(path => path !== 'native/addon.cc'),
          includes,
        )) && (await check(others, otherIncludes)),
    }
for (const [name, lint] of Object.entries(tools)) {
  const good = await lint()
  console.log(`${name}: ${good ? 'no fault found' : 'see above'}`)
  if (!good) process.exitCode = 1
}
