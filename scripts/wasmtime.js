// Compares components with wasmtime: the tests that do so where Python has its package, with that
// package from PyPI.
//
//   npm run test:wasmtime
//
// Needs python3 with pip; without it nothing runs, which is no error.
import { runNode } from './shared/run.js'
import { withWasmtime } from './shared/wasmtime.js'

const env = withWasmtime()
if (env === undefined) {
  console.log(
    'components were not compared with wasmtime: python3 has no pip (Debian: python3-pip)',
  )
} else {
  const tests = 'dist-test/test/component/programs.test.js'
  runNode(['node_modules/ava/entrypoints/cli.mjs', tests], { env })
}
