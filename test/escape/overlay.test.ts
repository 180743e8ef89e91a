/** The attacks on overlays whose lower layers are the guest's folders. */
import test from 'ava'
import { attacked } from './guarded.js'

attacked(test, 'overlay')
