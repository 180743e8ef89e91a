/**
 * circom2: a compiler in Rust that reads included files and writes a folder; its output is a module
 * that computes.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { backends, run, scratch } from '../programs/cli.js'
import { packages } from './installed.js'

const circom = packages('node_modules/circom2/circom.wasm')
const template = `pragma circom 2.0.0;
template Multiply(n) {
  signal input in[n];
  signal output out;
  signal part[n];
  part[0] <== in[0];
  for (var i = 1; i < n; i++) part[i] <== part[i - 1] * in[i];
  out <== part[n - 1];
}
`

for (const backend of backends) {
  test.serial(`circom compiles a circuit with an included file (${backend})`, t => {
    const folder = scratch(t)
    writeFileSync(join(folder, 'multiply.circom'), template)
    writeFileSync(
      join(folder, 'main.circom'),
      'pragma circom 2.0.0;\ninclude "multiply.circom";\ncomponent main = Multiply(3);\n',
    )
    const { status, stdout, stderr } = run(backend, [
      ...[
        '--dir',
        `${folder}::/work`,
        circom,
        '/work/main.circom',
        '--r1cs',
        '--wasm',
        '--sym',
        '--output',
        '/work',
      ],
    ])
    t.deepEqual({ status, stderr }, { status: 0, stderr: '' })
    t.regex(stdout, /non-linear constraints: 2\n/)
    t.regex(stdout, /private inputs: 3\n/)
    t.is(readFileSync(join(folder, 'main.r1cs'), 'latin1').slice(0, 4), 'r1cs')
    t.regex(readFileSync(join(folder, 'main.sym'), 'utf8'), /main\.out\n/)
    const made = join(folder, 'main_js')
    t.deepEqual(readdirSync(made).sort(), [
      'generate_witness.js',
      'main.wasm',
      'witness_calculator.js',
    ])
    t.regex(readFileSync(join(made, 'main.wasm'), 'latin1'), /^\0asm/)
    t.true(statSync(join(made, 'witness_calculator.js')).size > 1000)
  })

  test.serial(`circom refuses a circuit with a mistake and prints its place (${backend})`, t => {
    const folder = scratch(t)
    writeFileSync(
      join(folder, 'main.circom'),
      'pragma circom 2.0.0;\ncomponent main = Absent(3);\n',
    )
    const { status, stderr } = run(backend, [
      '--dir',
      `${folder}::/work`,
      circom,
      '/work/main.circom',
      '--output',
      '/work',
    ])
    t.is(status, 1)
    t.regex(stderr, /\/work\/main\.circom":2:18/)
    t.regex(stderr, /Absent/)
  })
}
