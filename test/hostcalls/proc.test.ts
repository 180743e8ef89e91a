/** proc_exit and proc_raise: the guest ends, the host never does. */
import test from 'ava'
import { signal } from '#lib/abi/types.js'
import { each } from './fixture.js'

/** The argument, and the exit code that the embedder sees: signed, as in node:wasi. */
const codes: readonly (readonly [passed: number, code: number])[] = [
  [0, 0],
  [1, 1],
  [42, 42],
  [255, 255],
  [256, 256],
  [-1, -1],
  [0xffffffff, -1],
  [0x7fffffff, 0x7fffffff],
]
for (const [passed, code] of codes) {
  each(test, `proc_exit: ends the guest with its code, ${passed}`, {}, (t, w) => {
    let after = false
    const ended = w.guest.run(() => {
      w.call('proc_exit', passed)
      after = true
    })
    t.is(ended, code)
    t.false(after, 'it does not return')
    t.is(w.line, `proc_exit(rval=${passed >>> 0}) = exit ${code}`)
  })
}

each(test, 'proc_exit: a value that is no code does not end the guest', {}, (t, w) => {
  for (const wrong of [undefined, '1', 1.5, 1n, 2 ** 32])
    t.is(w.call('proc_exit', wrong), 'INVAL', String(wrong))
})

each(test, 'a guest that returns has code 0, and its exceptions propagate', {}, (t, w) => {
  t.is(
    w.guest.run(() => 7),
    0,
  )
  const error = new Error('trap')
  t.is(
    t.throws(() =>
      w.guest.run(() => {
        throw error
      }),
    ),
    error,
  )
})

/**
 * Follows the specification's `Action:` of each signal. A guest cannot be stopped, and a signal for
 * continuing it does nothing.
 */
const ignored = ['none', 'pipe', 'chld', 'cont', 'urg', 'winch']
const stopping = ['stop', 'tstp', 'ttin', 'ttou']

each(
  test,
  'proc_raise: a signal that ends no process returns SUCCESS, or NOTSUP if it stops one',
  {},
  (t, w) => {
    for (const name of [...ignored, ...stopping]) {
      let answer = ''
      const code = w.guest.run(() => {
        answer = w.call('proc_raise', signal.labels.indexOf(name))
      })
      t.deepEqual([answer, code], [ignored.includes(name) ? 'SUCCESS' : 'NOTSUP', 0], name)
    }
  },
)

for (const [number, name] of signal.labels.entries()) {
  if (ignored.includes(name) || stopping.includes(name)) continue
  each(test, `proc_raise: ends the guest alone, by ${name}`, {}, (t, w) => {
    let answer = ''
    const code = w.guest.run(() => {
      answer = w.call('proc_raise', number)
    })
    t.deepEqual([answer, code], ['', 128 + number])
    t.is(w.line, `proc_raise(sig=${name}) = exit ${128 + number}`)
  })
}

each(test, 'proc_raise: an unknown signal is INVAL', {}, (t, w) => {
  for (const number of [31, 64, 255, 256, -1])
    t.is(w.call('proc_raise', number), 'INVAL', `${number}`)
})
