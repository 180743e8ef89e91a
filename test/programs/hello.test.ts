/**
 * The inputs of a guest (arguments, environment, standard input) and its outputs (output, exit
 * code).
 */
import test from 'ava'
import { backends, guest, run } from './cli.js'

for (const backend of backends) {
  test.serial(`arguments and variables arrive in order, and nothing else (${backend})`, t => {
    t.timeout(60_000)
    const options = [
      '--env',
      'LANG=en',
      '--env',
      'EMPTY=',
      '--env',
      'SIGNS=a=b c',
      '--argv0',
      'hello',
    ]
    const { stdout, status } = run(backend, [
      ...options,
      guest('hello'),
      '0',
      'two words',
      '',
      '--dir',
      'é',
    ])
    t.is(
      stdout,
      'arg 0 hello\narg 1 0\narg 2 two words\narg 3 \narg 4 --dir\narg 5 é\nenv LANG=en\nenv EMPTY=\nenv SIGNS=a=b c\n',
    )
    t.is(status, 0)
  })

  test.serial(`standard input arrives byte for byte (${backend})`, t => {
    t.timeout(60_000)
    const input = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) >> 3)
    const { bytes, stderr, status } = run(backend, ['--argv0', 'hello', guest('hello'), '0'], input)
    const heading = 'arg 0 hello\narg 1 0\n'
    t.is(bytes.toString('latin1', 0, heading.length), heading)
    t.deepEqual(bytes.subarray(heading.length), Buffer.from(input))
    t.is(stderr, 'stdin 200000 bytes\n')
    t.is(status, 0)
  })

  for (const code of [0, 1, 42, 126, 255]) {
    test.serial(`exit code ${code} is the command's (${backend})`, t => {
      t.timeout(60_000)
      t.is(run(backend, [guest('hello'), String(code)]).status, code)
    })
  }
}
