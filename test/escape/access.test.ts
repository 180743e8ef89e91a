/**
 * The attacks on a guest whose rights are not enforced, as `run` and the command have it: the
 * sandbox does not rest on them.
 */
import test from 'ava'
import { attacked } from './guarded.js'

attacked(test, 'access')
