/**
 * Ours against node:wasi of the running Node: whatever differs is a row of `differences.ts`, and
 * each row there is still true.
 */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { answersOf } from './answers.js'
import { type Difference, differences } from './differences.js'
import { probes } from './probes.js'
import { markers, table } from './table.js'

const major = Number(process.versions.node.split('.')[0])
const rows = differences.filter(({ nodes }) => nodes?.includes(major) ?? true)
const names = probes.map(({ name }) => name)

interface Different {
  readonly probe: string
  readonly node: string
  readonly ours: string
}
const covers = ({ probes, seen }: Difference, { probe, node, ours }: Different): boolean =>
  (probes instanceof RegExp ? probes.test(probe) : probes.includes(probe)) &&
  (seen === undefined || (seen[0].test(node) && seen[1].test(ours)))

test('each probe has a unique name', t => {
  t.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  )
  t.true(names.length >= 1000)
})

test('each row of differences names existing probes', t => {
  const missing = differences.flatMap(({ probes }) =>
    probes instanceof RegExp ? [] : probes.filter(name => !names.includes(name)),
  )
  t.deepEqual(missing, [])
})

test('exactly the listed probes differ from node:wasi', async t => {
  t.timeout(300_000)
  const [node, ours] = await Promise.all(
    ['node:wasi', import.meta.resolve('wasi-common')].map(answersOf),
  )
  const answer = (of: ReadonlyMap<string, string>, probe: string): string =>
    of.get(probe) ?? 'no answer'
  const different = names
    .map(probe => ({ probe, node: answer(node, probe), ours: answer(ours, probe) }))
    .filter(({ node, ours }) => node !== ours)
  t.log(
    `${names.length} probes, ${names.length - different.length} equal, ${different.length} different by ${rows.length} rows`,
  )

  const unmeant = different.filter(one => !rows.some(row => covers(row, one)))
  t.deepEqual(unmeant, [], 'each of these needs a change, or a row in test/dropin/differences.ts')
  const stale = rows.filter(row => !different.some(one => covers(row, one))).map(({ what }) => what)
  t.deepEqual(stale, [], `rows of test/dropin/differences.ts that are not seen on Node ${major}`)
  const same = rows.flatMap(({ probes }) =>
    probes instanceof RegExp
      ? []
      : probes.filter(name => !different.some(({ probe }) => probe === name)),
  )
  t.deepEqual(same, [], 'probes that a row names, and that do not differ')
})

test('docs/migrating.md has the table of differences', t => {
  const page = readFileSync(new URL('../../../docs/migrating.md', import.meta.url), 'utf8')
  const [before, after] = markers.map(marker => page.indexOf(marker))
  t.true(before >= 0 && after > before, 'both markers are there')
  const there = page.slice(before + markers[0].length + 1, after)
  t.is(
    there,
    table(),
    `renew it between the markers: node dist-test/test/dropin/table.js prints it`,
  )
})
