/** What a guest's threads are told, and what they tell the one who runs them. */
import { dictionary } from '../../dictionary.js'
import { UnexpectedError, uncaught } from '../../errors.js'
import type { Sharing } from '../../guest/threads.js'
import type { Metrics } from '../../observe/metrics.js'
import type { Listener } from '../../options/listen.js'
import type { Settings } from '../../options/settings.js'
import type { PlainTree } from '../../sys/memfs/snapshot.js'
import type { MemoryLimits } from '../module/inspect.js'
import type { Conveyed } from '../stdio/pipes.js'
import type { Mounts } from './mounts.js'

/** What a worker needs to be a thread of a guest. */
export interface Beginning {
  readonly module: WebAssembly.Module
  /** The memory that the module imports, if all threads have it together; else what it must be like. */
  readonly memory: WebAssembly.Memory | MemoryLimits | undefined
  readonly settings: Omit<Settings, 'trace' | 'report' | 'stdio' | 'preopens'>
  readonly mounts: Mounts
  readonly stdio: readonly Conveyed[]
  readonly traced: boolean
  /** With threads: what they have together. */
  readonly sharing: Sharing | undefined
  /** How many threads there are beside the first, how many there have been, and how much they told that nobody has heard. */
  readonly counts: Int32Array
  /** How many there may be. */
  readonly limit: number
  /** Bytes of stack in each. */
  readonly maxStack: number
}
/** What a worker shall do; when it has done it, it waits for the next. */
export interface Task {
  /** For a worker that was not of this guest before. */
  readonly beginning?: Beginning

  /** Which thread of the guest it is: 0 is the first, which calls `_start`. */
  readonly tid: number
  /** For `wasi_thread_start` of any other. */
  readonly arg: number
}
/** The words of `counts`. */
export const Count = Object.freeze({ RUNNING: 0, STARTED: 1, UNHEARD: 2 })
/** How many lines and errors may be on their way at once. */
export const mostUnheard = 4096

export type Message =
  | { readonly kind: 'spawn'; readonly task: Task }
  /** It has loaded its code, or done its task. */
  | { readonly kind: 'free' }
  /** What others reach the guest by; told before its first thread begins. */
  | { readonly kind: 'listening'; readonly listeners: readonly Listener[] }
  | {
      readonly kind: 'exit'
      readonly code: number
      /** What has become of the files in memory. */
      readonly trees?: readonly PlainTree[]
      /** Of a process, whose counts nobody else sees. */
      readonly metrics?: Metrics | undefined
    }
  | { readonly kind: 'failed'; readonly error: ToldError; readonly trees?: readonly PlainTree[] }
  | { readonly kind: 'input' }
  | { readonly kind: 'output'; readonly stream: number; readonly chunk: Uint8Array }
  | { readonly kind: 'trace'; readonly line: string }
  | { readonly kind: 'unexpected'; readonly call: string; readonly cause: ToldError }

/** An error on its way to another thread, which the structured clone would take its class and its code from. */
export interface ToldError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** What else it has: `code`, `syscall`, `path`. */
  readonly more: Readonly<Record<string, unknown>>
}

const { CompileError, LinkError, RuntimeError } = WebAssembly
const classes = new Map([Error, TypeError, RangeError, CompileError, LinkError, RuntimeError].map(Class => [Class.name, Class]))

export function toldError(thrown: unknown): ToldError {
  const error = uncaught(thrown)
  const more = dictionary(Object.entries(error).filter(([, value]) => typeof value === 'string' || typeof value === 'number'))
  return { name: error.name, message: error.message, stack: error.stack, more }
}

export function errorOf({ name, message, stack, more }: ToldError): Error {
  const Class = classes.get(name) ?? Error
  const error = new Class(message)
  if (stack !== undefined) error.stack = stack
  return Object.assign(error, more)
}

export const unexpectedOf = ({ call, cause }: { call: string; cause: ToldError }): UnexpectedError =>
  new UnexpectedError(call, errorOf(cause))
