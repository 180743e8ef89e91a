/** The frames of a RunError: alike wherever the guest ran, with offsets of the module's file. */
import { inspect } from 'node:util'
import test from 'ava'
import { Pool } from '#lib/run/pool.js'
import { run } from '#lib/run/run.js'
import type { RunError } from '#lib/run/run-error.js'
import { withSandbox } from '../os-sandbox/fixture.js'
import { chain, codeOf, custom } from '../traps.js'

const symbols = [
  '_start',
  '_ZN4shop4openEi',
  undefined,
  '\u001b[31m\n    at x (y:1:1)',
  '_RNvC1a1b',
]
const bytes = chain(symbols, undefined, custom('.debug_line', []))
const code = codeOf(bytes)
const names = ['_start', 'shop::open(int)', undefined, symbols[3], 'a::b']
/** The frames, the innermost first: each function calls the next with its first instruction. */
const expected = names
  .map((name, index) => {
    const codeOffset = index < names.length - 1 ? 3 + 5 * index : 23
    return {
      functionName: name,
      symbol: symbols[index],
      functionIndex: index,
      moduleName: undefined,
      moduleOffset: code + codeOffset,
      codeOffset,
    }
  })
  .reverse()
const failing = (running: Promise<unknown>): Promise<RunError> =>
  running.then(
    () => {
      throw new Error('it does not trap')
    },
    error => error,
  )

test('frames are alike with and without limits in the module, and in a pool', async t => {
  const pool = new Pool({ size: 1 })
  t.teardown(() => pool.close())
  for (const options of [
    {},
    { maxMemory: 2 ** 20 },
    { maxTableElements: 100 },
    { timeout: 60_000 },
  ]) {
    t.deepEqual((await failing(run(bytes, options))).frames, expected, JSON.stringify(options))
    t.deepEqual((await failing(pool.run(bytes, options))).frames, expected)
  }
})

test('a compiled module has the same frames, without the offset in its code section', async t => {
  const { frames } = await failing(run(new WebAssembly.Module(bytes)))
  t.deepEqual(
    frames,
    expected.map(frame => ({ ...frame, codeOffset: undefined })),
  )
})

withSandbox('a guest in a process has the same frames', async t => {
  const options = { isolation: 'process', osSandbox: 'best-effort', maxMemory: 2 ** 20 } as const
  t.deepEqual((await failing(run(bytes, options))).frames, expected)
})

test('the stack of the error has a short line for each frame, which cannot steer a terminal', async t => {
  const { stack = '' } = await failing(run(bytes))
  t.true(stack.includes(`\n    at a::b (+0x${(code + 23).toString(16)}, code 0x17)\n`), stack)
  t.true(stack.includes('at ␛[31m     at x (y:1:1) ('), stack)
  t.notRegex(stack, /wasm:\/\//)
})

withSandbox('a printed RunError shows each frame once, and no call of this package', async t => {
  const pool = new Pool({ size: 1 })
  t.teardown(() => pool.close())
  const errors = [
    await failing(run(bytes)),
    await failing(pool.run(bytes)),
    await failing(run(bytes, { isolation: 'process', osSandbox: 'best-effort' })),
  ]
  for (const error of errors) {
    const printed = inspect(error)
    t.is(printed.split('a::b').length, 2, printed)
    t.regex(printed, /\[cause\]: \[?RuntimeError: unreachable/)
    t.notRegex(printed, /wasm:\/\/|worker\.js|node:internal/)
  }
})
