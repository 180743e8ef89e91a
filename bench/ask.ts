/** Runs a process of one side to its end, and lets the sides take turns. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Side } from './sides.js'

export interface Asking {
  /** The descriptor on which it prints; with 3 the guest has a standard output of its own. */
  readonly channel?: 1 | 3
  /** More variables. */
  readonly env?: Readonly<Record<string, string>>
  /** The encoding of what it prints; `latin1` keeps bytes as they are. */
  readonly encoding?: 'utf8' | 'latin1'
  /** Its standard input. Default: empty, from a device. */
  readonly input?: string
}

/** Milliseconds, and what it printed. A failure is an error with all that it said. */
export function ask(
  command: readonly string[],
  { channel = 1, env = {}, encoding = 'utf8', input }: Asking = {},
): { milliseconds: number; stdout: string } {
  const [file, ...words] = command
  const start = performance.now()
  const stdio = channel === 1 ? 'pipe' : 'ignore'
  const { status, signal, output, stderr, error } = spawnSync(file, words, {
    stdio: [input === undefined ? 'ignore' : 'pipe', stdio, 'pipe', 'pipe'],
    ...{ encoding, maxBuffer: 2 ** 28, input },
    // With more certificates Node parses these at each start, for as long as all the rest takes.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: '', ...env },
  })
  const milliseconds = performance.now() - start
  if (error !== undefined) throw error
  if (status !== 0)
    throw new Error(
      `${command.join(' ').slice(0, 500)}\nended with ${signal ?? status}: ${stderr.slice(-2000)}`,
    )
  return { milliseconds, stdout: output[channel] as string }
}

/**
 * A program of this folder on this Node, whose warning of node:wasi is not
 * measured.
 */
export const program = (
  name: string,
  words: readonly string[],
  flags: readonly string[] = [],
): string[] => [
  ...[process.execPath, '--no-warnings', ...flags],
  ...[fileURLToPath(new URL(`${name}.js`, import.meta.url)), ...words],
]

/** The results of each repetition, by side. */
export type Times<S extends string = Side> = Partial<Record<S, number[]>>
export function add<S extends string>(times: Times<S>, side: S, time: number): void {
  const found = times[side] ?? []
  times[side] = found
  found.push(time)
}
