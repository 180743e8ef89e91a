/** Words the error of an unknown option, with the nearest that is known. */
import { nearest } from '../nearest.js'
import { CommandError, type WordError } from './error.js'
import { USAGE } from './exit-codes.js'
import { amountFlags, usages, wordOf } from './flags.js'

const dir = '--dir HOST::GUEST'
const memory = '-W max-memory-size=SIZE'
const stack = '-W max-wasm-stack=SIZE'
/** Words of other programs, and earlier ones of this, by what they are called here. */
const aliases: ReadonlyMap<string, string> = new Map([
  ...['mapdir', 'map-dir', 'mount', 'volume', 'preopen', 'v', 'd'].map(
    word => [word, dir] as const,
  ),
  ...['e', 'setenv'].map(word => [word, '--env NAME=VALUE'] as const),
  ...['listen', 'tcp-listen', 'publish', 'p'].map(word => [word, '--tcplisten HOST:PORT'] as const),
  ...['memory', 'max-memory', 'memory-size', 'm'].map(word => [word, memory] as const),
  ...['stack', 'max-stack', 'stack-size'].map(word => [word, stack] as const),
  ['entrypoint', '--invoke NAME'],
  ['sandbox', '--strict'],
  ['wall', '--os-sandbox NAME'],
])

/** Returns the known word that begins with this one, or the nearest. */
export const closest = (word: string, known: readonly string[]): string | undefined =>
  word === '' ? undefined : (known.find(each => each.startsWith(word)) ?? nearest(word, known))

/** Returns the usage of the flag that is meant by a word without dashes. */
function meant(word: string): string | undefined {
  const amount = amountFlags.find(({ name }) => name === word)
  if (amount !== undefined) return amount.usage
  const alias = aliases.get(word)
  if (alias !== undefined || word.length === 1) return alias
  const own = ['help', 'version']
  const known = [
    ...usages.map(wordOf),
    ...own,
    ...aliases.keys(),
    ...amountFlags.map(({ name }) => name),
  ]
  const found = closest(
    word,
    known.filter(each => each.length > 1),
  )
  if (found === undefined || own.includes(found)) return found && `--${found}`
  return (
    usages.find(usage => wordOf(usage) === found) ??
    aliases.get(found) ??
    amountFlags.find(({ name }) => name === found)?.usage
  )
}

const amounts = amountFlags.map(({ usage }) => usage.slice(3)).join(', ')

/** Returns the error of a word that is not taken as it is. */
export function worded({ kind, word }: WordError): CommandError {
  const help = 'try wasi-common --help'
  const usage = usages.find(usage => `--${wordOf(usage)}` === word)
  const error = (message: string, hint: string) => new CommandError(message, hint, USAGE)
  switch (kind) {
    case 'missing':
      if (usage !== undefined) return error(`${word}: missing argument`, `expected ${usage}`)
      return error('-W: missing argument', `expected one of ${amounts}`)
    case 'extra':
      return error(`${word}: this option takes no argument`, help)
    case 'amount': {
      const [name] = word.split('=', 1)
      const found = aliases.get(name)
      const near = closest(
        name,
        amountFlags.map(({ name }) => name),
      )
      const flag = found?.startsWith('-W ')
        ? found
        : amountFlags.find(({ name }) => name === near)?.usage
      if (name === near) return error(`-W ${word}: missing value`, `expected ${flag}`)
      return error(
        `-W ${word}: unknown name '${name}'`,
        flag === undefined ? `expected one of ${amounts}` : `did you mean ${flag}?`,
      )
    }
    case 'flag': {
      const found = meant(word.replace(/^--?/, ''))
      return error(`${word}: unknown option`, found === undefined ? help : `did you mean ${found}?`)
    }
  }
}

/** Returns the error of a first word that is neither a command nor a file. */
export function noSuchProgram(args: readonly string[], program: string): CommandError {
  const command = program === args[0] ? closest(program, ['run', 'completion']) : undefined
  const rest = args.slice(1, 4).join(' ')
  return new CommandError(
    `${program}: no such file or command`,
    command === undefined
      ? 'try wasi-common --help'
      : `did you mean wasi-common ${command}${rest && ` ${rest}`}${args.length > 4 ? ' ...' : ''}?`,
  )
}
