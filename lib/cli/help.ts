/** The texts of `--help`, made of the rows of the options. */
import { coloured, isColoured } from './colour.js'
import { exitCodes } from './exit-codes.js'
import { type Flags, guestFlags, ownFlags, runFlags, type Usage } from './flags.js'
import { flagWords, guestWords, runWords, type Topic, topics, type Words } from './words.js'

/** Columns of the flags, and of a line. */
const indent = 28
const width = 80

/** Breaks a text into lines that begin at a column, and end before another. */
export function wrapped(text: string, column = indent, end = width): string {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line === '') lines[lines.length - 1] = word
    else if (column + line.length + 1 + word.length > end) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.join(`\n${' '.repeat(column)}`)
}

function entry(name: string, text: string): string {
  const head = `  ${name}`
  const start = head.length + 2 > indent ? `${head}\n${' '.repeat(indent)}` : head.padEnd(indent)
  return `${start}${wrapped(text)}\n`
}

const flagsOf = (topic: Topic, words: Readonly<Record<string, Words>>, flags: Flags) =>
  Object.entries(words).flatMap(([name, option]) =>
    option.topic === topic ? (flags[name] ?? []) : [],
  )

/** A group of flags, with its title. */
export interface Group {
  readonly title: string
  readonly usages: readonly Usage[]
}

/** The flags by topic. */
export const groups: readonly Group[] = (Object.entries(topics) as [Topic, string][])
  .map(([topic, title]) => ({
    title,
    usages: [
      ...flagsOf(topic, guestWords, guestFlags),
      ...flagsOf(topic, runWords, runFlags),
      ...(topic === 'program' ? ownFlags : []),
    ].map(({ usage }) => usage as Usage),
  }))
  .filter(({ usages }) => usages.length > 0)

/** The ways to call the command, each with a description. */
export const synopses: readonly (readonly [usage: string, text: string])[] = [
  ['[run] [options] program.wasm [arguments]', 'run a program'],
  ['completion bash|zsh|fish', 'print a completion script'],
  ['--help | --version', 'print this text, or the version'],
]

/** Sentences that hold for all options, a paragraph each, with code in backticks. */
export const notes: readonly string[] = [
  'Options stand before the program; arguments after it are for the guest. The program `-` is standard input. A program named like a command is `./run`.',
  'The guest gets only the directories, variables and sockets that you name.',
]

/** Returns a text without its backticks. */
export const unmarked = (text: string): string => text.replaceAll('`', '')

const titled = (title: string, colours: boolean): string =>
  colours ? coloured('bold', `${title}:`) : `${title}:`

/**
 * Returns the text of `--help`.
 * @param to the descriptor that it is written to
 */
export function help(to: number): string {
  const colours = isColoured(to)
  const section = (title: string, body: string): string => `${titled(title, colours)}\n${body}`
  const usage = synopses.map(
    ([words, text]) => `  wasi-common ${words}\n${' '.repeat(indent)}${text}\n`,
  )
  return [
    'wasi-common: run WebAssembly that you do not trust\n',
    section('Usage', usage.join('')),
    ...groups.map(({ title, usages }) =>
      section(title, usages.map(usage => entry(usage, flagWords[usage])).join('')),
    ),
    section('Exit codes', exitCodes.map(([code, text]) => entry(code, text)).join('')),
    ...notes.map(note => `${wrapped(unmarked(note), 0)}\n`),
  ].join('\n')
}

/** The flags that most programs need. */
const common: readonly Usage[] = [
  '--dir HOST[::GUEST[::ro|rw]]',
  '--env NAME[=VALUE]',
  '-W timeout=TIME',
  '--strict',
]

/** Returns the text for a command line without words. */
export function shortHelp(to: number): string {
  const flags = common.map(usage => entry(usage, flagWords[usage])).join('')
  return `${titled('Usage', isColoured(to))} wasi-common [options] program.wasm [arguments]\n\n${flags}\nwasi-common --help lists all options.\n`
}
