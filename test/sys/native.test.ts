/** The contract on the native backend, by openat2 and by the walk. */
import test from 'ava'
import { openNative } from '#lib/sys/native.js'
import { contract } from './contract.js'

contract(test, 'native', () => openNative())
contract(test, 'native by the walk', () => openNative({ resolution: 'walk' }))
