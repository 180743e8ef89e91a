/** The attacks on the addon where it walks paths by itself. */
import test from 'ava'
import { attacked } from './guarded.js'

attacked(test, 'walk')
