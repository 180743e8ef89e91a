/**
 * Counts the tries of each technique with each hostcall. Prints the table when it is run as a
 * program.
 */
import { cases } from './cases.js'

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)]

export function table(): string {
  const calls = unique(cases.map(({ call }) => call)).sort()
  const rows = unique(cases.map(({ technique }) => technique)).map(technique => {
    const cells = calls.map(
      call => cases.filter(one => one.technique === technique && one.call === call).length || '',
    )
    return [technique, ...cells]
  })
  const sums = calls.map(call => cases.filter(one => one.call === call).length)
  const lines = [
    ['technique', ...calls],
    ['---', ...calls.map(() => '--:')],
    ...rows,
    [`${rows.length} techniques`, ...sums],
  ]
  return lines.map(cells => `| ${cells.join(' | ')} |\n`).join('')
}

if (process.argv[1] === import.meta.filename) process.stdout.write(table())
