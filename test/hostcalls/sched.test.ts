/** sched_yield: no other thread waits. */
import test from 'ava'
import { each } from './fixture.js'

each(test, 'sched_yield: succeeds and writes nothing', {}, (t, w) => {
  t.is(w.call('sched_yield'), 'SUCCESS')
  t.is(w.line, 'sched_yield() = SUCCESS')
})
