/** The attacks on the addon where the kernel resolves paths. */
import os from 'node:os'
import test from 'ava'
import { openNative } from '#lib/sys/native/sys.js'
import { attacked } from './guarded.js'

const sys = openNative()
sys.preopen(os.tmpdir())
const { resolver } = sys
sys.dispose()

if (resolver === 'openat2') attacked(test, 'openat2')
else test.skip('all [this kernel has no openat2; the walk is attacked by itself]', () => {})
