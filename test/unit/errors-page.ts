/**
 * The tables of docs/errors.md, made from the table of codes. Run by itself, it writes the page.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type ErrorWords, errorCodes, errorTopics } from '#lib/error-codes.js'

export const rows: readonly (readonly [code: string, words: ErrorWords])[] =
  Object.entries(errorCodes)

const head = `# Errors

\`run()\`, \`spawn()\`, \`instantiate()\` and Pool reject with a \`RunError\`, or with a \`TypeError\` or
\`RangeError\` for a wrong argument or option, before anything starts.

\`\`\`js
import { run, RunError } from 'wasi-common'

try {
  await run(bytes, { timeout: 500 })
} catch (error) {
  if (!(error instanceof RunError)) throw error
  console.error(error.code, error.message)
  console.error(String(error.stderr))
}
\`\`\`

| property | |
|---|---|
| \`code\` | The reason: a row below, or the code of the host's error, such as \`UVWASI_ENOENT\` for a preopen that cannot be opened. |
| \`message\` | The reason in one line, without control characters. |
| \`cause\` | What was thrown: the engine's error, the \`reason\` of your signal, what your function threw. |
| \`stdout\`, \`stderr\` | What the guest wrote before the failure, if it was captured. |
| \`truncated\` | Whether output is missing: beyond \`maxOutput\`, or not taken in time by your function. |
| \`frames\` | The guest's functions that were running, innermost first, with names and offsets. \`codeOffset\` is the address that \`llvm-symbolizer\` takes. |
| \`metrics\` | The hostcalls until the failure, with the option \`metrics\`. |
| \`osSandbox\` | With \`isolation: 'process'\`: the parts of the OS sandbox. |

\`stack\`, and therefore \`console.error(error)\` and an uncaught error, shows the message, the last lines of the
captured standard error, the guest's frames and your call. The guest's text has no control characters there.
In \`stdout\` and \`stderr\` it has what the guest wrote.

## Output before a failure

The rejection comes after the output. Everything that the guest wrote before it failed is in \`stdout\` and
\`stderr\`, or was passed in order to your function or stream.

- After a trap or another failure of the guest, the run waits until your function or stream has taken all of
  it. \`timeout\` and \`signal\` end that wait.
- After a timeout, an abort or an error of your own function, slow outputs have 500 ms. A stream of Node then
  gets the rest at once, and keeps it. A function whose promise is still pending does not get the rest:
  \`truncated\` is true.
`

const cell = (text: string): string => text.replaceAll('|', '\\|')
const line = (code: string, { when, advice, cause = '' }: ErrorWords): string =>
  `| \`${code}\` | ${[when, advice, cause].map(cell).join(' | ')} |`

const section = ([topic, title]: [string, string]): string =>
  [
    `## ${title}`,
    '| code | when | what to do | `cause` |',
    '|---|---|---|---|',
    ...rows.filter(([, words]) => words.topic === topic).map(([code, words]) => line(code, words)),
    '',
  ].join('\n')

export const page = (): string => [head, ...Object.entries(errorTopics).map(section)].join('\n')

if (process.argv[1] === import.meta.filename)
  writeFileSync(fileURLToPath(new URL('../../../docs/errors.md', import.meta.url)), page())
