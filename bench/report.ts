/** Prints results as tables of Markdown that are readable as they are. */
import type { Times } from './ask.js'
import type { Goal } from './calls.js'
import { hosts, type Side, sides } from './sides.js'

/** A row of calls.ts or programs.ts with what was measured, in its unit. */
export interface Result {
  readonly name: string
  readonly times: Times
  readonly without?: Readonly<Partial<Record<Side, string>>> | undefined
  readonly goal?: Goal | undefined
  readonly floorGoal?: number | undefined
  readonly typescriptGoal?: number | undefined
  readonly within?: number | undefined
  readonly note?: string | undefined
}
export interface Section {
  readonly title: string
  readonly unit: 'ns' | 'ms'
  readonly results: readonly Result[]
}
/** A row of growth: nanoseconds by size. */
export interface Grown {
  readonly name: string
  readonly of: string
  readonly sizes: readonly number[]
  readonly times: Readonly<Record<number, Times>>
  readonly without: readonly string[]
}
export interface Allocated {
  readonly name: string
  /** Bytes a call. */
  readonly bytes: Times
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
/**
 * One side's time by another's. Both had the same turns, so that what slowed a turn down slowed
 * both.
 */
export function ratio<S extends string>(times: Times<S>, above: S, below: S): number | undefined {
  const [a, b] = [times[above], times[below]]
  return a === undefined || b === undefined
    ? undefined
    : median(a.slice(0, b.length).map((time, turn) => time / b[turn]))
}

/** Three digits, and no more than are needed. */
export const digits = (value: number): string =>
  value >= 999.5
    ? Number(value.toPrecision(3)).toLocaleString('en')
    : value >= 100
      ? value.toFixed(0)
      : value >= 10
        ? value.toFixed(1)
        : value.toFixed(2)
export const spread = (values: readonly number[] | undefined): string =>
  values === undefined
    ? '–'
    : `${digits(median(values))} (${digits(Math.min(...values))}–${digits(Math.max(...values))})`
/** Says beside the ratio if a goal was met. */
export const against = (
  value: number | undefined,
  goal: number | undefined,
  sign: '≥' | '≤',
): string => {
  if (value === undefined) return '–'
  if (goal === undefined) return digits(value)
  const met = sign === '≥' ? value >= goal : value <= goal
  return `${digits(value)} (${met ? '' : 'not '}${sign} ${goal})`
}

/** Rows of cells, the first of which is the heading; numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n')
}

/** From Node 24 on other goals hold. */
const later = Number(process.versions.node.split('.')[0]) >= 24 ? 1 : 0

export function sectionTable({ title, unit, results }: Section): string {
  const heading = [
    `${title}, ${unit}`,
    ...sides,
    'node:wasi ÷ native',
    'native ÷ floor',
    'node:wasi ÷ typescript',
  ]
  const rows = results.map(({ name, times, goal, floorGoal, typescriptGoal }) => [
    name,
    ...sides.map(side => spread(times[side])),
    against(ratio(times, 'node:wasi', 'native'), goal?.[later], '≥'),
    against(ratio(times, 'native', 'floor'), floorGoal, '≤'),
    against(ratio(times, 'node:wasi', 'typescript'), typescriptGoal, '≥'),
  ])
  const notes = new Map<string, string[]>()
  for (const { name, without = {} } of results)
    for (const [side, reason] of Object.entries(without))
      notes.set(`${side}: ${reason}`, [...(notes.get(`${side}: ${reason}`) ?? []), name])
  const lines = [...notes].map(([note, names]) => `- not on ${note} (${names.join('; ')})`)
  for (const { name, times, within, note } of results) {
    if (note !== undefined) lines.push(`- ${name}: ${note}`)
    if (within === undefined || times.native === undefined || times['node:wasi'] === undefined)
      continue
    const more = median(
      times.native.map((time, turn) => time - (times['node:wasi'] as number[])[turn]),
    )
    lines.push(
      `- ${name}: ${Math.abs(more).toFixed(1)} ms ${more > 0 ? 'more' : 'less'} than node:wasi (${more <= within ? '' : 'not '}within ${within} ms)`,
    )
  }
  return [table([heading, ...rows]), ...(lines.length > 0 ? ['', ...lines] : [])].join('\n')
}

const count = (size: number): string => size.toLocaleString('en')
export function growthTable(grown: readonly Grown[]): string {
  const heading = ['cost as things grow, ns (and by how much)', 'more and more', ...sides]
  const rows = grown.map(({ name, of, sizes, times }) => [
    name,
    `${sizes.map(count).join(' → ')} ${of}`,
    ...sides.map(side => {
      const found = sizes.map(size => times[size]?.[side]).filter(values => values !== undefined)
      if (found.length === 0) return '–'
      const grew =
        found.length > 1 ? ` (${digits(median(found[found.length - 1]) / median(found[0]))}×)` : ''
      return found.map(values => digits(median(values))).join(' → ') + grew
    }),
  ])
  const notes = [...new Set(grown.flatMap(({ without }) => without))].map(note => `- ${note}`)
  return [table([heading, ...rows]), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')
}

export function allocationTable(found: readonly Allocated[]): string {
  const heading = ['left for the garbage collector, bytes a call', ...hosts]
  // The counting itself leaves less than a tenth of a byte behind.
  const bytes = (values: readonly number[] | undefined): string =>
    values === undefined ? '–' : Math.max(0, median(values)).toFixed(1)
  return table([
    heading,
    ...found.map(({ name, bytes: times }) => [name, ...hosts.map(side => bytes(times[side]))]),
  ])
}
