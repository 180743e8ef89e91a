/** Times that no guest has a number for, on Linux's tmpfs, which keeps those of every year. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import test from 'ava'
import { openNative } from '#lib/sys/native/sys.js'
import { guestTime } from '#lib/sys/times.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { Fixture, resultOf } from './fixture.js'

const folder = '/dev/shm'
const TMPFS = 0x01021994
const there =
  process.platform === 'linux' && fs.existsSync(folder) && fs.statfsSync(folder).type === TMPFS
const ways = {
  native: () => openNative(),
  walk: () => openNative({ resolution: 'walk' }),
  typescript: () => new TypescriptSys(),
}
const latest = 2n ** 64n - 1n
const rows: readonly (readonly [date: string, time: bigint])[] = [
  ['1901-01-01 UTC', 0n],
  ['1969-12-31 23:59:59.9 UTC', 0n],
  ['1970-01-01 00:00:00.1 UTC', 100_000_000n],
  ['2500-01-01 UTC', 16_725_225_600_000_000_000n],
  ['2554-07-21 23:34:33 UTC', 18_446_744_073_000_000_000n],
  ['2554-07-21 23:34:34 UTC', latest],
  ['2700-01-01 UTC', latest],
]

if (there) process.env.TMPDIR = folder
else test.skip('times beyond the years of disks [there is no tmpfs at /dev/shm]', () => {})

for (const [name, make] of Object.entries(there ? ways : {})) {
  test.serial(
    `${name}: times before 1970 are 1970, and those beyond 2554 the last that fits`,
    t => {
      const g = new Fixture(make())
      t.teardown(() => g.dispose())
      g.file('f')
      for (const [date, time] of rows) {
        execFileSync('touch', ['-d', date, g.host('f')])
        t.is(g.stat('f'), 0)
        t.deepEqual([g.record.atim, g.record.mtim], [time, time], date)
        t.is(resultOf(g.sys.filestat(g.handle('f'))), 0)
        t.deepEqual([g.record.atim, g.record.mtim], [time, time], date)
      }
    },
  )
}

test('guestTime keeps what a u64 can hold', t => {
  for (const time of [0n, 1n, latest]) t.is(guestTime(time), time)
  for (const time of [-1n, -(2n ** 63n)]) t.is(guestTime(time), 0n)
  t.is(guestTime(latest + 1n), latest)
})
