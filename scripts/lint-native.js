// Lints the addon's sources: clang-format, clang-tidy, cppcheck. With --write, formats them
// instead.
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { root } from './root.js'
import { portable } from './shared/portable.js'
import { launcherSourcesOf, sourcesOf } from './sources.js'

const require = createRequire(import.meta.url)
const files = ['native', 'fuzz', 'test/native', 'test/interleavings'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(path => /\.(cc|h)$/.test(path))
    .map(path => `${folder}/${path}`),
)
// What this machine can compile; the formatter sees the other platforms' sources as well.
const enumeration = files.filter(
  path => path.startsWith('test/interleavings/') && path.endsWith('.cc'),
)
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
const flags = [
  '-std=c++17',
  '-fno-exceptions',
  '-fno-rtti',
  '-DNAPI_VERSION=8',
  '-DNAPI_DISABLE_CPP_EXCEPTIONS',
  '-DNODE_ADDON_API_DISABLE_DEPRECATED',
  '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  '-isystem',
  require('node-addon-api').include_dir,
  '-isystem',
  require('node-api-headers').include_dir,
]

/** Runs a tool by its first name that is there. True when it found no fault. */
async function run([name, ...others], args) {
  const { error, output } = await new Promise(done =>
    execFile(name, args, { cwd: root, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      done({ error, output: stdout + stderr }),
    ),
  )
  if (error?.code === 'ENOENT' && others.length > 0) return run(others, args)
  if (error?.code === 'ENOENT') console.error(`${name} is not installed`)
  else if (error !== null) console.error(output)
  return error === null
}

const format = ['clang-format-19', 'clang-format']
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
