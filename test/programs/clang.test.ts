/** @yowasp/clang: a compiler and a linker as guests, and what they make as a guest in turn. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { commands, unoptimized } from '#guests/toolchain.js'
import { backends, run, scratch } from './cli.js'

for (const backend of backends) {
  test.serial(`clang compiles C in the sandbox, and the program runs (${backend})`, t => {
    t.timeout(120_000)
    const to = scratch(t)
    const { compile, link, program } = commands('hello', { to })
    for (const args of [compile, link]) {
      const { status, stdout, stderr } = run(backend, args)
      t.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
    }
    t.is(readFileSync(program).toString('latin1', 0, 4), '\0asm')
    t.deepEqual(readdirSync(to).sort(), ['hello.o', 'hello.wasm'], 'nothing temporary is left')

    const { status, stdout, stderr } = run(
      backend,
      ['--argv0', 'made-here', program, '3'],
      'from the outside\n',
    )
    t.deepEqual(
      { status, stdout, stderr },
      {
        status: 3,
        stdout: 'arg 0 made-here\narg 1 3\nfrom the outside\n',
        stderr: 'stdin 17 bytes\n',
      },
    )
  })

  test.serial(`clang reports a mistake in the source with its place (${backend})`, t => {
    t.timeout(60_000)
    const [from, to] = [scratch(t), scratch(t)]
    writeFileSync(
      join(from, 'broken.c'),
      '#include <stdio.h>\n\nint main(void) { return missing; }\n',
    )
    const { status, stdout, stderr } = run(
      backend,
      commands('broken', { from, to }).compile,
      '',
      unoptimized,
    )
    t.is(status, 1)
    t.is(stdout, '')
    t.regex(stderr, /^\/src\/broken\.c:3:25: error: use of undeclared identifier 'missing'$/m)
    t.deepEqual(readdirSync(to), [])
  })

  test.serial(
    `the compiler cannot write beside the source, which is mounted read-only (${backend})`,
    t => {
      t.timeout(60_000)
      const [from, to] = [scratch(t), scratch(t)]
      writeFileSync(join(from, 'good.c'), 'int main(void) { return 0; }\n')
      const compile = commands('good', { from, to }).compile.map(word =>
        word === '/out/good.o' ? '/src/good.o' : word,
      )
      const { status, stderr } = run(backend, compile, '', unoptimized)
      t.is(status, 1)
      t.regex(stderr, /unable to open output file '\/src\/good\.o': '.*[Rr]ead-only file system.*'/)
      t.false(existsSync(join(from, 'good.o')))
    },
  )

  test.serial(`a hostile source cannot include files outside its folder (${backend})`, t => {
    t.timeout(120_000)
    const to = scratch(t)
    const folder = scratch(t)
    const from = join(folder, 'source')
    mkdirSync(from)
    writeFileSync(join(folder, 'secret.h'), '#error the secret was read\n')
    symlinkSync('../secret.h', join(from, 'link.h'))
    symlinkSync('..', join(from, 'above'))
    for (const path of ['../secret.h', join(folder, 'secret.h'), 'link.h', 'above/secret.h']) {
      writeFileSync(join(from, 'hostile.c'), `#include "${path}"\nint main(void) { return 0; }\n`)
      const { status, stderr } = run(
        backend,
        commands('hostile', { from, to }).compile,
        '',
        unoptimized,
      )
      t.is(status, 1, path)
      t.regex(stderr, /^\/src\/hostile\.c:1:10: fatal error: .*(secret|link)\.h/m)
      t.false(stderr.includes('the secret was read'), path)
    }
    t.deepEqual(readdirSync(to), [])
  })
}
