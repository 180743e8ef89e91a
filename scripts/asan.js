// Runs the tests that reach far into the addon, and some seconds of fuzzing, on an addon built with
// AddressSanitizer, UndefinedBehaviorSanitizer and leak detection. It works in a copy of the
// package, so that build/Release stays as it is.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runNode } from './shared/run.js'
import { staged } from './shared/staged.js'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } })

runNode(['scripts/build-native.js', '--asan'])
const copy = staged('asan')

// OpenSSL never frees its set-up of a process; every other leak is an error.
const suppressions = join(copy, 'leaks')
writeFileSync(suppressions, 'leak:CRYPTO_malloc\n')
const library = spawnSync('g++', ['-print-file-name=libasan.so'], {
  encoding: 'utf8',
}).stdout.trim()
const env = {
  ...process.env,
  LD_PRELOAD: library,
  ASAN_OPTIONS: 'detect_leaks=1',
  UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
  LSAN_OPTIONS: `suppressions=${suppressions}:print_suppressions=0`,
}

// Imports never reach the addon either, and their doors start processes without the sanitizer; nor
// do hosts without a guard, and components in memory. Without enforced rights the addon is asked the
// same.
const tests = [
  'sys/native.test.js',
  'hostcalls/**',
  'escape/{openat2,walk,overlay,thread,component-openat2,component-walk,component-overlay}.test.js',
].map(name => `dist-test/test/${name}`)
// The addon sees neither files in memory nor the calls of node:fs.
const without = ['!*(memfs, *', '!*(typescript, *', '!*(typescript)*'].flatMap(pattern => [
  '--match',
  pattern,
])
runNode(['node_modules/ava/entrypoints/cli.mjs', ...without, ...tests], { cwd: copy, env })
for (const fuzzer of ['gate', 'paths'])
  runNode([`dist-test/fuzz/${fuzzer}.js`, '--seconds', values.seconds], { cwd: copy, env })
