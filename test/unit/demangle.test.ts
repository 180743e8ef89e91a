/** The demanglers: names as the compilers' own tools write them, and bounded work for any text. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { demangle } from '#lib/trap/demangle/demangle.js'
import { random } from '../traps.js'

/**
 * Symbols of clang 19 and rustc 1.95, for small sources that use much of their languages, and of
 * libstdc++ 12; each with the name that llvm-cxxfilt 19 or rustfilt 0.2.2 has for it.
 */
const symbols = readFileSync(new URL('../../../test/unit/symbols.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter(line => line !== '')
  .map(line => line.split('\t') as [symbol: string, name: string])

test('symbols of C++ and Rust have the names that llvm-cxxfilt and rustfilt give them', t => {
  t.true(symbols.length > 250)
  t.deepEqual(
    symbols.map(([symbol]) => [symbol, demangle(symbol)]),
    symbols,
  )
})

test('symbols that llvm-cxxfilt 19 does not understand have names', t => {
  t.is(
    demangle('_ZNK1AcvSt6vectorIiSaIiEEEv'),
    'A::operator std::vector<int, std::allocator<int>>() const',
  )
  t.is(
    demangle('_ZN4shop1fIiEEvT_Q5smallIS1_E'),
    'void shop::f<int>(int)',
    'a constraint is left out',
  )
})

test('suffixes of a compiler stay, and those of LLVM in Rust names go', t => {
  t.is(demangle('_Z3foov.isra.0'), 'foo() (.isra.0)')
  t.is(demangle('_ZN3foo3bar17h05af221e174051e9E.llvm.1234'), 'foo::bar')
  t.is(demangle('_RNvC3foo3bar.llvm.1234'), 'foo::bar')
  t.is(demangle('_RNvC3foo3bar.cold'), 'foo::bar (.cold)')
})

const unchanged = [
  '',
  'main',
  'memory.copy',
  '_',
  '_Z',
  '_R',
  '_ZN',
  '_Zfoo',
  '_Z3fo',
  '_Z1fT_',
  '_Z1fS_',
  '_ZN1aC',
  '_RNvC3fo',
  '_RNvCu4abc_3bar',
  '_RNvB_1a',
  '_RINvC1a1bB7_E',
  '_RINvC1a1bFGzzzzzzzz_uEuE',
  '_RINvC1a1bKcd800_E',
  '_RINvC1a1bRL_uRL0_uE',
  '_Z1f\u001b[31mv',
  '_Z3f\no',
  `_Z16384${'x'.repeat(16_384)}`,
]
test('a symbol that is not mangled is returned as it is', t => {
  for (const symbol of unchanged) t.is(demangle(symbol), symbol)
})

/** Symbols that ask for much: deep nesting, doubling, long lists, packs in packs. */
function greedy(): Record<string, string> {
  /** Arguments that refer to the one before twice, from byte 8 of a v0 symbol on. */
  const doubled = (first: string, next: (reference: string) => string): string => {
    const all = [first]
    for (let i = 0, at = 8; i < 60; i++) {
      const reference = `B${base62(at)}`
      at += (all.at(-1) as string).length
      all.push(next(reference))
    }
    return `_RINvC1a1b${all.join('')}E`
  }
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
  return {
    'deep pointers': `_Z1f${'P'.repeat(16_000)}i`,
    'deep functions': `_Z1f${'F'.repeat(16_000)}`,
    'deep templates': `_Z1f${'1AI'.repeat(5000)}`,
    'deep packs': `_Z1fI${'J'.repeat(8000)}${'E'.repeat(8000)}`,
    'many parameters': `_Z1f${'i'.repeat(16_000)}`,
    'packs of packs': `_Z1fIJ${'i'.repeat(3000)}EEv${'Dp1BIT_E'.repeat(300)}`,
    'pointers to packs': `_Z1fIJ${'i'.repeat(3000)}EEv${`${'P'.repeat(100)}T_`.repeat(100)}`,
    'doubled types': `_Z1fM1AS_${[...digits].map(digit => `M${`S${digit}_`.repeat(2)}`).join('')}`,
    'deep paths': `_RN${'vN'.repeat(8000)}`,
    'deep slices': `_RINvC1a1b${'S'.repeat(8000)}uE`,
    'doubled tuples': doubled('TuuE', reference => `T${reference}${reference}E`),
    'doubled impls': doubled('MC1au', reference => `M${reference}${reference}`),
    'a long name again and again': `_RINvC1a1bC4000_${'x'.repeat(4000)}${'B7_'.repeat(100)}E`,
    'backwards and forwards': `_RINvC1a1b${'B_'.repeat(8000)}E`,
    'long identifiers': `_ZN${'9999'.repeat(4000)}`,
    'long Punycode': `_RNvC1au9000_${'z'.repeat(9000)}`,
    'beyond the longest': `_Z1f${'i'.repeat(1_000_000)}`,
  }
}
function base62(value: number): string {
  const digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
  return value < 62
    ? `${value === 0 ? '' : digits[value - 1]}_`
    : `${digits[Math.floor((value - 1) / 62)]}${digits[(value - 1) % 62]}_`
}
/** The longest time for one symbol, in milliseconds: far more than any needs. */
const patience = 2000

test('a symbol that asks for much takes bounded time and gives bounded text', t => {
  for (const [what, symbol] of Object.entries(greedy())) {
    const start = performance.now()
    const name = demangle(symbol)
    t.true(performance.now() - start < patience, what)
    t.true(name.length <= Math.max(symbol.length, 16_384), what)
  }
})

const letters = 'STIJENZLXdpPRKFAMDUlcvsrQBCGYy_0123.$#'

/** A symbol with parts removed, repeated, replaced, and taken from another. */
function mutated(below: (most: number) => number): string {
  let symbol = symbols[below(symbols.length)][0]
  for (let changes = below(6); changes >= 0; changes--) {
    const from = 2 + below(symbol.length)
    const to = from + below(8)
    const other = symbols[below(symbols.length)][0]
    const way = below(4)
    symbol =
      symbol.slice(0, way === 1 ? to : from) +
      (way === 2
        ? other.slice(to, to + below(30))
        : way === 3
          ? letters[below(letters.length)]
          : '') +
      symbol.slice(way === 0 ? to : from)
  }
  return symbol
}

test('20,000 symbols that were damaged are read without an error, within their bounds', t => {
  const below = random(19)
  let understood = 0
  for (let i = 0; i < 20_000; i++) {
    const symbol = mutated(below)
    const start = performance.now()
    const name = demangle(symbol)
    if (performance.now() - start > patience || name.length > 16_400) t.fail(symbol)
    if (name !== symbol) understood++
  }
  t.true(understood > 1000, `${understood} were understood, so the damage is not too much`)
})
