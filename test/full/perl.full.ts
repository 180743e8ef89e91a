/**
 * @6over3/zeroperl-ts: Perl as a reactor, whose exports the embedder calls and which calls the
 * embedder.
 */
/// <reference path="../../lib/webassembly.d.ts" />

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { WASI } from '#lib/index.js'
import { type Backend, backends, scratch } from '../programs/cli.js'
import { packages } from './installed.js'

const module = new WebAssembly.Module(
  readFileSync(packages('node_modules/@6over3/zeroperl-ts/dist/esm/zeroperl.wasm')),
)

interface Exports {
  memory: { readonly buffer: ArrayBuffer }
  malloc(size: number): number
  zeroperl_init(): number
  zeroperl_eval(code: number, context: number, count: number, args: number): number
  zeroperl_last_error(): number
  zeroperl_flush(): number
}

/**
 * A Perl with one folder as /work, a /dev/null that it opens at its start, and its output as lines.
 */
function start(t: ExecutionContext, backend: Backend) {
  const folder = scratch(t)
  mkdirSync(join(folder, 'dev'))
  mkdirSync(join(folder, 'work'))
  writeFileSync(join(folder, 'dev/null'), '')
  let printed = ''
  const wasi = new WASI({
    version: 'preview1',
    args: ['zeroperl'],
    env: { GREETING: 'salut' },
    preopens: { '/': folder },
    stdout: (bytes: Uint8Array) => {
      printed += Buffer.from(bytes).toString()
    },
    backend,
  })
  const instance = wasi.instantiate(module, { env: { call_host_function: () => 0 } })
  wasi.initialize(instance)
  const perl = instance.exports as unknown as Exports
  t.is(perl.zeroperl_init(), 0)
  const text = (code: string): number => {
    const bytes = new TextEncoder().encode(`${code}\0`)
    const at = perl.malloc(bytes.length)
    new Uint8Array(perl.memory.buffer).set(bytes, at)
    return at
  }
  const error = (): string => {
    const bytes = new Uint8Array(perl.memory.buffer, perl.zeroperl_last_error())
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)))
  }
  /** The code's output, or its error. */
  const evaluate = (code: string): string => {
    printed = ''
    const status = perl.zeroperl_eval(text(code), 0, 0, 0)
    perl.zeroperl_flush()
    return status === 0 ? printed : `error: ${error()}`
  }
  return { folder: join(folder, 'work'), evaluate }
}

for (const backend of backends) {
  test.serial(`a Perl interpreter evaluates code repeatedly (${backend})`, t => {
    const { evaluate } = start(t, backend)
    t.regex(evaluate('print $]'), /^5\.\d{6}$/)
    t.is(evaluate('our $kept = 7; print $ENV{GREETING}'), 'salut')
    t.is(evaluate('print $kept * 6; eval { die "caught\\n" }; print " $@"'), '42 caught\n')
    t.is(evaluate('print join ",", sort { $a <=> $b } map { $_ ** 2 } 1 .. 5'), '1,4,9,16,25')
    t.regex(evaluate('die "by itself\\n"'), /^error: by itself/)
    t.is(evaluate('print "still there"'), 'still there')
  })

  test.serial(`Perl writes, lists, renames and removes files (${backend})`, t => {
    const { folder, evaluate } = start(t, backend)
    const made =
      'open my $f, ">", "/work/b.txt" or die $!; print $f "line $_\\n" for 1 .. 1000; close $f or die $!; print -s "/work/b.txt"'
    t.is(evaluate(made), '8893')
    t.is(readFileSync(join(folder, 'b.txt'), 'utf8').split('\n')[999], 'line 1000')
    t.is(
      evaluate(
        'mkdir "/work/sub" or die $!; rename "/work/b.txt", "/work/sub/c.txt" or die $!; print glob "/work/*"',
      ),
      '/work/sub',
    )
    t.is(
      evaluate(
        'open my $f, "<", "/work/sub/c.txt" or die $!; my @l = <$f>; seek $f, -5, 2; read $f, my $end, 4; print @l . $end',
      ),
      '10001000',
    )
    t.is(
      evaluate('opendir my $d, "/work/sub" or die $!; print join ",", grep { !/^\\./ } readdir $d'),
      'c.txt',
    )
    t.is(
      evaluate('print((rmdir "/work/sub") ? "removed" : $!{ENOTEMPTY} ? "not empty" : $!)'),
      'not empty',
    )
    t.is(
      evaluate(
        'unlink "/work/sub/c.txt" or die $!; rmdir "/work/sub" or die $!; print glob "/work/*"',
      ),
      '',
    )
    t.is(
      evaluate('print open(my $f, "<", "/work/absent") ? "there" : $!'),
      'No such file or directory',
    )
  })
}
