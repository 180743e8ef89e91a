// Builds fuzz/resolve.cc with AddressSanitizer and UndefinedBehaviorSanitizer, and runs it; says
// what failed, and on which bytes.
//
//   node scripts/fuzz-resolve.js                  for 60 seconds
//   node scripts/fuzz-resolve.js --seconds 3600   for an hour
//   node scripts/fuzz-resolve.js --seed 7         as it was with that seed
//   node scripts/fuzz-resolve.js --standalone     without libFuzzer
//   node scripts/fuzz-resolve.js FILE             what libFuzzer left of a failure, once more
//
// By libFuzzer where clang has it, which goes on from what it learned before, in build/fuzz/;
// otherwise by random bytes and the C++ compiler of the machine.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './root.js'

const folder = join(root, 'build/fuzz')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    standalone: { type: 'boolean', default: false },
  },
})

/**
 * @param {string} program
 * @param {string[]} args
 */
const run = (program, args) =>
  spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })

/**
 * The program, or nothing where this compiler cannot make it.
 * @param {string} compiler
 * @param {string} name of the program
 * @param {string} sanitizers
 * @param {string[]} more flags
 */
function build(compiler, name, sanitizers, ...more) {
  const program = join(folder, name)
  const flags = [
    '-std=c++17',
    '-O1',
    '-g',
    '-Wall',
    '-Wextra',
    `-fsanitize=${sanitizers}`,
    '-fno-sanitize-recover=undefined',
    '-Inative',
  ]
  const { status, stderr } = run(compiler, [
    ...flags,
    ...more,
    '-o',
    program,
    'fuzz/resolve.cc',
    'native/resolve.cc',
  ])
  if (status !== 0) return undefined
  if (stderr !== '') console.error(stderr)
  return program
}
/**
 * By the first compiler that can: one that cannot removes what the one before it made.
 * @param {string[]} compilers
 * @param {string} name of the program
 * @param {string} sanitizers
 * @param {string[]} more flags
 */
function first(compilers, name, sanitizers, ...more) {
  for (const compiler of compilers) {
    const program = build(compiler, name, sanitizers, ...more)
    if (program !== undefined) return program
  }
  return undefined
}
const byLibFuzzer = () => first(['clang++-19', 'clang++'], 'resolve', 'fuzzer,address,undefined')
const byChance = () =>
  first(['g++', 'c++', 'clang++'], 'resolve-standalone', 'address,undefined', '-DSTANDALONE')

mkdirSync(join(folder, 'corpus'), { recursive: true })
const fuzzer = values.standalone ? undefined : byLibFuzzer()
const program = fuzzer ?? byChance()
if (program === undefined) throw new Error('no C++ compiler here makes fuzz/resolve.cc')
const { seconds, seed } = values
console.log(
  `${fuzzer === undefined ? 'random bytes' : 'libFuzzer'}, seed ${seed}, ${seconds} seconds`,
)
const asked = [
  `-max_total_time=${seconds}`,
  `-seed=${seed}`,
  '-max_len=512',
  '-verbosity=0',
  '-print_final_stats=1',
  `-artifact_prefix=${folder}/`,
]
const args =
  fuzzer === undefined
    ? [seconds, seed]
    : positionals.length > 0
      ? positionals
      : [...asked, join(folder, 'corpus')]
const { status, stdout, stderr } = run(program, args)
const runs = /(\d+) runs/.exec(stdout) ?? /number_of_executed_units: (\d+)/.exec(stderr)
if (status === 0) console.log(runs === null ? 'no fault found' : `${runs[1]} runs, no fault found`)
else console.error(`${stdout}${stderr}\nresolve.cc failed, seed ${seed}`)
process.exitCode = status === 0 ? 0 : 1
