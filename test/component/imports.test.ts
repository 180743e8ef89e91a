/** Components that cannot run here: what they import, their version, and where they are used. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { createGuest, Pool, run, WASI } from 'wasi-common'
import { findJco } from '#lib/run/component/jco.js'
import { runFailure as failure } from '../rejection.js'
import { assembled } from './adapt.js'

const cache = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
test.after.always(() => fs.rmSync(cache, { recursive: true, force: true }))

/** A command that imports this, and never calls it. */
const importing = (imports: string): Promise<Uint8Array> =>
  assembled(`(component ${imports}
    (core module $m (func (export "run") (result i32) (i32.const 0)))
    (core instance $i (instantiate $m))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.6" (instance $command)))`)
const instance = (name: string, functions = ''): string =>
  `(import "${name}" (instance $x ${functions}))`

const isolations =
  process.platform === 'linux' ? (['worker', 'process'] as const) : (['worker'] as const)
for (const isolation of isolations) {
  const refused = async (bytes: Uint8Array): Promise<string> => {
    const error = await failure(run(bytes, { cache, isolation }))
    return `${error.code}: ${error.message}`
  }

  test(`${isolation}: imports that this host lacks are named with their version`, async t => {
    for (const [imports, words] of [
      [
        instance('wasi:keyvalue/store@0.2.0', '(export "open" (func))'),
        'imports wasi:keyvalue/store@0.2.0 (an interface), which this host does not offer',
      ],
      [
        instance('wasi:cli/environment@0.3.0', '(export "get-arguments" (func))'),
        'imports wasi:cli/environment@0.3.0: this host has WASI 0.2, no WASI 0.3.0',
      ],
      [
        instance('wasi:cli/environment', '(export "get-arguments" (func))'),
        'imports wasi:cli/environment: this host has WASI 0.2, no interface without a version',
      ],
      ['(import "log" (func))', 'imports log (a function), which this host does not offer'],
    ] as const)
      t.is(await refused(await importing(imports)), `ERR_WASI_COMPONENT: the component ${words}`)
  })

  test(`${isolation}: an interface of types alone is no import that this host lacks`, async t => {
    const source = await importing(
      `(type (record (field "b" u32))) (import "acme:tools/types@1.0.0" (instance (alias outer 1 0 (type)) (export "c" (type (eq 0)))))`,
    )
    t.is((await run(source, { cache, isolation })).exitCode, 0)
  })

  const calling = (name: string): Promise<Uint8Array> =>
    assembled(`(component
      (import "${name}" (instance $x (export "get-moon" (func))))
      (alias export $x "get-moon" (func $moon))
      (core func $moon (canon lower (func $moon)))
      (core module $m
        (import "" "moon" (func $moon))
        (func (export "run") (result i32) (call $moon) (i32.const 0)))
      (core instance $i (instantiate $m (with "" (instance (export "moon" (func $moon))))))
      (func $run (result (result)) (canon lift (core func $i "run")))
      (instance $command (export "run" (func $run)))
      (export "wasi:cli/run@0.2.99" (instance $command)))`)
  test(`${isolation}: a function that this host lacks is named with its interface`, async t => {
    t.is(
      await refused(await calling('acme:sky/types@1.2.3')),
      'ERR_WASI_COMPONENT: the component imports acme:sky/types@1.2.3 (an interface), which this host does not offer',
    )
    t.is(
      await refused(await calling('wasi:cli/environment@0.2.99')),
      'ERR_WASI_COMPONENT: the component imports getMoon of wasi:cli/environment@0.2.99, which this host does not offer',
    )
  })
}

test('a component of another version, and bytes that are none, are refused', async t => {
  const header = [0, 0x61, 0x73, 0x6d, 0x0c, 0, 1, 0]
  const old = await failure(run(Uint8Array.from(header), { cache }))
  t.is(
    `${old.code}: ${old.message}`,
    'ERR_WASI_COMPONENT: the component has version 0xc of the binary format; expected 0xd, that of WASI 0.2',
  )
  const bytes = await importing('')
  for (let length = 8; length < bytes.length; length += 7) {
    const error = await failure(run(bytes.subarray(0, length), { cache }))
    t.regex(`${error.code}`, /^ERR_WASI_(?:COMPONENT|TRANSPILE|NO_START)$/, `${length} bytes`)
  }
})

