/** Failures of requests to an instance: their stacks, and those that nobody awaits. */
import { setImmediate as turn } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type GuestInstance, instantiate, Pool, spawn } from 'wasi-common'
import { failure } from '../rejection.js'
import { assemble, command, trap } from '../wasm.js'

const names = Array.from({ length: 30 }, (_, i) => `f${i}\u001b`)
const bytes = assemble({
  functions: {
    one: { params: ['i32'], body: [] },
    traps: { body: [trap] },
    ...Object.fromEntries(names.map(name => [name, { body: [] }])),
  },
})

async function started(t: ExecutionContext, source = bytes): Promise<GuestInstance> {
  const guest = await instantiate(source)
  t.teardown(() => guest.close())
  return guest
}

const stackOf = async (result: Promise<unknown>): Promise<string> =>
  (await failure(result)).stack ?? ''

test('the stack of a failed request has the call of the embedder, and none of this package', async t => {
  const guest = await started(t)
  const pool = new Pool({ size: 1 })
  t.teardown(() => pool.close())
  async function embedder(ask: () => Promise<unknown>): Promise<void> {
    await ask()
  }
  const asked: readonly (() => Promise<unknown>)[] = [
    () => guest.call('one'),
    () => guest.read(2 ** 40, 1),
    () => guest.call('traps'),
    () => guest.call('one', 1),
    () => instantiate('missing.wasm'),
    () => pool.instantiate('missing.wasm'),
    () => instantiate(command([], { imports: { 'env.f': 'function' } })),
  ]
  for (const ask of asked) {
    const stack = await stackOf(embedder(ask))
    t.is(stack.split('at async embedder').length + stack.split('at embedder').length, 3, stack)
    t.notRegex(stack, /\/lib\/run\/|node:internal/)
  }
})

test('the stack of a guest of spawn has the call of spawn', async t => {
  const pool = new Pool({ size: 1 })
  t.teardown(() => pool.close())
  const options = { stdout: 'ignore', stderr: 'ignore' } as const
  function embedder(door: typeof spawn): Promise<unknown> {
    return door(command([trap]), options).exited
  }
  for (const door of [spawn, pool.spawn.bind(pool) as typeof spawn]) {
    const stack = await stackOf(embedder(door))
    t.is(stack.split('at embedder').length, 2, stack)
    t.notRegex(stack, /\/lib\/run\/|node:internal/)
  }
})

test.serial(
  'a request that nobody awaits fails without an unhandledRejection, unless an argument is wrong',
  async t => {
    const unhandled: unknown[] = []
    const listen = (error: unknown): void => void unhandled.push(error)
    const before = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', listen)
    t.teardown(() => {
      process.off('unhandledRejection', listen)
      for (const listener of before) process.on('unhandledRejection', listener)
    })
    const guest = await started(t)
    guest.call('missing')
    guest.call('one')
    guest.write(2 ** 40, new Uint8Array(1))
    guest.call('traps')
    guest.write(0, new Uint8Array(1))
    await t.throwsAsync(guest.call('one', 1), { code: 'ERR_WASI_INSTANCE_ENDED' })
    guest.read(0, 1)
    await turn()
    t.deepEqual(unhandled, [])
    guest.call('one', '1' as unknown as number)
    guest.read(0, -1)
    guest.write(0, 'x' as unknown as Uint8Array)
    await turn()
    t.is(unhandled.length, 3)
  },
)

test('a call of a function that is not exported lists the exports, as many as fit a line', async t => {
  const guest = await started(t)
  const error = await t.throwsAsync(guest.call('on'), { code: 'ERR_INVALID_ARG_VALUE' })
  t.regex(
    error?.message ?? '',
    /^The argument 'name' .* exports \(one, traps, f0␛, .*f17␛, \.\.\.\)/,
  )
  const empty = await started(t, assemble({ functions: {} }))
  await t.throwsAsync(empty.call('x'), { message: /exports \(none\)/ })
  await t.throwsAsync(guest.call('one'), { message: /takes 1 argument\. Received 0$/ })
  await t.throwsAsync(guest.call('traps', 1), { message: /takes 0 arguments\. Received 1$/ })
})
