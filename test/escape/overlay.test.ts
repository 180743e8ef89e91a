/** The attacks on overlays, below which the guest's folders lie. */
import test from 'ava'
import { attacked } from './guarded.js'

attacked(test, 'overlay')
