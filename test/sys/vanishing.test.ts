/**
 * A directory that others change while it is listed: names that stay are listed once, and no call
 * fails.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { openNative } from '#lib/sys/native/sys.js'
import type { Sys } from '#lib/sys/sys.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { Fixture } from './fixture.js'
import { overlay } from './treefs.js'

const ways: Readonly<Record<string, () => ConstructorParameters<typeof Fixture>>> = {
  openat2: () => [openNative()],
  walk: () => [openNative({ resolution: 'walk' })],
  typescript: () => [new TypescriptSys() as Sys],
  overlay: () => {
    const { sys, fs } = overlay(() => openNative())
    return [sys, fs]
  },
}

/** Makes and removes 40 names of each kind again and again, and counts the rounds. */
const changer = `
  const fs = require('node:fs')
  const { workerData: { folder, counter } } = require('node:worker_threads')
  const name = i => folder + '/gone-' + i
  while (Atomics.load(counter, 1) === 0) {
    for (let i = 0; i < 40; i += 2) { fs.writeFileSync(name(i), ''); fs.mkdirSync(name(i + 1)) }
    for (let i = 0; i < 40; i += 2) { fs.unlinkSync(name(i)); fs.rmdirSync(name(i + 1)) }
    Atomics.add(counter, 0, 1)
  }`

for (const [way, make] of Object.entries(ways)) {
  test.serial(`names that stay are listed exactly once while others vanish (${way})`, async t => {
    t.timeout(60_000)
    const [sys, host] = make()
    const g = new Fixture(sys, host)
    t.teardown(() => g.dispose())
    const stay = Array.from({ length: 60 }, (_, i) => `stay-${String(i).padStart(2, '0')}`)
    for (const name of stay) g.file(name)
    const counter = new Int32Array(new SharedArrayBuffer(8))
    const worker = new Worker(changer, { eval: true, workerData: { folder: g.host(), counter } })
    try {
      await once(worker, 'online')
      let seen = 0
      const end = Date.now() + 20_000
      for (
        let round = 0;
        (round < 100 || Atomics.load(counter, 0) < 20) && Date.now() < end;
        round++
      ) {
        const names = g.list(g.dir, 512).map(({ name }) => name)
        seen += names.filter(name => name.startsWith('gone-')).length
        t.deepEqual(names.filter(name => name.startsWith('stay-')).sort(), stay)
        // An entry may be removed after it was listed: that is NOENT, and no other error.
        for (const name of names.filter(name => name.startsWith('gone-')).slice(0, 20)) {
          const answer = g.stat(name)
          if (answer !== 0) t.is(answer, 'NOENT', name)
        }
      }
      t.true(Atomics.load(counter, 0) >= 20, 'names came and went')
      t.true(seen > 0, 'and were listed')
    } finally {
      Atomics.store(counter, 1, 1)
      await once(worker, 'exit')
    }
  })
}
