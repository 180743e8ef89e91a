/** Prints the results of components as a table. */
import type { Times } from '../ask.js'
import { against, median, ratio, spread, table } from '../report.js'
import { type ComponentSide, componentSides } from './sides.js'

/** A row of calls.ts or programs.ts with what was measured, in its unit. */
export interface ComponentResult {
  readonly name: string
  readonly times: Times<ComponentSide>
  readonly goal?: number | undefined
  readonly moduleGoal?: number | undefined
  /** The most milliseconds beyond the same work as preview 1. */
  readonly within?: number | undefined
}
export interface ComponentSection {
  readonly title: string
  readonly unit: 'ns' | 'ms'
  readonly results: readonly ComponentResult[]
}

export function componentTable({ title, unit, results }: ComponentSection): string {
  const heading = [
    `${title}, ${unit}`,
    ...componentSides,
    'preview2-shim ÷ js',
    'preview2-shim ÷ hybrid',
    'hybrid ÷ preview 1',
  ]
  const rows = results.map(({ name, times, goal, moduleGoal }) => [
    name,
    ...componentSides.map(side => spread(times[side])),
    against(ratio(times, 'preview2-shim', 'js'), undefined, '≥'),
    against(ratio(times, 'preview2-shim', 'hybrid'), goal, '≥'),
    against(ratio(times, 'hybrid', 'preview 1'), moduleGoal, '≤'),
  ])
  const notes = results.flatMap(({ name, within, times: { hybrid, 'preview 1': module } }) => {
    if (within === undefined || hybrid === undefined || module === undefined) return []
    const more = median(hybrid.map((time, turn) => time - module[turn]))
    return [
      `- ${name}: ${more.toFixed(1)} ms more than preview 1 (${more <= within ? '' : 'not '}within ${within} ms)`,
    ]
  })
  return [table([heading, ...rows]), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')
}
