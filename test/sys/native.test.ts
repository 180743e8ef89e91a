/** The contract on the native backend: by openat2, by the walk, and with handles that another has too. */
import test from 'ava'
import { openNative } from '#lib/sys/native.js'
import { contract } from './contract.js'
import { elsewhere } from './elsewhere.js'

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
