// Makes tables in Markdown of the rows that parts of pack-check return, and knows where docs/ has
// them.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.js'

/** @typedef {Required<import('../pack-check.js').Cell>} Cell */

/** @param {string[]} list */
const unique = list => [...new Set(list)]
/**
 * A bar would end a cell, except in its escaped form.
 * @param {string[]} cells
 */
const line = cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`

/**
 * @param {string} heading
 * @param {Cell[]} rows
 */
function table(heading, rows) {
  const columns = unique(rows.map(({ column }) => column))
  /** @type {(row: string, column: string) => string} */
  const cell = (row, column) =>
    rows.find(one => one.row === row && one.column === column)?.cell ?? ''
  return [
    line([heading, ...columns]),
    line(['---', ...columns.map(() => '---')]),
    ...unique(rows.map(({ row }) => row)).map(row =>
      line([row, ...columns.map(column => cell(row, column))]),
    ),
  ].join('\n')
}

/** @param {Cell[]} rows */
const headings = rows => unique(rows.map(({ table }) => table))
/**
 * @param {Cell[]} rows
 * @param {string} heading
 */
const below = (rows, heading) => rows.filter(({ table }) => table === heading)
/**
 * @param {string} heading
 * @returns {[first: string, last: string]}
 */
const marks = heading => [`<!-- ${heading} -->\n`, `\n<!-- /${heading} -->`]

/** @param {Cell[]} rows */
export const printed = rows =>
  headings(rows)
    .map(heading => `\n${table(heading, below(rows, heading))}\n`)
    .join('')

const folder = join(root, 'docs')
const pages = () =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter(name => name.endsWith('.md'))
    .map(name => join(folder, name))

/**
 * The page that has a table, as it is before, in and behind the marks.
 * @param {string} heading
 */
function find(heading) {
  const [first, last] = marks(heading)
  for (const page of pages()) {
    const text = readFileSync(page, 'utf8')
    const [start, end] = [text.indexOf(first), text.indexOf(last)]
    if (start >= 0 && end >= start)
      return {
        page,
        before: text.slice(0, start + first.length),
        text: text.slice(start + first.length, end),
        after: text.slice(end),
      }
  }
  return undefined
}

/** @param {Cell[]} rows */
export function write(rows) {
  for (const heading of headings(rows)) {
    const found = find(heading)
    if (found !== undefined)
      writeFileSync(
        found.page,
        `${found.before}${table(heading, below(rows, heading))}${found.after}`,
      )
  }
}

/** @param {string} text */
const cellsOf = text =>
  text.split('\n').map(row =>
    row
      .slice(2, -2)
      .split(' | ')
      .map(cell => cell.replaceAll('\\|', '|').trim()),
  )

/**
 * Cells that differ from those in docs/. Columns that docs/ does not have are other versions of
 * Node, and are left out.
 * @param {Cell[]} rows
 */
export function compare(rows) {
  return headings(rows).flatMap(heading => {
    const found = find(heading)
    if (found === undefined) return []
    const [[, ...columns] = [], , ...lines] = cellsOf(found.text)
    return below(rows, heading)
      .filter(({ column }) => columns.includes(column))
      .filter(
        ({ row, column, cell }) =>
          lines.find(([name]) => name === row)?.[columns.indexOf(column) + 1] !== cell,
      )
      .map(
        ({ row, column, cell }) =>
          `docs/ does not say of ${row} and ${column}: ${cell}; npm run pack-check -- --write does`,
      )
  })
}
