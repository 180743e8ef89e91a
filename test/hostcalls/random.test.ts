/** random_get: fills exactly what was asked for, and never twice the same. */
import test from 'ava'
import { blank, each, pageSize } from './fixture.js'

each(test, 'random_get: fills the buffer and nothing beside it', {}, (t, w) => {
  t.is(w.call('random_get', 0x11, 33), 'SUCCESS')
  const first = w.any(0x11, 33)
  t.true(new Set(first).size > 8)
  t.is(w.line, 'random_get(buf=0x11+33) = SUCCESS')
  t.is(w.call('random_get', 0x11, 33), 'SUCCESS')
  t.notDeepEqual(w.any(0x11, 33), first)
})

each(test, 'random_get: an empty buffer at the end of memory succeeds', {}, (t, w) => {
  t.is(w.call('random_get', 0x10, 0), 'SUCCESS')
  t.is(w.call('random_get', w.size, 0), 'SUCCESS')
})

each(test, 'random_get: fills the last byte, and is FAULT beyond', {}, (t, w) => {
  t.is(w.call('random_get', w.size - 1, 2), 'FAULT')
  t.is(w.call('random_get', w.size, 1), 'FAULT')
  t.is(w.call('random_get', 8, -8), 'FAULT')
  t.is(w.call('random_get', 0, -1), 'FAULT')
  w.check()
  t.is(w.call('random_get', w.size - 1, 1), 'SUCCESS')
  w.any(w.size - 1, 1)
})

for (const shared of [false, true]) {
  each(
    test,
    `random_get: fills ${shared ? 'a shared' : 'a'} memory of four pages`,
    { pages: 4, shared },
    (t, w) => {
      t.is(w.call('random_get', 0, w.size), 'SUCCESS')
      const all = w.any(0, w.size)
      for (let at = 0; at < all.length; at += pageSize / 16) {
        const piece = all.subarray(at, at + pageSize / 16)
        t.true(new Set(piece).size > 200, `each piece is random: ${at}`)
      }
    },
  )
}

each(
  test,
  'random_get: fills the buffer in a shared memory and nothing beside it',
  { shared: true },
  (t, w) => {
    t.is(w.call('random_get', 0x103, 16), 'SUCCESS')
    t.notDeepEqual(w.any(0x103, 16), Buffer.from(blank(16) as string))
  },
)
