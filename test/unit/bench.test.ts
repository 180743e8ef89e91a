/** The bench leaves no hostcall out, and what it is compared with knows its rows. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { table } from '#lib/abi/table.js'
import { groups } from '../../bench/calls.js'
import { rows as componentRows } from '../../bench/components/calls.js'
import { programs } from '../../bench/components/programs.js'

const rows = groups.flatMap(({ rows }) => rows)

test('every hostcall has a row in the benchmark', t => {
  const words = new Set(rows.flatMap(({ name }) => name.match(/\w+/g) ?? []))
  t.deepEqual(
    Object.keys(table).filter(name => !words.has(name)),
    [],
  )
})

test('each row of the benchmark is measured or has a reason', t => {
  for (const { name, loop, measure, without } of rows)
    t.true(loop !== undefined || measure !== undefined || without !== undefined, name)
  t.is(new Set(rows.map(({ name }) => name)).size, rows.length)
})

test('each row of components has a name of its own, and a goal only with a side to compare', t => {
  const names = [...componentRows, ...programs].map(({ name }) => name)
  t.is(new Set(names).size, names.length)
  for (const { name, module, moduleGoal } of componentRows)
    t.true(module !== undefined || moduleGoal === undefined, name)
})

test('every case of floor.c is a row of the benchmark', t => {
  const source = readFileSync(new URL('../../../bench/floor.c', import.meta.url), 'utf8')
  const known = [...source.matchAll(/^ {4}\{"([^"]+)", /gm)].map(([, name]) => name)
  t.true(known.length > 40)
  t.deepEqual(
    known.filter(name => !rows.some(row => row.name === name)),
    [],
  )
})
