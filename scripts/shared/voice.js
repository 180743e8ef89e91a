// The rules of the project's English that a machine can check. Each function returns the faults
// in one text.

/** @typedef {{ line: number, message: string }} Fault */

/** Retired words, as regular expressions, with the words to write instead. */
const retired = /** @type {const} */ ([
  ['he|his|him|himself|whomever|whoever|somebody|nobody|anybody', 'you, or the guest'],
  ['told|to be had|nothing but', 'receives, exists, only'],
  ['crew|hired?|hires', 'thread group, start'],
  ['employs?|employed', 'use'],
  ['given to see', 'receives'],
  ['thereof|hereby|herein', 'a shorter sentence'],
  ['obviously|simply|easily', 'the fact alone'],
  ['seamless|robust|blazing', 'what was measured'],
  ['utilize|leverage', 'use'],
  ['whitelist|blacklist', 'list of what is allowed, or refused'],
  ['sanity|dummy', 'check, placeholder'],
  ['todo|fixme|xxx', 'an issue'],
])
const opening = /^(What|How|Where|Whether|Which|Who|Whose|Whom|Of|To|That)\b/

/** @type {(text: string, line: number) => Fault[]} */
const retiredIn = (text, line) =>
  retired.flatMap(([word, instead]) => {
    const [found] = new RegExp(`\\b(${word})\\b`, 'i').exec(text) ?? []
    return found ? [{ line, message: `'${found}' is retired; write instead: ${instead}` }] : []
  })

/**
 * The comments of TypeScript, JavaScript, C and C++, each with its first line. Lines of // that
 * follow each other are one comment.
 * @param {string} source
 */
export function commentsOf(source) {
  const block =
    /^[ \t]*\/\*+([\s\S]*?)\*\/|^[ \t]*\/\/[^\n]*(?:\n[ \t]*\/\/[^\n]*)*|[ \t]\/\/ [^\n]*/gm
  return [...source.matchAll(block)].map(({ 0: all, index }) => ({
    line: source.slice(0, index).split('\n').length,
    lines: all.split('\n').map(line => line.replace(/^\s*(\/\*+|\*(?!\/)|\/\/+)\s?|\*\/\s*$/g, '')),
  }))
}

/** @type {(source: string) => Fault[]} */
export const inCode = source =>
  commentsOf(source).flatMap(({ line, lines }) => {
    const [, word] = opening.exec(lines.join('\n').trim()) ?? []
    const message = `a comment opens with '${word}'; open it with a noun or a verb`
    const faults = lines.flatMap((text, i) => retiredIn(text, line + i))
    return word === undefined ? faults : [{ line, message }, ...faults]
  })

/**
 * Prose alone is measured: code blocks, tables and lines with an address may be longer.
 * @type {(text: string, columns: number) => Fault[]}
 */
export function inDocument(text, columns) {
  let code = false
  return text.split('\n').flatMap((words, i) => {
    const fence = words.startsWith('```')
    if (fence) code = !code
    if (code || fence) return []
    const long = words.length > columns && !/^\s*\||https?:|\]\(/.test(words)
    const message = `${words.length} columns; wrap prose at ${columns}`
    return [...(long ? [{ line: i + 1, message }] : []), ...retiredIn(words, i + 1)]
  })
}

/** @type {(subject: string) => string[]} */
export const inSubject = subject => [
  ...(subject.length > 72 ? [`the subject has ${subject.length} characters; 72 is the most`] : []),
  ...(/^[a-z0-9][\w./-]*(, [a-z0-9][\w./-]*)*: [a-z`']/.test(subject)
    ? []
    : ["the subject is not 'area: imperative', all in lower case"]),
]