test('a command of WASI 0.3 is refused by its version', async t => {
  const bytes = await assembled(`(component
    (core module $m (func (export "run") (result i32) (i32.const 0)))
    (core instance $i (instantiate $m))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.3.0" (instance $command)))`)
  const error = await failure(run(bytes, { cache }))
  t.is(error.code, 'ERR_WASI_COMPONENT')
  t.regex(error.message, /exports wasi:cli\/run@0\.3\.0/)
})

test('class WASI and createGuest refuse a component, and say what runs it', async t => {
  const bytes = await importing('')
  const file = join(cache, 'a.component.wasm')
  fs.writeFileSync(file, bytes)
  const words = /is not a WebAssembly module: this is a component \(WASI 0\.2\): run\(\)/
  for (const source of [bytes, file]) {
    t.throws(() => new WASI({ version: 'preview1' }).instantiate(source), {
      code: 'ERR_WASI_COMPONENT',
      message: words,
    })
    t.throws(() => createGuest({ version: 'preview1' }).instantiate(source), {
      code: 'ERR_WASI_COMPONENT',
      message: words,
    })
  }
  const pool = new Pool({ size: 1 })
  const compiled = await pool.compile(bytes, { cache })
  t.throws(() => createGuest({ version: 'preview1' }).instantiate(compiled), {
    code: 'ERR_WASI_COMPONENT',
    message: words,
  })
  await pool.close()
})

/** A folder with a package in its node_modules. */
function project(t: import('ava').ExecutionContext, files: Record<string, string>): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true }))
  const own = join(folder, 'node_modules/@bytecodealliance/jco')
  if (Object.keys(files).length > 0) fs.mkdirSync(join(own, 'dist'), { recursive: true })
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(join(own, name), text)
  return join(folder, 'program.js')
}
const manifest = (version: string): string =>
  JSON.stringify({ name: '@bytecodealliance/jco', version, exports: { '.': './dist/api.js' } })

test('a missing jco is an error that says how to install it', t => {
  t.throws(() => findJco([project(t, {})]), {
    code: 'ERR_WASI_NO_JCO',
    message:
      /^components need @bytecodealliance\/jco, which is not .*: npm install @bytecodealliance\/jco$/,
  })
})

test('a jco that is too old is an error with both versions', t => {
  for (const version of ['1.28.0', '0.99.9', '1.2.0-beta.5', 'x'])
    t.throws(
      () => findJco([project(t, { 'package.json': manifest(version), 'dist/api.js': '' })]),
      {
        code: 'ERR_WASI_JCO_VERSION',
        message: new RegExp(
          `^components need @bytecodealliance/jco 1\\.28\\.1 or later, and ${version} is`,
        ),
      },
    )
})

test('jco is taken from the first place that has it', t => {
  const [none, one, other] = [
    project(t, {}),
    project(t, { 'package.json': manifest('1.28.1'), 'dist/api.js': '' }),
    project(t, { 'package.json': manifest('12.0.0'), 'dist/api.js': '' }),
  ]
  t.is(findJco([none, one, other]).version, '1.28.1')
  const { version, files } = findJco([other, one])
  t.is(version, '12.0.0')
  t.deepEqual(files, [join(other, '../node_modules/@bytecodealliance/jco/dist/api.js')])
  t.is(findJco().version, '1.35.0')
})

test('an argument of `node -e` is no place from which jco is taken', t => {
  const jco = JSON.stringify(import.meta.resolve('#lib/run/component/jco.js'))
  const script = `import(${jco}).then(({ searchedFrom }) => console.log(searchedFrom().join()))`
  const file = project(t, {})
  fs.writeFileSync(file, script)
  const searched = (...args: string[]): string =>
    spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.trim()
  const own = join(fileURLToPath(new URL('../../../', import.meta.url)), 'package.json')
  t.is(searched('-e', script, file), own)
  t.is(searched('-e', script, 'relative'), own)
  t.is(searched(file), `${own},${file}`)
})

test('a small component that asks for 2^30 instances is refused before jco sees it', async t => {
  const level = (i: number): string =>
    `(instance (instantiate $c${i})) (instance (instantiate $c${i}))`
  let nested = '(component $c0)'
  for (let i = 0; i < 30; i++) nested = `(component $c${i + 1} ${nested} ${level(i)})`
  const bytes = await importing(`${nested} (instance (instantiate $c30))`)
  t.true(bytes.length < 2048)
  const error = await failure(run(bytes, { cache: false }))
  t.is(
    `${error.code}: ${error.message}`,
    'ERR_WASI_COMPONENT: the component cannot be read: the component has too many items',
  )
})
