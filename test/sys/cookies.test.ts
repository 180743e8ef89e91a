/**
 * Room that the cookies of listings take, on Linux: they are kept for as long as a directory is
 * open, up to a limit of all together.
 */
import fs from 'node:fs'
import test from 'ava'
import { openNative } from '#lib/sys/native/sys.js'
import { Fixture, resultOf } from './fixture.js'

const entries = 10_000
const room = 65_536

/** Lists a directory whole; how many entries, or the name of the errno. */
function list(g: Fixture, dir: number, at: number): number | string {
  const view = new DataView(g.memory.buffer)
  let count = 0
  for (let cookie = 0n; ; ) {
    const used = g.sys.readdir(dir, cookie, at, room)
    if (used < 0) return String(resultOf(used))
    for (let from = at; from + 24 <= at + used; ) {
      const to = from + 24 + view.getUint32(from + 16, true)
      if (to > at + used) break
      cookie = view.getBigUint64(from, true)
      count++
      from = to
    }
    if (used < room) return count
  }
}

const linux = process.platform === 'linux' ? test : test.skip
linux(
  'cookies of all open directories take 64 MiB at most, which closing gives back [only Linux has places to be kept]',
  t => {
    t.timeout(120_000)
    const g = new Fixture(openNative())
    t.teardown(() => g.dispose())
    g.folders('d')
    for (let i = 0; i < entries; i++) fs.writeFileSync(g.host(`d/${i}`), '')
    const at = g.room(room)
    const dirs: number[] = []
    let reported: number | string = 0
    while (dirs.length < 900) {
      const dir = g.handle('d')
      dirs.push(dir)
      reported = list(g, dir, at)
      if (reported !== entries + 2) break
    }
    t.is(reported, 'NOMEM')
    // Eight bytes an entry.
    t.is(dirs.length, 1 + Math.floor(2 ** 26 / (8 * (entries + 2))))
    const last = dirs.pop() as number
    t.is(list(g, dirs[0], at), entries + 2, 'what has its cookies goes on')
    t.is(resultOf(g.sys.close(dirs.pop() as number)), 0)
    t.is(list(g, last, at), entries + 2)
  },
)
