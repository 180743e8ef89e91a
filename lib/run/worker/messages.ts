/** Messages between the threads of a guest and the thread that runs them. */
import { dictionary } from '../../dictionary.js'
import { isError, isStackOverflow, UnexpectedError, uncaught, wordsOf } from '../../errors.js'
import type { Sharing } from '../../guest/threads.js'
import type { Metrics } from '../../observe/metrics.js'
import type { Listener } from '../../options/listen.js'
import type { Settings } from '../../options/settings.js'
import { plain, plainLine } from '../../stdio/terminal-escapes.js'
import type { PlainTree } from '../../sys/memfs/snapshot.js'
import type { FramePart } from '../../trap/frame-module.js'
import { sentStack } from '../../trap/load.js'
import type { Reply, Request } from '../instance/protocol.js'
import type { Program } from '../program.js'
import type { Seen } from '../snapshot/seen.js'
import type { Conveyed } from '../stdio/pipes.js'
import type { Mounts } from './mounts.js'

/** Makes a worker a thread of a guest. */
export interface ThreadSetup {
  readonly program: Program
  readonly settings: Omit<Settings, 'trace' | 'report' | 'stdio' | 'preopens'>
  readonly mounts: Mounts
  readonly stdio: readonly Conveyed[]
  readonly traced: boolean
  /** With threads: what they share. */
  readonly sharing: Sharing | undefined
  /**
   * The threads beside the first, those that have been started, the reports that were sent and not
   * received, and 1 once a colour was written to a terminal.
   */
  readonly counts: Int32Array
  /** The most threads beside the first. */
  readonly limit: number
  /** Bytes of stack in each. */
  readonly maxStack: number
  /** The embedder's module of imports, as a file: URL. */
  readonly imports: string | undefined
  /** For a guest of a snapshot. */
  readonly restored: RestoredSetup | undefined
}
/** A guest that goes on where a snapshot was taken. */
export interface RestoredSetup {
  /** The resources that it has read before. */
  readonly seen: Seen
  /** The exported function that receives fresh random bytes. */
  readonly reseed: string | undefined
}
/** The work of a worker. When it is done, it waits for the next. */
export type Task = ThreadTask | InstanceTask
interface TaskOfGuest {
  /** For a worker that was not a thread of this guest before. */
  readonly setup?: ThreadSetup
}
/** Runs a thread of the guest to its end. */
export interface ThreadTask extends TaskOfGuest {
  /** The number of the guest's thread: 0 is the first, which calls `_start`. */
  readonly tid: number
  /** For `wasi_thread_start` of any other. */
  readonly arg: number
}
/** Serves a request to an instance. */
export interface InstanceTask extends TaskOfGuest {
  readonly request: Request
}
/** The words of `counts`. */
export const Count = Object.freeze({ RUNNING: 0, STARTED: 1, UNRECEIVED: 2, COLOURED: 3 })
/** The most lines and errors that are on their way at once. */
export const mostUnreceived = 4096

export type Message =
  | { readonly kind: 'spawn'; readonly task: ThreadTask }
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** A process has its request. */
  | { readonly kind: 'taken' }
  /** It has loaded its code, or done its task. */
  | { readonly kind: 'free' }
  /** The addresses at which others reach the guest, sent before its first thread begins. */
  | { readonly kind: 'listening'; readonly listeners: readonly Listener[] }
  | {
      readonly kind: 'exit'
      readonly code: number
      /** The files in memory, as the guest left them. */
      readonly trees?: readonly PlainTree[]
      /** True if the worker is free as well, and has closed what the guest had open. */
      readonly free?: boolean
      /** From a process, whose counts are in its own memory. */
      readonly metrics?: Metrics | undefined
    }
  | {
      readonly kind: 'failed'
      readonly error: SerializedError
      readonly trees?: readonly PlainTree[]
      /** From a process. */
      readonly metrics?: Metrics | undefined
    }
  | { readonly kind: 'input' }
  | { readonly kind: 'output'; readonly stream: number; readonly chunk: Uint8Array }
  | {
      readonly kind: 'trace'
      readonly line: string
      /** From a process: the guest has left a line of its output open. */
      readonly open?: boolean
    }
  | { readonly kind: 'unexpected'; readonly call: string; readonly cause: SerializedError }

