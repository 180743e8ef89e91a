/** The attacks on a thread of a guest, whose descriptors and files other threads have too. */
import test from 'ava'
import { attacked } from './guarded.js'

attacked(test, 'thread')
