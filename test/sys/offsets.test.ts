/**
 * Offsets and sizes on Linux's tmpfs, which holds files larger than numbers are exact, where a disk
 * refuses them itself.
 */
import fs from 'node:fs'
import test from 'ava'
import { openNative } from '#lib/sys/native/sys.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { contract } from './contract.js'
import { BOTH, Fixture, text, Whence } from './fixture.js'

const folder = '/dev/shm'
const TMPFS = 0x01021994
const there =
  process.platform === 'linux' && fs.existsSync(folder) && fs.statfsSync(folder).type === TMPFS
const ways = {
  native: () => openNative(),
  walk: () => openNative({ resolution: 'walk' }),
  typescript: () => new TypescriptSys(),
}
const most = Number.MAX_SAFE_INTEGER

if (there) process.env.TMPDIR = folder
else test.skip('offsets beyond 2^53 on tmpfs [there is none at /dev/shm]', () => {})

for (const [name, make] of Object.entries(there ? ways : {})) {
  contract(test, `${name} on tmpfs`, make, [], ['offsets'])

  test.serial(`${name} on tmpfs: a write across 2^53 - 1 is a short one`, t => {
    const g = new Fixture(make())
    t.teardown(() => g.dispose())
    const file = g.made('f')
    t.is(g.pwrite(file, most - 3, 'abc', 'def'), 3)
    t.deepEqual(g.pread(file, most - 3, 2, 20), text('abc'))
    t.is(g.seek(file, 0, Whence.END), most)
    t.is(g.seek(file, 1, Whence.END), 'INVAL')
    t.is(g.pwrite(file, most, 'z'), 'FBIG')
    t.is(fs.statSync(g.host('f')).size, most)
  })

  test.serial(`${name} on tmpfs: a file that the host made larger ends at 2^53 - 1`, t => {
    const g = new Fixture(make())
    t.teardown(() => g.dispose())
    g.file('f')
    fs.truncateSync(g.host('f'), most)
    const host = fs.openSync(g.host('f'), 'a')
    fs.writeSync(host, 'tail')
    fs.closeSync(host)
    const file = g.handle('f', { access: BOTH })
    t.is(g.seek(file, 3, Whence.SET), 3)
    t.is(g.seek(file, 0, Whence.END), 'INVAL')
    t.is(g.seek(file, 0, Whence.CUR), 3)
    t.deepEqual(g.pread(file, most, 4), text(''))
    t.deepEqual(g.pread(file, most - 1, 4), { text: '\0' })
    t.is(g.pwrite(file, most, 'x'), 'FBIG')
  })
}
