/** The parts of a memory that are not zero. */
import test from 'ava'
import { runsOf } from '#lib/run/snapshot/runs.js'

const page = 65536

test('blocks with a byte other than zero are found, and adjacent ones are one', t => {
  const memory = new Uint8Array(4 * page)
  t.deepEqual(runsOf(memory, 10), [])
  memory[0] = 1
  memory[4095] = 1
  memory[4096] = 1
  memory[3 * 4096] = 1
  memory[4 * page - 1] = 1
  const expected = [
    { from: 0, to: 8192 },
    { from: 3 * 4096, to: 4 * 4096 },
    { from: 4 * page - 4096, to: 4 * page },
  ]
  t.deepEqual(runsOf(memory, 10), expected)
  const view = new Uint8Array(memory.length + 8).subarray(8)
  view.set(memory)
  t.deepEqual(runsOf(view, 10), expected)
})

test('larger blocks are used where there would be too many', t => {
  const memory = new Uint8Array(4 * page)
  for (let at = 0; at < 2 * page; at += 8192) memory[at] = 1
  memory[3 * page] = 1
  t.is(runsOf(memory, 100).length, 17)
  t.deepEqual(runsOf(memory, 16), [
    { from: 0, to: 2 * page },
    { from: 3 * page, to: 4 * page },
  ])
  t.deepEqual(runsOf(memory, 1), [{ from: 0, to: 4 * page }])
  t.deepEqual(runsOf(memory, 0), [{ from: 0, to: 4 * page }])
})
