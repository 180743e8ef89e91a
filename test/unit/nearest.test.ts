/** Misspelt names: the nearest word, and what each door says of an option that is almost one. */
import test from 'ava'
import { createGuest, Pool, run, WASI } from 'wasi-common'
import { nearest } from '#lib/nearest.js'
import { optionNames } from '#lib/options/settings.js'
import { command } from '../wasm.js'

test('nearest finds the word that differs least, by at most two letters', t => {
  const words = ['preopens', 'stdin', 'stdout', 'trace', 'args', 'env']
  for (const [word, found] of [
    ['preopen', 'preopens'],
    ['preopenss', 'preopens'],
    ['peropens', 'preopens'],
    ['prepoens', 'preopens'],
    ['proopans', 'preopens'],
    ['prropanz', undefined],
    ['stdinn', 'stdin'],
    ['stdot', 'stdout'],
    ['Trace', 'trace'],
    ['tarec', 'trace'],
    ['preopens', undefined],
    ['', undefined],
    ['p', undefined],
  ] as const)
    t.is(nearest(word, words), found, word)
})

test('nearest compares words of up to four letters by one letter', t => {
  const words = ['args', 'env', 'seed']
  for (const [word, found] of [
    ['argv', 'args'],
    ['arg', 'args'],
    ['agrs', 'args'],
    ['envs', 'env'],
    ['dir', undefined],
    ['dev', undefined],
    ['arms', 'args'],
    ['wags', undefined],
    ['need', 'seed'],
    ['feet', undefined],
  ] as const)
    t.is(nearest(word, words), found, word)
})

test('nearest takes the first of two that are as near, and keeps the distance that it is given', t => {
  t.is(nearest('bat', ['cat', 'hat']), 'cat')
  t.is(nearest('stream', ['streams', 'strea']), 'streams')
  t.is(nearest('preopen', ['preopens'], 0), undefined)
  t.is(nearest('kitten', ['sitting'], 3), 'sitting')
})

test('nearest compares words of up to 64 letters, whoever chose them', t => {
  const [word, longer] = ['a'.repeat(64), 'a'.repeat(65)]
  t.is(nearest('a'.repeat(63), [word]), word)
  t.is(nearest(longer, [word]), undefined)
  t.is(nearest(word, [longer]), undefined)
})

const version = 'preview1'
const misspelt = {
  code: 'ERR_INVALID_ARG_VALUE',
  message: "The property 'options.preopen' is unknown (did you mean 'preopens'?). Received '/'",
  instanceOf: TypeError,
}

test('class WASI refuses an option that is almost one of its own, and passes over all others', t => {
  const options = { version, stdin: 'ignore', preopen: '/' }
  t.throws(() => new WASI(options as never), misspelt)
  for (const [name, meant] of [
    ['retrunOnExit', 'returnOnExit'],
    ['Strict', 'strict'],
    ['argv', 'args'],
    ['limit', 'limits'],
    ['stdio', 'stdin'],
  ])
    t.throws(() => new WASI({ version, [name]: undefined } as never), {
      message: new RegExp(`'options\\.${name}' is unknown \\(did you mean '${meant}'`),
    })
  for (const name of ['bindings', 'fs', 'dir', 'wasmMemory', 'print', 'timeout', 'constructor'])
    t.notThrows(() => new WASI({ version, [name]: 1 } as never).close(), name)
})

test('class WASI reports a wrong value first, as node:wasi does', t => {
  t.throws(() => new WASI({ version, preopen: '/', stdin: -1 } as never), {
    message: /options\.stdin/,
  })
})

test('createGuest, run and Pool suggest the nearest option', async t => {
  const program = command([])
  t.throws(() => createGuest({ version, preopen: '/' } as never), misspelt)
  await t.throwsAsync(run(program, { preopen: '/' } as never), misspelt)
  t.throws(() => new Pool({ sice: 2 } as never), { message: /did you mean 'size'/ })
  await using pool = new Pool({ size: 1 })
  await t.throwsAsync(pool.run(program, { preopen: '/' } as never), misspelt)
  await t.throwsAsync(run(program, { timeOut: 5 } as never), { message: /did you mean 'timeout'/ })
  await t.throwsAsync(run(program, { whatever: 5 } as never), {
    message: /'options\.whatever' is unknown; expected one of: version, args, .*timeout/,
  })
})

test('no two options of a door are near enough for a suggestion', t => {
  for (const name of optionNames) t.is(nearest(name, optionNames), undefined, name)
})
