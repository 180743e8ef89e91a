/** The option tables: their rows, checks and words, and that the documentation says the same. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import {
  createGuest,
  type GuestOptions,
  Pool,
  type RunOptions,
  run,
  type WASIOptions,
} from 'wasi-common'
import { flagWords, guestWords, runWords, type Words } from '#lib/cli/words.js'
import { settingsOf } from '#lib/options/settings.js'
import { guestTable, type wasiTable } from '#lib/options/table.js'
import { defaultElements } from '#lib/run/module/cap.js'
import { termsOf } from '#lib/run/settings.js'
import { runTable } from '#lib/run/table.js'
import { command } from '../wasm.js'
import { options, page } from './options-page.js'

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
/** Compiles only if each interface has the properties that its table has rows for. */
const rows: readonly [
  Same<keyof GuestOptions, keyof typeof guestTable>,
  Same<keyof WASIOptions, keyof typeof guestTable | keyof typeof wasiTable>,
  Same<
    keyof RunOptions,
    Exclude<keyof typeof guestTable, 'clocks' | 'sleep' | 'random'> | keyof typeof runTable
  >,
] = [true, true, true]

const read = (name: string): string =>
  readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8')
const WRITE = 'node dist-test/test/unit/options-page.js writes it'

test('docs/options.md has a line for each row', t => {
  t.is(rows.length, 3)
  t.is(read('docs/options.md'), page(), WRITE)
})

test('the default of maxTableElements in the documentation is that of the module', t => {
  t.is(runWords.maxTableElements.default, `\`${defaultElements}\``)
})

test('every flag has unique words', t => {
  const usages = Object.keys(flagWords)
  const words = usages.map(usage => /^(?:--|-W )[\w-]+/.exec(usage)?.[0])
  t.is(new Set(words).size, usages.length)
  t.false(words.includes(undefined))
})

/** Names that no check takes null for. */
const wrong = (names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map(name => [name, null]))
/**
 * Calls with all options wrong, then with all but the first, and so on. The options that the errors
 * name.
 */
function refusals(
  names: readonly string[],
  right: Readonly<Record<string, unknown>>,
  call: (options: never) => unknown,
): string[] {
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

test('the mistake of the earliest row is thrown first: guests', t => {
  const names = Object.keys(guestTable)
  t.deepEqual(
    names.slice(0, 7),
    ['version', 'args', 'env', 'preopens', 'stdin', 'stdout', 'stderr'],
    'the order of node:wasi',
  )
  t.deepEqual(refusals(names, { version: 'preview1' }, createGuest), names)
})

test('the mistake of the earliest row is thrown first: runs', t => {
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

test('createGuest takes the options that have it for a door, and no others', t => {
  for (const { name, words } of options) {
    const make = () =>
      createGuest({
        version: 'preview1',
        [name]: name === 'version' ? 'preview1' : undefined,
      } as GuestOptions).close()
    if ((words as Words).doors.includes('createGuest') || name in guestWords)
      t.notThrows(make, name)
    else
      t.throws(
        make,
        {
          code: 'ERR_INVALID_ARG_VALUE',
          message: new RegExp(`'options\\.${name}' is unknown`),
        },
        name,
      )
  }
})

test('run and Pool take the options that have them for a door, and no others', async t => {
  const bytes = command([])
  const pool = new Pool({ size: 1 })
  const takers = { run, Pool: pool.run.bind(pool) } as const
  for (const [door, go] of Object.entries(takers)) {
    for (const { name, words } of options) {
      const title = `${door}: ${name}`
      if (name in runWords || words.doors.includes(door as keyof typeof takers))
        await t.notThrowsAsync(go(bytes, { [name]: undefined }), title)
      else {
        const value = name === 'clocks' ? {} : () => {}
        const message = name in guestTable ? /cannot pass a function to its worker/ : /is unknown/
        await t.throwsAsync(
          go(bytes, { [name]: value }),
          { code: 'ERR_INVALID_ARG_VALUE', message },
          title,
        )
      }
    }
  }
  await pool.close()
})
