/** The request to a guest's process, and the bounds of the lines in which it answers. */
import { dictionary } from '../../dictionary.js'
import type { Settings } from '../../options/settings.js'
import type { ComponentCall } from '../component/invoke/call.js'
import type { SerializedError } from '../worker/messages.js'

/** Everything the process needs to begin. */
export interface Request {
  /** The bytes of the module, or of the packed component, which follow. */
  readonly size: number
  /** True for a component, which the host has transpiled: the process can read no cache and no jco. */
  readonly component: boolean
  /** A call in place of the component's command. */
  readonly call?: ComponentCall | undefined
  readonly settings: Omit<Settings, 'trace' | 'report' | 'counts'>
  /**
   * Undefined: what the module imports. It is not compiled here, for that alone could be an attack.
   */
  readonly version: Settings['version'] | undefined
  /** True for each standard stream that is empty or discarded. */
  readonly ignored: readonly boolean[]
  readonly threads: number
  readonly maxMemory: number | undefined
  readonly maxTableElements: number | undefined
  readonly maxStack: number
  readonly traced: boolean
  /** The lines of the trace are JSON. */
  readonly records: boolean
  /** The outputs that go where the trace is written. */
  readonly outputs: readonly number[]
  /** True if it counts and times the hostcalls. */
  readonly measured: boolean
}
/** The descriptor of the guest's process: it reads its request there, and writes its lines. */
export const channel = 3
/**
 * The descriptor of the sandbox launcher alone: it is closed on exec, so that no guest can write
 * there.
 */
export const control = 4

/**
 * The longest texts that pass, in UTF-16 units. The process cuts what it sends, the host cuts what
 * it receives.
 */
export const longest = Object.freeze({
  message: 8192,
  stack: 16_384,
  path: 4096,
  /** The name of an import. */
  name: 1024,
  /**
   * A line of a trace: two paths of 4096 bytes, each byte of which takes seven where JSON escapes
   * it twice.
   */
  line: 2 ** 16,
})
/**
 * The longest line of the channel, in bytes. The longest that a process of this package writes is
 * an error with metrics. The texts of an error have 30,720 units, for each of which JSON takes at
 * most six bytes. Metrics, with every errno of every hostcall, take 97 KiB.
 */
export const longestLine = 5 * 2 ** 16
/**
 * Metrics have the most records in each other, and the most names: 46 calls with 4 fields and 77
 * errnos each.
 */
export const mostDepth = 4
export const mostNames = 4096
/** The longest line of the launcher: words and numbers. */
export const longestControlLine = 256

export const lineOf = (message: object): string => `${JSON.stringify(message)}\n`

/** An error as it goes into a line: the guest chooses the names in its message and its stack. */
export function shortened({ name, message, stack, more }: SerializedError): SerializedError {
  const kept = Object.entries(more).map(
    ([key, value]) => [key, cut(value, key === 'path' ? longest.path : longest.name)] as const,
  )
  return {
    name: cut(name, longest.name),
    message: cut(message, longest.message),
    stack: cut(stack, longest.stack),
    more: dictionary(kept.filter(([key]) => errorFields.includes(key))),
  }
}
const cut = <T>(value: T, most: number): T =>
  typeof value === 'string' ? (value.slice(0, most) as T) : value

/** The fields of an error that pass beside its class, message and stack. */
export const errorFields: readonly string[] = [
  'code',
  'errno',
  'syscall',
  'path',
  'importModule',
  'importName',
  'importKind',
]
