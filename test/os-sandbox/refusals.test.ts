/**
 * The table of attacks: SECURITY.md shows its rows, and the attackers' programs make its attempts.
 */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { refusals, table } from './refusals.js'

const read = (name: string): string =>
  readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8')

test('SECURITY.md has the table of attacks that the tests refuse', t => {
  const [shown] = read('SECURITY.md').match(/^\| attack \|(?:.*\n)+?(?=\n)/m) ?? []
  t.is(shown, `${table}\n`)
})

test('each attempt of the table is made by one program, and has one row', t => {
  const made = ['test/os-sandbox/attacks.ts', 'test/native/attacks.c', 'test/native/streams.c']
    .map(read)
    .join('\n')
  const attempts = refusals.flatMap(refusal => refusal.attempts)
  const named = (name: string): boolean =>
    made.includes(`"${name}"`) || made.includes(`'${name}':`) || made.includes(`  ${name}:`)
  t.deepEqual(
    attempts.filter(name => !named(name)),
    [],
  )
  t.is(new Set(attempts).size, attempts.length)
})
