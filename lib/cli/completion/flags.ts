/** The flags as completion scripts need them: their arguments, and what each may be. */
import type { Row } from '../../options/row.js'
import { guestTable } from '../../options/table.js'
import { runTable } from '../../run/table.js'
import {
  amountFlags,
  type Flag,
  guestFlags,
  ownFlags,
  runFlags,
  type Usage,
  wordOf,
} from '../flags.js'
import { flagWords } from '../words.js'

export interface CompletedFlag {
  /** With its dashes. */
  readonly flag: string
  readonly doc: string
  /** The kind of its argument; undefined for a switch. */
  readonly argument: 'directory' | 'file' | 'words' | 'text' | undefined
  /** True if the argument follows an equals sign, or is left out. */
  readonly optional: boolean
  readonly many: boolean
  readonly words: readonly string[]
}

const rows: Readonly<Record<string, Row>> = {
  ...guestTable,
  ...runTable,
}

function kindOf(placeholder: string, words: readonly string[]): CompletedFlag['argument'] {
  if (placeholder === '') return undefined
  if (words.length > 0) return 'words'
  if (placeholder.startsWith('HOST') && !placeholder.startsWith('HOST:P')) return 'directory'
  return placeholder === 'FILE' ? 'file' : 'text'
}

/** The flags with dashes but `-W`, `--help` among them. */
export const completedFlags: readonly CompletedFlag[] = [
  ...(
    [
      ...Object.entries(guestFlags),
      ...Object.entries(runFlags),
      ['', ownFlags],
    ] as readonly (readonly [string, readonly Flag[]])[]
  ).flatMap(([option, flags]) =>
    flags
      .filter(({ usage }) => usage.startsWith('--'))
      .map(({ usage, assumed, many = false }) => {
        const placeholder = /[ =](.*?)\]?$/.exec(usage)?.[1] ?? ''
        const words = placeholder === '' ? [] : (rows[option]?.words ?? [])
        return {
          flag: `--${wordOf(usage)}`,
          doc: flagWords[usage as Usage],
          argument: kindOf(placeholder, words),
          optional: assumed !== undefined,
          many,
          words,
        }
      }),
  ),
  {
    flag: '--help',
    doc: 'print the help',
    argument: undefined,
    optional: false,
    many: false,
    words: [],
  },
]

/** The names of `-W`, each with its description. */
export const completedAmounts = amountFlags.map(({ name, usage }) => ({
  name,
  doc: flagWords[usage as Usage],
}))

/** The commands, which may be the first word. */
export const commands: readonly (readonly [word: string, doc: string])[] = [
  ['run', 'run a program'],
  ['completion', 'print a completion script'],
]
export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]
