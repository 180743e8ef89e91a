/** The contract on the native backend: by openat2, by the walk, and with handles that another has too. */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { Block } from '#lib/sys/block.js'
import { addonFile, openNative } from '#lib/sys/native.js'
import { contract } from './contract.js'
import { elsewhere } from './elsewhere.js'
import { Ground, said, WRITE } from './ground.js'

contract(test, 'native', () => openNative(), elsewhere)
contract(test, 'native by the walk', () => openNative({ resolution: 'walk' }), elsewhere)
contract(
  test,
  'native with shared handles',
  () => {
    const other = openNative()
    const sys = openNative({ shared: other.share() })
    other.dispose()
    return sys
  },
  elsewhere,
)

test('writeText takes no more than the block has', t => {
  const sys = openNative()
  const g = new Ground(sys)
  t.teardown(() => g.leave())
  g.file('f')
  const file = g.handle('f', { access: WRITE })
  const { length } = sys.block.text
  t.is(said(sys.writeText(file, length)), length)
  for (const more of [length + 1, 2 ** 20, 2 ** 32 - 1, -1, Number.NaN]) t.is(said(sys.writeText(file, more)), 'INVAL')
  t.is(fs.statSync(g.host('f')).size, length)
})

test('a path with a NUL is not cut there, and another directory opened', t => {
  const sys = openNative()
  t.teardown(() => sys.dispose())
  t.throws(() => sys.preopen(`${os.tmpdir()}\0/more`), { code: 'EINVAL', message: /open/ })
})

test('the addon refuses arguments that lib/sys/native.ts never passes, and numbers of no guest', t => {
  const addon = createRequire(import.meta.url)(addonFile())
  const block = new ArrayBuffer(Block.bytes)
  const refused = { instanceOf: TypeError, message: /never does/ }
  for (const other of [
    new ArrayBuffer(0),
    new ArrayBuffer(Block.bytes - 1),
    new ArrayBuffer(Block.bytes + 1),
    new Uint8Array(Block.bytes),
    'a',
    null,
  ])
    t.throws(() => addon.create(other, false, 0), refused)
  t.throws(() => addon.create(block, 0, 0), refused)
  t.throws(() => addon.create(block, false, '0'), refused)
  const guest = addon.create(block, false, 0)
  for (const memory of [new Uint16Array(8), new Float64Array(8), new BigUint64Array(8), new DataView(new ArrayBuffer(8)), [], undefined])
    t.throws(() => addon.bind(guest, memory), refused)
  const none = [Number.NaN, -1, -0.5, 1e6, 2 ** 53, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const index of [...none, '0', undefined]) {
    t.throws(() => addon.failure(index), refused)
    t.throws(() => addon.dispose(index), refused)
    t.throws(() => addon.bind(index, new Uint8Array(8)), refused)
  }
  for (const index of none) {
    addon.registers.set([index, 0])
    addon.close()
    t.is(addon.registers[0], -Errno.BADF)
  }
  // A handle that is no integer, or not one of 64 bits, is none that is open.
  t.is(addon.preopen(guest, os.tmpdir()), 0)
  for (const handle of [Number.NaN, -1, 2 ** 64, 2 ** 65, Number.POSITIVE_INFINITY]) {
    addon.registers.set([guest, handle])
    addon.filestat()
    t.is(addon.registers[0], -Errno.BADF)
  }
  addon.dispose(guest)
})
