/** The contract on the native backend: by openat2, by the walk, and with handles that another has too. */
import fs from 'node:fs'
import test from 'ava'
import { openNative } from '#lib/sys/native.js'
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
