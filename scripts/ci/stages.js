// The stages of CI, in order. `.ci/run` runs all, each job of .github/workflows/ci.yml names some.

import { spawnSync } from 'node:child_process'
import { versions } from '../shared/versions.js'

const { stdout: commits } = spawnSync('git', ['rev-list', '--count', 'HEAD'], { encoding: 'utf8' })

/**
 * @typedef {object} Stage
 * @property {string} title what it checks
 * @property {string} run the command
 * @property {number} [minutes] the most it may take; default 20
 * @property {boolean} [beside] runs in the background, in its turn
 * @property {boolean} [alone] starts when nothing runs in the background any more
 * @property {boolean} [built] runs what `npm run build:test` makes, and may not make it anew
 * @property {string[]} [after] the stages that must have passed before
 * @property {boolean} [named] runs only where it is named
 */

/** @type {Readonly<Record<string, Stage>>} */
export const stages = {
  test: { title: 'the tests', run: 'npm test', minutes: 25 },

  // In the background, in this order.

  // One linked by zig, one by LLVM's linker, one for Windows. Releases make all of them, twice.
  prebuild: {
    title: 'prebuilds of three platforms',
    run: 'npm run prebuild -- linux-x64 darwin-arm64 win32-x64',
    beside: true,
  },
  // Wine waits more than it works. A stage that built dist/ meanwhile would change what it runs.
  wine: {
    title: 'the Windows host by wine',
    run: 'node scripts/wine.js',
    built: true,
    after: ['prebuild'],
    beside: true,
    minutes: 30,
  },
  docs: {
    title: 'the site of the documentation',
    run: 'node scripts/docs.js',
    built: true,
    beside: true,
  },
  'docs-check': {
    title: 'the site in a browser',
    run: 'npm run docs:check',
    after: ['docs'],
    beside: true,
  },
  cmake: {
    title: 'the contract on the addon by cmake-js',
    run: 'node scripts/cmake.js',
    built: true,
    beside: true,
  },
  interleavings: {
    title: 'the walk in every interleaving',
    run: 'npm run test:interleavings',
    beside: true,
  },
  go: {
    title: "Go's own tests, where Go is installed",
    run: 'node scripts/go.js',
    built: true,
    beside: true,
  },
  wasmtime: {
    title: 'components beside wasmtime, where Python has pip',
    run: 'node scripts/wasmtime.js',
    built: true,
    beside: true,
  },
  rust: {
    title: "Rust's standard library on wasm32-wasip2, where rustc has that target",
    run: 'node scripts/rust.js',
    built: true,
    beside: true,
  },
  'fuzz-resolve': {
    title: 'random paths for the walk, by libFuzzer',
    run: 'npm run fuzz:resolve -- --seconds 10',
    beside: true,
    minutes: 5,
  },
  'fuzz-standalone': {
    title: 'the same without libFuzzer',
    run: 'npm run fuzz:resolve -- --seconds 5 --standalone',
    after: ['fuzz-resolve'],
    beside: true,
    minutes: 5,
  },
  'prebuild-run': {
    title: 'a guest on the prebuilds that run here',
    run: 'node scripts/prebuild/run.js',
    built: true,
    after: ['prebuild'],
    beside: true,
  },
  runtimes: {
    title: 'the command in Bun and Deno',
    run: 'node scripts/ci/runtimes.js',
    built: true,
    beside: true,
  },
  queue: {
    title: 'guests as jobs, on a Redis',
    run: 'node dist-test/test/examples/queue.js',
    built: true,
    beside: true,
    minutes: 5,
  },
  demo: {
    title: 'the demo',
    run: 'node guests/demo.js',
    built: true,
    beside: true,
    minutes: 5,
  },

  // Meanwhile, one after another.

  check: { title: 'types, linters, the house', run: 'npm run check:built', built: true },
  race: {
    title: 'paths raced against renames',
    run: 'node dist-test/test/race/race.js --seconds 2',
    built: true,
  },
  fuzz: {
    title: 'random calls and paths on all backends',
    run: 'node scripts/fuzz.js --seconds 10',
    built: true,
    minutes: 10,
  },
  // Another seed for each commit, and the same for each run of it.
  'fuzz-linux': {
    title: 'random programs beside Linux',
    run: `node scripts/fuzz-linux.js --seconds 20 --seed ${commits.trim()}`,
    built: true,
    minutes: 10,
  },
  asan: {
    title: 'the addon with sanitizers',
    run: 'node scripts/asan.js --seconds 5',
    built: true,
    minutes: 30,
  },
  // Some of the tests are timed. Without 24, between the others: the workflow runs all on each.
  nodes: {
    title: 'the tests on other versions of Node',
    run: `node scripts/ci/nodes.js ${versions.node.tested.filter(name => !name.startsWith('24.')).join(' ')}`,
    built: true,
    alone: true,
  },
  bench: {
    title: 'that the bench runs; its figures are not looked at',
    run: 'node dist-test/bench/bench.js --only ^fd_tell|^stat-at --repetitions 1',
    built: true,
    minutes: 5,
  },
  pack: {
    title: 'the package as its users meet it',
    run: `node scripts/pack-check.js --node ${versions.node.tested.at(-1)}`,
    built: true,
    after: ['prebuild'],
  },

  build: { title: 'what the stages run', run: 'npm run build:test', named: true },
  'pack-here': {
    title: 'the package on the Node that runs this',
    run: 'node scripts/pack-check.js',
    built: true,
    named: true,
  },
  'prebuild-check': {
    title: 'all prebuilds, twice, with equal bytes',
    run: 'npm run prebuild -- --check',
    minutes: 30,
    named: true,
  },
  'prebuild-test': {
    title: 'the tests on the prebuild for this machine',
    run: 'node scripts/prebuild/test.js',
    built: true,
    named: true,
  },
}
