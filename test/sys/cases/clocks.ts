/** The four clocks and their resolutions. */
import { type Cases, type Fixture, resultOf } from '../fixture.js'

const clock = { realtime: 0, monotonic: 1, process: 2, thread: 3 } as const
function now(g: Fixture, which: number): bigint {
  if (g.sys.now(which) !== 0) throw new Error(`clock ${which} has no time`)
  return g.sys.block.time[0]
}
function work() {
  const start = performance.now()
  let sum = 0
  while (performance.now() - start < 30) sum += Math.sqrt(sum + 1)
  return sum
}

export const clocks: Cases = {
  'the realtime clock returns the time of day': (t, g) => {
    for (let round = 0; round < 100; round++) {
      const before = Date.now()
      const time = Number(now(g, clock.realtime) / 1_000_000n)
      t.true(time >= before - 1 && time <= Date.now() + 1)
    }
  },
  'the monotonic clock never goes back': (t, g) => {
    let last = now(g, clock.monotonic)
    for (let round = 0; round < 1000; round++) {
      const time = now(g, clock.monotonic)
      t.true(time >= last)
      last = time
    }
  },
  'the monotonic clock measures elapsed time': (t, g) => {
    const start = now(g, clock.monotonic)
    work()
    const passed = now(g, clock.monotonic) - start
    t.true(passed >= 29_000_000n && passed < 5_000_000_000n, String(passed))
  },
  'CPU clocks advance while the process works': (t, g) => {
    for (const which of [clock.process, clock.thread]) {
      const start = now(g, which)
      // Windows sees only now and then who is at work.
      for (let round = 0; round < 200 && now(g, which) === start; round++) work()
      t.true(now(g, which) > start, String(which))
    }
  },
  'every clock reports its resolution': (t, g) => {
    for (const which of Object.values(clock)) {
      t.is(resultOf(g.sys.resolution(which)), 0)
      const resolution = g.sys.block.time[0]
      // Windows counts processor time in ticks of 15.6 ms.
      t.true(resolution > 0n && resolution <= 16_000_000n, `${which}: ${resolution}`)
    }
  },
}
