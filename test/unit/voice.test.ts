/** The rules of `scripts/lint-voice.js`, with one text for each fault that they must find. */
import test from 'ava'

type Fault = { line: number; message: string }
const {
  inCode,
  inDocument,
  inSubject,
}: {
  inCode(source: string): Fault[]
  inDocument(text: string, columns: number): Fault[]
  inSubject(subject: string): string[]
} = await import(new URL('../../../scripts/shared/voice.js', import.meta.url).href)

const lines = (faults: readonly Fault[]): number[] => faults.map(({ line }) => line)

test('comments that open with a question word or a preposition are faults', t => {
  const source = `/** What it is. */
const a = 1 // Whether it is.
/*
 * Of the guest.
 */
  // How it works,
  // Which follows.
/** Returns what it is. */
const text = 'Who // Reads'
`
  t.deepEqual(lines(inCode(source)), [1, 2, 3, 6])
})

test('retired words are faults in comments and documents, but not in code', t => {
  t.deepEqual(lines(inCode('const crew = 1\n\n/**\n * Starts threads.\n * A Crew.\n */')), [5])
  t.deepEqual(lines(inDocument('It is obviously so.\n```\nsimply\n```\n', 100)), [1])
})

test('prose over the width is a fault; tables, code and addresses are not', t => {
  const long = 'word '.repeat(21)
  const text = [long, `| ${long}`, '```', long, '```', `${long}https://nodejs.org`].join('\n')
  t.deepEqual(lines(inDocument(text, 100)), [1])
})

test('a subject is an area and an imperative in at most 72 characters', t => {
  t.deepEqual(inSubject('pool: bound the line of runs'), [])
  t.deepEqual(inSubject('bench, fuzz: open comments with a noun'), [])
  t.is(inSubject('Bound the line of runs').length, 1)
  t.is(inSubject('pool: Bound the line of runs').length, 1)
  t.is(inSubject(`pool: ${'x'.repeat(67)}`).length, 1)
})
