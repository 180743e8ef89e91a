// Writes lib/generated/functions.ts: the names of the functions of WASI 0.2 and of their errors, for
// counts and filters of calls. The table itself would take longer to load than they do.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { errorCodes } from '../dist/preview2/wit/filesystem.js'
import { table } from '../dist/preview2/wit/table.js'
import { Kind } from '../dist/preview2/wit/types.js'

/** @typedef {import('../dist/preview2/wit/types.js').Row} Row */

/**
 * The names of the errors of a row. A failed stream has the code of its failure.
 * @param {Row} row
 * @returns {readonly string[]}
 */
function errorsOf({ result }) {
  if (result?.kind !== Kind.Result) return []
  const error = result.parts[1].type
  if (error === undefined) return ['error']
  if (error.name === 'stream-error') return ['closed', ...errorCodes]
  return error.kind === Kind.Enum ? error.labels : error.parts.map(({ label }) => label)
}

// A name a line: tsc keeps the lines of a list, and the package's code is to be read.
const lists = [JSON.stringify([], undefined, 2)]
const names = Object.entries(table).flatMap(([from, rows]) =>
  Object.entries(/** @type {Record<string, Row>} */ (rows)).map(([func, row]) => {
    const errors = JSON.stringify(errorsOf(row), undefined, 2)
    if (!lists.includes(errors)) lists.push(errors)
    return `  '${from}#${func}': ${lists.indexOf(errors)},`
  }),
)
const text = `/** The functions of WASI 0.2 and their errors: scripts/functions.js writes this file from lib/preview2/wit/ when the package is built. */

/** Lists of errors, by their names in WIT. */
export const functionErrors: readonly (readonly string[])[] = [
${lists.map(list => `  ${list},`).join('\n')}
]
/** The functions, each with the index of its list. */
export const functions: Readonly<Record<string, number>> = {
${names.join('\n')}
}
`
const file = new URL('../lib/generated/functions.ts', import.meta.url)
mkdirSync(new URL('.', file), { recursive: true })
// The same text again would have the compiler check all that imports it.
if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
