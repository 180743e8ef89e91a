/**
 * The flags of the command by the option that each sets, and what parseArgs needs to know of them.
 */
import type { ParseArgsOptionsConfig } from 'node:util'
import type { guestTable } from '../options/table.js'
import type { runTable } from '../run/table.js'

/** A flag that sets an option, or a part of one. */
export interface Flag {
  /**
   * The flag with its argument: `--dir HOST`, `--trace[=FILE]` if it may be left out, `-W
   * timeout=TIME`.
   */
  readonly usage: string
  /** The argument of a flag that is written without one. */
  readonly assumed?: string
  /** True if it may be repeated. */
  readonly many?: true
  readonly unit?: 'bytes' | 'milliseconds' | 'elements'
}
export type Flags = Readonly<Record<string, readonly Flag[]>>

// biome-ignore format: an option a line, as in a table
export const guestFlags = {
  args: [{ usage: '--argv0 NAME' }],
  env: [{ usage: '--env NAME[=VALUE]', many: true }, { usage: '--inherit-env' }],
  preopens: [{ usage: '--dir HOST[::GUEST[::ro|rw]]', many: true }, { usage: '--overlay HOST[::GUEST[::SIZE]]', many: true }, { usage: '--tmpfs GUEST[::SIZE]', many: true }],
  backend: [{ usage: '--backend NAME' }],
  strict: [{ usage: '--strict' }],
  listen: [{ usage: '--tcplisten HOST:PORT', many: true }],
  allowUnsafePreopen: [{ usage: '--allow-unsafe-preopen' }],
  allowPublicListen: [{ usage: '--allow-public-listen' }],
  allowTerminalEscapes: [{ usage: '--allow-terminal-escapes' }],
  rights: [{ usage: '--rights NAME' }],
  trace: [{ usage: '--trace[=FILE]', assumed: '-' }],
  traceFormat: [{ usage: '--trace-format NAME' }],
  traceFilter: [{ usage: '--trace-filter LIST' }],
  traceTimes: [{ usage: '--trace-times' }],
  metrics: [{ usage: '--trace-summary' }],
  seed: [{ usage: '--seed N' }],
  deterministic: [{ usage: '--deterministic[=INSTANT]', assumed: '' }],
} as const satisfies { readonly [Name in keyof typeof guestTable]?: readonly Flag[] }

// biome-ignore format: an option a line, as in a table
export const runFlags = {
  threads: [{ usage: '--threads[=N]', assumed: '32' }],
  isolation: [{ usage: '--isolation process' }],
  osSandbox: [{ usage: '--os-sandbox NAME' }],
  maxMemory: [{ usage: '-W max-memory-size=SIZE', unit: 'bytes' }],
  maxTableElements: [{ usage: '-W max-table-elements=N', unit: 'elements' }],
  maxStack: [{ usage: '-W max-wasm-stack=SIZE', unit: 'bytes' }],
  timeout: [{ usage: '-W timeout=TIME', unit: 'milliseconds' }],
  maxOutput: [{ usage: '--max-output SIZE' }],
  cache: [{ usage: '--no-cache' }],
} as const satisfies { readonly [Name in keyof typeof runTable]?: readonly Flag[] }

/** Flags that set no option. */
export const ownFlags = [{ usage: '--invoke NAME' }] as const satisfies readonly Flag[]

type FlagOf<T> = T[keyof T] extends readonly (infer F)[] ? F : never
type KnownFlag = FlagOf<typeof guestFlags> | FlagOf<typeof runFlags> | (typeof ownFlags)[number]
export type Usage = KnownFlag['usage']
type WordOf<Usage> = Usage extends `--${infer W} ${string}`
  ? W
  : Usage extends `--${infer W}[=${string}`
    ? W
    : Usage extends `--${infer W}`
      ? W
      : never
type ValueOf<F> = F extends { readonly many: true }
  ? readonly string[]
  : F extends { readonly usage: `--${string} ${string}` | `--${string}[=${string}` }
    ? string
    : boolean

/** The flags as parseArgs returns them. `wasm` is `-W`. */
export type Values = { readonly [F in KnownFlag as WordOf<F['usage']>]?: ValueOf<F> } & {
  readonly wasm?: readonly string[]
  readonly help?: boolean
}
export type Word = keyof Values

/** Returns the word of a flag, without its dashes. */
export const wordOf = (usage: string): string => /^--([\w-]+)/.exec(usage)?.[1] ?? ''
const long = (
  [
    ...Object.values(guestFlags),
    ...Object.values(runFlags),
    ownFlags,
  ] as readonly (readonly Flag[])[]
)
  .flat()
  .filter(({ usage }) => usage.startsWith('--'))

/** The configuration of parseArgs. */
export const config: ParseArgsOptionsConfig = {
  ...Object.assign(
    {},
    ...long.map(({ usage, many = false }) => ({
      [wordOf(usage)]: { type: /[ =]/.test(usage) ? 'string' : 'boolean', multiple: many },
    })),
  ),
  wasm: { type: 'string', short: 'W', multiple: true },
  help: { type: 'boolean', short: 'h' },
}

/** The arguments of flags that are written without one, which parseArgs does not support. */
export const assumed: ReadonlyMap<string, string> = new Map(
  long.flatMap(({ usage, assumed }) =>
    assumed === undefined ? [] : [[`--${wordOf(usage)}`, assumed]],
  ),
)

/** The usages of all flags but those of `-W`. */
export const usages: readonly string[] = long.map(({ usage }) => usage)

/** Returns the usage of a flag. */
export const usageOf = (word: Word): string => usages.find(usage => wordOf(usage) === word) ?? ''

/** Options that `-W` sets. */
export type AmountOption = {
  readonly [Name in keyof typeof runFlags]: (typeof runFlags)[Name] extends readonly [
    { readonly usage: `-W ${string}` },
  ]
    ? Name
    : never
}[keyof typeof runFlags]

/**
 * The flags of `-W`, each with its name and option: wasmtime's words for what belongs to WebAssembly
 * itself.
 */
export const amountFlags = (Object.entries(runFlags) as [AmountOption, readonly Flag[]][]).flatMap(
  ([option, flags]) =>
    flags.flatMap(({ usage, unit = 'elements' }) => {
      const [, name] = /^-W ([\w-]+)=/.exec(usage) ?? []
      return name === undefined ? [] : [{ name, option, unit, usage }]
    }),
)
