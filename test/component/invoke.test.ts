/** Calls of exported functions: arguments and results in WAVE, names, and mistakes. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { Pool, run } from 'wasi-common'
import { exportedFunctions } from '#lib/run/component/invoke/read-component.js'
import { signatureOf } from '#lib/run/component/invoke/wit-type.js'
import { Unreadable } from '#lib/run/module/reader.js'
import { main } from '../programs/cli.js'
import { runFailure as failure } from '../rejection.js'
import { command } from '../wasm.js'
import { adapt, embedded } from './adapt.js'

const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))
const cache = join(folder, 'cache')

/** The core of functions that return the list or the string that they are given. */
const core = (names: readonly string[], more = ''): string => `(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func $echo (param i32 i32) (result i32)
    (i32.store (i32.const 16) (local.get 0))
    (i32.store (i32.const 20) (local.get 1))
    (i32.const 16))
  ${names.map(name => `(export "${name}" (func $echo))`).join('\n')}
  ${more})`

/** Values in WAVE by their types: a text that is written otherwise comes back as the second one. */
const values: Readonly<Record<string, readonly (string | readonly [string, string])[]>> = {
  bool: ['true', 'false'],
  u8: ['0', '255'],
  s8: ['-128', '127'],
  u16: ['0', '65535'],
  s16: ['-32768', '32767'],
  u32: ['0', '4294967295'],
  s32: ['-2147483648', '2147483647'],
  u64: ['0', '18446744073709551615'],
  s64: ['-9223372036854775808', '9223372036854775807'],
  f32: ['0.5', 'inf', '-inf', 'nan', ['1e2', '100']],
  f64: ['0.1', '-1.5', 'inf', '-inf', 'nan', ['2.0', '2']],
  char: [
    "'a'",
    "'ä'",
    "'😀'",
    "'\\''",
    "'\\\\'",
    "'\"'",
    ["'\\u{41}'", "'A'"],
    "'\\n'",
    "'\\u{202e}'",
  ],
  string: [
    '""',
    '"two words"',
    '"\\"\\\\"',
    `"'"`,
    '"😀ä"',
    '"\\t\\r\\n"',
    '"\\u{1b}[2J"',
    ['"\\u{1F600}\\\'"', `"😀'"`],
  ],
  'list<u8>': ['[]', '[1, 2, 3]', ['[ 1,2 , ]', '[1, 2]']],
  'list<string>': ['["a", "b"]', '[]'],
  'tuple<u32, string>': ['(1, "a")', ['( 1 ,"a", )', '(1, "a")']],
  'option<u32>': ['none', 'some(1)', ['7', 'some(7)']],
  'option<option<u32>>': ['none', 'some(none)', 'some(some(1))'],
  'result<u32, string>': ['ok(1)', 'err("no")', ['5', 'ok(5)']],
  'result<_, string>': ['ok', 'err("no")'],
  result: ['ok', 'err'],
  point: [
    '{x: 1, long-name: "a", z: some(2)}',
    ['{long-name:"a",x:1}', '{x: 1, long-name: "a", z: none}'],
  ],
  color: ['red', 'dark-green', ['%red', 'red']],
  perm: ['{}', '{r, exec-all}', ['{exec-all, r}', '{r, exec-all}']],
  shape: ['none', 'circle(1.5)', 'corners([{x: 1, long-name: "", z: none}])'],
}
const names = Object.keys(values).map((_, i) => `echo${i}`)
const wit = `package acme:echo@1.0.0;
interface types {
  record point { x: u32, long-name: string, z: option<u32> }
  enum color { red, dark-green }
  flags perm { r, w, exec-all }
  variant shape { none, circle(f64), corners(list<point>) }
}
interface api {
  use types.{point, color, perm, shape};
  ${Object.keys(values)
    .map((type, i) => `${names[i]}: func(all: list<${type}>) -> list<${type}>;`)
    .join('\n')}
}
world echo { export api; }`
const echo = embedded(core(names.map(name => `acme:echo/api@1.0.0#${name}`)), wit)

for (const [i, [type, list]] of Object.entries(values).entries()) {
  test.serial(`${type}: values come back as they were given`, async t => {
    const texts = list.map(each => (typeof each === 'string' ? [each, each] : each))
    const invoke = `${names[i]}([${texts.map(([text]) => text).join(', ')}])`
    const { exitCode, stdout } = await run(await echo, { invoke, encoding: 'utf8', cache })
    t.deepEqual([exitCode, stdout], [0, `[${texts.map(([, text]) => text).join(', ')}]\n`])
  })
}

