// Builds the addon by cmake-js, from the list of sources that node-gyp has, and runs the contract and some guests on it, in a copy of the package.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { staged } from './staged.js'

const root = fileURLToPath(new URL('..', import.meta.url))

function run(args, cwd) {
  const { status, signal } = spawnSync(process.execPath, args, { cwd, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${args.join(' ')}: ${signal ?? status}`)
}

run(['scripts/build-native.js', '--cmake'], root)
const tests = ['sys/native.test.js', 'hostcalls/fd.test.js', 'os-sandbox/launcher.test.js']
run(['node_modules/ava/entrypoints/cli.mjs', ...tests.map(name => `dist-test/test/${name}`)], staged('cmake'))
