/** A bar chart of ratios as SVG, for light and dark pages. */
import type { ComponentSection } from './components/report.js'
import { digits, ratio, type Section } from './report.js'

const row = 18
const left = 330
const width = 900
const bars = width - left - 60

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** A row of the chart: a bar, and a stroke where there is a second ratio. */
interface Bar {
  readonly name: string
  readonly native: number
  readonly typescript: number | undefined
}
const bar = (name: string, native: number | undefined, typescript: number | undefined): Bar[] =>
  native === undefined ? [] : [{ name, native, typescript }]

/**
 * Draws the ratio of node:wasi's time to ours for each row, and of preview2-shim's for components,
 * on a logarithmic axis: to the right of 1 we are ahead, to the left behind.
 */
export function chart(
  sections: readonly Section[],
  components: readonly ComponentSection[],
  caption: string,
): string {
  const groups = [
    ...sections.map(({ title, results }) => ({
      title,
      rows: results.flatMap(({ name, times }) =>
        bar(name, ratio(times, 'node:wasi', 'native'), ratio(times, 'node:wasi', 'typescript')),
      ),
    })),
    ...components.map(({ title, results }) => ({
      title: `${title}: preview2-shim's time divided by ours; bars are hybrid bindings, strokes js`,
      rows: results.flatMap(({ name, times }) =>
        bar(name, ratio(times, 'preview2-shim', 'hybrid'), ratio(times, 'preview2-shim', 'js')),
      ),
    })),
  ].filter(({ rows }) => rows.length > 0)
  const all = groups.flatMap(({ rows }) =>
    rows.flatMap(({ native, typescript = native }) => [native, typescript]),
  )
  const low = Math.floor(Math.min(0, ...all.map(Math.log10)))
  const high = Math.ceil(Math.max(1, ...all.map(Math.log10)))
  const x = (value: number): number =>
    Math.round((left + ((Math.log10(value) - low) / (high - low)) * bars) * 10) / 10

  const top = 52
  let y = top
  const parts: string[] = []
  for (const { title, rows } of groups) {
    parts.push(`<text class="group" x="12" y="${y + 15}">${escaped(title)}</text>`)
    y += row + 6
    for (const { name, native, typescript } of rows) {
      const [from, to] = [x(1), x(native)].sort((a, b) => a - b)
      const other = typescript === undefined ? to : x(typescript)
      parts.push(
        `<text x="${left - 10}" y="${y + 12}" text-anchor="end">${escaped(name)}</text>`,
        `<rect class="${native >= 1 ? 'ahead' : 'behind'}" x="${from}" y="${y + 2}" width="${Math.max(1, to - from).toFixed(1)}" height="${row - 6}" rx="2"/>`,
        // A stroke just behind the bar would lie in its figure.
        `<text class="value" x="${(other > to && other < to + 45 ? other : to) + 6}" y="${y + 12}">${digits(native)}×</text>`,
        ...(typescript === undefined
          ? []
          : [`<path class="other" d="M${other} ${y + 1}v${row - 4}"/>`]),
      )
      y += row
    }
    y += 6
  }
  const grid = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)).flatMap(value => [
    `<path class="${value === 1 ? 'one' : 'grid'}" d="M${x(value)} ${top - 6}V${y}"/>`,
    `<text class="value" x="${x(value)}" y="${top - 12}" text-anchor="middle">${value}×</text>`,
  ])
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 72}" font-family="system-ui, sans-serif" font-size="12" role="img">
<title>node:wasi's time divided by ours</title>
<style>
text { fill: #24292f } .group, .heading { font-weight: 600 } .value, .caption { fill: #57606a; font-size: 11px }
.ahead { fill: #2da44e } .behind { fill: #cf222e } .other { stroke: #8250df; stroke-width: 2.5 } .grid { stroke: #d0d7de } .one { stroke: #57606a }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .value, .caption { fill: #8d96a0 } .ahead { fill: #3fb950 } .behind { fill: #f85149 } .other { stroke: #bc8cff }
  .grid { stroke: #30363d } .one { stroke: #8d96a0 }
}
</style>
<text class="heading" x="12" y="18">node:wasi's time divided by ours: bars are the native backend, strokes the typescript one; right of 1× we are ahead</text>
${[...grid, ...parts].join('\n')}
${caption
  .split('; ')
  .map((line, i) => `<text class="caption" x="12" y="${y + 24 + 16 * i}">${escaped(line)}</text>`)
  .join('\n')}
</svg>
`
}
