/** The text of `--help`. */
import { type Flags, guestFlags, ownFlags, runFlags, type Usage } from './flags.js'
import { flagWords, guestWords, runWords, type Topic, topics, type Words } from './words.js'

/** Columns of the flags, and of a line. */
const indent = 29
const width = 100

/** Breaks a text into lines after the flags. */
function wrapped(text: string): string {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line === '') lines[lines.length - 1] = word
    else if (indent + line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}

function entry(usage: Usage): string {
  const head = `  ${usage}`
  return `${head.length + 2 > indent ? `${head}\n${' '.repeat(indent)}` : head.padEnd(indent)}${wrapped(flagWords[usage])}\n`
}

const flagsOf = (topic: Topic, words: Readonly<Record<string, Words>>, flags: Flags) =>
  Object.entries(words).flatMap(([name, option]) =>
    option.topic === topic ? (flags[name] ?? []) : [],
  )

/** Returns the flags of `run`, by topic. */
export function flagHelp(): string {
  return (Object.entries(topics) as [Topic, string][])
    .map(([topic, title]) => {
      const own = topic === 'program' ? ownFlags : []
      const flags = [
        ...flagsOf(topic, guestWords, guestFlags),
        ...flagsOf(topic, runWords, runFlags),
        ...own,
      ]
      return flags.length === 0
        ? ''
        : `${title}:\n${flags.map(({ usage }) => entry(usage as Usage)).join('')}\n`
    })
    .join('')
}

export const help = (): string => `wasi-common: run WebAssembly that you do not trust

Usage: wasi-common run [options] program.wasm [arguments]
       wasi-common --help | --version

${flagHelp()}Arguments after program.wasm are the guest's. If the program is -, it is read from standard input. The
guest gets only the directories and variables that you name. The exit code is the guest's; 1 if it could
not be run, or trapped.
`
