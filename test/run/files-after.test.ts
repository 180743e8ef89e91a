/** Files in memory after a guest: kept by its own end, and unchanged by an end from outside. */
import test from 'ava'
import { MemoryFiles, Pool, type RunOptions, run } from 'wasi-common'
import { call, command, drop, type Expression, forever, trap } from '../wasm.js'

const makes = (after: Expression): Uint8Array =>
  command([drop(call('path_create_directory', 3, 0x40, 4)), after], { data: { 64: 'made' } })

/** Ends of a guest, with the options that bring them about and whether its changes are kept. */
const ends: readonly (readonly [string, Expression, () => Partial<RunOptions>, boolean])[] = [
  ['an exit', call('proc_exit', 1), () => ({}), true],
  ['a trap', trap, () => ({}), true],
  ['a timeout', forever, () => ({ timeout: 1000 }), false],
  ['an abort', forever, () => ({ signal: AbortSignal.timeout(1000) }), false],
]
for (const [end, after, options, kept] of ends) {
  test(`${end} ${kept ? 'keeps' : 'undoes'} what a guest of run and Pool changed in memory`, async t => {
    const pool = new Pool({ size: 1 })
    t.teardown(() => pool.close())
    for (const door of [run, pool.run.bind(pool)]) {
      const files = new MemoryFiles({ f: 'x' })
      const given = { preopens: { '/': { files } }, ...options() }
      await door(makes(after), given).then(
        () => t.is(end, 'an exit'),
        () => t.not(end, 'an exit'),
      )
      t.deepEqual(
        files.list().map(({ name }) => name),
        kept ? ['f', 'made'] : ['f'],
      )
    }
  })
}
