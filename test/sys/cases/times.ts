/** Setting times, to the nanosecond, on files, directories and links. */
import { execFileSync } from 'node:child_process'
import { BOTH, type Cases, Filetype, type Fixture, Fstflags, resultOf } from '../fixture.js'

const { ATIM, ATIM_NOW, MTIM, MTIM_NOW } = Fstflags
const early = 1_000_000_000_123_456_789n
const late = 1_500_000_000_987_654_321n
const now = () => BigInt(Date.now()) * 1_000_000n
const within = (time: bigint, expected: bigint, by: bigint) =>
  time >= expected - by && time <= expected + by
const near = (time: bigint) => time > now() - 60_000_000_000n && time < now() + 60_000_000_000n
const setAt = (g: Fixture, name: string, follow: number, fstflags: number) =>
  resultOf(g.sys.setTimesAt(g.dir, ...g.put(name), follow, fstflags))

export const times: Cases = {
  'setTimes on a handle keeps microseconds': (t, g) => {
    const file = g.made('f')
    g.setTimes(early, late)
    t.is(resultOf(g.sys.setTimes(file, ATIM | MTIM)), 0)
    t.is(resultOf(g.sys.filestat(file)), 0)
    t.true(within(g.record.atim, early, 999n), String(g.record.atim))
    t.true(within(g.record.mtim, late, 999n), String(g.record.mtim))
    for (let time = early; time < early + 100_000n; time += 1000n) {
      const micro = time - (time % 1000n)
      g.setTimes(micro, micro)
      t.is(resultOf(g.sys.setTimes(file, ATIM | MTIM)), 0)
      t.is(resultOf(g.sys.filestat(file)), 0)
      t.is(g.record.atim / 1000n, micro / 1000n)
    }
  },
  'setTimes on a handle keeps nanoseconds': (t, g) => {
    const file = g.made('f')
    g.setTimes(early, late)
    t.is(resultOf(g.sys.setTimes(file, ATIM | MTIM)), 0)
    t.is(resultOf(g.sys.filestat(file)), 0)
    t.is(g.record.atim, early)
    t.is(g.record.mtim, late)
  },
  'setTimesAt on a path keeps nanoseconds': (t, g) => {
    g.file('a/f')
    g.setTimes(early, late)
    t.is(setAt(g, 'a/f', 0, ATIM | MTIM), 0)
    t.is(g.stat('a/f'), 0)
    t.is(g.record.atim, early)
    t.is(g.record.mtim, late)
  },
  'setting one time keeps the other to the nanosecond': (t, g) => {
    const file = g.made('f')
    g.setTimes(early, late)
    t.is(resultOf(g.sys.setTimes(file, ATIM | MTIM)), 0)
    g.setTimes(late, 0n)
    t.is(resultOf(g.sys.setTimes(file, ATIM)), 0)
    t.is(resultOf(g.sys.filestat(file)), 0)
    t.is(g.record.atim, late)
    t.is(g.record.mtim, late)
    g.setTimes(0n, early)
    t.is(setAt(g, 'f', 0, MTIM), 0)
    t.is(g.stat('f'), 0)
    t.is(g.record.atim, late)
    t.is(g.record.mtim, early)
  },
  'setting one time keeps the other': (t, g) => {
    const file = g.made('f')
    g.fs.utimesSync(g.host('f'), 1000, 2000)
    g.setTimes(3_000_000_000_000n, 0n)
    t.is(resultOf(g.sys.setTimes(file, ATIM)), 0)
    t.is(resultOf(g.sys.filestat(file)), 0)
    t.deepEqual([g.record.atim, g.record.mtim], [3_000_000_000_000n, 2_000_000_000_000n])
    g.setTimes(0n, 4_000_000_000_000n)
    t.is(setAt(g, 'f', 0, MTIM), 0)
    t.is(g.stat('f'), 0)
    t.deepEqual([g.record.atim, g.record.mtim], [3_000_000_000_000n, 4_000_000_000_000n])
  },
  'a time set to now is the present time, and the other stays': (t, g) => {
    const file = g.made('f')
    g.fs.utimesSync(g.host('f'), 1000, 2000)
    t.is(resultOf(g.sys.setTimes(file, ATIM_NOW)), 0)
    t.is(resultOf(g.sys.filestat(file)), 0)
    t.true(near(g.record.atim))
    t.is(g.record.mtim, 2_000_000_000_000n)
    g.fs.utimesSync(g.host('f'), 1000, 2000)
    t.is(setAt(g, 'f', 0, MTIM_NOW), 0)
    t.is(g.stat('f'), 0)
    t.is(g.record.atim, 1_000_000_000_000n)
    t.true(near(g.record.mtim))
  },
  'one time is set to a value and the other to now': (t, g) => {
    g.file('f')
    g.setTimes(1_000_000_000_000n, 0n)
    t.is(setAt(g, 'f', 0, ATIM | MTIM_NOW), 0)
    t.is(g.stat('f'), 0)
    t.is(g.record.atim, 1_000_000_000_000n)
    t.true(near(g.record.mtim))
  },
  'a value and now for the same time are refused with INVAL': (t, g) => {
    const file = g.made('f')
    for (const flags of [ATIM | ATIM_NOW, MTIM | MTIM_NOW, ATIM | MTIM | MTIM_NOW]) {
      t.is(resultOf(g.sys.setTimes(file, flags)), 'INVAL')
      t.is(setAt(g, 'f', 0, flags), 'INVAL')
    }
  },
  'setting no time changes nothing': (t, g) => {
    const file = g.made('f')
    g.fs.utimesSync(g.host('f'), 1000, 2000)
    t.is(resultOf(g.sys.setTimes(file, 0)), 0)
    t.is(setAt(g, 'f', 0, 0), 0)
    t.is(g.stat('f'), 0)
    t.deepEqual([g.record.atim, g.record.mtim], [1_000_000_000_000n, 2_000_000_000_000n])
  },
  'times before 1970 are reported as 1970': (t, g) => {
    g.file('f')
    execFileSync('touch', ['-d', '1965-03-04 05:06:07.5 UTC', g.host('f')])
    t.is(g.stat('f'), 0)
    t.deepEqual([g.record.atim, g.record.mtim], [0n, 0n])
    t.is(resultOf(g.sys.filestat(g.handle('f'))), 0)
    t.deepEqual([g.record.atim, g.record.mtim], [0n, 0n])
  },
  'a time from before 1970 stays when the other one is set': (t, g) => {
    g.file('f')
    execFileSync('touch', ['-d', '1965-03-04 05:06:07.5 UTC', g.host('f')])
    g.setTimes(0n, 4_000_000_000_000n)
    t.is(setAt(g, 'f', 0, MTIM), 0)
    t.is(g.stat('f'), 0)
    t.deepEqual([g.record.atim, g.record.mtim], [0n, 4_000_000_000_000n])
    g.setTimes(0n, 5_000_000_000_000n)
    t.is(resultOf(g.sys.setTimes(g.handle('f'), MTIM)), 0)
    t.is(g.stat('f'), 0)
    t.deepEqual([g.record.atim, g.record.mtim], [0n, 5_000_000_000_000n])
  },
  'times are set to the epoch': (t, g) => {
    const file = g.made('f')
    g.setTimes(0n, 0n)
    t.is(resultOf(g.sys.setTimes(file, ATIM | MTIM)), 0)
    t.is(resultOf(g.sys.filestat(file)), 0)
    t.deepEqual([g.record.atim, g.record.mtim], [0n, 0n])
  },
  'setTimesAt follows a symlink only with the flag': (t, g) => {
    g.file('f')
    g.links({ l: 'f' })
    g.fs.utimesSync(g.host('f'), 1, 1)
    g.setTimes(1_000_000_000_000n, 2_000_000_000_000n)
    t.is(setAt(g, 'l', 0, ATIM | MTIM), 0)
    t.is(g.stat('l'), 0)
    t.deepEqual(
      [g.record.type, g.record.atim, g.record.mtim],
      [Filetype.LINK, 1_000_000_000_000n, 2_000_000_000_000n],
    )
    t.is(g.stat('f'), 0)
    t.deepEqual(
      [g.record.atim, g.record.mtim],
      [1_000_000_000n, 1_000_000_000n],
      'the file is left alone',
    )
    t.is(setAt(g, 'l', 1, ATIM | MTIM), 0)
    t.is(g.stat('f'), 0)
    t.deepEqual([g.record.atim, g.record.mtim], [1_000_000_000_000n, 2_000_000_000_000n])
  },
  'setTimesAt sets the times of a dangling symlink itself': (t, g) => {
    g.links({ l: 'gone' })
    g.setTimes(1_000_000_000_000n, 2_000_000_000_000n)
    t.is(setAt(g, 'l', 0, ATIM | MTIM), 0)
    t.is(setAt(g, 'l', 1, ATIM | MTIM), 'NOENT')
  },
  'setTimes sets the times of a directory': (t, g) => {
    g.folders('d')
    g.setTimes(1_000_000_000_000n, 2_000_000_000_000n)
    for (const name of ['d', 'd/', 'd/.', '.']) {
      g.fs.utimesSync(g.host('d'), 1, 1)
      t.is(setAt(g, name, 0, ATIM | MTIM), 0)
      t.is(g.stat(name), 0)
      t.deepEqual([g.record.atim, g.record.mtim], [1_000_000_000_000n, 2_000_000_000_000n], name)
    }
    const dir = g.handle('d')
    g.setTimes(3_000_000_000_000n, 3_000_000_000_000n)
    t.is(resultOf(g.sys.setTimes(dir, ATIM | MTIM)), 0)
    t.is(g.stat('d'), 0)
    t.is(g.record.mtim, 3_000_000_000_000n)
  },
  'setTimes works on a handle that only reads': (t, g) => {
    g.file('f')
    g.setTimes(1_000_000_000_000n, 2_000_000_000_000n)
    t.is(resultOf(g.sys.setTimes(g.handle('f'), ATIM | MTIM)), 0)
    t.is(g.stat('f'), 0)
    t.is(g.record.mtim, 2_000_000_000_000n)
  },
  'setTimesAt without flags still resolves the name': (t, g) => {
    g.file('f')
    g.folders('d')
    g.links({ l: 'gone' })
    for (const name of ['gone', 'd/gone', 'gone/x', 'gone/'])
      t.is(setAt(g, name, 0, 0), 'NOENT', name)
    t.is(setAt(g, 'f/', 0, 0), 'NOTDIR')
    t.is(setAt(g, 'l', 1, 0), 'NOENT')
    for (const name of ['f', 'd', 'd/', '.', 'l']) t.is(setAt(g, name, 0, 0), 0, name)
  },
  'setTimesAt refuses missing names and paths that escape the root': (t, g) => {
    g.file('f')
    g.links({ out: '..', far: '../x' })
    t.is(setAt(g, 'gone', 0, ATIM | MTIM), 'NOENT')
    t.is(setAt(g, 'f/', 0, ATIM | MTIM), 'NOTDIR')
    t.is(setAt(g, 'out', 1, ATIM | MTIM), 'NOTCAPABLE')
    t.is(setAt(g, 'out/', 0, ATIM | MTIM), 'NOTCAPABLE')
    t.is(setAt(g, 'far', 1, ATIM | MTIM), 'NOTCAPABLE')
  },
  'writing updates the times of a file': (t, g) => {
    const file = g.handle('f', { access: BOTH, oflags: 1 })
    g.fs.utimesSync(g.host('f'), 1000, 2000)
    t.is(g.write(file, 'x'), 1)
    t.is(resultOf(g.sys.filestat(file)), 0)
    t.true(near(g.record.mtim))
    t.true(near(g.record.ctim))
  },
}
