/** The attacks on the typescript backend where it walks each path from its start. */
import test from 'ava'
import { attacked } from './guarded.js'

if (process.platform === 'linux') attacked(test, 'typescriptWalk')
else test.skip('all [only Linux has cached directories to do without]', () => {})
