/**
 * The coverage of attacks: every call that takes a path is attacked by many techniques, and each
 * attack has a control that succeeds, or a reason.
 */
import test from 'ava'
import { type HostcallName, type Row, table } from '#lib/abi/table.js'
import { Kind } from '#lib/abi/types.js'
import { nameOf } from './case.js'
import { cases } from './cases.js'
import { carelessness } from './unguarded.js'
import { uses } from './uses.js'

const techniquesOf = (call: HostcallName): Set<string> =>
  new Set(cases.filter(one => one.call === call).map(({ technique }) => technique))
const takingPaths = (Object.entries(table) as [HostcallName, Row][])
  .filter(([, { params }]) => params.some(({ type }) => type.kind === Kind.Path))
  .map(([name]) => name)

test('each attack has a unique name', t => {
  const names = cases.map(nameOf)
  t.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  )
  t.true(names.length >= 1600, String(names.length))
  t.log(
    `${names.length} attacks by ${new Set(cases.map(({ technique }) => technique)).size} techniques`,
  )
})

test('every call that takes a path is attacked by many techniques', t => {
  t.is(takingPaths.length, 10)
  for (const call of takingPaths)
    t.true(techniquesOf(call).size >= 60, `${call}: ${techniquesOf(call).size}`)
})

test('every end of a call that takes two paths is attacked', t => {
  const twice = takingPaths.filter(
    name =>
      (table[name].params as Row['params']).filter(({ type }) => type.kind === Kind.Path).length >
      1,
  )
  for (const call of twice) {
    // The target of a symbolic link is text; what is planted by it has cases of its own.
    const ends = uses.filter(use => use.call === call).map(({ action }) => action)
    t.deepEqual(ends, call === 'path_symlink' ? [''] : ['from there', 'to there'], call)
  }
})

test('every attack has a control on an unguarded host, or a reason without one', t => {
  const without = cases.filter(({ control }) => typeof control === 'object' && 'why' in control)
  t.true(without.length <= 15, String(without.length))
  const kinds = new Set(
    cases.map(({ control = 'joins' }) => control).filter(control => typeof control === 'string'),
  )
  t.deepEqual(
    [...kinds].sort(),
    Object.keys(carelessness).sort(),
    'every carelessness is some control',
  )
})
