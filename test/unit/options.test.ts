/** The option tables: their rows, and the order and number of their checks. */
import test from 'ava'
import { createGuest, type GuestOptions, type RunOptions, type WASIOptions } from '#lib/index.js'
import { settingsOf } from '#lib/options/settings.js'
import { guestTable, type wasiTable } from '#lib/options/table.js'
import { termsOf } from '#lib/run/settings.js'
import { runTable } from '#lib/run/table.js'

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
/** Compiles only if each interface has the properties that its table has rows for. */
const rows: readonly [
  Same<keyof GuestOptions, keyof typeof guestTable>,
  Same<keyof WASIOptions, keyof typeof guestTable | keyof typeof wasiTable>,
  Same<keyof RunOptions, Exclude<keyof typeof guestTable, 'clocks' | 'sleep' | 'random'> | keyof typeof runTable>,
] = [true, true, true]

test('each interface has the properties that its table has rows for', t => {
  t.is(rows.length, 3)
})

/** Names that no check takes null for. */
const wrong = (names: readonly string[]): Record<string, unknown> => Object.fromEntries(names.map(name => [name, null]))
/** Calls with all options wrong, then with all but the first, and so on. The options that the errors name. */
function refusals(names: readonly string[], right: Readonly<Record<string, unknown>>, call: (options: never) => unknown): string[] {
  const given = wrong(names)
  return names.map(name => {
    try {
      call({ ...right, ...given } as never)
      return 'nothing'
    } catch (error) {
      return /options\.(\w+)/.exec((error as Error).message)?.[1] ?? String(error)
    } finally {
      delete given[name]
    }
  })
}

test('of several mistakes that of the earliest row is thrown: guests', t => {
  const names = Object.keys(guestTable)
  t.deepEqual(names.slice(0, 7), ['version', 'args', 'env', 'preopens', 'stdin', 'stdout', 'stderr'], 'the order of node:wasi')
  t.deepEqual(refusals(names, { version: 'preview1' }, createGuest), names)
})

test('of several mistakes that of the earliest row is thrown: runs', t => {
  const names = Object.keys(runTable)
  t.deepEqual(refusals(names, {}, termsOf), names)
})

test('each option of a guest is read once', t => {
  const reads: PropertyKey[] = []
  const counting = new Proxy({ version: 'preview1' } as Record<PropertyKey, unknown>, {
    get(target, name) {
      reads.push(name)
      return target[name]
    },
  })
  settingsOf(counting)
  t.deepEqual(reads.sort(), Object.keys(guestTable).sort())
})

test('each option of a run is read once', t => {
  const reads: string[] = []
  const given = {}
  for (const name of [...Object.keys(runTable), 'args', 'rights'])
    Object.defineProperty(given, name, {
      enumerable: true,
      get() {
        reads.push(name)
        return undefined
      },
    })
  termsOf(given)
  t.deepEqual(reads.sort(), [...Object.keys(runTable), 'args', 'rights'].sort())
})
