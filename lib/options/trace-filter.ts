/** Checks the option `traceFilter`: patterns that select calls by their names. */

import { type HostcallName, table } from '../abi/table.js'
import { type FunctionName, functionNames, shortName } from '../function-names.js'
import { distance } from '../nearest.js'
import { checkArray, checkString, wrongValue } from '../validate.js'

/** A hostcall, or a function of WASI 0.2. */
export type CallName = HostcallName | FunctionName
/**
 * Returns each call with its name in a trace. A pattern selects a function of WASI 0.2 by that name
 * or by the whole one.
 */
const names = (): readonly (readonly [call: CallName, shown: string])[] => [
  ...(Object.keys(table) as HostcallName[]).map(name => [name, name] as const),
  ...functionNames.map(name => [name, shortName(name)] as const),
]
const family = (shown: string): string => shown.replace(/([_.]).*$/, '$1*')

/** The calls that patterns select, or the first pattern that is wrong. */
export type Selection =
  | { readonly calls: readonly CallName[] }
  /** It matches no hostcall. */
  | { readonly unmatched: number; readonly nearest: string }

/** Selects calls: none, where the patterns exclude all that they select. */
export function selected(patterns: readonly string[]): Selection {
  const known = names()
  const wanted = new Set<CallName>()
  const excluded = new Set<CallName>()
  for (const [i, pattern] of patterns.entries()) {
    const [, mark, text] = /^(!?)(.*)$/s.exec(pattern) as RegExpExecArray
    const found = known.filter(([call, shown]) => matches(text, shown) || matches(text, call))
    if (found.length === 0) return { unmatched: i, nearest: `${mark}${nearest(text)}` }
    for (const [call] of found) (mark === '!' ? excluded : wanted).add(call)
  }
  const all = patterns.every(pattern => pattern.startsWith('!'))
  const calls = known.map(([call]) => call)
  return { calls: calls.filter(call => (all || wanted.has(call)) && !excluded.has(call)) }
}

/** Returns the names of the calls that the patterns select. */
export function traceFilterOf(name: string, value: unknown): readonly CallName[] {
  checkArray(name, value)
  const patterns = Array.from(value, (pattern, i) => {
    checkString(`${name}[${i}]`, pattern)
    return pattern
  })
  if (patterns.length === 0) throw wrongValue(name, "must have a pattern, such as 'path_*'", value)
  const found = selected(patterns)
  if ('unmatched' in found) {
    const { unmatched, nearest } = found
    const reason = `matches no hostcall; did you mean '${nearest}'?`
    throw wrongValue(`${name}[${unmatched}]`, reason, patterns[unmatched])
  }
  if (found.calls.length === 0) throw wrongValue(name, 'must select at least one hostcall', value)
  return found.calls
}

/** Matches a pattern, in which `*` stands for any characters, in the product of both lengths. */
function matches(pattern: string, name: string): boolean {
  let [at, star, mark] = [0, -1, 0]
  for (let i = 0; i < name.length; ) {
    if (pattern[at] === '*') {
      star = at++
      mark = i
    } else if (pattern[at] === name[i]) {
      at++
      i++
    } else if (star >= 0) {
      at = star + 1
      i = ++mark
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

/** Returns the name, or the pattern of a family, that takes the fewest edits. */
function nearest(pattern: string): string {
  const text = pattern.slice(0, 64).toLowerCase()
  const shown = names().map(([, name]) => name)
  const candidates = pattern.includes('*') ? [...new Set(shown.map(family))] : shown
  const [best] = candidates
    .map(name => [name, distance(text, name)] as const)
    .sort(([, a], [, b]) => a - b)
  return best[0]
}
