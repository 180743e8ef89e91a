/** The turns of a pool, and the modules that it keeps. */
import test from 'ava'
import { ModuleCache } from '#lib/run/module/cache.js'
import { PreparedModule } from '#lib/run/module/prepare.js'
import { TurnQueue } from '#lib/run/queue.js'
import { termsOf } from '#lib/run/settings.js'

const refusal = (): Error => new Error('closed')
/** The outcomes of turns, in their order. */
function outcomes(turns: readonly [name: string, turn: Promise<void>][]): string[] {
  const all: string[] = []
  for (const [name, turn] of turns)
    turn.then(
      () => all.push(name),
      (error: Error) => all.push(`${name}: ${error.message}`),
    )
  return all
}
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('turns beyond the size wait, and are taken in their order as others pass', async t => {
  const queue = new TurnQueue(2)
  const taken = outcomes(['a', 'b', 'c', 'd'].map(name => [name, queue.take(undefined)]))
  await settle()
  t.deepEqual(taken, ['a', 'b'])
  queue.pass()
  await settle()
  t.deepEqual(taken, ['a', 'b', 'c'])
  for (let i = 0; i < 3; i++) queue.pass()
  await settle()
  t.deepEqual(taken, ['a', 'b', 'c', 'd'])
  const more = outcomes(['e', 'f', 'g'].map(name => [name, queue.take(undefined)]))
  await settle()
  t.deepEqual(more, ['e', 'f'], 'passed turns with nobody waiting are free again')
})

test('an aborted turn leaves the queue with the reason, and the next one moves up', async t => {
  const queue = new TurnQueue(1)
  const controller = new AbortController()
  const taken = outcomes([
    ['a', queue.take(undefined)],
    ['b', queue.take(controller.signal)],
    ['c', queue.take(undefined)],
  ])
  controller.abort(new Error('enough'))
  await settle()
  t.deepEqual(taken, ['a', 'b: the run was aborted: enough'])
  queue.pass()
  await settle()
  t.deepEqual(taken, ['a', 'b: the run was aborted: enough', 'c'])
  await t.throwsAsync(queue.take(controller.signal), {
    message: 'the run was aborted: enough',
  })
})

test('a closed queue refuses the turns that wait and those that follow', async t => {
  const queue = new TurnQueue(1)
  const taken = outcomes(['a', 'b'].map(name => [name, queue.take(undefined)]))
  queue.close(refusal)
  await settle()
  t.deepEqual(taken, ['a', 'b: closed'])
  queue.pass()
  await t.throwsAsync(queue.take(undefined), { message: 'closed' })
})

/** An empty module with a custom section of this name. */
const moduleOf = (name: string): Uint8Array =>
  Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 2, 1, name.charCodeAt(0)])

test('a cache keeps the modules used last, by their bytes and limits', async t => {
  const [options] = termsOf({})
  const [limited] = termsOf({ maxTableElements: 1 })
  const cache = new ModuleCache(2)
  const [a, b] = ['a', 'b'].map(name => cache.prepare(moduleOf(name), options))
  t.is(cache.prepare(moduleOf('a'), options), a)
  t.true((await a) instanceof PreparedModule)
  cache.prepare(moduleOf('c'), options)
  t.is(cache.prepare(moduleOf('a'), options), a, 'used after b')
  t.not(cache.prepare(moduleOf('b'), options), b)
  t.not(cache.prepare(moduleOf('b'), limited), cache.prepare(moduleOf('b'), options))
  const none = new ModuleCache(0)
  t.not(none.prepare(moduleOf('a'), options), none.prepare(moduleOf('a'), options))
})
