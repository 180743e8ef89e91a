/** Signals of runs: each has one listener, however many runs it may abort. */
import test from 'ava'
import { Pool, run, spawn } from 'wasi-common'
import { Deadline } from '#lib/run/deadline.js'
import { command, drop, untilFails } from '../wasm.js'

const nothing = command([])

test('a signal for many runs has one listener, and none after they ended', async t => {
  const { signal } = new AbortController()
  let [now, most] = [0, 0]
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    most = Math.max(most, ++now)
    addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    now--
    removeEventListener.apply(signal, args)
  }
  const pool = new Pool({ size: 2 })
  t.teardown(() => pool.close())
  await Promise.all(Array.from({ length: 30 }, () => pool.run(nothing, { signal })))
  t.deepEqual([now, most], [0, 1])
})

test('a signal for many runs prints no warning, at run and spawn', async t => {
  const warnings: Error[] = []
  const listen = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const { signal } = new AbortController()
  const many = Array.from({ length: 24 }, (_, i) =>
    i % 2 === 0 ? run(nothing, { signal }) : spawn(nothing, { signal, stdout: 'ignore' }).exited,
  )
  await Promise.all(many)
  await new Promise(done => setTimeout(done, 1))
  t.deepEqual(warnings, [])
})

test('a signal ends all runs that have it, including queued ones', async t => {
  const controller = new AbortController()
  const pool = new Pool({ size: 2 })
  t.teardown(() => pool.close())
  const endless = command([drop(untilFails(0))])
  const runs = Array.from({ length: 6 }, () => pool.run(endless, { signal: controller.signal }))
  const failed = Promise.all(
    runs.map(run => t.throwsAsync(run, { message: 'the run was aborted: enough' })),
  )
  setTimeout(() => controller.abort(new Error('enough')), 500)
  await failed
})

test('the first of a signal and a timeout ends a run in any of its phases', async t => {
  const controller = new AbortController()
  const { signal } = controller
  const deadline = new Deadline({ timeout: 10, signal })
  controller.abort('first')
  // Its timeout comes as well, and is no news.
  await new Promise(done => setTimeout(done, 50))
  t.like(t.throws(deadline.check.bind(deadline)), { code: 'ERR_WASI_ABORTED', cause: 'first' })
  const reported: unknown[] = []
  await deadline.until({ result: Promise.resolve(), fail: error => reported.push(error) })
  t.deepEqual(
    reported.map(error => (error as Error).cause),
    ['first'],
  )
  deadline.close()
})

test('a deadline that is closed begins no time anew', async t => {
  const deadline = new Deadline({ timeout: 10 } as ConstructorParameters<typeof Deadline>[0])
  deadline.close()
  deadline.restart()
  await new Promise(done => setTimeout(done, 50))
  t.notThrows(() => deadline.check())
})
