/** Modules whose instances may fill the JavaScript heap, by the types and tags that they define. */
import test from 'ava'
import { sparesHeap } from '#lib/run/module/heap.js'
import { moduleOf, section } from '../sections.js'

const TAG = 13
/** The section of types with these contents, of which the first is their number. */
const types = (...contents: readonly number[]): number[] => [1, contents.length, ...contents]
/** `(func)` and `(func (param i32 i64 f32 f64 v128 funcref externref) (result i32))`. */
const plain = [0x60, 0, 0]
const every = [0x60, 7, 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f, 1, 0x7f]

test('a module of plain functions spares the heap', t => {
  t.true(sparesHeap(moduleOf()))
  t.true(sparesHeap(moduleOf(types(2, ...plain, ...every))))
})

const filling: Readonly<Record<string, readonly number[]>> = {
  'a structure': [2, ...plain, 0x5f, 1, 0x7f, 0],
  'an array': [1, 0x5e, 0x7f, 1],
  'a recursive group': [1, 0x4e, 1, 0x5f, 1, 0x7f, 0],
  'a subtype': [1, 0x50, 0, 0x5f, 1, 0x7f, 0],
  'a function of any reference': [1, 0x60, 1, 0x6e, 0],
  'a function of an exception': [1, 0x60, 0, 1, 0x69],
  'a function of a typed reference': [1, 0x60, 1, 0x63, 0, 0],
  'a section with more bytes than it says': [1, ...plain, 0],
  'a section with fewer bytes than it says': [2, ...plain],
}
for (const [what, contents] of Object.entries(filling))
  test(`a module with ${what} may fill the heap`, t => {
    t.false(sparesHeap(moduleOf(types(...contents))))
  })
test('a module with a tag may fill the heap', t => {
  t.false(sparesHeap(moduleOf(types(1, ...plain), section(TAG, [0, 0]))))
})