/** Texts that are no value of the type, and the words of the error. */
const wrong: readonly (readonly [type: string, text: string, words: string])[] = [
  ['bool', '1', 'expected true or false, received 1'],
  ['bool', 'truest', 'expected true or false, received truest'],
  ['u8', '256', 'expected u8, from 0 to 255, received 256'],
  ['u8', '-1', 'expected u8, from 0 to 255, received -1'],
  ['u8', '1.0', 'expected u8, from 0 to 255, received 1.0'],
  ['u8', '"1"', 'expected u8, from 0 to 255, received "1"'],
  ['s64', '9223372036854775808', 'expected s64, from -9223372036854775808 to 9223372036854775807'],
  ['f64', 'x', 'expected f64: a number, inf, -inf or nan, received x'],
  ['char', "''", "expected one character, received ''"],
  ['char', "'ab'", "expected one character, received 'ab'"],
  ['char', '"a"', 'expected a char, as \'x\', received "a"'],
  ['string', 'a', 'expected a string, as "x", received a'],
  ['string', '"a', 'expected a string, as "x" with a quote at its end, received nothing'],
  ['string', '"\\x"', 'expected an escape'],
  ['string', '"\\u{d800}"', 'expected an escape'],
  ['string', '"\\u{110000}"', 'expected an escape'],
  ['list<u8>', '1', "expected '[', received 1"],
  ['list<u8>', '[1', "expected ']', received nothing"],
  ['tuple<u32, string>', '(1)', 'expected a tuple of 2 values, received 1'],
  ['tuple<u32, string>', '(1, "a", 2)', 'expected a tuple of 2 values, received 2)'],
  ['option<option<u32>>', '1', 'expected some(...) or none, received 1'],
  ['result<_, string>', '"a"', 'expected ok(...) or err(...), received "a"'],
  ['result<u32, string>', 'err(1)', 'expected a string, as "x", received 1)'],
  ['point', '{x: 1}', 'the field long-name is missing'],
  ['point', '{x: 1, x: 2}', 'expected a field of x, long-name, z, received x'],
  ['point', '{y: 1}', 'expected a field of x, long-name, z, received y'],
  ['color', 'blue', 'expected enum { red, dark-green }, received blue'],
  ['perm', '{x}', 'expected a flag of r, w, exec-all, received x'],
  ['shape', 'square', 'expected variant { none, circle(f64), corners(list<record {'],
  ['shape', 'circle', "expected '(', received nothing"],
]
test.serial('a text that is no value of its type is an error with the signature', async t => {
  for (const [type, text, words] of wrong) {
    const name = names[Object.keys(values).indexOf(type)]
    const error = await failure(run(await echo, { invoke: `${name}([${text}`, cache }))
    t.is(error.code, 'ERR_WASI_INVOKE')
    const closed = await failure(run(await echo, { invoke: `${name}([${text})`, cache }))
    t.is(closed.code, 'ERR_WASI_INVOKE', text)
    t.true(closed.message.startsWith(`invoke: ${name}(all: list<`), closed.message)
    t.true(closed.message.includes(`: all: ${words}`), closed.message)
  }
})

const calc = embedded(
  core(
    ['acme:calc/strings@1.0.0#same', 'acme:calc/texts@1.0.0#same'],
    `(func (export "add-up") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
     (func (export "fail") (param i32) (result i32) (i32.store8 (i32.const 16) (local.get 0))
       (i32.store (i32.const 20) (i32.const 7)) (i32.const 16))
     (func (export "crash") unreachable)
     (func (export "acme:calc/texts@1.0.0#only"))`,
  ),
  `package acme:calc@1.0.0;
   interface strings { same: func(text: string) -> string; }
   interface texts { same: func(text: string) -> string; only: func(); }
   world calc {
     export strings;
     export texts;
     export add-up: func(a: u32, b: u32) -> u32;
     export fail: func(fails: bool) -> result<u32, u32>;
     export crash: func();
   }`,
)
const isolations =
  process.platform === 'linux' ? (['worker', 'process'] as const) : (['worker'] as const)

