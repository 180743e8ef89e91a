/** The tables of docs/options.md, made from the rows of the options. Run by itself, it writes them. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { type Flag, type Flags, guestFlags, runFlags } from '#lib/cli/flags.js'
import {
  type Door,
  guestWords,
  runWords,
  type Topic,
  topics,
  type Words,
  wasiWords,
} from '#lib/cli/words.js'
import type { Row, Rows } from '#lib/options/row.js'
import { guestTable, wasiTable } from '#lib/options/table.js'
import { runTable } from '#lib/run/table.js'

const file = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url))

/** An option with both its rows. */
interface Option {
  readonly name: string
  readonly row: Row
  readonly words: Words
  readonly flags: readonly Flag[]
}
const joined = (
  rows: Rows,
  words: Readonly<Record<string, Words>>,
  flags: Flags,
): readonly Option[] =>
  Object.entries(rows).map(([name, row]) => ({
    name,
    row,
    words: words[name],
    flags: flags[name] ?? [],
  }))
export const options: readonly Option[] = [
  ...joined(guestTable, guestWords, guestFlags),
  ...joined(wasiTable, wasiWords, {}),
  ...joined(runTable, runWords, runFlags),
]

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``
/** A default that is no word, number or switch is omitted. */
const shown = (fallback: unknown): string =>
  fallback === undefined || typeof fallback === 'object'
    ? 'none'
    : code(inspect(fallback, { numericSeparator: false }))
const doors: readonly Door[] = ['class WASI', 'createGuest', 'run', 'Pool']
const takers = (taking: readonly Door[]): string => {
  const named = taking.map(door => (door === 'Pool' ? door : code(door)))
  return taking.length === doors.length ? 'all' : named.join(', ')
}

function line({ name, row, words, flags }: Option): string {
  const type = row.words?.map(word => `'${word}'`).join(' | ') ?? words.type ?? ''
  const range = row.most === undefined ? '' : ` From ${row.least} to ${row.most}.`
  const usages = flags.map(({ usage }) => code(usage)).join(', ')
  const cells = [
    code(name),
    code(type),
    words.default ?? shown(row.fallback),
    takers(words.doors),
    usages,
    `${words.doc}${range}`,
  ]
  return `| ${cells.join(' | ')} |`
}

const section = ([topic, title]: [string, string]): string =>
  [
    `## ${title}`,
    '| option | type | default | taken by | flag | |',
    '|---|---|---|---|---|---|',
    ...options.filter(({ words }) => words.topic === (topic as Topic)).map(line),
    '',
  ].join('\n')

const head = `# Options

\`class WASI\`, \`createGuest(options)\`, \`run(source, options)\` and \`pool.run(source, options)\` take these options.
The command sets those that have a flag. \`createGuest\`, \`run\` and Pool refuse an option that they do not
know. \`class WASI\` ignores it, as \`node:wasi\` does, unless it is within two letters of an option. A mistake is a \`TypeError\` or a \`RangeError\`, thrown
before anything is opened.

\`spawn\` and \`pool.spawn\` take those of \`run\` ([spawn.md](spawn.md)). \`instantiate\` and \`pool.instantiate\`
take them except \`threads\`, \`isolation\`, \`osSandbox\`, \`execPath\`, \`cache\` and \`invoke\` ([instantiate.md](instantiate.md)).

The comments in the package's types say more of each. [Limits](limits.md) has every limit.
`

export const page = (): string => [head, ...Object.entries(topics).map(section)].join('\n')

if (process.argv[1] === import.meta.filename) writeFileSync(file('docs/options.md'), page())