/**
 * An error on its way to another thread: the structured clone would lose its class and its code.
 */
export interface SerializedError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Its other properties: `code`, `syscall`, `path`. */
  readonly more: Readonly<Record<string, unknown>>
  /** Its cause, if it has one: an error, a value that has no parts, or the words of another one. */
  readonly cause?: { readonly error: SerializedError } | { readonly value: unknown }
}

/** The most causes of causes. */
const mostCauses = 8

const { CompileError, LinkError, RuntimeError } = WebAssembly
const classes = new Map(
  [Error, TypeError, RangeError, CompileError, LinkError, RuntimeError].map(Class => [
    Class.name,
    Class,
  ]),
)

/**
 * A thrown value as it is sent. What a guest threw and nothing caught is a trap of it. The offsets
 * in its stack are those of the module's file. Of an error whose properties throw where they are
 * read, as those of an embedder may, its words are sent.
 * @param guest the modules whose frames the stack may have
 * @param causes the most causes of causes that are sent
 */
export function serializeError(
  thrown: unknown,
  guest?: readonly FramePart[],
  causes = mostCauses,
): SerializedError {
  try {
    return partsOf(thrown, guest, causes)
  } catch (failure) {
    // The guest's stack is at its end: there is more room when its frames have returned.
    if (isStackOverflow(failure)) throw failure
    return { name: 'Error', message: wordsOf(thrown), stack: undefined, more: dictionary([]) }
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

function partsOf(
  thrown: unknown,
  guest: readonly FramePart[] | undefined,
  causes: number,
): SerializedError {
  const error = uncaught(thrown)
  const more = dictionary(
    Object.entries(error).filter(
      ([, value]) => typeof value === 'string' || typeof value === 'number',
    ),
  )
  if (error !== thrown) more.code = 'ERR_WASI_TRAP'
  const name = isText(error.name) ? error.name : 'Error'
  const message = isText(error.message) ? error.message : wordsOf(error.message)
  const stack = isText(error.stack) ? sentStack(error, guest) : undefined
  if (!Object.hasOwn(error, 'cause') || causes === 0) return { name, message, stack, more }
  return { name, message, stack, more, cause: serializeCause(error.cause, guest, causes - 1) }
}

function serializeCause(
  cause: unknown,
  guest: readonly FramePart[] | undefined,
  causes: number,
): NonNullable<SerializedError['cause']> {
  if (isError(cause)) return { error: serializeError(cause, guest, causes) }
  const isObject = cause !== null && /^(object|function|symbol)$/.test(typeof cause)
  return { value: isObject ? wordsOf(cause) : cause }
}

/** Characters of a message and of a stack, which have names that a guest chose. */
const mostText = 16_384
const textOf = (text: string): string => plain(text.slice(0, mostText))

/** The error again. Its text cannot steer a terminal. */
export function deserializeError({ name, message, stack, more, cause }: SerializedError): Error {
  const Class = classes.get(name) ?? Error
  const error = new Class(textOf(message))
  if (stack !== undefined) error.stack = textOf(stack)
  if (cause !== undefined) {
    const value = 'error' in cause ? deserializeError(cause.error) : cause.value
    Object.defineProperty(error, 'cause', { value, configurable: true, writable: true })
  }
  for (const [key, value] of Object.entries(more))
    Object.assign(error, { [key]: typeof value === 'string' ? plainLine(value) : value })
  return error
}

export const unexpectedOf = ({
  call,
  cause,
}: {
  call: string
  cause: SerializedError
}): UnexpectedError => new UnexpectedError(call, deserializeError(cause))
