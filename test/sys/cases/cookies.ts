/** Cookies of a listing: below 2^31 on every file system, and places to come back to. */
import { type Cases, type Entry, type Fixture, names } from '../fixture.js'

function fill(g: Fixture, folder: string, count: number): string[] {
  g.folders(folder)
  const all = Array.from({ length: count }, (_, index) => `name-${index}-${'x'.repeat(index % 30)}`)
  for (const name of all) g.fs.writeFileSync(g.host(`${folder}/${name}`), '')
  return all
}
const first = (g: Fixture, dir: number, cookie: bigint): string | undefined =>
  g.readdir(dir, cookie, 512).entries[0]?.name
/** Cookies of a listing, each with the entry behind it. */
const places = (all: readonly Entry[]): (readonly [cookie: bigint, name: string])[] =>
  all.slice(1).map((entry, index) => [all[index].next, entry.name])

export const cookies: Cases = {
  'cookies are below 2^31, and each is unique': (t, g) => {
    fill(g, 'd', 500)
    const all = g.list(g.handle('d'), 700)
    t.is(all.length, 502)
    for (const { next } of all) t.true(next > 0n && next < 1n << 31n, `${next}`)
    t.is(new Set(all.map(({ next }) => next)).size, all.length)
  },
  'a cookie resumes a listing at the entry that followed it': (t, g) => {
    fill(g, 'd', 300)
    const dir = g.handle('d')
    const all = g.list(dir, 700)
    for (const [cookie, name] of places(all).reverse()) t.is(first(g, dir, cookie), name)
    g.list(dir, 4096)
    for (const [cookie, name] of places(all))
      t.is(first(g, dir, cookie), name, 'after it was listed from the start again')
    t.deepEqual(
      g.readdir(dir, all.at(-1)?.next ?? 0n, 4096).entries,
      [],
      'behind the last one is the end',
    )
    t.deepEqual(g.list(dir, 300), all)
  },
  'a listing resumed by another handle has the same cookies': (t, g) => {
    fill(g, 'd', 200)
    const dir = g.handle('d')
    const all = g.list(dir)
    const half = g.readdir(dir, all[99].next, 65_536).entries
    t.deepEqual(half, all.slice(100))
    const other = g.handle('d')
    t.deepEqual(
      g.readdir(other, all[49].next, 65_536).entries,
      all.slice(50),
      'also by another handle',
    )
  },
  'cookies stay valid while names are added and removed': (t, g) => {
    const made = fill(g, 'd', 201)
    const dir = g.handle('d')
    const all = g.list(dir, 700)
    // The oldest name stays: where that one is to follow and is gone, Linux's tmpfs starts over,
    // also for readdir(3).
    const gone = new Set(made.filter((_, index) => index % 3 === 1))
    for (const name of gone) g.fs.unlinkSync(g.host(`d/${name}`))
    const fresh = new Set(Array.from({ length: 60 }, (_, index) => `fresh-${index}`))
    for (const name of fresh) g.fs.writeFileSync(g.host(`d/${name}`), '')
    const check = (why: string): void => {
      for (const [cookie] of places(all)) {
        // New names may appear anywhere; the others follow the cookie, in their order.
        const reported = g.readdir(dir, cookie, 65_536).entries.map(entry => entry.name)
        const index = all.findIndex(entry => entry.next === cookie)
        const rest = all.slice(index + 1).map(entry => entry.name)
        t.deepEqual(
          reported.filter(name => !fresh.has(name)),
          rest.filter(name => !gone.has(name)),
          `${why}: ${cookie}`,
        )
      }
    }
    check('at once')
    const again = g.list(dir, 700)
    t.deepEqual(names(again), ['.', '..', ...made.filter(name => !gone.has(name)), ...fresh].sort())
    t.is(new Set(again.map(({ next }) => next)).size, again.length)
    for (const { next } of again) t.true(next < 1n << 31n)
    check('after it was listed again')
    for (const [cookie, name] of places(again)) t.is(first(g, dir, cookie), name)
  },
  'cookies stay valid while many other directories are listed': (t, g) => {
    const folders = Array.from({ length: 40 }, (_, index) => `d${index}`)
    for (const folder of folders) fill(g, folder, 20)
    const dirs = folders.map(folder => g.handle(folder))
    const seen = dirs.map(() => [] as string[])
    const at = dirs.map(() => 0n)
    // Reads one entry of each in turn and removes it, like a program that removes a tree.
    for (let round = 0; round < 22; round++) {
      for (const [index, dir] of dirs.entries()) {
        const entry = g.readdir(dir, at[index], 512).entries[0]
        if (entry === undefined) continue
        at[index] = entry.next
        seen[index].push(entry.name)
        if (entry.name.startsWith('name'))
          g.fs.unlinkSync(g.host(`${folders[index]}/${entry.name}`))
      }
    }
    for (const reported of seen) t.is(new Set(reported).size, 22)
  },
  'an invented cookie ends the listing': (t, g) => {
    for (const name of ['a', 'b', 'c']) g.file(name)
    const dir = g.handle('.')
    for (const cookie of [
      1n << 20n,
      (1n << 31n) - 1n,
      1n << 32n,
      (1n << 63n) - 1n,
      1n << 63n,
      (1n << 64n) - 1n,
    ]) {
      t.deepEqual(g.readdir(dir, cookie, 4096).entries, [], `${cookie}`)
    }
    t.deepEqual(names(g.list(dir)), ['.', '..', 'a', 'b', 'c'])
    for (const cookie of [1n << 20n, (1n << 64n) - 1n])
      t.deepEqual(g.readdir(dir, cookie, 4096).entries, [], `${cookie}, after a listing`)
    t.deepEqual(names(g.list(dir)), ['.', '..', 'a', 'b', 'c'])
  },
}
