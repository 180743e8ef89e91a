/** Guests that are aborted at any moment of their start, at each door with a worker. */
import test from 'ava'
import { instantiate, Pool, type RunError, type RunOptions, run } from 'wasi-common'
import { assemble, command } from '../wasm.js'

const nothing = command([])
const empty = assemble({ functions: { _initialize: { body: [] } } })
const doors: Readonly<Record<string, (options: RunOptions, pool: Pool) => PromiseLike<unknown>>> = {
  run: options => run(nothing, options),
  'run with threads': options => run(nothing, { ...options, threads: 1 }),
  Pool: (options, pool) => pool.run(nothing, options),
  async instantiate(options) {
    await (await instantiate(empty, options)).close()
  },
}
const times = 60
for (const [name, start] of Object.entries(doors))
  test.serial(
    `guests that are aborted while they start do not end the process (${name})`,
    async t => {
      const pool = new Pool({ size: 4 })
      t.teardown(() => pool.close())
      const began = performance.now()
      await start({}, pool)
      const whole = performance.now() - began

      const outcomes: unknown[] = []
      const abortedAfter = async (share: number): Promise<void> => {
        const controller = new AbortController()
        const timer = setTimeout(() => controller.abort(), 2 * whole * share)
        outcomes.push(
          await start({ signal: controller.signal }, pool).then(
            () => 'ended',
            (error: RunError) => error.code,
          ),
        )
        clearTimeout(timer)
      }
      for (let i = 0; i < times; i += 4)
        await Promise.all([0, 1, 2, 3].map(more => abortedAfter((i + more) / times)))
      t.is(outcomes.length, times)
      t.true(outcomes.includes('ERR_WASI_ABORTED'))
      for (const outcome of outcomes)
        t.true(['ended', 'ERR_WASI_ABORTED'].includes(outcome as string))
      await t.notThrowsAsync(async () => start({}, pool))
    },
  )
