/** The output of `--trace-summary`: the hostcalls of a run as a table, like that of `strace -c`. */
import { isFunctionName, shortName } from '../function-names.js'
import type { Metrics } from '../observe/metrics.js'

const widths = [6, 11, 11, 9, 9] as const
const heading = ['% time', 'seconds', 'usecs/call', 'calls', 'errors', 'call']

interface Line {
  readonly name: string
  readonly calls: number
  readonly errors: number
  readonly nanoseconds: number
}

/** A line for each hostcall that was made, the one that took longest first, then their sum. */
export function summary(metrics: Metrics): string {
  const lines: Line[] = Object.entries(metrics).map(([name, { calls, errors, nanoseconds }]) => ({
    name: isFunctionName(name) ? shortName(name) : name,
    calls,
    errors,
    nanoseconds,
  }))
  lines.sort((a, b) => b.nanoseconds - a.nanoseconds || (a.name < b.name ? -1 : 1))
  const sum = (key: 'calls' | 'errors' | 'nanoseconds'): number =>
    lines.reduce((total, line) => total + line[key], 0)
  const total: Line = {
    name: 'total',
    calls: sum('calls'),
    errors: sum('errors'),
    nanoseconds: sum('nanoseconds'),
  }
  const rule = [...widths.map(width => '-'.repeat(width)), '-'.repeat(16)]
  const rows = [heading, rule, ...lines.map(line => cells(line, total)), rule, cells(total, total)]
  return rows
    .map(row => `${row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join(' ')}\n`)
    .join('')
}

function cells({ name, calls, errors, nanoseconds }: Line, total: Line): string[] {
  const share = total.nanoseconds === 0 ? 0 : (100 * nanoseconds) / total.nanoseconds
  const each = calls === 0 ? 0 : Math.round(nanoseconds / 1000 / calls)
  return [
    share.toFixed(2),
    (nanoseconds / 1e9).toFixed(6),
    String(each),
    String(calls),
    errors === 0 ? '' : String(errors),
    name,
  ]
}