for (const isolation of isolations) {
  const invoked = async (invoke: string): Promise<readonly [number, string]> => {
    const { exitCode, stdout } = await run(await calc, { invoke, cache, isolation })
    return [exitCode, `${stdout}`]
  }

  test.serial(`${isolation}: a function is found by its name, or with its interface`, async t => {
    for (const [call, line] of [
      ['add-up(1, 2)', '3\n'],
      [' add-up ( 1,2, ) ', '3\n'],
      ['acme:calc/strings@1.0.0#same("a")', '"a"\n'],
      ['acme:calc/texts#same("b")', '"b"\n'],
      ['only()', ''],
      ['only', ''],
    ] as const)
      t.deepEqual(await invoked(call), [0, line], call)
  })

  test.serial(
    `${isolation}: an error that a function returns is printed, with exit code 1`,
    async t => {
      t.deepEqual(await invoked('fail(false)'), [0, 'ok(7)\n'])
      t.deepEqual(await invoked('fail(true)'), [1, 'err(7)\n'])
    },
  )

  test.serial(`${isolation}: a trap is one, and a wrong call says what is right`, async t => {
    const code = async (call: string): Promise<string> => {
      const error = await failure(run(await calc, { invoke: call, cache, isolation }))
      return `${error.code}: ${error.message}`
    }
    t.regex(await code('crash()'), /^ERR_WASI_TRAP: the guest trapped: .*unreachable/)
    t.is(
      await code('add-up(1)'),
      'ERR_WASI_INVOKE: invoke: add-up(a: u32, b: u32) -> u32: expected 2 arguments, received 1',
    )
    t.is(
      await code('add-up(1, 2, 3)'),
      'ERR_WASI_INVOKE: invoke: add-up(a: u32, b: u32) -> u32: expected 2 arguments, received more: 3',
    )
    t.regex(
      await code('add-op(1, 2)'),
      /exports no function add-op; did you mean add-up\?; it exports .*acme:calc\/texts@1\.0\.0#only/,
    )
    t.is(
      await code('same("a")'),
      'ERR_WASI_INVOKE: invoke: same is in several interfaces: acme:calc/strings@1.0.0#same, acme:calc/texts@1.0.0#same',
    )
    t.regex(await code('add-up(1, 2'), /^ERR_WASI_INVOKE: invoke: expected a call/)
  })
}

test.serial('a component that a pool has compiled, and one without exports', async t => {
  const pool = new Pool({ size: 1 })
  const compiled = await pool.compile(await calc, { cache })
  t.is(`${(await pool.run(compiled, { invoke: 'add-up(4, 5)', cache })).stdout}`, '9\n')
  await pool.close()
  const error = await failure(run(await adapt(command([])), { invoke: 'x', cache }))
  t.regex(error.message, /exports no function x; it exports wasi:cli\/run@0\.2\.\d+#run$/)
})

test.serial('the option is refused for modules, and for what is no call', async t => {
  const error = await failure(run(command([]), { invoke: 'x()' }))
  t.regex(error.message, /'options\.invoke' must be left out for a module/)
  for (const [invoke, words] of [
    ['', /must be a call/],
    ['(1)', /must be a call/],
    [1, /options\.invoke" property must be of type string/],
  ] as const)
    await t.throwsAsync(run(await calc, { invoke: invoke as string, cache }), { message: words })
})

test.serial('the command prints the result, and a wrong call is a mistake of usage', async t => {
  const file = join(folder, 'calc.component.wasm')
  fs.writeFileSync(file, await calc)
  const called = (...args: string[]): readonly [number | null, string, string] => {
    const words = [main, '--no-cache', ...args, file]
    const { status, stdout, stderr } = spawnSync(process.execPath, words)
    return [status, `${stdout}`, `${stderr}`]
  }
  t.deepEqual(called('--invoke', 'add-up(1, 2)'), [0, '3\n', ''])
  t.deepEqual(called('--invoke', 'fail(true)', '-W', 'timeout=20s'), [1, 'err(7)\n', ''])
  t.deepEqual(called('--invoke', 'add-up(1, x)'), [
    2,
    '',
    'wasi-common: --invoke: add-up(a: u32, b: u32) -> u32: b: expected u32, from 0 to 4294967295, received x\n',
  ])
  t.deepEqual(called('--invoke', ''), [
    2,
    '',
    `wasi-common: --invoke '': expected a call, as 'name(1, "two")'\n`,
  ])
})

test.serial(
  'bytes of a component that are cut or changed end no reader in another error',
  async t => {
    const bytes = await echo
    t.is(exportedFunctions(bytes).length, names.length)
    for (const [at, byte] of bytes.entries()) {
      for (const changed of [bytes.subarray(0, at), Uint8Array.from(bytes)]) {
        if (at < changed.length) changed[at] = byte ^ (1 << (at % 8))
        try {
          for (const { function: type } of exportedFunctions(changed)) signatureOf(type)
        } catch (error) {
          if (!(error instanceof Unreadable)) t.fail(`at ${at}: ${error}`)
        }
      }
    }
    t.pass()
  },
)
