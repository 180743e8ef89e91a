/** The attacks on the typescript backend. */
import test from 'ava'
import { attacked } from './guarded.js'

attacked(test, 'typescript')
