/** What a guest's process is asked, and the lines in which it answers. None of these is trusted: who broke out of the guest may write them. */
import { toldMetrics } from '../metrics.js'
import type { Settings } from '../options.js'
import { plain } from '../plain.js'
import type { Message, ToldError } from './messages.js'
import type { Wall } from './options.js'

/** What the process needs to begin. */
export interface Request {
  readonly bytes: Uint8Array
  readonly settings: Omit<Settings, 'trace' | 'report' | 'counts'>
  /** Undefined: what the module imports. It is not compiled here, for that alone could be an attack. */
  readonly version: Settings['version'] | undefined
  readonly threads: number
  readonly maxMemory: number | undefined
  readonly traced: boolean
  /** Whether it counts and times the hostcalls. */
  readonly measured: boolean
}
/** The descriptor of the process on which it is asked, and answers. */
export const channel = 3
/** The descriptor on which its launcher reports. */
export const control = 4

/** What the launcher says before it starts the process, and the process afterwards. */
export type Line =
  | { readonly kind: 'wall' | 'refused'; readonly wall: Wall }
  | { readonly kind: 'broken'; readonly call: string; readonly error: number }
  | Extract<Message, { kind: 'exit' | 'failed' | 'trace' | 'unexpected' }>

/** More than any message has. */
export const longestLine = 1 << 20

export const lineOf = (message: object): string => `${JSON.stringify(message)}\n`

/** A line that has been looked at; undefined for any that a process of this package does not write. */
export function heard(text: string): Line | undefined {
  const { kind, code, metrics, line, call, cause, error, landlock, seccomp } = parsed(text)
  switch (kind) {
    case 'wall':
    case 'refused':
      return { kind, wall: { landlock: integer(landlock) || false, seccomp: seccomp === true } }
    case 'broken':
      return { kind, call: words(call), error: integer(error) }
    case 'exit':
      return { kind, code: integer(code), metrics: toldMetrics(metrics) }
    case 'failed': {
      const { more, ...rest } = told(error)
      return verdicts.includes(more.code) ? undefined : { kind, error: { ...rest, more } }
    }
    case 'trace':
      // One line, that steers no terminal, as a trace is written.
      return { kind, line: plain(words(line)).replace(/[\t\n\r]/g, ' ') }
    case 'unexpected':
      return { kind, call: words(call), cause: told(cause) }
  }
  return undefined
}

/** What a host finds about a process, and no process about itself. */
const verdicts: readonly unknown[] = ['ERR_WASI_TIMEOUT', 'ERR_WASI_NO_WALL', 'ERR_WASI_PROCESS_LOST']

type Unknown = Readonly<Record<string, unknown>>
const record = (value: unknown): Unknown => (typeof value === 'object' && value !== null ? (value as Unknown) : {})
const words = (value: unknown): string => (typeof value === 'string' ? value : '')
const integer = (value: unknown): number => (typeof value === 'number' ? value | 0 : 0)

function parsed(text: string): Unknown {
  try {
    return record(JSON.parse(text))
  } catch {
    return {}
  }
}

function told(value: unknown): ToldError {
  const { name, message, stack, more } = record(value)
  const kept = ['code', 'errno', 'syscall', 'path']
    .map(key => [key, record(more)[key]] as const)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
  // Errors that nobody catches are shown on a terminal, too.
  return { name: words(name), message: plain(words(message)), stack: plain(words(stack)) || undefined, more: Object.fromEntries(kept) }
}
