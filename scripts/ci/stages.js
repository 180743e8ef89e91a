// The stages of CI, in order. `.ci/run` runs all, each job of .github/workflows/ci.yml names some.

import { spawnSync } from 'node:child_process'
import { versions } from '../shared/versions.js'

const { stdout: commits } = spawnSync('git', ['rev-list', '--count', 'HEAD'], { encoding: 'utf8' })

/**
 * @typedef {object} Stage
 * @property {string} title what it checks
 * @property {string} run the command
 * @property {number} [minutes] the most it may take; default 20
 * @property {boolean} [beside] runs in the background, at the lowest priority
 * @property {string[]} [after] the stages that must have passed before
 * @property {boolean} [named] runs only where it is named
 */

/** @type {Readonly<Record<string, Stage>>} */
export const stages = {
  test: { title: 'the tests', run: 'npm test', minutes: 25 },
  // One linked by zig, one by LLVM's linker, one for Windows. Releases make all of them, twice.
  prebuild: {
    title: 'prebuilds of three platforms',
    run: 'npm run prebuild -- linux-x64 darwin-arm64 win32-x64',
    beside: true,
  },
  check: { title: 'types, linters, the house', run: 'npm run check' },
  docs: { title: 'the site of the documentation', run: 'npm run docs' },
  'docs-check': { title: 'the site in a browser', run: 'npm run docs:check', after: ['docs'] },
  cmake: { title: 'the contract on the addon by cmake-js', run: 'npm run test:cmake' },
  race: { title: 'paths raced against renames', run: 'npm run test:race -- --seconds 2' },
  interleavings: { title: 'the walk in every interleaving', run: 'npm run test:interleavings' },
  fuzz: {
    title: 'random calls and paths on all backends',
    run: 'npm run fuzz -- --seconds 10',
    minutes: 10,
  },
  // Another seed for each commit, and the same for each run of it.
  'fuzz-linux': {
    title: 'random programs beside Linux',
    run: `npm run fuzz:linux -- --seconds 20 --seed ${commits.trim()}`,
    minutes: 10,
  },
  'fuzz-resolve': {
    title: 'random paths for the walk, by libFuzzer',
    run: 'npm run fuzz:resolve -- --seconds 10',
    minutes: 5,
  },
  'fuzz-standalone': {
    title: 'the same without libFuzzer',
    run: 'npm run fuzz:resolve -- --seconds 5 --standalone',
    minutes: 5,
  },
  asan: {
    title: 'the addon with sanitizers',
    run: 'npm run test:asan -- --seconds 5',
    minutes: 30,
  },
  go: { title: "Go's own tests, where Go is installed", run: 'npm run test:go' },
  wasmtime: {
    title: 'components beside wasmtime, where Python has pip',
    run: 'npm run test:wasmtime',
  },
  rust: {
    title: "Rust's standard library on wasm32-wasip2, where rustc has that target",
    run: 'npm run test:rust',
  },
  bench: {
    title: 'that the bench runs; its figures are not looked at',
    run: 'npm run bench -- --only ^fd_tell|^stat-at --repetitions 1',
    minutes: 5,
  },
  'prebuild-run': {
    title: 'a guest on the prebuilds that run here',
    run: 'npm run prebuild:run',
    after: ['prebuild'],
  },
  // Wine waits more than it works. Until it is done nothing may build dist/ anew, so the next ones
  // are not npm scripts, which would.
  wine: {
    title: 'the Windows host by wine',
    run: 'node scripts/wine.js',
    after: ['prebuild'],
    beside: true,
    minutes: 30,
  },
  nodes: { title: 'the tests on other versions of Node', run: 'node scripts/ci/nodes.js' },
  runtimes: { title: 'the command in Bun and Deno', run: 'node scripts/ci/runtimes.js' },
  pack: {
    title: 'the package as its users meet it',
    run: `npm run pack-check -- --node ${versions.node.tested.at(-1)}`,
    after: ['prebuild', 'wine'],
  },
  queue: { title: 'guests as jobs, on a Redis', run: 'npm run test:queue', minutes: 5 },
  demo: { title: 'the demo', run: 'npm run demo', minutes: 5 },

  'pack-here': {
    title: 'the package on the Node that runs this',
    run: 'npm run pack-check',
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
    run: 'npm run prebuild:test',
    named: true,
  },
}
