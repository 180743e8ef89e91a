/** Checks the option `traceFilter`: patterns that select hostcalls by their names. */
import { type HostcallName, table } from '../abi/table.js'
import { distance } from '../nearest.js'
import { checkArray, checkString, wrongValue } from '../validate.js'

const names = Object.keys(table) as HostcallName[]
const families = [...new Set(names.map(name => `${name.slice(0, name.indexOf('_'))}_*`))]

/** The hostcalls that patterns select, or the first pattern that is wrong. */
export type Selection =
  | { readonly calls: readonly HostcallName[] }
  /** It matches no hostcall. */
  | { readonly unmatched: number; readonly nearest: string }

/** Selects hostcalls: none, where the patterns exclude all that they select. */
export function selected(patterns: readonly string[]): Selection {
  const wanted = new Set<HostcallName>()
  const excluded = new Set<HostcallName>()
  for (const [i, pattern] of patterns.entries()) {
    const [, mark, text] = /^(!?)(.*)$/s.exec(pattern) as RegExpExecArray
    const found = names.filter(call => matches(text, call))
    if (found.length === 0) return { unmatched: i, nearest: `${mark}${nearest(text)}` }
    for (const call of found) (mark === '!' ? excluded : wanted).add(call)
  }
  const all = patterns.every(pattern => pattern.startsWith('!'))
  return { calls: names.filter(call => (all || wanted.has(call)) && !excluded.has(call)) }
}

/** Returns the names of the hostcalls that the patterns select. */
export function traceFilterOf(name: string, value: unknown): readonly HostcallName[] {
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
  const candidates = pattern.includes('*') ? families : names
  const [best] = candidates
    .map(name => [name, distance(text, name)] as const)
    .sort(([, a], [, b]) => a - b)
  return best[0]
}
