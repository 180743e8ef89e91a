// The uses of guest.js as tests of Vitest.
import { test } from 'vitest'
import { class_, workers } from './guest.js'

for (const backend of ['native', 'typescript'])
  test(`class WASI (${backend})`, () => class_(backend))
test('run and Pool', workers)
