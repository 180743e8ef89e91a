/** Names of a component that would be JavaScript, prototypes or other text than names. */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { run } from 'wasi-common'
import { plain } from '#lib/stdio/terminal-escapes.js'
import { runFailure as failure } from '../rejection.js'
import { assembled } from './adapt.js'

const cache = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
test.after.always(() => fs.rmSync(cache, { recursive: true, force: true }))

/** A string of the text format. */
const quoted = (name: string): string =>
  `"${[...Buffer.from(name)].map(byte => `\\${byte.toString(16).padStart(2, '0')}`).join('')}"`

/** A command whose core modules export and import a function of this name. */
const calling = (name: string, of = ''): Promise<Uint8Array> =>
  assembled(`(component
    (core module $m (func (export ${quoted(name)}) (result i32) (i32.const 0)))
    (core module $n
      (import ${quoted(of)} ${quoted(name)} (func $f (result i32)))
      (func (export "run") (result i32) (call $f)))
    (core instance $i (instantiate $m))
    (core instance $j (instantiate $n (with ${quoted(of)} (instance $i))))
    (func $run (result (result)) (canon lift (core func $j "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.6" (instance $command)))`)

/** A command that is a core function of this name. */
const named = (name: string): Promise<Uint8Array> =>
  assembled(`(component
    (core module $m (func (export ${quoted(name)}) (result i32) (i32.const 0)))
    (core instance $i (instantiate $m))
    (func $run (result (result)) (canon lift (core func $i ${quoted(name)})))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.6" (instance $command)))`)

/** Writes a file when it is evaluated. */
const mark = join(cache, 'written')
const writes = `process.getBuiltinModule("fs").writeFileSync(${JSON.stringify(mark)}, "")`

for (const isolation of process.platform === 'linux'
  ? (['worker', 'process'] as const)
  : (['worker'] as const)) {
  test.serial(
    `${isolation}: names that would be JavaScript are refused before it is evaluated`,
    async t => {
      const hostile = ["'", '*/', 'a\nb', '"', '\\', '`', '{x}', 'a\rb', '\u2028', 'ä', '\0']
      // The names are looked at before there is a process.
      for (const name of isolation === 'worker' ? hostile : hostile.slice(0, 3)) {
        for (const source of [await calling(name), await calling('f', name), await named(name)]) {
          const error = await failure(run(source, { cache, isolation }))
          // jco itself may refuse what it wrote, before this package looks at the names.
          t.regex(`${error.code}`, /^ERR_WASI_(?:COMPONENT|TRANSPILE)$/, name)
          t.is(error.message, plain(error.message))
        }
      }
      t.false(fs.existsSync(mark))
    },
  )

  test.serial(
    `${isolation}: a name that is JavaScript where it is written is not evaluated`,
    async t => {
      const source = await named(`run' + (${writes}) + '`)
      const error = await failure(run(source, { cache, isolation }))
      t.is(error.code, 'ERR_WASI_COMPONENT')
      t.regex(
        error.message,
        /^the component has the name 'run' \+ \(process\..*: expected only letters/,
      )
      t.false(fs.existsSync(mark))
    },
  )

  test.serial(`${isolation}: only own properties are imports of core modules`, async t => {
    t.is((await run(await calling('constructor'), { cache, isolation })).exitCode, 0)
    for (const source of [await calling('__proto__'), await calling('f', '__proto__')]) {
      const error = await failure(run(source, { cache, isolation }))
      t.is(error.code, 'ERR_WASI_UNKNOWN_IMPORT')
    }
  })
}

test.serial(
  'a name that the component gives a function itself does not reach the JavaScript',
  async t => {
    const name = quoted(`run' + (${writes}) + '`)
    const source = await assembled(`(component
    (core module $m (func (export "f") (result i32) (i32.const 0)))
    (core module $n
      (import "a" "f" (func $f (result i32)))
      (func (export "run") (result i32) (call $f)))
    (core instance $i (instantiate $m))
    (core instance $own (export ${name} (func $i "f")) (export "f" (func $i "f")))
    (core instance $j (instantiate $n (with "a" (instance $own))))
    (func $again (result (result)) (canon lift (core func $own ${name})))
    (func $run (result (result)) (canon lift (core func $j "run")))
    (instance $command (export "run" (func $run)))
    (export "again" (func $again))
    (export "wasi:cli/run@0.2.6" (instance $command)))`)
    t.is((await run(source, { cache })).exitCode, 0)
    t.false(fs.existsSync(mark))
  },
)

test('names of compilers are accepted', async t => {
  for (const name of [
    '$imports',
    'wasi:cli/run@0.2.6#run',
    '[method]descriptor.open-at',
    'cabi_post_a:b/c#d',
    '_RNvNtCs_3std2io5_print',
    'a<b>::c(d&, e)',
    'f|x',
  ])
    t.is((await run(await calling(name), { cache })).exitCode, 0, name)
})
