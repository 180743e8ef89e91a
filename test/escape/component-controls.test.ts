/**
 * Each use of a path by a component that was given the folder outside: there it must be seen, or
 * the tests of `wasi:filesystem` see nothing.
 */
import test from 'ava'
import { doors } from '../preview2/doors.js'
import { type Case, run } from './case.js'
import { opening } from './components.js'
import type { Fixture } from './fixture.js'
import { uses } from './uses.js'

const outside = (fixture: Fixture) => ({ '/box': fixture.at('outside') })

for (const door of doors) {
  for (const { call, action, target, run: use } of uses) {
    test.serial(`${call} ${action} of a folder that was given is seen (${door})`, t => {
      const one: Case = {
        ...{ technique: 'the folder itself', call, action, answer: 'SUCCESS' },
        populate: s => s.file('outside/own'),
        attack: (a, dir) => use(a, { dir, path: target, follow: 1 }),
      }
      const { answer, signs } = run(one, opening('openat2', door, outside))
      t.is(answer, 'SUCCESS')
      t.not(signs.length, 0)
    })
  }
}
