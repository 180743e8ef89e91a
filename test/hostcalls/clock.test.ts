/** clock_res_get and clock_time_get: four clocks, in nanoseconds. */
import process from 'node:process'
import test from 'ava'
import { each, type Fixture, u64 } from './fixture.js'

const clocks = ['realtime', 'monotonic', 'process_cputime_id', 'thread_cputime_id']
const REALTIME = 0
const MONOTONIC = 1
const CPU = [2, 3]

function time(w: Fixture, id: number, precision = 0n): bigint {
  const at = w.room(8)
  w.call('clock_time_get', id, precision, at)
  return w.any(at, 8).readBigUInt64LE()
}

each(
  test,
  'clock_res_get: returns between a nanosecond and a second for every clock',
  {},
  (t, w) => {
    for (const [id, name] of clocks.entries()) {
      t.is(w.call('clock_res_get', id, 0x10), 'SUCCESS', name)
      const resolution = w.any(0x10, 8).readBigUInt64LE()
      t.true(resolution >= 1n && resolution <= 1_000_000_000n, `${name}: ${resolution}`)
      t.is(w.line, `clock_res_get(id=${name}) = SUCCESS resolution=${resolution}`)
    }
  },
)

each(test, 'clock_time_get: realtime returns the host’s time of day', {}, (t, w) => {
  const before = BigInt(Date.now()) * 1_000_000n
  t.is(w.call('clock_time_get', REALTIME, 0n, 0x10), 'SUCCESS')
  const now = w.any(0x10, 8).readBigUInt64LE()
  const after = BigInt(Date.now() + 1) * 1_000_000n
  t.true(before <= now && now <= after, `${before} ${now} ${after}`)
  t.is(w.line, `clock_time_get(id=realtime, precision=0) = SUCCESS time=${now}`)
})

each(test, 'clock_time_get: monotonic returns the host’s and never goes back', {}, (t, w) => {
  let last = process.hrtime.bigint()
  for (let i = 0; i < 100; i++) {
    const now = time(w, MONOTONIC)
    t.true(now >= last, `${last} ${now}`)
    last = now
  }
  t.true(last <= process.hrtime.bigint())
})

each(test, 'clock_time_get: clocks of CPU time advance during work', {}, (t, w) => {
  for (const id of CPU) {
    const before = time(w, id)
    let after = before
    // Windows counts in ticks of 16 ms, and only those in which it saw the process at work.
    const until = process.hrtime.bigint() + 5_000_000_000n
    while (after === before && process.hrtime.bigint() < until) after = time(w, id)
    t.true(after > before, clocks[id])
    t.true(after - before < 10_000_000_000n, clocks[id])
  }
})

each(test, 'clock_time_get: accepts any precision', {}, (t, w) => {
  for (const precision of [1n, 2n ** 63n, -1n]) t.true(time(w, REALTIME, precision) > 0n)
  t.regex(
    w.line,
    /^clock_time_get\(id=realtime, precision=\d+\) = SUCCESS time=\d+$/,
    'a u64 has no sign',
  )
})

for (const call of ['clock_res_get', 'clock_time_get'] as const) {
  const precision = call === 'clock_time_get' ? [0n] : []
  each(test, `${call}: an unknown clock is INVAL`, {}, (t, w) => {
    for (const id of [4, 255, 0x7fffffff, -1])
      t.is(w.call(call, id, ...precision, 0x10), 'INVAL', `${id}`)
  })
  each(
    test,
    `${call}: writes to an odd address and to the last bytes, and is FAULT beyond`,
    {},
    (t, w) => {
      t.is(w.call(call, REALTIME, ...precision, 0x13), 'SUCCESS')
      w.any(0x13, 8)
      t.is(w.call(call, REALTIME, ...precision, w.size - 8), 'SUCCESS')
      t.notDeepEqual(w.any(w.size - 8, 8), Buffer.from('????????'))
      t.is(w.call(call, REALTIME, ...precision, w.size - 7), 'FAULT')
      t.is(w.call(call, REALTIME, ...precision, -8), 'FAULT')
    },
  )
}

each(test, 'clock_time_get: writes all 64 bits', {}, (t, w) => {
  w.draw(0x10, u64(-1n))
  t.is(w.call('clock_time_get', REALTIME, 0n, 0x10), 'SUCCESS')
  t.true(w.any(0x10, 8).readBigUInt64LE() < 2n ** 63n)
})
