// Builds the addon by cmake-js, from the list of sources that node-gyp has, and runs the contract
// and some guests on it, in a copy of the package.
import { runNode } from './shared/run.js'
import { staged } from './shared/staged.js'

runNode(['scripts/build-native.js', '--cmake'])
const tests = ['sys/native.test.js', 'hostcalls/fd.test.js', 'os-sandbox/launcher.test.js']
const ava = ['node_modules/ava/entrypoints/cli.mjs', ...tests.map(name => `dist-test/test/${name}`)]
runNode(ava, { cwd: staged('cmake') })
